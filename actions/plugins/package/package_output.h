// Parses the output of package managers. Ignores unknown lines. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/plugins/package/package_provider.h"

namespace orch::actions {

// Reads "dpkg-query -W" with kDpkgFormat. Returns the first installed package, else the first one.
inline constexpr char kDpkgFormat[] = "${db:Status-Abbrev}\\t${Version}\\t${Architecture}\\t${Package}\\n";
PackageState ParseDpkgQuery(absl::string_view text, const std::string& package);

// Reads "dpkg-query -W" with kDpkgListFormat. Returns "name version architecture" of all installed packages, including
// those on hold.
inline constexpr char kDpkgListFormat[] = "${db:Status-Abbrev}${Package} ${Version} ${Architecture}\\n";
std::vector<std::string> ParseDpkgList(absl::string_view text);

// Reads "rpm -q" with kRpmFormat. Of several installed versions (kernels), returns the newest with the others in it.
inline constexpr char kRpmFormat[] = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";
PackageState ParseRpmQuery(absl::string_view text, const std::string& package);

// Reads [epoch:]version[-release], the form in which the tools of rpm list available versions.
PackageState RpmVersion(absl::string_view full);

// Reads "apt-cache policy NAME". apt takes an unknown name for a pattern; `known` tells that it is the name of a
// package.
struct AptPolicy {
  bool known = false;
  std::string candidate;              // "(none)" if nothing can be installed
  std::vector<std::string> versions;  // newest first
};
AptPolicy ParseAptPolicy(absl::string_view text, const std::string& package);

// Reads "apt-get --simulate dist-upgrade": Inst name [old] (new repo [arch]).
PackageUpdates ParseAptSimulation(absl::string_view text);
// Reads "dnf check-update", "yum check-update" and "dnf list" of yum, dnf 4 and dnf 5: name.arch version repo, which
// yum may wrap. Ignores the lines below "Obsoleting packages".
std::vector<AvailablePackage> ParseYumTable(absl::string_view text);
// Reads "zypper list-updates" and "zypper search -s": a table with a heading.
std::vector<AvailablePackage> ParseZypperTable(absl::string_view text);
// Reads "apt-cache madison": name | version | repo.
std::vector<AvailablePackage> ParseMadison(absl::string_view text);

// Returns "dnf offers no version 9 of package vim; it has: 1.0-1, 2.0-1" with the first ones of `versions`.
std::string NoSuchVersion(absl::string_view provider, absl::string_view package, absl::string_view version,
                          const std::vector<std::string>& versions);

// Returns the line that tells the failure, or the last line with text.
std::string ProblemLine(absl::string_view output);

}  // namespace orch::actions
