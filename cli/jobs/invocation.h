// An action with its inputs, checked by the DDL. Nothing goes to a node before everything was found right.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "cli/session/context.h"

namespace orch::cli {

// What is being asked for; `action` may be null when no DDL was fetched.
struct JobSubject {
  std::string plugin;
  std::string action_name;
  const ddl::Action* action = nullptr;
};

using Arguments = std::vector<std::pair<std::string, std::string>>;

struct Invocation {
  std::shared_ptr<const ddl::Plugin> plugin;
  const ddl::Action* action = nullptr;
  Json inputs = Json::object();

  JobSubject subject() const { return {plugin->name, action->name, action}; }
};

// Reads what the command line only points to (cli/session/input_source.h), coerces, fills defaults, validates.
// Before the context's MakeTargets: standard input may hold an input.
absl::StatusOr<Invocation> MakeInvocation(Context* context, std::shared_ptr<const ddl::Plugin> plugin,
                                          const std::string& action, Arguments arguments);

}  // namespace orch::cli
