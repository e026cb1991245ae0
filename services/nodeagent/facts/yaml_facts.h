// YAML text as facts, read as Facter and Puppet read it (base/yaml.h, docs/YAML.md). Any thread; no state.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxFactSourceBytes = 1u << 20;

// One mapping. InvalidArgument "SOURCE:LINE: …" for what base/yaml.h refuses and for what is no mapping of facts;
// FailedPrecondition for a text that holds no value at all ({} is the mapping without facts).
absl::StatusOr<Json> ParseYamlFacts(absl::string_view text, absl::string_view source);

// The facts of a document: the mapping itself, or of Puppet's own documents (Puppet::Node::Facts, Puppet::Node) the
// part that holds the facts. `tag` is the document's YAML tag; Puppet's JSON has none and is known by its members.
absl::StatusOr<Json> FactsOfDocument(Json document, absl::string_view tag, absl::string_view source);

// The error of a source that holds nothing: FailedPrecondition.
absl::Status NoFactsError(absl::string_view source);

}  // namespace orch::nodeagent
