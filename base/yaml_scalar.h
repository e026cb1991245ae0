// What a plain (unquoted) YAML scalar means: YAML 1.1 as Ruby's Psych reads it, hence Puppet, Facter and MCollective.
// The rules stand in docs/YAML.md. Pure.
#pragma once

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// Null, true or false, an integer of any size, a float, or the text as it is written. Dates, times, infinities and
// what Psych itself fails at stay text; a symbol (":name") is its name.
Json ResolveYamlScalar(absl::string_view text);

// The name of a symbol (":name", ":\"a name\""); empty when `text` is no symbol. ":80" and "::1" are addresses.
absl::string_view YamlSymbolName(absl::string_view text);

}  // namespace orch
