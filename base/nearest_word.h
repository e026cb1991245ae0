// "Did you mean …?" for a word that a person typed and that is not known. One rule for configuration keys, commands,
// plugins, actions and inputs. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch {

// The known word with the fewest edits (letters changed, added, left out, or swapped with a neighbour; case does not
// count) if at most about a third of `word` is wrong; otherwise the first known word that begins with `word` (two
// letters at least); otherwise empty. Among equally near words the first wins.
std::string NearestWord(absl::string_view word, const std::vector<std::string>& known);

// "; did you mean install?", or empty if no known word is near.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known);

}  // namespace orch
