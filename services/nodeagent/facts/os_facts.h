// Facts about distribution and kernel, parsed from the system's texts. Pure functions; any thread.
#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

struct OsTexts {
  std::string os_release;      // /etc/os-release
  std::string debian_version;  // /etc/debian_version
  std::string redhat_release;  // /etc/redhat-release
  std::string machine;         // uname: x86_64
  std::string kernel;          // uname: Linux
  std::string kernel_release;  // uname: 6.1.0-18-amd64
};

// Parses the KEY=value lines of os-release(5) and removes the quotes.
std::map<std::string, std::string> ParseOsRelease(absl::string_view text);

// Returns os{…} and the flat names of Facter 2: osfamily, operatingsystem, operatingsystemrelease, lsbdist*,
// architecture, hardwaremodel, kernel, kernelrelease, kernelversion, kernelmajversion.
Json OsFacts(const OsTexts& texts);

}  // namespace orch::nodeagent
