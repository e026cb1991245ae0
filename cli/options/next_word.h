// What a command's next word can be, for completion.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace orch::cli {

struct NextWord {
  enum Kind { kNothing, kWords, kPlugins, kActions, kInputs, kNodes, kFacts, kJobs, kFiles };
  Kind kind = kNothing;
  std::vector<std::string> words = {};  // kWords; kInputs without an action: one of these is it
  std::string plugin = {};              // kActions, kInputs
  std::string action = {};              // kInputs

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
