#include "services/nodeagent/facts/yaml_facts.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/yaml.h"

namespace orch::nodeagent {
namespace {

constexpr char kRubyObject[] = "!ruby/object:";

struct PuppetDocument {
  absl::string_view type;
  const char* facts;  // the member that holds them
};
constexpr PuppetDocument kPuppetDocuments[] = {{"Puppet::Node::Facts", "values"}, {"Puppet::Node", "parameters"}};

// Recognizes the JSON of `puppet facts find`: name, values and timestamps, and nothing else.
bool IsPuppetFacts(const Json& document) {
  if (!document.is_object() || !document.contains("timestamp")) return false;
  const auto name = document.find("name"), values = document.find("values");
  if (name == document.end() || !name->is_string() || values == document.end() || !values->is_object()) return false;
  return document.size() == (document.contains("expiration") ? 4 : 3);
}

}  // namespace

absl::StatusOr<Json> FactsOfDocument(Json document, absl::string_view tag, absl::string_view source) {
  const absl::string_view type = absl::StartsWith(tag, kRubyObject) ? absl::StripPrefix(tag, kRubyObject) : "";
  for (const PuppetDocument& known : kPuppetDocuments) {
    if (type != known.type) continue;
    const auto facts = document.is_object() ? document.find(known.facts) : document.end();
    if (document.is_object() && facts != document.end() && facts->is_object()) return Json(std::move(*facts));
    return absl::InvalidArgumentError(absl::StrCat(source, ": is a ", type, " without a mapping '", known.facts, "'"));
  }
  if (!type.empty() && type != "Hash") {
    return absl::InvalidArgumentError(absl::StrCat(source, ": is Ruby's object ", type,
                                                   ", of which it is not known where it holds facts; write a mapping "
                                                   "of fact names to values"));
  }
  if (IsPuppetFacts(document)) return Json(std::move(document["values"]));
  if (document.is_object()) return document;
  return absl::InvalidArgumentError(absl::StrCat(source, ": must be a mapping of fact names to values"));
}

absl::Status NoFactsError(absl::string_view source) {
  return absl::FailedPreconditionError(absl::StrCat(source, ": holds no facts"));
}

absl::StatusOr<Json> ParseYamlFacts(absl::string_view text, absl::string_view source) {
  ORCH_ASSIGN_OR_RETURN(YamlDocument document, ParseYaml(text, source, {.max_bytes = kMaxFactSourceBytes}));
  if (document.is_blank) return NoFactsError(source);
  return FactsOfDocument(std::move(document.value), document.tag, source);
}

}  // namespace orch::nodeagent
