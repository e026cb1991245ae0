// Many node names in few words: "web[01-20,22].example.net", as -I takes them. Pure.
#pragma once

#include <string>
#include <vector>

namespace orch::cli {

// Each name stands in exactly one of the words, which are sorted. Of each name one number is folded: the
// one by which most names come together.
std::vector<std::string> FoldNames(std::vector<std::string> names);

}  // namespace orch::cli
