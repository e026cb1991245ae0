#include "actions/plugins/package/package_output.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "actions/plugins/package/rpm_version.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxProblemBytes = 300;
constexpr size_t kVersionIndent = 5;  // in the version table of apt-cache policy

using Fields = std::vector<std::string>;

Fields Trimmed(absl::string_view line, char separator) {
  Fields fields = absl::StrSplit(line, separator);
  for (std::string& field : fields) absl::StripAsciiWhitespace(&field);
  return fields;
}

// [epoch:]version[-release]
void SplitVersion(absl::string_view full, PackageState* state) {
  const size_t colon = full.find(':');
  if (colon != absl::string_view::npos) state->epoch = std::string(full.substr(0, colon));
  const absl::string_view rest = colon == absl::string_view::npos ? full : full.substr(colon + 1);
  const size_t dash = rest.rfind('-');
  state->version = std::string(rest.substr(0, dash));
  if (dash != absl::string_view::npos) state->release = std::string(rest.substr(dash + 1));
}

PackageState Missing(const std::string& package, const char* ensure) {
  PackageState state;
  state.name = package;
  state.ensure = ensure;
  return state;
}

// Tests the second letter of dpkg's state, including packages with pending triggers. The first letter is the wanted
// state, such as hold.
bool IsInstalled(char status) { return status == 'i' || status == 'W' || status == 't'; }

bool IsNewer(const PackageState& left, const PackageState& right) {
  int order = CompareRpmPart(left.epoch, right.epoch);
  if (order == 0) order = CompareRpmPart(left.version, right.version);
  if (order == 0) order = CompareRpmPart(left.release, right.release);
  return order > 0;
}

}  // namespace

PackageState ParseDpkgQuery(absl::string_view text, const std::string& package) {
  PackageState found = Missing(package, "purged");
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const Fields fields = absl::StrSplit(line, '\t');
    if (fields.size() != 4 || fields[0].size() < 2) continue;
    const char status = fields[0][1];
    if (status == 'c' && !found.installed) found = Missing(package, "absent");  // configuration files are left
    if (absl::string_view("iWtUFH").find(status) == absl::string_view::npos) continue;
    PackageState state;
    state.installed = IsInstalled(status);  // else unpacked or half done: to be mended
    state.name = fields[3];
    state.ensure = fields[1];
    state.arch = fields[2];
    SplitVersion(fields[1], &state);
    if (state.installed) return state;
    found = state;
  }
  return found;
}

std::vector<std::string> ParseDpkgList(absl::string_view text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.size() > 3 && IsInstalled(line[1])) lines.emplace_back(line.substr(3));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

PackageState ParseRpmQuery(absl::string_view text, const std::string& package) {
  std::vector<PackageState> all;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const Fields fields = absl::StrSplit(line, '\t');
    if (fields.size() != 5) continue;
    PackageState& found = all.emplace_back();
    found.installed = true;
    found.name = fields[0];
    found.epoch = fields[1] == "(none)" ? "0" : fields[1];
    found.version = fields[2];
    found.release = fields[3];
    found.arch = fields[4];
    found.ensure = absl::StrCat(found.version, "-", found.release);
  }
  if (all.empty()) return Missing(package, "absent");
  std::stable_sort(all.begin(), all.end(), IsNewer);
  PackageState newest = std::move(all.front());
  newest.others.assign(std::make_move_iterator(all.begin() + 1), std::make_move_iterator(all.end()));
  return newest;
}

PackageState RpmVersion(absl::string_view full) {
  PackageState state;
  state.installed = true;
  SplitVersion(full, &state);
  if (state.epoch.empty()) state.epoch = "0";
  state.ensure = state.release.empty() ? state.version : absl::StrCat(state.version, "-", state.release);
  return state;
}

AptPolicy ParseAptPolicy(absl::string_view text, const std::string& package) {
  // The heading is the name of the package, without the architecture if that is the machine's own.
  const absl::string_view plain = absl::string_view(package).substr(0, package.find(':'));
  AptPolicy policy;
  bool inside = false;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!line.empty() && line[0] != ' ') {
      absl::ConsumeSuffix(&line, ":");
      inside = line == package || line == plain;
      policy.known = policy.known || inside;
      continue;
    }
    if (!inside) continue;
    absl::string_view rest = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&rest, "Candidate: ")) policy.candidate = std::string(rest);
    // The line is " *** VERSION PRIORITY" or "     VERSION PRIORITY"; its sources are indented further.
    const bool version = absl::StartsWith(line, " *** ") || absl::StartsWith(line, "     ");
    if (!version || line.size() <= kVersionIndent || line[kVersionIndent] == ' ') continue;
    rest = line.substr(kVersionIndent);
    policy.versions.emplace_back(rest.substr(0, rest.find(' ')));
  }
  return policy;
}

PackageUpdates ParseAptSimulation(absl::string_view text) {
  PackageUpdates updates;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, "Inst ")) continue;
    const size_t open = line.find('(');
    const size_t close = line.find(')', open);
    if (open == absl::string_view::npos || close == absl::string_view::npos) continue;
    const Fields head = absl::StrSplit(line.substr(0, open), ' ', absl::SkipEmpty());
    absl::string_view source = line.substr(open + 1, close - open - 1);
    const size_t blank = source.find(' ');
    if (head.empty() || blank == absl::string_view::npos) continue;
    AvailablePackage package{head[0], std::string(source.substr(0, blank)), ""};
    absl::string_view repo = source.substr(blank + 1);
    package.repo = std::string(absl::StripAsciiWhitespace(repo.substr(0, repo.rfind('['))));
    const bool upgrade = head.size() > 1 && absl::StartsWith(head[1], "[");
    (upgrade ? updates.outdated : updates.added).push_back(std::move(package));
  }
  return updates;
}

std::vector<AvailablePackage> ParseYumTable(absl::string_view text) {
  std::vector<AvailablePackage> packages;
  Fields row;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWithIgnoreCase(line, "Obsoleting packages")) break;  // dnf 5 writes it so, others with a P
    const Fields words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    const bool continued = !row.empty() && !line.empty() && absl::ascii_isspace(line[0]);
    if (!continued) row.clear();
    row.insert(row.end(), words.begin(), words.end());
    if (row.size() > 3 || (!row.empty() && !absl::StrContains(row[0], '.'))) row.clear();
    if (row.size() != 3) continue;
    const bool version = std::any_of(row[1].begin(), row[1].end(), absl::ascii_isdigit);
    if (version) packages.push_back({row[0], row[1], row[2]});
    row.clear();
  }
  return packages;
}

std::vector<AvailablePackage> ParseZypperTable(absl::string_view text) {
  std::vector<AvailablePackage> packages;
  Fields heading;
  const auto column = [&heading](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const auto found = std::find(heading.begin(), heading.end(), name);
      if (found != heading.end()) return static_cast<size_t>(found - heading.begin());
    }
    return heading.size();
  };
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StrContains(line, '|')) continue;
    const Fields fields = Trimmed(line, '|');
    if (heading.empty()) {
      heading = fields;
      continue;
    }
    const size_t name = column({"Name"}), version = column({"Available Version", "Version"}),
                 repo = column({"Repository"});
    if (std::max({name, version, repo}) >= fields.size()) continue;
    packages.push_back({fields[name], fields[version], fields[repo]});
  }
  return packages;
}

std::vector<AvailablePackage> ParseMadison(absl::string_view text) {
  std::vector<AvailablePackage> packages;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const Fields fields = Trimmed(line, '|');
    if (fields.size() == 3 && !absl::EndsWith(fields[2], " Sources"))
      packages.push_back({fields[0], fields[1], fields[2]});
  }
  return packages;
}

std::string NoSuchVersion(absl::string_view provider, absl::string_view package, absl::string_view version,
                          const std::vector<std::string>& versions) {
  constexpr size_t kNamed = 10;
  const auto end = versions.begin() + static_cast<std::ptrdiff_t>(std::min(versions.size(), kNamed));
  return absl::StrCat(
      provider, " offers no version ", version, " of package ", package, "; ",
      versions.empty() ? "it has none" : absl::StrCat("it has: ", absl::StrJoin(versions.begin(), end, ", ")),
      versions.size() > kNamed ? ", …" : "");
}

std::string ProblemLine(absl::string_view output) {
  absl::string_view last, error;
  for (absl::string_view line : absl::StrSplit(output, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    last = line;
    if (error.empty() && (absl::StartsWith(line, "E: ") || absl::StartsWith(line, "Error") ||
                          absl::StartsWith(line, "No package") || absl::StartsWith(line, "No match"))) {
      error = line;
    }
  }
  absl::string_view line = error.empty() ? last : error;
  absl::ConsumePrefix(&line, "E: ");
  return std::string(line.substr(0, kMaxProblemBytes));
}

}  // namespace orch::actions
