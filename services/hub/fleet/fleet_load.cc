// Loads the fleet, which the hub's start waits for. Most of the time is spent on parsing facts: two threads parse them,
// some nodes at a time, while the loop puts the previous nodes into the registry.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/loop_executor.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "services/hub/fleet/fleet_recorder.h"

namespace orch::hub {
namespace {

constexpr size_t kParsers = 2;        // threads
constexpr size_t kNodesAtOnce = 256;  // parsed at once by one thread, and held as JSON

class StoredFacts {
 public:
  using Facts = std::vector<absl::StatusOr<Json>>;

  StoredFacts(const Clock* clock, std::vector<StoredFleet::Node>* nodes) : nodes_(*nodes) {
    for (size_t i = 0; i < kParsers; ++i) {
      parsers_.push_back({{}, false, std::make_unique<LoopExecutor>(clock, "fleet-load")});
    }
    // Only now, because the vector must not grow while a parser works.
    for (size_t i = 0; i < kParsers; ++i) Ask(i, {});
  }
  ~StoredFacts() {
    for (Parser& parser : parsers_) parser.thread->Stop();
  }

  // Of the next nodes, in their order, in place of those in `facts`; waits for them.
  void Take(Facts* facts) {
    Facts spent = std::exchange(*facts, {});
    {
      MutexLock lock(&mu_);
      while (!parsers_[next_].ready) parsed_.Wait(&mu_);
      facts->swap(parsers_[next_].facts);
      parsers_[next_].ready = false;
    }
    Ask(next_, std::move(spent));
    next_ = (next_ + 1) % kParsers;
  }

 private:
  struct Parser {
    Facts facts;
    bool ready;
    std::unique_ptr<LoopExecutor> thread;
  };

  // `spent` is taken apart by the parser: that costs about as much as a third of its work.
  void Ask(size_t parser, Facts spent) {
    const size_t begin = asked_, end = std::min(nodes_.size(), begin + kNodesAtOnce);
    asked_ = end;
    if (begin == end) return;
    parsers_[parser].thread->Post([this, parser, begin, end, spent = std::move(spent)]() mutable {
      spent.clear();
      Facts facts;
      facts.reserve(end - begin);
      for (size_t i = begin; i < end; ++i) {
        UnpackFacts(&nodes_[i]);
        facts.push_back(Registry::CheckStored(nodes_[i].node));
      }
      MutexLock lock(&mu_);
      parsers_[parser].facts = std::move(facts);
      parsers_[parser].ready = true;
      parsed_.Signal();
    });
  }

  std::vector<StoredFleet::Node>& nodes_;  // each belongs to a parser until Take returns its facts
  size_t asked_ = 0;                       // nodes before this one were given to a parser
  size_t next_ = 0;                        // the parser whose nodes come next
  Mutex mu_;
  CondVar parsed_;
  std::vector<Parser> parsers_;  // facts and ready are guarded by mu_
};

}  // namespace

absl::Status FleetRecorder::Load() {
  const absl::Duration begin = clock_->Steady();
  StoredFleet fleet;
  ORCH_RETURN_IF_ERROR(store_->Load(&fleet));
  StoredFacts stored_facts(clock_, &fleet.nodes);
  StoredFacts::Facts facts;
  for (size_t i = 0; i < fleet.nodes.size();) {
    stored_facts.Take(&facts);
    for (const absl::StatusOr<Json>& of_node : facts) LoadNode(&fleet.nodes[i++], of_node, fleet.alive_us);
  }
  // A DDL that no known node has any more is left out.
  for (const std::string& ddl : fleet.ddls) ddls_->Learn(ddl).IgnoreError();
  const absl::Duration took = absl::Trunc(clock_->Steady() - begin, absl::Milliseconds(1));
  LogInfo("fleet loaded", {{"nodes", absl::StrCat(fleet.nodes.size())},
                           {"plugins", absl::StrCat(fleet.ddls.size())},
                           {"took", absl::FormatDuration(took)}});
  return absl::OkStatus();
}

void FleetRecorder::LoadNode(StoredFleet::Node* stored, const absl::StatusOr<Json>& facts, int64_t alive_us) {
  v1::Node& node = stored->node;
  if (node.presence() == v1::CONNECTED) {
    node.set_last_seen_us(std::max(node.last_seen_us(), alive_us));
    node.set_gone_us(node.last_seen_us());
    node.set_gone_reason("the hub stopped; the node has not come back since");
  }
  registry_->Restore(node, facts, stored->problem);
  ddls_->Know(registry_->Find(node.identity())->plugins);
}

}  // namespace orch::hub
