// What the next word of a command line can be. Commands return it, and completion turns it into
// candidates.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace orch::cli {

struct NextWord {
  enum Kind { kNothing, kWords, kPlugins, kActions, kInputs, kNodes, kFacts, kJobs, kFiles };
  Kind kind = kNothing;
  std::vector<std::string> words =
      {};                   // the words of kWords; for kInputs without an action, the actions that are possible
  std::string plugin = {};  // kActions, kInputs
  std::string action = {};  // kInputs

  // `kind` if no word has been given yet, otherwise nothing.
  static NextWord First(Kind kind, const std::vector<std::string>& words) { return {words.empty() ? kind : kNothing}; }
  static NextWord Words(std::vector<std::string> words) { return {kWords, std::move(words)}; }
  static NextWord Actions(std::string plugin) { return {kActions, {}, std::move(plugin)}; }
  static NextWord Inputs(std::string plugin, std::string action) {
    return {kInputs, {}, std::move(plugin), std::move(action)};
  }
  static NextWord InputsOfOne(std::string plugin, std::vector<std::string> actions) {
    return {kInputs, std::move(actions), std::move(plugin), {}};
  }
};

}  // namespace orch::cli
