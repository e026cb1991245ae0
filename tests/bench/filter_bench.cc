// Nanoseconds a node to choose among 10k, 20k, 100k and 1M nodes with 60 facts each, from freezing the fleet
// to the answer; and what freezing costs the hub's loop, at once and in the changes after it.
//   cmake --preset release && ninja -C build/release filter_bench && build/release/bench/filter_bench
// The counter "per_node" is the figure; "bytes_per_node" is what the table took from the heap.
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "filter/filter.h"
#include "services/hub/nodes/fact_table/fact_table.h"
#include "tests/fact_table/ask.h"

namespace orch::hub {
namespace {

constexpr size_t kFacts = 60;

// Like a fleet: most facts with few values, some with a few hundred, some different everywhere.
Json FactsOf(size_t node) {
  static const char* const kFamilies[] = {"Debian", "RedHat", "Suse"};
  const char* family = kFamilies[node * 7919 % 3];
  Json facts = {{"osfamily", family},
                {"os", {{"family", family}, {"release", {{"major", absl::StrCat(8 + node % 5)}}}}},
                {"processorcount", 1 + node * 31 % 16},
                {"fqdn", absl::StrCat("node", node, ".example.net")},
                {"macaddress", absl::StrCat("02:00:", node / 65536, ":", node / 256 % 256, ":", node % 256)},
                {"uptime_seconds", node * 37 % 10000019},
                {"kernelrelease", absl::StrCat("5.10.", node * 13 % 1000, "-amd64")}};
  for (size_t i = facts.size(); i < kFacts; ++i)
    facts[absl::StrCat("fact", i)] = absl::StrCat("value", node * i % (i * 5));
  return facts;
}

struct Fleet {
  FactTable table;
  double bytes_per_node = 0;
};

// Kept from one benchmark to the next of the same size: filling takes longer than measuring.
Fleet& FleetOf(size_t nodes) {
  static std::unique_ptr<Fleet> fleet;
  static size_t size = 0;
  if (size == nodes) return *fleet;
  fleet.reset();
  malloc_trim(0);
  const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  fleet = std::make_unique<Fleet>();
  for (size_t node = 0; node < nodes; ++node) {
    const auto slot =
        fleet->table.Upsert(absl::StrCat("node", node, ".example.net"), FactsOf(node),
                            {"common", absl::StrCat("role::r", node % 40)}, {"rpcutil", "package"}, {"main"});
    if (!slot.ok()) std::abort();
  }
  size = nodes;
  fleet->bytes_per_node = static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd - before) / nodes;
  return *fleet;
}

void Choose(benchmark::State& state, const char* compound) {
  const size_t nodes = state.range(0);
  const Fleet& fleet = FleetOf(nodes);
  const filter::Option option{filter::OptionKind::kCompound, compound};
  const absl::StatusOr<filter::Filter> filter = filter::Filter::Parse({&option, 1});
  if (!filter.ok()) return state.SkipWithError(std::string(filter.status().message()).c_str());
  size_t chosen = 0;
  for (auto _ : state) {
    const FactSnapshot::Selection selection = Select(fleet.table, *filter);
    benchmark::DoNotOptimize(selection.nodes.words().data());
    chosen = selection.nodes.size();
  }
  state.counters["chosen"] = chosen;
  state.counters["bytes_per_node"] = fleet.bytes_per_node;
  state.counters["per_node"] = benchmark::Counter(static_cast<double>(nodes) * state.iterations(),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// What the loop pays for one question.
void Freeze(benchmark::State& state) {
  const Fleet& fleet = FleetOf(state.range(0));
  ColumnNames names;
  for (const char* name : {"osfamily", "processorcount", "fqdn"}) names.AddPath(name);
  for (auto _ : state) benchmark::DoNotOptimize(fleet.table.Freeze(names));
}

// A node's delta of one fact that differs everywhere, when a question holds a snapshot (`frozen`) or none does.
void Delta(benchmark::State& state, bool frozen) {
  Fleet& fleet = FleetOf(state.range(0));
  ColumnNames names;
  names.AddPath("uptime_seconds");
  Slot slot = 0;
  int64_t value = 100'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    const FactSnapshot snapshot = fleet.table.Freeze(frozen ? names : ColumnNames());
    const Json set = {{"uptime_seconds", ++value}};
    slot = (slot + 7919) % static_cast<Slot>(state.range(0));
    state.ResumeTiming();
    if (!fleet.table.ApplyFactsDelta(slot, set, {}).ok()) std::abort();
  }
}

struct Case {
  const char* name;
  const char* compound;
};
constexpr Case kCases[] = {
    {"two_comparisons", "osfamily=Debian and processorcount>4"},
    {"regex_3_values", "osfamily=/^deb/i"},
    {"regex_1000_values", "kernelrelease=/^5\\.10\\.[1-4]/"},
    {"regex_all_distinct", "fqdn=/7\\.example/"},
    {"number_all_distinct", "uptime_seconds>86400"},
    {"dotted_path", "os.release.major>=10"},
    {"class_and_not_class", "common and not role::r7"},
};

void RegisterAll() {
  // By size, so that each fleet is filled once.
  for (const int64_t nodes : {10'000, 20'000, 100'000, 1'000'000}) {
    for (const Case& one : kCases) {
      benchmark::RegisterBenchmark(one.name, Choose, one.compound)->Arg(nodes)->Unit(benchmark::kMicrosecond);
    }
    benchmark::RegisterBenchmark("freeze_three_facts", Freeze)->Arg(nodes)->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("delta_no_snapshot", Delta, false)->Arg(nodes)->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("delta_with_snapshot", Delta, true)->Arg(nodes)->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace
}  // namespace orch::hub

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  orch::hub::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
