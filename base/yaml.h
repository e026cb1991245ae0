// Reads YAML into a Json value, with bounds. The only reader of facts files, files of Puppet and node lists; our own
// configuration has stricter ones (config_parse.h, yaml_tree.h). The meaning is that of Ruby's Psych (docs/YAML.md):
// ResolveYamlScalar decides about plain scalars, quoted ones are text, merge keys (<<) are merged, aliases are
// followed, and Ruby's tags are ignored or applied. The reader guesses nothing: a repeated key, a key that is no text,
// a key without a colon and a second document are errors with their line. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

struct YamlLimits {
  size_t max_bytes = 1u << 20;  // of the text; its aliases may repeat as much again
  size_t max_depth = kMaxJsonDepth;
};

enum class YamlScalars {
  kRuby,  // plain scalars are numbers, booleans, symbols and so on, as Ruby reads them
  kText,  // every scalar but null is text, exactly as written
};

struct YamlDocument {
  Json value;       // null if is_blank: the text holds no value, only comments or "---"
  std::string tag;  // of the whole document, such as "!ruby/object:Puppet::Node::Facts"; empty if it has none
  bool is_blank = true;
};

// Reads one document. InvalidArgument "WHAT:LINE: …". Accepts a byte order mark and CRLF (base/text_file.h).
absl::StatusOr<YamlDocument> ParseYaml(absl::string_view text, absl::string_view what, const YamlLimits& limits = {},
                                       YamlScalars scalars = YamlScalars::kRuby);

}  // namespace orch
