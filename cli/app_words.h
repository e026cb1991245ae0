// "service sshd restart" and "service restart sshd": which word is the action is what the DDL says.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "cli/invocation.h"

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

}  // namespace orch::cli
