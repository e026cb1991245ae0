#include "services/nodeagent/runner/task_folder.h"

#include <sys/resource.h>

#include <csignal>

#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

// No file of this process grows beyond `bytes`, as on a disk with no more room.
class FilesUpTo {
 public:
  explicit FilesUpTo(rlim_t bytes) : signal_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FilesUpTo() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, signal_);
  }

 private:
  void (*const signal_)(int);
  rlimit before_;
};

actions::Reply ReplyWith(size_t bytes) {
  actions::Reply reply;
  reply.status_message = "done so far";
  reply.data = {{"text", std::string(bytes, 'x')}};
  return reply;
}

class TaskFolderTest : public ::testing::Test {
 protected:
  absl::StatusOr<TaskOutcome> Left() const {
    absl::StatusOr<std::string> text = ReadFile(OutcomePath(folder_.path()), kMaxOutcomeFileBytes);
    return text.ok() ? OutcomeFromText(*text) : text.status();
  }
  TempFolder folder_;
};

TEST_F(TaskFolderTest, AnOutcomeThatFitsItsRoomIsLeftWhole) {
  ASSERT_TRUE(SetRoomAside(ReservePath(folder_.path()), kOutcomeReserveBytes).ok());
  const FilesUpTo limit(kOutcomeReserveBytes);
  ASSERT_TRUE(LeaveOutcome(folder_.path(), {ReplyWith(60'000), {7, 9}}).ok());
  EXPECT_EQ(Left()->reply.data["text"], std::string(60'000, 'x'));
}

TEST_F(TaskFolderTest, OneThatIsLargerIsSaidToBeLostOnAFullDisk) {
  ASSERT_TRUE(SetRoomAside(ReservePath(folder_.path()), kOutcomeReserveBytes).ok());
  const FilesUpTo limit(kOutcomeReserveBytes);
  ASSERT_TRUE(LeaveOutcome(folder_.path(), {ReplyWith(2 * kOutcomeReserveBytes), {7, 9}}).ok());
  EXPECT_EQ(Left()->reply.error_kind, actions::ErrorKind::kOutcomeLost);
  EXPECT_THAT(Left()->reply.status_message, HasSubstr("ended with status 0 (done so far), but its data is lost"));
  EXPECT_EQ(Left()->printed, (Printed{7, 9}));
}

TEST_F(TaskFolderTest, OneThatIsLargerIsLeftWholeWhereTheDiskHasRoom) {
  ASSERT_TRUE(SetRoomAside(ReservePath(folder_.path()), kOutcomeReserveBytes).ok());
  ASSERT_TRUE(LeaveOutcome(folder_.path(), {ReplyWith(2 * kOutcomeReserveBytes), {7, 9}}).ok());
  EXPECT_EQ(Left()->reply.status_message, "done so far");
}

TEST_F(TaskFolderTest, AFolderWithoutRoomGetsItsOutcomeToo) {
  ASSERT_TRUE(LeaveOutcome(folder_.path(), {ReplyWith(10), {7, 9}}).ok());
  EXPECT_EQ(Left()->reply.status_message, "done so far");
}

}  // namespace
}  // namespace orch::nodeagent
