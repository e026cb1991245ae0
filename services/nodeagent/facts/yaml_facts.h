// Parses YAML text into facts as Facter and Puppet do (base/yaml.h, docs/YAML.md). Any thread; no state.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxFactSourceBytes = 1u << 20;

// Parses one mapping. Returns InvalidArgument "SOURCE:LINE: …" for text that base/yaml.h refuses and for a value that
// is no mapping of facts, and FailedPrecondition for text without any value ({} is a mapping without facts).
absl::StatusOr<Json> ParseYamlFacts(absl::string_view text, absl::string_view source);

// Returns the facts of a document: the mapping itself or, in Puppet's own documents (Puppet::Node::Facts,
// Puppet::Node), the member that holds the facts. `tag` is the document's YAML tag; Puppet's JSON has none and is
// recognized by its members.
absl::StatusOr<Json> FactsOfDocument(Json document, absl::string_view tag, absl::string_view source);

// Returns the FailedPrecondition error for a source that holds nothing.
absl::Status NoFactsError(absl::string_view source);

}  // namespace orch::nodeagent
