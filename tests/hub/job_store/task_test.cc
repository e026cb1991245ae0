#include "services/hub/job_store/task.h"

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

constexpr v1::TaskState kAll[] = {v1::PENDING,   v1::SENT,      v1::RUNNING, v1::OK,      v1::FAILED,       v1::DENIED,
                                  v1::TIMED_OUT, v1::CANCELLED, v1::OFFLINE, v1::EXPIRED, v1::INDETERMINATE};

TEST(TaskTest, NothingLeavesATerminalState) {
  for (const v1::TaskState from : kAll) {
    if (!IsTerminal(from)) continue;
    for (const v1::TaskState to : kAll) EXPECT_FALSE(IsLawfulMove(from, to)) << from << " → " << to;
  }
}

TEST(TaskTest, EveryTerminalStateIsReachable) {
  for (const v1::TaskState to : kAll) {
    if (to == v1::PENDING) continue;
    bool reachable = false;
    for (const v1::TaskState from : kAll) reachable |= IsLawfulMove(from, to);
    EXPECT_TRUE(reachable) << v1::TaskState_Name(to);
  }
}

TEST(TaskTest, AnUnsentTaskHasNoOutcomeOfANode) {
  EXPECT_FALSE(IsLawfulMove(v1::PENDING, v1::OK));
  EXPECT_FALSE(IsLawfulMove(v1::PENDING, v1::FAILED));
  EXPECT_FALSE(IsLawfulMove(v1::PENDING, v1::INDETERMINATE));
  EXPECT_TRUE(IsLawfulMove(v1::PENDING, v1::OFFLINE));
}

TEST(TaskTest, ASentTaskIsNeverOffline) {
  EXPECT_FALSE(IsLawfulMove(v1::SENT, v1::OFFLINE));
  EXPECT_FALSE(IsLawfulMove(v1::RUNNING, v1::EXPIRED));
  EXPECT_FALSE(IsLawfulMove(v1::RUNNING, v1::SENT));
}

TEST(TaskTest, CountsNoAnswerOfTheNodeAsMissing) {
  EXPECT_EQ(OutcomeOf(v1::OK), Outcome::kOk);
  for (const v1::TaskState state : {v1::FAILED, v1::DENIED, v1::CANCELLED})
    EXPECT_EQ(OutcomeOf(state), Outcome::kFailed);
  for (const v1::TaskState state : {v1::TIMED_OUT, v1::OFFLINE, v1::EXPIRED, v1::INDETERMINATE}) {
    EXPECT_EQ(OutcomeOf(state), Outcome::kMissing);
  }
}

v1::Reply Normalised(v1::TaskState state, uint32_t code) {
  v1::Reply reply;
  reply.set_state(state);
  reply.set_status_code(code);
  reply.set_data_json("{}");
  NormaliseNodeReply("n1", false, &reply);
  return reply;
}

TEST(TaskTest, SaysOkWhereASuccessfulActionSaidNothing) {
  const v1::Reply reply = Normalised(v1::OK, 0);
  EXPECT_EQ(reply.state(), v1::OK);
  EXPECT_EQ(reply.status_message(), "OK");
  EXPECT_EQ(reply.identity(), "n1");
}

TEST(TaskTest, AReplyThatContradictsItselfIsAProtocolFailure) {
  for (const v1::Reply& reply :
       {Normalised(v1::OK, 1), Normalised(v1::FAILED, 0), Normalised(v1::FAILED, 6), Normalised(v1::SENT, 1),
        Normalised(v1::INDETERMINATE, 5), Normalised(v1::TASK_STATE_UNSPECIFIED, 0)}) {
    EXPECT_EQ(reply.state(), v1::FAILED);
    EXPECT_EQ(reply.kind(), v1::ERROR_KIND_PROTOCOL);
    EXPECT_EQ(reply.status_code(), 5u);
    EXPECT_TRUE(reply.data_json().empty());
  }
}

TEST(TaskTest, LeavesAFailureOfTheActionAsItIs) {
  for (uint32_t code = 1; code <= 5; ++code) {
    const v1::Reply reply = Normalised(v1::FAILED, code);
    EXPECT_EQ(reply.state(), v1::FAILED);
    EXPECT_EQ(reply.status_code(), code);
    EXPECT_EQ(reply.kind(), v1::ERROR_KIND_UNSPECIFIED);
  }
}

}  // namespace
}  // namespace orch::hub
