// Names and versions as package managers, systemd and Puppet allow them, and nothing that one of their
// programs could read as an option, a pattern, a path or another object. The one place for these rules:
// named validators, plugins and data functions ask here. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::ddl {

inline constexpr size_t kMaxUnitNameBytes = 255;     // systemd's UNIT_NAME_MAX
inline constexpr size_t kMaxPackageWordBytes = 255;  // a package is a file with its name and version

// Each returns "" when `value` passes, else what it must be.

// A unit ("getty@tty1.service", "dev-disk-by\x2dlabel-a.swap", "-.mount") or a service without its suffix. A
// dash may stand first only where a suffix of systemd's shows that a unit is meant.
std::string CheckServiceName(absl::string_view value);

// dpkg: letters, digits and + - . _ behind a letter or digit, then ":arch". rpm: the same, also behind _.
// A dash at the end and ^ are refused: apt-get removes "vim-" and reads "name^" as a task.
std::string CheckPackageName(absl::string_view value);

// dpkg: letters, digits and . + - ~ :. rpm: also _ ^. No dash first or last, where it separates nothing.
std::string CheckPackageVersion(absl::string_view value);

std::string CheckPuppetTags(absl::string_view value);      // Unicode letters and digits, _ : . -; between commas
std::string CheckPuppetVariable(absl::string_view value);  // also an environment
std::string CheckPuppetResource(absl::string_view value);  // Type[any title]
std::string CheckPuppetServer(absl::string_view value);    // a host or [IPv6], then perhaps :port

// Whether `name` ends in one of systemd's unit types: ".service", ".socket" and so on.
bool HasUnitSuffix(absl::string_view name);

// The host and port of what CheckPuppetServer lets pass; the port is empty when there is none.
struct PuppetServer {
  std::string host, port;
};
PuppetServer SplitPuppetServer(absl::string_view value);

// Labels of letters, digits and dashes, as in RFC 1123.
bool IsHostName(absl::string_view value);

}  // namespace orch::ddl
