#include "actions/ddl/validators.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/ddl/validate.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxPathBytes = 4096;

bool AllOf(absl::string_view text, bool (*good)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), good);
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool IsWord(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// Every check: "" when the value passes, else what it must be.

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

bool IsHostName(absl::string_view value) {
  if (value.empty() || value.size() > kMaxHostBytes) return false;
  for (absl::string_view label : absl::StrSplit(value, '.')) {
    const bool good = AllOf(label, [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
    if (!good || label.size() > kMaxLabelBytes || label.front() == '-' || label.back() == '-') return false;
  }
  return true;
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

// Numbers with units, largest first or not: 90s, 1h30m, 1.5h, 2d; a plain number is seconds.
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

std::string CheckServiceName(absl::string_view value) {
  const bool good = AllOf(value, [](char c) { return IsWord(c) || c == '.' || c == '-' || c == ':' || c == '@'; });
  return good && value[0] != '-' ? "" : "must be a service name of letters, digits and . - _ : @";
}

std::string CheckPackageName(absl::string_view value) {
  const bool good = AllOf(value, [](char c) {
    return absl::ascii_isalnum(c) || c == '+' || c == '.' || c == '_' || c == ':' || c == '~' || c == '-';
  });
  // apt-get removes what is named with a '-' behind it, also when told to install.
  return good && absl::ascii_isalnum(value[0]) && value.back() != '-'
             ? ""
             : "must be a package name: a letter or digit, then these and + . _ : ~ -, with no - at its end";
}

std::string CheckPuppetTags(absl::string_view value) {
  for (absl::string_view tag : absl::StrSplit(value, ',')) {
    const bool good = AllOf(tag, [](char c) { return IsWord(c) || c == ':' || c == '-' || c == '.'; });
    if (!good || !IsWord(tag[0])) return "must be Puppet tags, separated by commas";
  }
  return "";
}

std::string CheckPuppetVariable(absl::string_view value) {
  return AllOf(value, IsWord) ? "" : "must be a Puppet variable name of letters, digits and _";
}

std::string CheckPuppetResource(absl::string_view value) {
  const size_t open = value.find('[');
  const bool good = open != absl::string_view::npos && value.back() == ']' && value.size() > open + 2 &&
                    AllOf(value.substr(0, open), [](char c) { return IsWord(c) || c == ':'; });
  return good ? "" : "must be a Puppet resource such as File[/srv/www]";
}

std::string CheckPuppetServer(absl::string_view value) {
  const std::string wrong = "must be a host name, or host:port";
  const size_t colon = value.find(':');
  if (!IsHostName(value.substr(0, colon))) return wrong;
  if (colon == absl::string_view::npos) return "";
  int port;
  return absl::SimpleAtoi(value.substr(colon + 1), &port) && port > 0 && port < 65536 ? "" : wrong;
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
