#include "services/hub/audit/audit_feed.h"

#include <vector>

#include "auth/audit/audit_cursor.h"
#include "gmock/gmock.h"
#include "tests/hub/audit/audit_hub_fixture.h"

namespace orch::hub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using Sink = FakeSink<v1::ReadAuditResponse>;

class AuditFeedTest : public AuditHubTest {
 protected:
  std::shared_ptr<Sink> Read(const v1::ReadAuditRequest& request, size_t room = 1'000'000) {
    auto sink = std::make_shared<Sink>();
    sink->room = room;
    feeds_.Read(request, "client=admin", sink);
    loop_.RunUntilIdle();
    return sink;
  }
  static std::vector<std::string> Events(const Sink& sink) {
    std::vector<std::string> events;
    for (const v1::ReadAuditResponse& response : sink.responses) {
      for (const std::string& line : response.lines()) {
        events.push_back(ParseJsonObject(line, "line")->at("event").get<std::string>());
      }
    }
    return events;
  }
  NodeHeads heads_{log_.get(), &pool_, &clock_, &loop_, [](const auto&, const auto&) {}};
  AuditFeeds feeds_{log_.get(), &heads_, &pool_, &clock_, &loop_};
};

TEST_F(AuditFeedTest, SendsWhatMatchesAndEnds) {
  Write("a.one");
  Write("b");
  Write("a.two");
  v1::ReadAuditRequest request;
  request.set_event("a");
  const auto sink = Read(request);
  EXPECT_THAT(Events(*sink), ElementsAre("a.one", "a.two"));
  EXPECT_TRUE(sink->ended);
  EXPECT_TRUE(sink->end.ok());
}

TEST_F(AuditFeedTest, FollowsAfterTheLastOnes) {
  Write("a");
  Write("b");
  Write("c");
  v1::ReadAuditRequest request;
  request.set_last(2);
  request.set_follow(true);
  const auto sink = Read(request);
  EXPECT_THAT(Events(*sink), ElementsAre("b", "c"));
  EXPECT_FALSE(sink->ended);
  Write("d");
  loop_.Advance(AuditFeeds::kFollowEvery);
  EXPECT_THAT(Events(*sink), ElementsAre("b", "c", "d"));
  sink->End(absl::CancelledError("the client ended the call"));
  loop_.Advance(absl::Seconds(2));
  const int parts = pool_.parts;
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(pool_.parts, parts);  // nothing is read for a client that is gone
}

TEST_F(AuditFeedTest, SlowClientGetsEverythingWhenItReads) {
  const std::string large(AuditFeeds::kMaxPieceBytes, 'x');
  for (int i = 0; i < 4; ++i) Write("a", large);
  const auto sink = Read({}, /*room=*/1);
  EXPECT_THAT(sink->responses, SizeIs(1));
  for (int i = 0; i < 3; ++i) {
    sink->room = 1;
    loop_.Advance(AuditFeeds::kSlowClient / 2);
    sink->drained();
    loop_.RunUntilIdle();
  }
  EXPECT_THAT(Events(*sink), SizeIs(4));
  EXPECT_TRUE(sink->end.ok());
}

TEST_F(AuditFeedTest, ClientThatDoesNotReadIsCut) {
  const std::string large(AuditFeeds::kMaxPieceBytes, 'x');
  for (int i = 0; i < 4; ++i) Write("a", large);
  const auto sink = Read({}, /*room=*/1);
  loop_.Advance(AuditFeeds::kSlowClient);
  EXPECT_TRUE(absl::IsResourceExhausted(sink->end));
  EXPECT_THAT(sink->end.message(), HasSubstr("did not read the audit log"));
}

TEST_F(AuditFeedTest, FeedsAreBounded) {
  v1::ReadAuditRequest follow;
  follow.set_follow(true);
  std::vector<std::shared_ptr<Sink>> open;
  for (size_t i = 0; i < AuditFeeds::kMaxFeeds; ++i) open.push_back(Read(follow));
  EXPECT_FALSE(open.back()->ended);
  EXPECT_TRUE(absl::IsResourceExhausted(Read(follow)->end));
  open.front()->End(absl::OkStatus());
  loop_.Advance(absl::Seconds(1));
  EXPECT_FALSE(Read(follow)->ended);
}

TEST_F(AuditFeedTest, WrongRequestsAndAHubWithoutALogAreErrors) {
  v1::ReadAuditRequest request;
  request.set_since_us(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(Read(request)->end));
  request.Clear();
  request.set_last(auth::kMaxLast + 1);
  EXPECT_TRUE(absl::IsInvalidArgument(Read(request)->end));
  AuditFeeds none(nullptr, &heads_, &pool_, &clock_, &loop_);
  auto sink = std::make_shared<Sink>();
  none.Read({}, "client=admin", sink);
  EXPECT_TRUE(absl::IsFailedPrecondition(sink->end));
}

TEST_F(AuditFeedTest, VerifyTellsOfAChangedLineAndChecksOneAtATime) {
  Write("a");
  Write("b");
  v1::VerifyAuditResponse response;
  absl::Status status = absl::UnknownError("not called");
  feeds_.Verify("client=admin", &response, [&](const absl::Status& done) { status = done; });
  absl::Status second;
  v1::VerifyAuditResponse unused;
  feeds_.Verify("client=admin", &unused, [&](const absl::Status& done) { second = done; });
  EXPECT_TRUE(absl::IsResourceExhausted(second));
  loop_.RunUntilIdle();
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(response.intact());
  EXPECT_EQ(response.records(), 2u);
  EXPECT_EQ(response.last_seq(), 2u);
  EXPECT_EQ(response.head().size(), 64u);
  std::string text = *ReadFile(path_, 1u << 20);
  text.replace(text.find("client=a"), 8, "client=x");
  ASSERT_TRUE(WriteFileDurably(path_, text, 0640).ok());
  response.Clear();
  feeds_.Verify("client=admin", &response, [&](const absl::Status& done) { status = done; });
  loop_.RunUntilIdle();
  EXPECT_FALSE(response.intact());
  EXPECT_THAT(response.problems(0), HasSubstr(path_ + ":1: record 1 was changed"));
}

}  // namespace
}  // namespace orch::hub
