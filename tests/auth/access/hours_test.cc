#include "auth/access/hours.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/access/times.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;

absl::Time At(absl::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

bool Holds(absl::string_view hours, absl::string_view time) {
  const auto parsed = Hours::Parse(hours);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Holds(At(time));
}

TEST(HoursTest, HoldOnTheirDaysWithinTheirTimes) {  // 2026-11-27 is a Friday
  EXPECT_TRUE(Holds("Mon-Fri 08:00-18:00", "2026-11-27T08:00:00Z"));
  EXPECT_FALSE(Holds("Mon-Fri 08:00-18:00", "2026-11-27T07:59:59Z"));
  EXPECT_FALSE(Holds("Mon-Fri 08:00-18:00", "2026-11-27T18:00:00Z"));
  EXPECT_FALSE(Holds("Mon-Fri 08:00-18:00", "2026-11-28T12:00:00Z"));
  EXPECT_TRUE(Holds("Sat,Sun 00:00-24:00", "2026-11-29T23:59:59Z"));
  EXPECT_TRUE(Holds("fri-mon 00:00-24:00", "2026-11-30T12:00:00Z"));
  EXPECT_FALSE(Holds("fri-mon 00:00-24:00", "2026-12-01T12:00:00Z"));
  EXPECT_TRUE(Holds("* 00:00-24:00", "2026-12-01T12:00:00Z"));
}

TEST(HoursTest, ANightBelongsToTheDayOnWhichItBegins) {
  EXPECT_TRUE(Holds("Fri 22:00-06:00", "2026-11-27T23:00:00Z"));
  EXPECT_TRUE(Holds("Fri 22:00-06:00", "2026-11-28T05:59:00Z"));
  EXPECT_FALSE(Holds("Fri 22:00-06:00", "2026-11-28T23:00:00Z"));
  EXPECT_FALSE(Holds("Fri 22:00-06:00", "2026-11-27T05:00:00Z"));
  EXPECT_TRUE(Holds("Sun 22:00-06:00", "2026-11-30T05:00:00Z"));
}

TEST(HoursTest, AZoneFollowsItsSummerTime) {
  EXPECT_TRUE(Holds("* 08:00-18:00 Europe/Berlin", "2026-07-01T06:00:00Z"));
  EXPECT_FALSE(Holds("* 08:00-18:00 Europe/Berlin", "2026-12-01T06:30:00Z"));
  EXPECT_TRUE(Holds("* 08:00-18:00 Europe/Berlin", "2026-12-01T07:00:00Z"));
}

TEST(HoursTest, BothHoldWhereEachDoes) {
  const Hours week = *Hours::Parse("Mon-Fri 00:00-24:00"), day = *Hours::Parse("* 08:00-18:00");
  const Hours both = Hours::Both(week, day);
  EXPECT_TRUE(both.Holds(At("2026-11-27T12:00:00Z")));
  EXPECT_FALSE(both.Holds(At("2026-11-28T12:00:00Z")));
  EXPECT_FALSE(both.Holds(At("2026-11-27T20:00:00Z")));
  EXPECT_TRUE(Hours::Both(Hours(), Hours()).always());
  EXPECT_FALSE(Hours::Both(Hours(), day).Holds(At("2026-11-27T20:00:00Z")));
}

TEST(HoursTest, WrongTextsAreRefused) {
  for (const char* text :
       {"", "08:00-18:00", "Mon 8-18", "Mon 08:00", "Mon 08:00-24:01", "Mon 08:60-18:00", "Funday 08:00-18:00",
        "Mon- 08:00-18:00", "Mon 08:00-08:00", "Mon 24:00-08:00", "Mon 08:00-18:00 Nowhere/City",
        "Mon 08:00-18:00 /etc/localtime", "Mon 08:00-18:00 ../x", "Mon 08:00-18:00 UTC x", "Mon +8:00-18:00"}) {
    const auto hours = Hours::Parse(text);
    ASSERT_FALSE(hours.ok()) << text;
    EXPECT_THAT(std::string(hours.status().message()), HasSubstr("write days, times and a zone")) << text;
  }
}

TEST(TimesTest, SpansHaveUnits) {
  EXPECT_EQ(*ParseSpan("90m"), absl::Minutes(90));
  EXPECT_EQ(*ParseSpan("2d"), absl::Hours(48));
  EXPECT_EQ(*ParseSpan("1d12h"), absl::Hours(36));
  for (const char* text : {"", "0", "90", "-1h", "inf", "1dd", "d", "1d-1h", "99999d", "+1h"}) {
    EXPECT_FALSE(ParseSpan(text).ok()) << text;
  }
}

TEST(TimesTest, ADateIsAWholeDay) {
  EXPECT_EQ(*ParseMoment("2026-12-20", false), At("2026-12-20T00:00:00Z"));
  EXPECT_EQ(*ParseMoment("2026-12-20", true), At("2026-12-21T00:00:00Z"));
  EXPECT_EQ(*ParseMoment("2026-12-20T08:00:00+01:00", true), At("2026-12-20T07:00:00Z"));
  for (const char* text : {"", "infinite-future", "infinite-past", "2026-13-01", "2026-02-30", "20.12.2026",
                           "2026-12-20T08:00:00", "2026-12-20 ", "tomorrow"}) {
    EXPECT_FALSE(ParseMoment(text, false).ok()) << text;
  }
}

}  // namespace
}  // namespace orch::auth
