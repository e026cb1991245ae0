#include "services/hub/door/local_users.h"

#include <grp.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "base/latch.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LocalUsersTest : public ::testing::Test {
 protected:
  LocalUsersTest() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ours_ = UniqueFd(pair[0]);
    theirs_ = UniqueFd(pair[1]);
  }
  static std::vector<LocalUsers::Answer> Await(LocalUsers* users) {
    std::vector<LocalUsers::Answer> answers;
    while ((answers = users->Take()).empty()) std::this_thread::yield();
    return answers;
  }
  SystemClock clock_;
  UniqueFd ours_, theirs_;
};

TEST_F(LocalUsersTest, TheUserOfThisProcessIsNamedWithHisGroups) {
  std::atomic<int> woken{0};
  LocalUsers users(
      &clock_, [](const ucred& who) { return LookUpLocalUser(who, ""); }, [&woken] { ++woken; });
  ASSERT_TRUE(users.Ask(7, ours_.get()));
  const std::vector<LocalUsers::Answer> answers = Await(&users);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].connection, 7u);
  const group* const mine = getgrgid(getegid());
  ASSERT_NE(mine, nullptr);
  EXPECT_NE(answers[0].user.name, "");
  EXPECT_THAT(answers[0].user.groups, Contains(std::string(mine->gr_name)));
}

TEST_F(LocalUsersTest, OthersMayUseTheHubOnlyAsMembersOfItsGroup) {
  ucred nobody{.pid = 1, .uid = 65'534, .gid = 65'534};  // of every Debian
  if (geteuid() == nobody.uid) GTEST_SKIP() << "nobody runs this test";
  EXPECT_EQ(LookUpLocalUser(nobody, "").name, "");
  EXPECT_EQ(LookUpLocalUser(nobody, "root").name, "");
  EXPECT_THAT(LookUpLocalUser(nobody, "root").groups, IsEmpty());
  const LocalUser member = LookUpLocalUser(nobody, "nogroup");
  EXPECT_EQ(member.name, "nobody");
  EXPECT_THAT(member.groups, ElementsAre("nogroup"));
  ucred unknown{.pid = 1, .uid = 4'000'000'000u, .gid = 65'534};
  EXPECT_EQ(LookUpLocalUser(unknown, "nogroup").name, "") << "a user without a name belongs to nobody";
  ucred root{.pid = 1, .uid = 0, .gid = 4'000'000'000u};
  EXPECT_EQ(LookUpLocalUser(root, "").name, "root");
}

TEST_F(LocalUsersTest, ASlowDatabaseDelaysNobodyAndTheNumberOfThoseWhoWaitIsBounded) {
  Latch open;
  LocalUsers users(
      &clock_,
      [&open](const ucred&) {
        open.Wait();
        return LocalUser{"alice", {"staff"}};
      },
      [] {});
  for (size_t i = 0; i < LocalUsers::kMaxAsked; ++i) ASSERT_TRUE(users.Ask(i, ours_.get()));
  EXPECT_FALSE(users.Ask(99, ours_.get()));
  EXPECT_THAT(users.Take(), IsEmpty());
  open.Open();
  size_t answered = 0;
  while (answered < LocalUsers::kMaxAsked) answered += users.Take().size();
  EXPECT_TRUE(users.Ask(100, ours_.get())) << "those who were answered make room";
}

TEST_F(LocalUsersTest, ASocketWithoutAPeerIsNotAsked) {
  LocalUsers users(
      &clock_, [](const ucred&) { return LocalUser(); }, [] {});
  EXPECT_FALSE(users.Ask(1, -1));
}

}  // namespace
}  // namespace orch::hub
