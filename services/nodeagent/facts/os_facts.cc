#include "services/nodeagent/facts/os_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace orch::nodeagent {
namespace {

struct Distribution {
  absl::string_view id;      // os-release ID
  absl::string_view name;    // Facter's os.name
  absl::string_view family;  // Facter's os.family
};

constexpr Distribution kDistributions[] = {
    {"debian", "Debian", "Debian"},
    {"ubuntu", "Ubuntu", "Debian"},
    {"linuxmint", "LinuxMint", "Debian"},
    {"raspbian", "Raspbian", "Debian"},
    {"devuan", "Devuan", "Debian"},
    {"kali", "Kali", "Debian"},
    {"rhel", "RedHat", "RedHat"},
    {"centos", "CentOS", "RedHat"},
    {"fedora", "Fedora", "RedHat"},
    {"rocky", "Rocky", "RedHat"},
    {"almalinux", "AlmaLinux", "RedHat"},
    {"ol", "OracleLinux", "RedHat"},
    {"amzn", "Amazon", "RedHat"},
    {"scientific", "Scientific", "RedHat"},
    {"sles", "SLES", "Suse"},
    {"sled", "SLED", "Suse"},
    {"opensuse-leap", "OpenSuSE", "Suse"},
    {"opensuse-tumbleweed", "OpenSuSE", "Suse"},
    {"opensuse", "OpenSuSE", "Suse"},
    {"arch", "Archlinux", "Archlinux"},
    {"gentoo", "Gentoo", "Gentoo"},
    {"alpine", "Alpine", "Linux"},
    {"slackware", "Slackware", "Slackware"},
    {"mageia", "Mageia", "Mandrake"},
};

const Distribution* FindDistribution(absl::string_view id) {
  const auto* found = std::find_if(std::begin(kDistributions), std::end(kDistributions),
                                   [id](const Distribution& entry) { return entry.id == id; });
  return found == std::end(kDistributions) ? nullptr : found;
}

std::string Get(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second;
}

// Returns the first number with dots in the text: "CentOS Linux release 7.9.2009 (Core)" → "7.9.2009".
std::string FirstVersion(absl::string_view text) {
  const size_t begin = text.find_first_of("0123456789");
  if (begin == absl::string_view::npos) return "";
  const size_t end = text.find_first_not_of("0123456789.", begin);
  return std::string(text.substr(begin, end == absl::string_view::npos ? end : end - begin));
}

// Returns the most detailed release that any of the texts has.
std::string FullRelease(const OsTexts& texts, absl::string_view name, absl::string_view family,
                        const std::string& version_id) {
  if (name == "Debian" || name == "Raspbian" || name == "Devuan") {
    const std::string version = FirstVersion(texts.debian_version);  // "trixie/sid" has none
    if (!version.empty()) return version;
  }
  if (family == "RedHat" && name != "Amazon" && name != "Fedora") {
    const std::string version = FirstVersion(texts.redhat_release);
    if (version.size() > version_id.size()) return version;
  }
  return version_id;
}

Json Release(absl::string_view name, const std::string& full) {
  Json release = {{"full", full}};
  const std::vector<std::string> parts = absl::StrSplit(full, '.');
  // Ubuntu's major release consists of both numbers: 22.04.
  if (name == "Ubuntu") {
    release["major"] = parts.size() > 1 ? absl::StrCat(parts[0], ".", parts[1]) : full;
    return release;
  }
  release["major"] = parts[0];
  if (parts.size() > 1) release["minor"] = parts[1];
  return release;
}

std::string Architecture(absl::string_view family, const std::string& machine) {
  if (family == "Debian" || family == "Gentoo") {
    if (machine == "x86_64") return "amd64";
    if (machine == "aarch64") return "arm64";
  }
  if (machine.size() == 4 && machine[0] == 'i' && absl::EndsWith(machine, "86")) return "i386";
  return machine;
}

Json KernelFacts(const OsTexts& texts) {
  const size_t end = texts.kernel_release.find_first_not_of("0123456789.");
  const std::string version = texts.kernel_release.substr(0, end);
  const std::vector<std::string> parts = absl::StrSplit(version, '.');
  return {{"kernel", texts.kernel},
          {"kernelrelease", texts.kernel_release},
          {"kernelversion", version},
          {"kernelmajversion", parts.size() > 1 ? absl::StrCat(parts[0], ".", parts[1]) : version},
          {"hardwaremodel", texts.machine}};
}

}  // namespace

std::map<std::string, std::string> ParseOsRelease(absl::string_view text) {
  std::map<std::string, std::string> values;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    const size_t at = line.find('=');
    if (line.empty() || line[0] == '#' || at == absl::string_view::npos) continue;
    absl::string_view value = line.substr(at + 1);
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
      value = value.substr(1, value.size() - 2);
    }
    std::string plain;
    for (size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      plain.push_back(value[i]);
    }
    values[std::string(line.substr(0, at))] = std::move(plain);
  }
  return values;
}

Json OsFacts(const OsTexts& texts) {
  const std::map<std::string, std::string> values = ParseOsRelease(texts.os_release);
  const Distribution* known = FindDistribution(Get(values, "ID"));
  std::string family = known != nullptr ? std::string(known->family) : "Linux";
  std::string name = known != nullptr ? std::string(known->name) : Get(values, "NAME");
  if (name.empty()) name = "Linux";
  // A derivative that is not listed belongs to the family that ID_LIKE names.
  for (const absl::string_view like : absl::StrSplit(Get(values, "ID_LIKE"), ' ', absl::SkipEmpty())) {
    const Distribution* relative = known == nullptr ? FindDistribution(like) : nullptr;
    if (relative == nullptr) continue;
    family = std::string(relative->family);
    break;
  }
  const Json release = Release(name, FullRelease(texts, name, family, Get(values, "VERSION_ID")));
  const std::string architecture = Architecture(family, texts.machine);
  const std::string codename = Get(values, "VERSION_CODENAME");
  const std::string description = Get(values, "PRETTY_NAME");
  Json facts = KernelFacts(texts);
  facts["os"] = {
      {"name", name},
      {"family", family},
      {"release", release},
      {"architecture", architecture},
      {"hardware", texts.machine},
      {"distro", {{"id", name}, {"codename", codename}, {"description", description}, {"release", release}}}};
  facts["osfamily"] = family;
  facts["operatingsystem"] = name;
  facts["operatingsystemrelease"] = release["full"];
  facts["operatingsystemmajrelease"] = release["major"];
  facts["architecture"] = architecture;
  facts["lsbdistid"] = name;
  facts["lsbdistcodename"] = codename;
  facts["lsbdistdescription"] = description;
  facts["lsbdistrelease"] = release["full"];
  facts["lsbmajdistrelease"] = release["major"];
  return facts;
}

}  // namespace orch::nodeagent
