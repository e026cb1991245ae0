// Writes many node names in few words, such as "web[01-20,22].example.net", in the form that -I
// accepts. Pure.
#pragma once

#include <string>
#include <vector>

namespace orch::cli {

// Returns sorted words; each name is in exactly one of them. In each name one number is folded: the
// one that brings the most names together.
std::vector<std::string> FoldNames(std::vector<std::string> names);

}  // namespace orch::cli
