#include "auth/access/hours.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kDay = 24 * 60;

absl::Status RefusedHours(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("hours '", Printable(text), "': ", why,
                                                 "; write days, times and a zone, such as 'Mon-Fri 08:00-18:00 "
                                                 "Europe/Berlin' or '* 22:00-06:00'"));
}

int DayOf(absl::string_view word) {
  const std::string lower = absl::AsciiStrToLower(word);
  const auto* found = std::find(std::begin(kDays), std::end(kDays), lower);
  return found == std::end(kDays) ? -1 : static_cast<int>(found - std::begin(kDays));
}

// 0: a word that is no day.
uint8_t DaysOf(absl::string_view text) {
  if (text == "*") return 0x7f;
  int days = 0;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(part, absl::MaxSplits('-', 1));
    const int first = DayOf(ends.first);
    const int last = absl::StrContains(part, '-') ? DayOf(ends.second) : first;
    if (first < 0 || last < 0) return 0;
    for (int day = first;; day = (day + 1) % 7) {
      days |= 1 << day;
      if (day == last) break;
    }
  }
  return static_cast<uint8_t>(days);
}

// "08:00" as minutes; -1: not a time.
int MinuteOf(absl::string_view text) {
  int hour, minute;
  if (text.size() != 5 || text[2] != ':' || !absl::ascii_isdigit(text[0]) || !absl::ascii_isdigit(text[3])) return -1;
  if (!absl::SimpleAtoi(text.substr(0, 2), &hour) || !absl::SimpleAtoi(text.substr(3), &minute)) return -1;
  const int all = hour * 60 + minute;
  return minute > 59 || all > kDay ? -1 : all;
}

// The database is asked for names only, never for a path.
bool IsZoneName(absl::string_view name) {
  return !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '/' || c == '+' || c == '-';
         });
}

}  // namespace

absl::StatusOr<Hours> Hours::Parse(absl::string_view text) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (words.size() < 2 || words.size() > 3) return RefusedHours(text, "days and times are expected");
  Window window;
  window.days = DaysOf(words[0]);
  if (window.days == 0) return RefusedHours(text, absl::StrCat("'", Printable(words[0]), "' names no days"));
  const std::pair<absl::string_view, absl::string_view> times = absl::StrSplit(words[1], absl::MaxSplits('-', 1));
  window.from_minute = MinuteOf(times.first);
  window.to_minute = MinuteOf(times.second);
  if (window.from_minute < 0 || window.to_minute < 0 || window.from_minute == kDay) {
    return RefusedHours(text, absl::StrCat("'", Printable(words[1]), "' is no span of times"));
  }
  if (window.from_minute == window.to_minute) {
    return RefusedHours(text, "the span of times is empty (a whole day is 00:00-24:00)");
  }
  window.zone = absl::UTCTimeZone();
  if (words.size() == 3 && (!IsZoneName(words[2]) || !absl::LoadTimeZone(words[2], &window.zone))) {
    return RefusedHours(
        text, absl::StrCat("the zone '", Printable(words[2]), "' is not in this machine's database (package tzdata)"));
  }
  Hours hours;
  hours.text_ = std::string(text);
  hours.windows_.push_back(window);
  return hours;
}

Hours Hours::Both(const Hours& a, const Hours& b) {
  if (a.always()) return b;
  if (b.always()) return a;
  Hours both = a;
  both.windows_.insert(both.windows_.end(), b.windows_.begin(), b.windows_.end());
  both.text_ = absl::StrCat(a.text_, " and ", b.text_);
  return both;
}

bool Hours::Window::Holds(absl::Time now) const {
  const absl::TimeZone::CivilInfo civil = zone.At(now);
  const int minute = civil.cs.hour() * 60 + civil.cs.minute();
  int day = static_cast<int>(absl::GetWeekday(civil.cs));  // Monday is 0
  bool within = minute >= from_minute && minute < to_minute;
  if (from_minute > to_minute) {
    within = minute >= from_minute || minute < to_minute;
    if (minute < to_minute) day = (day + 6) % 7;  // the window began yesterday
  }
  return within && (days >> day & 1) != 0;
}

bool Hours::Holds(absl::Time now) const {
  return std::all_of(windows_.begin(), windows_.end(), [now](const Window& window) { return window.Holds(now); });
}

}  // namespace orch::auth
