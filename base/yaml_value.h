// Applies the tags of YAML 1.1 and of Ruby to values. Only base/yaml.cc uses it. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// The value of a scalar with an explicit tag: text for !!str and !ruby/string, the name for !ruby/sym, the decoded text
// for !binary (base 64), a float for !!float, and the text as written for other tags of Ruby. Any other tag is ignored.
// InvalidArgument if the scalar does not fit its tag.
absl::StatusOr<Json> TaggedYamlScalar(absl::string_view tag, absl::string_view text);

// The value of a list or mapping with an explicit tag: a mapping for !!omap, and the contents for Ruby's sets and for
// its hashes, arrays and strings with instance variables. Any other tag leaves `value` unchanged.
Json TaggedYamlContainer(absl::string_view tag, Json value);

}  // namespace orch
