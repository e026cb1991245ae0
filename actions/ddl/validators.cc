#include "actions/ddl/validators.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/ddl/system_names.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxPathBytes = 4096;

bool AllOf(absl::string_view text, bool (*good)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), good);
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Every check returns "" if it allows the value, else what the value must be.

std::string CheckShellSafe(absl::string_view value) {
  for (const char* bad : {"`", "$", ";", "|", "&&", ">", "<"}) {
    if (absl::StrContains(value, bad)) return absl::StrCat("must not hold ", bad);
  }
  if (std::any_of(value.begin(), value.end(), IsControl)) return "must not hold control characters or line ends";
  return "";
}

bool ParsesAs(int family, absl::string_view value) {
  unsigned char address[sizeof(in6_addr)];
  return value.size() < INET6_ADDRSTRLEN && inet_pton(family, std::string(value).c_str(), address) == 1;
}

std::string CheckIpv4(absl::string_view value) { return ParsesAs(AF_INET, value) ? "" : "must be an IPv4 address"; }
std::string CheckIpv6(absl::string_view value) { return ParsesAs(AF_INET6, value) ? "" : "must be an IPv6 address"; }
std::string CheckIp(absl::string_view value) {
  return ParsesAs(AF_INET, value) || ParsesAs(AF_INET6, value) ? "" : "must be an IPv4 or IPv6 address";
}

std::string CheckFqdn(absl::string_view value) {
  return IsHostName(value) && absl::StrContains(value, '.') ? "" : "must be a full host name such as web1.example.com";
}

std::string CheckPath(absl::string_view value) {
  if (!absl::StartsWith(value, "/") || value.size() > kMaxPathBytes) return "must be an absolute path";
  if (std::any_of(value.begin(), value.end(), IsControl)) return "must be a path without control characters";
  for (absl::string_view part : absl::StrSplit(value, '/')) {
    if (part == "..") return "must be a path without '..'";
  }
  return "";
}

// Allows numbers with units in any order, such as 90s, 1h30m, 1.5h and 2d; a plain number means seconds.
std::string CheckDuration(absl::string_view value) {
  const std::string wrong = "must be a duration such as 90s, 1h30m or 2d";
  absl::string_view rest = value;
  double seconds;
  if (AllOf(value, [](char c) { return absl::ascii_isdigit(c) || c == '.'; })) {
    return absl::SimpleAtod(value, &seconds) ? "" : wrong;
  }
  if (rest.empty()) return wrong;
  while (!rest.empty()) {
    size_t digits = 0;
    while (digits < rest.size() && (absl::ascii_isdigit(rest[digits]) || rest[digits] == '.')) ++digits;
    if (!absl::SimpleAtod(rest.substr(0, digits), &seconds)) return wrong;
    rest.remove_prefix(digits);
    size_t letters = 0;
    while (letters < rest.size() && absl::ascii_isalpha(rest[letters])) ++letters;
    const absl::string_view unit = rest.substr(0, letters);
    const auto units = {"ms", "s", "m", "h", "d", "w"};
    if (std::find(units.begin(), units.end(), unit) == units.end()) return wrong;
    rest.remove_prefix(letters);
  }
  return "";
}

struct Validator {
  absl::string_view name;
  std::string (*check)(absl::string_view value);
};

constexpr Validator kValidators[] = {
    {"shellsafe", CheckShellSafe},
    {"ipv4address", CheckIpv4},
    {"ipv6address", CheckIpv6},
    {"ipaddress", CheckIp},
    {"fqdn", CheckFqdn},
    {"path", CheckPath},
    {"duration", CheckDuration},
    {"service_name", CheckServiceName},
    {"package_name", CheckPackageName},
    {"package_version", CheckPackageVersion},
    {"puppet_tags", CheckPuppetTags},
    {"puppet_variable", CheckPuppetVariable},
    {"puppet_resource", CheckPuppetResource},
    {"puppet_server_address", CheckPuppetServer},
};

const Validator* Find(absl::string_view name) {
  for (const Validator& validator : kValidators) {
    if (validator.name == name) return &validator;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> NamedValidators() {
  std::vector<std::string> names;
  for (const Validator& validator : kValidators) names.emplace_back(validator.name);
  return names;
}

bool IsNamedValidator(absl::string_view name) { return Find(name) != nullptr; }

absl::Status CheckNamedValidator(absl::string_view name, absl::string_view value) {
  const Validator* validator = Find(name);
  if (validator == nullptr) return absl::InvalidArgumentError(absl::StrCat("no validator is named '", name, "'"));
  if (absl::StrContains(value, '\0')) return absl::InvalidArgumentError("must not hold a NUL byte");
  const std::string problem = validator->check(value);
  return problem.empty() ? absl::OkStatus() : absl::InvalidArgumentError(problem);
}

}  // namespace orch::ddl
