// The names and versions that package managers, systemd and Puppet allow, without those that one of their programs
// could take for an option, a pattern, a path or another object. Named validators, plugins and data functions share
// these rules. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::ddl {

inline constexpr size_t kMaxUnitNameBytes = 255;     // systemd's UNIT_NAME_MAX
inline constexpr size_t kMaxPackageWordBytes = 255;  // a package is a file with its name and version

// Each check returns "" if `value` is allowed, else what it must be.

// Allows a unit ("getty@tty1.service", "dev-disk-by\x2dlabel-a.swap", "-.mount") or a service without its suffix. Only
// a name with a suffix of systemd may begin with a dash.
std::string CheckServiceName(absl::string_view value);

// Allows for dpkg a letter or digit, then letters, digits and + - . _, then ":arch"; for rpm also a leading _. Refuses
// a dash at the end and ^, because apt-get removes "vim-" and takes "name^" for a task.
std::string CheckPackageName(absl::string_view value);

// Allows for dpkg letters, digits and . + - ~ :, and for rpm also _ ^. Refuses a dash at either end.
std::string CheckPackageVersion(absl::string_view value);

std::string CheckPuppetTags(absl::string_view value);      // Unicode letters and digits, _ : . -; between commas
std::string CheckPuppetVariable(absl::string_view value);  // also for environments
std::string CheckPuppetResource(absl::string_view value);  // Type[any title]
std::string CheckPuppetServer(absl::string_view value);    // a host or [IPv6], with or without :port

// Whether `name` ends in one of systemd's unit types: ".service", ".socket" and so on.
bool HasUnitSuffix(absl::string_view name);

// The host and port of a text that CheckPuppetServer allows; the port is empty if there is none.
struct PuppetServer {
  std::string host, port;
};
PuppetServer SplitPuppetServer(absl::string_view value);

// Whether the text consists of labels of letters, digits and dashes, as in RFC 1123.
bool IsHostName(absl::string_view value);

}  // namespace orch::ddl
