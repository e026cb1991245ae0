// Reading what package managers print. Pure; unknown lines are passed over.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/plugins/package/package_provider.h"

namespace orch::actions {

// Lines of "dpkg-query -W" with kDpkgFormat; the first package that is installed, else the first.
inline constexpr char kDpkgFormat[] = "${db:Status-Abbrev}\\t${Version}\\t${Architecture}\\t${Package}\\n";
PackageState ParseDpkgQuery(absl::string_view text, const std::string& package);

// Lines of "dpkg-query -W" with kDpkgListFormat: "name version architecture" of what is installed, held or not.
inline constexpr char kDpkgListFormat[] = "${db:Status-Abbrev}${Package} ${Version} ${Architecture}\\n";
std::vector<std::string> ParseDpkgList(absl::string_view text);

// Lines of "rpm -q" with kRpmFormat; several versions may be there (kernels): the newest, then the others.
inline constexpr char kRpmFormat[] = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";
PackageState ParseRpmQuery(absl::string_view text, const std::string& package);

// [epoch:]version[-release], as rpm's tools list what can be installed.
PackageState RpmVersion(absl::string_view full);

// "apt-cache policy NAME". apt takes a name it does not know as a pattern: `known` says that it is a name.
struct AptPolicy {
  bool known = false;
  std::string candidate;              // "(none)" when nothing can be installed
  std::vector<std::string> versions;  // newest first
};
AptPolicy ParseAptPolicy(absl::string_view text, const std::string& package);

// "apt-get --simulate dist-upgrade": Inst name [old] (new repo [arch]).
PackageUpdates ParseAptSimulation(absl::string_view text);
// "dnf check-update", "yum check-update", "dnf list", of yum, dnf 4 and dnf 5: name.arch version repo, which
// yum may wrap. What stands below "Obsoleting packages" is no update.
std::vector<AvailablePackage> ParseYumTable(absl::string_view text);
// "zypper list-updates" and "zypper search -s": a table with a heading.
std::vector<AvailablePackage> ParseZypperTable(absl::string_view text);
// "apt-cache madison": name | version | repo.
std::vector<AvailablePackage> ParseMadison(absl::string_view text);

// "dnf offers no version 9 of package vim; it has: 1.0-1, 2.0-1": the first ones of `versions`.
std::string NoSuchVersion(absl::string_view provider, absl::string_view package, absl::string_view version,
                          const std::vector<std::string>& versions);

// The line that says what went wrong, or the last one with text.
std::string ProblemLine(absl::string_view output);

}  // namespace orch::actions
