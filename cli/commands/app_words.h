// "service sshd restart" and "service restart sshd": which word is the action is what the DDL says.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "cli/jobs/invocation.h"

namespace orch::cli {

struct AppWords {
  std::string action;
  std::string subject;  // the service or package; may be empty
  Arguments arguments;  // subject included, as `subject_input`, and key=value words
};

// At least `least` words, without asking the hub.
absl::Status RequireWords(const std::vector<std::string>& words, size_t least, absl::string_view usage);

// Words: one or two names, in either order, then key=value. The first word that is an action of the
// plugin is the action; when both are, the first. NotFound names the nearest action.
absl::StatusOr<AppWords> SortAppWords(const ddl::Plugin& plugin, const std::vector<std::string>& words,
                                      const std::string& subject_input);

// All of a plugin's own command up to sending: configuration, targets, the DDL from the hub, the words.
// The input that words name is called as the plugin. `further`: arguments that options gave.
struct AppCall {
  Targets targets;
  AppWords words;
  Invocation invocation;
  std::string what;  // "restart service sshd"
};
absl::StatusOr<AppCall> MakeAppCall(Context* context, const std::string& plugin, const std::vector<std::string>& words,
                                    const Arguments& further);

}  // namespace orch::cli
