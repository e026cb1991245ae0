#include "services/nodeagent/facts/fact_files.h"

#include <map>
#include <utility>

#include "absl/status/statusor.h"
#include "base/durable_file.h"
#include "services/nodeagent/facts/fact_text.h"
#include "services/nodeagent/facts/yaml_facts.h"

namespace orch::nodeagent {

void FactFiles::SetPaths(const std::vector<std::string>& paths) {
  std::map<std::string, FactPart> had;
  for (FactPart& part : parts_) had[part.source] = std::move(part);
  parts_.clear();
  for (const std::string& path : paths) {
    const auto found = had.find(path);
    parts_.push_back(found == had.end() ? FactPart{.source = path} : found->second);
  }
}

std::vector<FactPart> FactFiles::Collect() {
  for (FactPart& part : parts_) {
    const absl::StatusOr<std::string> text = ReadFile(part.source, kMaxFactSourceBytes);
    if (!text.ok()) {
      Absorb(text.status(), &part);
    } else {
      Absorb(ParseFactFile(part.source, *text, part.source), &part);
    }
  }
  return parts_;
}

}  // namespace orch::nodeagent
