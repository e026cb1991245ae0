#include "services/nodeagent/facts/fact_collector.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/process/cancel_token.h"
#include "base/process/find_program.h"
#include "services/nodeagent/facts/builtin.h"

namespace orch::nodeagent {
namespace {

constexpr char kPuppetFacter[] = "/opt/puppetlabs/bin/facter";

size_t Depth(const Json& value) {
  size_t deepest = 0;
  if (value.is_structured()) {
    for (const Json& item : value) deepest = std::max(deepest, Depth(item));
    return deepest + 1;
  }
  return 0;
}

std::string FacterPath(const std::string& setting) {
  if (setting == "off") return "";
  if (setting != "auto") return setting;
  if (access(kPuppetFacter, X_OK) == 0) return kPuppetFacter;
  const absl::StatusOr<std::string> found = FindProgram("facter");
  return found.ok() ? *found : "";
}

}  // namespace

FactCollector::FactCollector(FactsConfig config, const Clock* clock)
    : config_(std::move(config)),
      clock_(clock),
      directory_(config_.directory, config_.timeout, clock),
      files_(config_.files) {}

void FactCollector::RunFacter(const CancelToken* cancel) {
  const std::string path = FacterPath(config_.facter);
  if (path.empty()) {  // not installed (any more)
    facter_ = FactPart();
    return;
  }
  if (facter_.source != path) facter_ = FactPart{.source = path};
  Absorb(RunFactProgram({path, "--json"}, config_.timeout, cancel, *clock_), &facter_);
}

void FactCollector::SetConfig(const FactsConfig& config) {
  config_ = config;
  directory_.SetOptions(config.directory, config.timeout);
  files_.SetPaths(config.files);
}

CollectedFacts FactCollector::Collect(FactCollector::Depth depth, const CancelToken* cancel) {
  const bool run = depth == FactCollector::Depth::kFull;
  if (run) RunFacter(cancel);
  std::vector<FactPart> parts;
  if (config_.builtin) {
    parts.push_back({.source = "built-in facts", .facts = std::make_shared<const Json>(CollectBuiltinFacts(""))});
  }
  parts.push_back(facter_);
  for (FactPart& part : directory_.Collect(run, cancel)) parts.push_back(std::move(part));
  for (FactPart& part : files_.Collect()) parts.push_back(std::move(part));
  return MergeFacts(parts, kMaxFactsBytes);
}

CollectedFacts MergeFacts(const std::vector<FactPart>& parts, size_t max_bytes) {
  Json merged = Json::object();
  CollectedFacts out;
  size_t bytes = 2;
  for (const FactPart& part : parts) {
    if (!part.problem.empty()) out.problems.push_back(absl::StrCat("facts: ", part.problem));
    if (part.facts == nullptr) continue;
    // The sum counts replaced facts too, so that it is never too small.
    const size_t more = DumpJson(*part.facts).size();
    if (bytes + more > max_bytes || Depth(*part.facts) > kMaxJsonDepth) {
      out.problems.push_back(absl::StrCat("facts: ", part.source,
                                          " is left out: with it the facts would hold more than ", max_bytes,
                                          " bytes or nest deeper than ", kMaxJsonDepth));
      continue;
    }
    bytes += more;
    merged.update(*part.facts);
  }
  out.facts = std::make_shared<const Json>(std::move(merged));
  return out;
}

}  // namespace orch::nodeagent
