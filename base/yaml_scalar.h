// The meaning of a plain (unquoted) YAML scalar in YAML 1.1 as Ruby's Psych reads it, and therefore Puppet, Facter and
// MCollective. docs/YAML.md has the rules. Pure.
#pragma once

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// Returns null, true or false, an integer of any size, a float, or the text as written. Dates, times, infinities and
// scalars at which Psych itself fails stay text; a symbol (":name") becomes its name.
Json ResolveYamlScalar(absl::string_view text);

// Returns the name of a symbol (":name", ":\"a name\""), or empty if `text` is no symbol. ":80" and "::1" are
// addresses.
absl::string_view YamlSymbolName(absl::string_view text);

}  // namespace orch
