// The words of commands such as "service sshd restart" and "service restart sshd", sorted by the
// DDL: it decides which word is the action.
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
  std::string subject;  // the service or package; empty if none was given
  Arguments arguments;  // the key=value words, and the subject as `subject_input`
};

// InvalidArgument if there are fewer than `least` words. Does not ask the hub.
absl::Status RequireWords(const std::vector<std::string>& words, size_t least, absl::string_view usage);

// Takes one or two names in either order, and key=value words. The first word that is an action of
// the plugin is the action. NotFound if no word is one; the message names the nearest action.
absl::StatusOr<AppWords> SortAppWords(const ddl::Plugin& plugin, const std::vector<std::string>& words,
                                      const std::string& subject_input);

// Everything that a plugin's own command does before it sends: reads the configuration, fetches the
// DDL, sorts the words, and makes the targets. The subject is an input with the name of the plugin.
// `further` are arguments from options.
struct AppCall {
  Targets targets;
  AppWords words;
  Invocation invocation;
  std::string what;  // "restart service sshd"
};
absl::StatusOr<AppCall> MakeAppCall(Context* context, const std::string& plugin, const std::vector<std::string>& words,
                                    const Arguments& further);

}  // namespace orch::cli
