// Inputs against the DDL. The same checks run on client, hub and node.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"

namespace orch::ddl {

// NotFound: "plugin package has no action 'instal'; did you mean install? It has: count, …".
absl::StatusOr<const Action*> RequireAction(const Plugin& plugin, absl::string_view action);

// One "key=value" word, split at the first '='; "key=" is the empty text. InvalidArgument shows the form.
absl::StatusOr<std::pair<std::string, std::string>> SplitArgument(absl::string_view word);

// Command-line values by declared type: booleans true/t/yes/y/1 and false/f/no/n/0 in any case;
// integers, floats and numbers with an optional sign; hash and array as JSON text. A repeated key
// or an undeclared one (without additional_inputs) is an error with the nearest known name.
absl::StatusOr<Json> CoerceArguments(const Action& action,
                                     const std::vector<std::pair<std::string, std::string>>& arguments);

// Sets every absent input that has a default.
void FillInputDefaults(const Action& action, Json* inputs);
// Sets every output that has a default, before the action runs.
void FillOutputDefaults(const Action& action, Json* data);

// The whole check. InvalidArgument starts "input 'package': "; a missing one is FailedPrecondition
// (status code 3 to the caller, all else 4). The value itself is not quoted when sensitive.
absl::Status ValidateInputs(const Plugin& plugin, const Action& action, const Json& inputs);

// A copy with sensitive values replaced by "***".
Json Redact(const Action& action, const Json& inputs);

// Named validators: shellsafe, ipv4address, ipv6address, ipaddress, fqdn, path, duration,
// service_name, package_name, package_version, puppet_tags, puppet_variable, puppet_resource,
// puppet_server_address; those of names are in system_names.h.
bool IsNamedValidator(absl::string_view name);
absl::Status CheckNamedValidator(absl::string_view name, absl::string_view value);

}  // namespace orch::ddl
