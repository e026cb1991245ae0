#include "actions/ddl/system_names.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;
constexpr absl::string_view kUnitSuffixes[] = {".service", ".socket", ".target", ".timer",     ".mount", ".path",
                                               ".slice",   ".scope",  ".swap",   ".automount", ".device"};

bool IsWord(char c) { return absl::ascii_isalnum(c) || c == '_'; }

bool IsOf(absl::string_view text, absl::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains(marks, c);
  });
}

bool HasGoodLabels(absl::string_view host, absl::string_view marks) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  for (absl::string_view label : absl::StrSplit(host, '.')) {
    if (!IsOf(label, marks) || label.size() > kMaxLabelBytes || label.front() == '-' || label.back() == '-') {
      return false;
    }
  }
  return true;
}

}  // namespace

bool IsHostName(absl::string_view value) { return HasGoodLabels(value, "-"); }

bool HasUnitSuffix(absl::string_view name) {
  return std::any_of(std::begin(kUnitSuffixes), std::end(kUnitSuffixes),
                     [name](absl::string_view suffix) { return absl::EndsWith(name, suffix); });
}

std::string CheckServiceName(absl::string_view value) {
  const std::string wrong = "must be a service name of letters, digits and . - _ : @ \\";
  if (!IsOf(value, ".-_:@\\") || value[0] == '@') return wrong;
  if (value[0] == '-' && !HasUnitSuffix(value)) return absl::StrCat(wrong, ", with a dash first only in units");
  if (value.size() <= kMaxUnitNameBytes) return "";
  return absl::StrCat("must be a service name of at most ", kMaxUnitNameBytes, " bytes");
}

std::string CheckPackageName(absl::string_view value) {
  const bool good = IsOf(value, "+._:~-") && IsWord(value[0]) && value.back() != '-';
  if (good && value.size() <= kMaxPackageWordBytes) return "";
  return absl::StrCat(
      "must be a package name: a letter, digit or _, then these and + . : ~ -, with no - at its end, at most ",
      kMaxPackageWordBytes, " bytes");
}

std::string CheckPackageVersion(absl::string_view value) {
  const bool good = IsOf(value, "+._:~^-") && value.front() != '-' && value.back() != '-';
  if (good && value.size() <= kMaxPackageWordBytes) return "";
  return absl::StrCat(
      "must be a package version of letters, digits and + . _ : ~ ^ -, with no - first or last, at most ",
      kMaxPackageWordBytes, " bytes");
}

std::string CheckPuppetTags(absl::string_view value) {
  // Puppet's rule for tags; Ruby's [[:alnum:]] means the letters, marks and decimal digits of Unicode.
  static const RE2* const tag = new RE2(R"([\pL\pM\p{Nd}_][\pL\pM\p{Nd}_:.-]*)");
  for (absl::string_view part : absl::StrSplit(value, ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (!RE2::FullMatch(re2::StringPiece(part.data(), part.size()), *tag)) {
      return "must be Puppet tags, separated by commas";
    }
  }
  return "";
}

std::string CheckPuppetVariable(absl::string_view value) {
  return IsOf(value, "_") ? "" : "must be a Puppet variable name of letters, digits and _";
}

std::string CheckPuppetResource(absl::string_view value) {
  const size_t open = value.find('[');
  const bool good = open != absl::string_view::npos && value.back() == ']' && value.size() > open + 2 &&
                    IsOf(value.substr(0, open), "_:");
  return good ? "" : "must be a Puppet resource such as File[/srv/www]";
}

PuppetServer SplitPuppetServer(absl::string_view value) {
  const size_t bracket = absl::StartsWith(value, "[") ? value.find(']') : absl::string_view::npos;
  const size_t colon = value.find(':', bracket == absl::string_view::npos ? 0 : bracket);
  if (colon == absl::string_view::npos) return {std::string(value), ""};
  return {std::string(value.substr(0, colon)), std::string(value.substr(colon + 1))};
}

std::string CheckPuppetServer(absl::string_view value) {
  const std::string wrong = "must be a host name or [IPv6 address], or one of them with :port";
  const PuppetServer server = SplitPuppetServer(value);
  absl::string_view host = server.host;
  if (absl::ConsumePrefix(&host, "[")) {
    unsigned char address[sizeof(in6_addr)];
    if (!absl::ConsumeSuffix(&host, "]") || inet_pton(AF_INET6, std::string(host).c_str(), address) != 1) return wrong;
  } else {
    absl::ConsumeSuffix(&host, ".");  // the root, as the resolver takes it
    if (!HasGoodLabels(host, "-_")) return wrong;
  }
  if (server.host.size() == value.size()) return "";
  int port = 0;
  return absl::SimpleAtoi(server.port, &port) && port > 0 && port < 65536 ? "" : wrong;
}

}  // namespace orch::ddl
