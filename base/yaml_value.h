// What tags of YAML 1.1 and of Ruby make of a value. A helper of base/yaml.cc. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// A scalar with an explicit tag: !!str and !ruby/string are text, !ruby/sym a name, !binary the text behind its base
// 64, !!float a float, !ruby/… else the text as written, and any other tag what the scalar means without one.
// InvalidArgument when it cannot be that.
absl::StatusOr<Json> TaggedYamlScalar(absl::string_view tag, absl::string_view text);

// A list or mapping with an explicit tag, built already: !!omap is a mapping, Ruby's sets, and its hashes, arrays and
// strings with instance variables are what they hold. Any other is what it looks like.
Json TaggedYamlContainer(absl::string_view tag, Json value);

}  // namespace orch
