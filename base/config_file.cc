#include "base/config_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/config_parse.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/trusted_file.h"

namespace orch {
namespace {

constexpr size_t kMaxConfigBytes = 1u << 20;
// Longer words are compared with nothing: the distance costs the product of both lengths.
constexpr size_t kMaxComparedWord = 128;

// Letters changed, added, left out or swapped with their neighbour.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

bool ParseDurationText(absl::string_view text, absl::Duration* duration) {
  double seconds = 0;
  if (!text.empty() && text.find_first_not_of("0123456789.") == absl::string_view::npos) {
    if (!absl::SimpleAtod(text, &seconds)) return false;
    *duration = absl::Seconds(seconds);
    return true;
  }
  return absl::ParseDuration(text, duration);
}

std::string Quoted(absl::string_view text) { return absl::StrCat("'", text, "'"); }

// Pipes such as <(...) are taken as they are: whoever made one gave it to this program by hand.
absl::Status CheckConfigFile(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return absl::OkStatus();
  if ((found.st_mode & S_IWOTH) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("configuration file ", path, " is not used: every user may write it (mode ",
                     absl::StrFormat("%04o", found.st_mode & 07777), "); run: chmod o-w ", path));
  }
  return CheckOnlyWeWrite(path, "configuration file", FolderWriters::kGroup);
}

}  // namespace

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& path) {
  ORCH_RETURN_IF_ERROR(CheckConfigFile(path));
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  return Parse(text, path);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(absl::string_view text, std::string name) {
  if (text.size() > kMaxConfigBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, " holds more than the ", kMaxConfigBytes, " bytes accepted"));
  }
  ORCH_ASSIGN_OR_RETURN(const std::vector<ConfigEntry> entries, ParseConfigText(text, name));
  ConfigFile file = Empty(std::move(name));
  for (const ConfigEntry& entry : entries) {
    const auto [first, is_new] = file.values_.try_emplace(entry.key);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(file.name_, ":", entry.line, ": key ", Quoted(entry.key),
                                                     " is given twice, first in line ", first->second.line));
    }
    first->second.items = entry.items;
    first->second.is_list = entry.is_list;
    first->second.line = entry.line;
  }
  return file;
}

ConfigFile ConfigFile::Empty(std::string name) {
  ConfigFile file;
  file.name_ = std::move(name);
  return file;
}

// A value that is written but empty (`ca:`) counts as absent.
const ConfigFile::Value* ConfigReader::Find(absl::string_view key) {
  known_.emplace(key);
  const auto found = file_->values_.find(std::string(key));
  if (found == file_->values_.end()) return nullptr;
  return found->second.items.empty() && !found->second.is_list ? nullptr : &found->second;
}

void ConfigReader::Fail(absl::string_view key, absl::string_view problem) {
  const auto found = file_->values_.find(std::string(key));
  const std::string place =
      found == file_->values_.end() ? file_->name_ : absl::StrCat(file_->name_, ":", found->second.line);
  errors_.push_back(absl::StrCat(place, ": ", key, ": ", problem));
}

std::string ConfigReader::String(absl::string_view key, absl::string_view fallback) {
  const ConfigFile::Value* value = Find(key);
  if (value == nullptr) return std::string(fallback);
  if (value->is_list) {
    Fail(key, "one value is expected, found a list");
    return std::string(fallback);
  }
  return value->items.front();
}

std::string ConfigReader::RequiredString(absl::string_view key) {
  const ConfigFile::Value* value = Find(key);
  if (value != nullptr && (value->is_list || !value->items.front().empty())) return String(key, "");
  Fail(key, "is missing; this key must be set");
  return "";
}

int64_t ConfigReader::Int(absl::string_view key, int64_t fallback, int64_t min, int64_t max) {
  if (Find(key) == nullptr) return fallback;
  const std::string text = String(key, absl::StrCat(fallback));
  int64_t number = 0;
  if (absl::SimpleAtoi(text, &number) && number >= min && number <= max) return number;
  Fail(key, absl::StrCat(Quoted(text), " is not a whole number from ", min, " to ", max));
  return fallback;
}

bool ConfigReader::Bool(absl::string_view key, bool fallback) {
  if (Find(key) == nullptr) return fallback;
  const std::string text = absl::AsciiStrToLower(String(key, fallback ? "true" : "false"));
  for (const absl::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const absl::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return false;
  }
  Fail(key, absl::StrCat(Quoted(text), " is neither true nor false"));
  return fallback;
}

absl::Duration ConfigReader::Duration(absl::string_view key, absl::Duration fallback, absl::Duration min,
                                      absl::Duration max) {
  if (Find(key) == nullptr) return fallback;
  const std::string text = String(key, absl::FormatDuration(fallback));
  absl::Duration duration;
  if (!ParseDurationText(text, &duration)) {
    Fail(key, absl::StrCat(Quoted(text), " is not a duration; write 500ms, 30s, 5m or 1h"));
    return fallback;
  }
  if (duration >= min && duration <= max) return duration;
  Fail(key, absl::StrCat(Quoted(text), " is not from ", absl::FormatDuration(min), " to ", absl::FormatDuration(max)));
  return fallback;
}

std::vector<std::string> ConfigReader::List(absl::string_view key, std::vector<std::string> fallback) {
  const ConfigFile::Value* value = Find(key);
  if (value == nullptr) return fallback;
  if (value->is_list) return value->items;
  std::vector<std::string> items;
  for (const absl::string_view item : absl::StrSplit(value->items.front(), ',')) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(item);
    if (!trimmed.empty()) items.emplace_back(trimmed);
  }
  return items;
}

std::string ConfigReader::Choice(absl::string_view key, absl::string_view fallback,
                                 const std::vector<std::string>& allowed) {
  const std::string text = String(key, fallback);
  if (text == fallback || std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  Fail(key, absl::StrCat(Quoted(text), " is unknown; use ", absl::StrJoin(allowed, ", ")));
  return std::string(fallback);
}

std::map<std::string, std::string> ConfigReader::Section(absl::string_view prefix) {
  const std::string start = absl::StrCat(prefix, ".");
  known_sections_.insert(start);
  std::map<std::string, std::string> section;
  for (auto entry = file_->values_.lower_bound(start); entry != file_->values_.end(); ++entry) {
    if (!absl::StartsWith(entry->first, start)) break;
    if (entry->second.is_list) {
      Fail(entry->first, "one value is expected, found a list");
    } else if (!entry->second.items.empty()) {
      section.emplace(entry->first.substr(start.size()), entry->second.items.front());
    }
  }
  return section;
}

absl::Status ConfigReader::Finish() {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : file_->values_) {
    std::string reason;
    if (known_.count(key) > 0) continue;
    const auto is_above = [&key = key](const std::string& name) {
      return absl::StartsWith(name, absl::StrCat(key, "."));
    };
    const auto is_below = [&key = key](const std::string& name) {
      return absl::StartsWith(key, absl::StrCat(name, "."));
    };
    const auto covers = [&key = key](const std::string& start) { return absl::StartsWith(key, start); };
    if (std::any_of(known_sections_.begin(), known_sections_.end(), covers)) continue;
    const bool is_section = std::any_of(known_.begin(), known_.end(), is_above) ||
                            std::any_of(known_sections_.begin(), known_sections_.end(), is_above);
    const bool empty = value.items.empty() && !value.is_list;
    if (is_section && empty) continue;
    if (is_section) {
      reason = ": a section with keys of its own is expected here, found a value";
    } else if (const auto name = std::find_if(known_.begin(), known_.end(), is_below); name != known_.end()) {
      reason = absl::StrCat(": ", Quoted(*name), " takes a value and has no keys of its own");
    } else {
      const std::string nearest = NearestWord(key, {known_.begin(), known_.end()});
      reason = nearest.empty() ? " is unknown" : absl::StrCat(" is unknown; did you mean ", Quoted(nearest), "?");
    }
    unknown.push_back(absl::StrCat(file_->name_, ":", value.line, ": key ", Quoted(key), reason));
  }
  // A misspelt key first: it is often the reason why another one is missing.
  errors_.insert(errors_.begin(), unknown.begin(), unknown.end());
  if (errors_.empty()) return absl::OkStatus();
  const size_t more = errors_.size() - 1;
  return absl::InvalidArgumentError(absl::StrCat(
      errors_.front(), more == 0 ? "" : absl::StrCat(" (and ", more, more == 1 ? " more error)" : " more errors)")));
}

std::string NearestWord(absl::string_view word, const std::vector<std::string>& known) {
  if (word.empty() || word.size() > kMaxComparedWord) return "";
  const std::string wanted = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t best = 1 + wanted.size() / 3;  // beyond that two words have little in common
  for (const std::string& candidate : known) {
    if (candidate.empty() || candidate.size() > kMaxComparedWord) continue;
    const size_t distance = EditDistance(wanted, absl::AsciiStrToLower(candidate));
    if (distance < std::min(wanted.size(), candidate.size()) &&
        (distance < best || (distance == best && nearest.empty()))) {
      best = distance;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return nearest;
  for (const std::string& candidate : known) {
    if (wanted.size() >= 2 && absl::StartsWithIgnoreCase(candidate, wanted)) return candidate;
  }
  return "";
}

}  // namespace orch
