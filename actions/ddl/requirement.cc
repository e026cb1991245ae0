#include "actions/ddl/requirement.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "actions/ddl/ddl.h"

namespace orch::ddl {
namespace {

using Version = std::array<int, 3>;  // what is not given is 0

struct Comparison {
  absl::string_view op;
  Version version;
};

std::optional<Version> ParseVersion(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  Version version{};
  if (parts.size() > version.size()) return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool digits = !parts[i].empty() && std::all_of(parts[i].begin(), parts[i].end(), absl::ascii_isdigit);
    if (!digits || !absl::SimpleAtoi(parts[i], &version[i])) return std::nullopt;
  }
  return version;
}

// Reads ">=0.1", "<2", "=1.2.3", or a bare version, which is a minimum.
std::optional<Comparison> ParseComparison(absl::string_view text) {
  Comparison comparison{">=", {}};
  for (absl::string_view op : {">=", "<=", ">", "<", "="}) {
    if (!absl::ConsumePrefix(&text, op)) continue;
    comparison.op = op;
    break;
  }
  const std::optional<Version> version = ParseVersion(absl::StripAsciiWhitespace(text));
  if (!version) return std::nullopt;
  comparison.version = *version;
  return comparison;
}

bool Holds(const Comparison& comparison, const Version& version) {
  if (comparison.op == ">=") return version >= comparison.version;
  if (comparison.op == "<=") return version <= comparison.version;
  if (comparison.op == ">") return version > comparison.version;
  if (comparison.op == "<") return version < comparison.version;
  return version == comparison.version;
}

// All comparisons, which commas separate, must hold.
std::optional<std::vector<Comparison>> ParseAll(absl::string_view text) {
  std::vector<Comparison> all;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::optional<Comparison> comparison = ParseComparison(absl::StripAsciiWhitespace(part));
    if (!comparison) return std::nullopt;
    all.push_back(*comparison);
  }
  return all;
}

}  // namespace

absl::StatusOr<std::string> LoadRequires(const Place& metadata) {
  const std::optional<Place> place = metadata.Member("requires");
  if (!place) return std::string();
  if (absl::Status object = place->RequireObject(); !object.ok()) return object;
  for (const auto& item : place->value().items()) {
    if (item.key() != "orch") {
      return place->Error(absl::StrCat("'", item.key(), "' is not known; only orch can be required"));
    }
  }
  absl::StatusOr<std::string> text = place->TextOr("orch", "");
  if (!text.ok() || text->empty() || ParseAll(*text)) return text;
  return place->Member("orch")->Error(
      absl::StrCat("'", *text, "' is no comparison with a version; write for example >=0.1 or >=1.2, <2"));
}

absl::Status CheckRequires(const Plugin& plugin, absl::string_view version) {
  if (plugin.requires_orch.empty()) return absl::OkStatus();
  const std::optional<std::vector<Comparison>> all = ParseAll(plugin.requires_orch);
  const std::optional<Version> mine = ParseVersion(version.substr(0, version.find_first_not_of("0123456789.")));
  const bool holds = all && mine && std::all_of(all->begin(), all->end(), [&mine](const Comparison& comparison) {
                       return Holds(comparison, *mine);
                     });
  if (holds) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("plugin ", plugin.name, " requires orch ", plugin.requires_orch,
                                                    ", this is ", version,
                                                    "; upgrade, or install another version of it"));
}

}  // namespace orch::ddl
