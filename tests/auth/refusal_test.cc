#include "auth/refusal.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "auth/refusal_counters.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(RefusalTest, EachReasonHasANameOfItsOwnAndSaysWhatToCheck) {
  std::set<std::string> names;
  for (int i = 0; i < static_cast<int>(Refusal::kCount); ++i) {
    const Refusal refusal = static_cast<Refusal>(i);
    const std::string name(RefusalName(refusal));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_NE(name, "unknown");
    const absl::Status status = RefusalStatus(refusal, "web1", "why");
    EXPECT_EQ(status.code(), refusal == Refusal::kOverloaded ? absl::StatusCode::kResourceExhausted
                                                             : absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(absl::StrCat("refused (", name, ")")), HasSubstr("'web1'"), HasSubstr("(why)")));
  }
  EXPECT_THAT(std::string(RefusalStatus(Refusal::kMalformed, "").message()), HasSubstr("a peer without a name"));
}

TEST(RefusalTest, CountersCountEachReason) {
  RefusalCounters counters;
  counters.Count(Refusal::kBanned);
  counters.Count(Refusal::kBanned);
  counters.Count(Refusal::kNoKey);
  EXPECT_EQ(counters.Get(Refusal::kBanned), 2u);
  EXPECT_EQ(counters.All().size(), static_cast<size_t>(Refusal::kCount)) << "zeros included";
  EXPECT_EQ(counters.All().at("no_key"), 1u);
  EXPECT_EQ(counters.All().at("replay"), 0u);
}

}  // namespace
}  // namespace orch::auth
