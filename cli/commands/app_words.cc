#include "cli/commands/app_words.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"
#include "cli/session/plugin_source.h"

namespace orch::cli {

namespace {

// Returns the index of the action. If no word is an action, returns the word that is similar to one.
size_t PlaceOfAction(const ddl::Plugin& plugin, const std::vector<std::string>& names) {
  if (names.size() == 1 || plugin.FindAction(names[0]) != nullptr) return 0;
  if (plugin.FindAction(names[1]) != nullptr) return 1;
  std::vector<std::string> actions;
  for (const auto& [name, unused] : plugin.actions) actions.push_back(name);
  return NearestWord(names[1], actions).empty() && !NearestWord(names[0], actions).empty() ? 0 : 1;
}

bool HasArgument(const Arguments& arguments, absl::string_view input) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const auto& pair) { return pair.first == input; });
}

}  // namespace

absl::Status RequireWords(const std::vector<std::string>& words, size_t least, absl::string_view usage) {
  if (words.size() >= least) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("too few words; usage: orchctl ", usage));
}

absl::StatusOr<AppWords> SortAppWords(const ddl::Plugin& plugin, const std::vector<std::string>& words,
                                      const std::string& subject_input) {
  AppWords sorted;
  std::vector<std::string> names;
  for (const std::string& word : words) {
    if (absl::StrContains(word, "=")) {
      ORCH_ASSIGN_OR_RETURN(auto pair, ddl::SplitArgument(word));
      sorted.arguments.push_back(std::move(pair));
    } else {
      names.push_back(word);
    }
  }
  if (names.empty() || names.size() > 2) {
    return absl::InvalidArgumentError(absl::StrCat("expected a ", subject_input, " and an action, in either order"));
  }
  const size_t action = PlaceOfAction(plugin, names);
  sorted.action = names[action];
  ORCH_RETURN_IF_ERROR(ddl::RequireAction(plugin, sorted.action).status());
  const std::string several = absl::StrCat(subject_input, "s");
  const bool takes_several = plugin.FindAction(sorted.action)->FindInput(several) != nullptr;
  if (names.size() == 2) {
    sorted.subject = names[1 - action];
    const bool list = takes_several && absl::StrContains(sorted.subject, ',');
    sorted.arguments.emplace_back(list ? several : subject_input, sorted.subject);
  } else if (takes_several && !HasArgument(sorted.arguments, subject_input) &&
             !HasArgument(sorted.arguments, several)) {
    return absl::InvalidArgumentError(absl::StrCat("which ", subject_input, "? write: orchctl ", plugin.name, " ",
                                                   sorted.action, " <", subject_input, ">[,<", subject_input, ">...]"));
  }
  return sorted;
}

absl::StatusOr<AppCall> MakeAppCall(Context* context, const std::string& plugin, const std::vector<std::string>& words,
                                    const Arguments& further) {
  AppCall call;
  ORCH_RETURN_IF_ERROR(context->Prepare());
  ORCH_ASSIGN_OR_RETURN(auto loaded, FetchPlugin(context, plugin));
  ORCH_ASSIGN_OR_RETURN(call.words, SortAppWords(*loaded, words, plugin));
  call.words.arguments.insert(call.words.arguments.end(), further.begin(), further.end());
  ORCH_ASSIGN_OR_RETURN(call.invocation,
                        MakeInvocation(context, std::move(loaded), call.words.action, call.words.arguments));
  ORCH_ASSIGN_OR_RETURN(call.targets, context->MakeTargets());
  const std::string& subject = call.words.subject;
  call.what = absl::StrCat(call.words.action, " ", plugin, subject.empty() ? "s" : " ", subject);
  return call;
}

}  // namespace orch::cli
