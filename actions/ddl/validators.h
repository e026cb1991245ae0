// The named validators, which a DDL may name in `validation` instead of a regular expression: shellsafe, ipv4address,
// ipv6address, ipaddress, fqdn, path, duration, service_name, package_name, package_version, puppet_tags,
// puppet_variable, puppet_resource and puppet_server_address. system_names.h has the rules for names. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::ddl {

// Returns their names in the order of the documentation.
std::vector<std::string> NamedValidators();
bool IsNamedValidator(absl::string_view name);
// InvalidArgument tells what the value must be ("must be an IPv4 address").
absl::Status CheckNamedValidator(absl::string_view name, absl::string_view value);

}  // namespace orch::ddl
