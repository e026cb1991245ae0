// Reads YAML of our own that is more than settings, such as access.yaml, into a tree that knows the line of every
// value, so that each problem can be reported at its place. Strict: anchors, aliases, tags and keys that are not text
// are errors, and every scalar is text as written. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch {

struct YamlKey {
  std::string text;
  int line = 0;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;
  std::string text;             // of a scalar
  std::vector<YamlKey> keys;    // of a mapping, in the order of the text; a repeated key occurs twice
  std::vector<YamlNode> items;  // of a list; of a mapping the values, one for each key

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
};

// Reads one document; a text without a document is null. InvalidArgument "WHAT:LINE: …" for wrong syntax, more than
// `max_bytes`, and more than 32 levels.
absl::StatusOr<YamlNode> ParseYamlTree(absl::string_view text, absl::string_view what, size_t max_bytes);

}  // namespace orch
