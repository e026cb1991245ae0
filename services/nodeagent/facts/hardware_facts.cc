#include "services/nodeagent/facts/hardware_facts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxListedProcessors = 512;

double TwoDecimals(double value) { return std::floor(value * 100 + 0.5) / 100; }
double Megabytes(uint64_t bytes) { return TwoDecimals(static_cast<double>(bytes) / (1 << 20)); }

// Parses lines such as "MemTotal:  8062456 kB" into bytes.
std::map<std::string, uint64_t> ParseMemInfo(absl::string_view text) {
  std::map<std::string, uint64_t> values;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> halves = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (halves.size() != 2) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(halves[1], ' ', absl::SkipEmpty());
    uint64_t number = 0;
    if (words.empty() || !absl::SimpleAtoi(words[0], &number)) continue;
    values[std::string(halves[0])] = words.size() > 1 && words[1] == "kB" ? number * 1024 : number;
  }
  return values;
}

Json MemoryPart(uint64_t total, uint64_t available) {
  const uint64_t used = total - std::min(total, available);
  return {{"total", HumanBytes(total)},       {"total_bytes", total},     {"available", HumanBytes(available)},
          {"available_bytes", available},     {"used", HumanBytes(used)}, {"used_bytes", used},
          {"capacity", Capacity(used, total)}};
}

std::string ContainerKind(const VirtualTexts& texts) {
  for (const absl::string_view entry : absl::StrSplit(texts.init_environ, '\0')) {
    absl::string_view kind = entry;
    if (!absl::ConsumePrefix(&kind, "container=")) continue;
    return kind == "systemd-nspawn" ? "systemd_nspawn" : std::string(kind);
  }
  if (texts.docker_file || absl::StrContains(texts.cgroup, "/docker")) return "docker";
  if (texts.podman_file) return "podman";
  if (absl::StrContains(texts.cgroup, "/lxc")) return "lxc";
  return "";
}

std::string HypervisorKind(const VirtualTexts& texts) {
  struct Mark {
    absl::string_view in_product, in_vendor, kind;
  };
  static constexpr Mark kMarks[] = {{"VMware", "", "vmware"},
                                    {"VirtualBox", "", "virtualbox"},
                                    {"KVM", "", "kvm"},
                                    {"HVM domU", "", "xenhvm"},
                                    {"Google", "", "gce"},
                                    {"Virtual Machine", "Microsoft", "hyperv"},
                                    {"Parallels", "", "parallels"},
                                    {"OpenStack", "", "openstack"},
                                    {"", "Amazon EC2", "kvm"},
                                    {"", "QEMU", "kvm"},
                                    {"Bochs", "", "bochs"},
                                    {"RHEV", "", "rhev"},
                                    {"oVirt", "", "ovirt"}};
  for (const Mark& mark : kMarks) {
    if (absl::StrContains(texts.product_name, mark.in_product) && absl::StrContains(texts.sys_vendor, mark.in_vendor)) {
      return std::string(mark.kind);
    }
  }
  if (texts.xen) return "xenu";
  // The processor reports a hypervisor, but not which one.
  for (const absl::string_view line : absl::StrSplit(texts.cpuinfo, '\n')) {
    if (!absl::StartsWith(line, "flags")) continue;
    return absl::StrContains(absl::StrCat(line, " "), " hypervisor ") ? "kvm" : "";
  }
  return "";
}

}  // namespace

std::string HumanBytes(uint64_t bytes) {
  static constexpr absl::string_view kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? absl::StrCat(bytes, " bytes") : absl::StrFormat("%.2f %s", value, kUnits[unit]);
}

std::string Capacity(uint64_t used, uint64_t total) {
  if (total == 0) return "100%";
  const double share = 100.0 * static_cast<double>(used) / static_cast<double>(total);
  return used == 0 ? "0%" : used == total ? "100%" : absl::StrFormat("%.2f%%", share);
}

Json ProcessorFacts(absl::string_view cpuinfo, const std::string& isa) {
  Json models = Json::array();
  std::set<std::string> sockets;
  size_t count = 0;
  for (const absl::string_view line : absl::StrSplit(cpuinfo, '\n')) {
    const std::vector<absl::string_view> halves = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (halves.size() != 2) continue;
    const absl::string_view key = absl::StripAsciiWhitespace(halves[0]);
    const std::string value(absl::StripAsciiWhitespace(halves[1]));
    if (key == "processor") ++count;
    if (key == "physical id") sockets.insert(value);
    if (key == "model name" && models.size() < kMaxListedProcessors) models.push_back(value);
  }
  const size_t physical = sockets.empty() ? std::min<size_t>(count, 1) : sockets.size();
  Json facts = {{"processorcount", count}, {"physicalprocessorcount", physical}, {"hardwareisa", isa}};
  for (size_t i = 0; i < models.size(); ++i) facts[absl::StrCat("processor", i)] = models[i];
  facts["processors"] = {{"count", count}, {"physicalcount", physical}, {"models", models}, {"isa", isa}};
  return facts;
}

Json MemoryFacts(absl::string_view meminfo) {
  std::map<std::string, uint64_t> values = ParseMemInfo(meminfo);
  const uint64_t total = values["MemTotal"];
  if (total == 0) return Json::object();
  const bool modern = values.count("MemAvailable") > 0;
  const uint64_t available = modern ? values["MemAvailable"] : values["MemFree"] + values["Buffers"] + values["Cached"];
  Json facts = {{"memory", {{"system", MemoryPart(total, available)}}},
                {"memorysize", HumanBytes(total)},
                {"memorysize_mb", Megabytes(total)},
                {"memoryfree", HumanBytes(available)},
                {"memoryfree_mb", Megabytes(available)}};
  const uint64_t swap_total = values["SwapTotal"], swap_free = values["SwapFree"];
  if (swap_total > 0) {
    facts["memory"]["swap"] = MemoryPart(swap_total, swap_free);
    facts["swapfree"] = HumanBytes(swap_free);
    facts["swapfree_mb"] = Megabytes(swap_free);
  }
  facts["swapsize"] = HumanBytes(swap_total);
  facts["swapsize_mb"] = Megabytes(swap_total);
  return facts;
}

Json VirtualFacts(const VirtualTexts& texts) {
  std::string kind = ContainerKind(texts);
  if (kind.empty()) kind = HypervisorKind(texts);
  Json facts = {{"virtual", kind.empty() ? "physical" : kind}, {"is_virtual", !kind.empty()}};
  if (!texts.sys_vendor.empty()) {
    facts["manufacturer"] = texts.sys_vendor;
    facts["dmi"]["manufacturer"] = texts.sys_vendor;
  }
  if (!texts.product_name.empty()) {
    facts["productname"] = texts.product_name;
    facts["dmi"]["product"]["name"] = texts.product_name;
  }
  return facts;
}

}  // namespace orch::nodeagent
