// YAML as a Json value, with bounds: the one reader for facts files, for what Puppet wrote and for node lists. It means
// what Ruby's Psych means (docs/YAML.md): plain scalars by ResolveYamlScalar, quoted ones as text, merge keys (<<)
// merged, aliases followed, Ruby's tags read through. Nothing is lost or guessed: what has no meaning here (a key given
// twice or that is no text, a key without a colon, a second document) is an error with its line. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

struct YamlLimits {
  size_t max_bytes = 1u << 20;  // of the text; and as much again of what its anchors and aliases repeat
  size_t max_depth = kMaxJsonDepth;
};

enum class YamlScalars {
  kRuby,  // plain scalars are numbers, booleans, symbols … as Ruby reads them
  kText,  // every scalar but null is text, as it is written
};

struct YamlDocument {
  Json value;       // null when is_blank: the text is empty, or ends before a first value (comments, "---")
  std::string tag;  // of the whole document, such as "!ruby/object:Puppet::Node::Facts"; empty when it has none
  bool is_blank = true;
};

// One document. InvalidArgument "WHAT:LINE: …". A byte order mark and CRLF are accepted, see base/text_file.h.
absl::StatusOr<YamlDocument> ParseYaml(absl::string_view text, absl::string_view what, const YamlLimits& limits = {},
                                       YamlScalars scalars = YamlScalars::kRuby);

}  // namespace orch
