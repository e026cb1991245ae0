#include "base/config_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/nearest_word.h"

namespace orch {
namespace {

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

}  // namespace

// An empty value (`ca:`) counts as absent.
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
  // A misspelt key comes first, because it is often the reason why another one is missing.
  errors_.insert(errors_.begin(), unknown.begin(), unknown.end());
  if (errors_.empty()) return absl::OkStatus();
  const size_t more = errors_.size() - 1;
  return absl::InvalidArgumentError(absl::StrCat(
      errors_.front(), more == 0 ? "" : absl::StrCat(" (and ", more, more == 1 ? " more error)" : " more errors)")));
}

}  // namespace orch
