// An action with its inputs, checked against the DDL. No node gets a command before all inputs are
// valid.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "cli/session/context.h"

namespace orch::cli {

// What a job runs. `action` is null if no DDL was fetched.
struct JobSubject {
  std::string plugin;
  std::string action_name;
  const ddl::Action* action = nullptr;
};

using Arguments = std::vector<std::pair<std::string, std::string>>;

// Splits words such as "name=value". InvalidArgument if a word has no "=".
absl::StatusOr<Arguments> SplitArguments(absl::Span<const std::string> words);

struct Invocation {
  std::shared_ptr<const ddl::Plugin> plugin;
  const ddl::Action* action = nullptr;
  Json inputs = Json::object();

  JobSubject subject() const { return {plugin->name, action->name, action}; }
};

// Reads the inputs that the command line only points to (cli/session/input_source.h), converts them
// to the DDL's types, fills in defaults, and validates. Must be called before the context's
// MakeTargets, because standard input may hold an input.
absl::StatusOr<Invocation> MakeInvocation(Context* context, std::shared_ptr<const ddl::Plugin> plugin,
                                          const std::string& action, Arguments arguments);

}  // namespace orch::cli
