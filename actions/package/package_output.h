// Reading what package managers print. Pure; unknown lines are passed over.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/package/package_provider.h"

namespace orch::actions {

// Lines of "dpkg-query -W" with kDpkgFormat; the first package that is installed, else the first.
inline constexpr char kDpkgFormat[] = "${db:Status-Abbrev}\\t${Version}\\t${Architecture}\\t${Package}\\n";
PackageState ParseDpkgQuery(absl::string_view text, const std::string& package);

// Lines of "rpm -q" with kRpmFormat; several versions may be there (kernels): the last.
inline constexpr char kRpmFormat[] = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";
PackageState ParseRpmQuery(absl::string_view text, const std::string& package);

// "apt-get --simulate dist-upgrade": Inst name [old] (new repo [arch]).
PackageUpdates ParseAptSimulation(absl::string_view text);
// "dnf check-update", "yum check-update", "dnf list": name.arch version repo, which yum may wrap.
std::vector<AvailablePackage> ParseYumTable(absl::string_view text);
// "zypper list-updates" and "zypper search -s": a table with a heading.
std::vector<AvailablePackage> ParseZypperTable(absl::string_view text);
// "apt-cache madison": name | version | repo.
std::vector<AvailablePackage> ParseMadison(absl::string_view text);

// The line that says what went wrong, or the last one with text.
std::string ProblemLine(absl::string_view output);

}  // namespace orch::actions
