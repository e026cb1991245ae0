#include "services/hub/nodes/node_session.h"

#include "base/digest.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FakeOutbox final : public NodeOutbox {
 public:
  bool Push(Message message) override {
    if (full || closed) return false;
    messages.push_back(std::move(message));
    return true;
  }
  void Close() override { closed = true; }
  bool full = false;
  bool closed = false;
  std::vector<Message> messages;
};

class FakeEvents final : public NodeEvents {
 public:
  absl::StatusOr<std::vector<std::string>> OnRegister(NodeSession*, const v1::Node&) override {
    ++registered;
    if (!answer.ok()) return answer;
    return std::vector<std::string>{"hash"};
  }
  void OnRegistered(NodeSession*) override { ++ready; }
  absl::Status OnDelta(NodeSession*, const v1::Delta&) override { return answer; }
  void OnUpdate(NodeSession*, const std::string& job_id, v1::TaskUpdate update) override {
    updates.emplace_back(job_id, std::move(update));
  }
  absl::Status OnDdls(NodeSession*, const v1::Ddls&) override { return answer; }
  void OnMessageSeen(NodeSession*) override { ++heard; }
  void OnRefused(NodeSession*, auth::Refusal refusal) override { refused.push_back(refusal); }
  void OnGone(NodeSession*, absl::string_view) override { ++gone; }

  absl::Status answer;
  int registered = 0, ready = 0, heard = 0, gone = 0;
  std::vector<std::pair<std::string, v1::TaskUpdate>> updates;
  std::vector<auth::Refusal> refused;
};

class NodeSessionTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  CountingRandom random_;
  FakeEvents events_;
  std::shared_ptr<FakeOutbox> outbox_ = std::make_shared<FakeOutbox>();
  const auth::Key key_{"k1", auth::DeriveKey(std::string(32, '\xaa'), auth::PeerKind::kNode, "n1")};
  const std::string job_ = std::string(32, 'a');
  const std::unique_ptr<auth::Keyring> keyring_ = TestKeyring();
  NodeSession session_{NodePeer("n1"), "127.0.0.1:1", keyring_.get(), outbox_,
                       &events_,       &clock_,       &random_,       {absl::Seconds(30), "1.0"}};

  static v1::NodeMessage RegisterOf(const std::string& identity) {
    v1::NodeMessage message;
    message.mutable_register_()->set_protocol(kProtocolVersion);
    message.mutable_register_()->set_node_time_us(absl::ToUnixMicros(ManualClock().Now()));
    message.mutable_register_()->mutable_node()->set_identity(identity);
    return message;
  }
  void Attach() {
    session_.Start();
    session_.OnMessage(RegisterOf("n1"));
    outbox_->messages.clear();
  }
  v1::NodeMessage Update(const auth::Key& key, const std::string& identity = "n1",
                         v1::Envelope::Direction direction = v1::Envelope::TO_HUB) {
    v1::TaskUpdate update;
    update.set_kind(v1::TaskUpdate::FINISHED);
    update.mutable_reply()->set_state(v1::OK);
    v1::NodeMessage message;
    v1::Envelope* envelope = message.mutable_update();
    envelope->set_direction(direction);
    envelope->set_kind(v1::Envelope::UPDATE);
    envelope->set_attempt_id(job_);
    envelope->set_identity(identity);
    envelope->set_body(update.SerializeAsString());
    auth::SealEnvelope(key, Sha256(envelope->body()), clock_.Now(), auth::kMessageTtl, &random_, envelope);
    return message;
  }
  std::string Goodbye() const {
    EXPECT_TRUE(outbox_->closed);
    return outbox_->messages.empty() ? "" : outbox_->messages.back().head.goodbye().reason();
  }
};

TEST_F(NodeSessionTest, AStreamThatDoesNotRegisterInTimeEnds) {
  session_.Start();
  session_.OnRegisterDue();
  EXPECT_THAT(Goodbye(), HasSubstr("no Register within 30s"));
  session_.OnMessage(RegisterOf("n1"));
  EXPECT_EQ(events_.registered, 0);
}

TEST_F(NodeSessionTest, ARegisteredStreamOutlivesTheTimeToRegister) {
  Attach();
  session_.OnRegisterDue();
  EXPECT_FALSE(outbox_->closed);
}

TEST_F(NodeSessionTest, GreetsWithTheProofFirst) {
  session_.Start();
  ASSERT_THAT(outbox_->messages, SizeIs(1));
  EXPECT_EQ(outbox_->messages[0].head.welcome().heartbeat_seconds(), 30u);
}

TEST_F(NodeSessionTest, RegistersAndAsksForUnknownDdls) {
  session_.Start();
  session_.OnMessage(RegisterOf("n1"));
  ASSERT_THAT(outbox_->messages, SizeIs(2));
  EXPECT_EQ(outbox_->messages[1].head.registered().need_ddl_sha256(0), "hash");
}

TEST_F(NodeSessionTest, RefusesAnythingBeforeRegister) {
  session_.Start();
  session_.OnMessage(Update(key_));
  EXPECT_THAT(Goodbye(), HasSubstr("first message on a stream must be Register"));
  EXPECT_TRUE(events_.updates.empty());
  EXPECT_EQ(events_.gone, 0);
}

TEST_F(NodeSessionTest, RefusesRegisterTwice) {
  Attach();
  session_.OnMessage(RegisterOf("n1"));
  EXPECT_THAT(Goodbye(), HasSubstr("Register came twice"));
  EXPECT_EQ(events_.registered, 1);
  EXPECT_EQ(events_.gone, 1);
}

TEST_F(NodeSessionTest, RefusesTheNameOfAnotherNode) {
  session_.Start();
  session_.OnMessage(RegisterOf("n2"));
  EXPECT_THAT(Goodbye(), HasSubstr("n1"));
  EXPECT_EQ(events_.registered, 0);
  EXPECT_THAT(events_.refused, ::testing::ElementsAre(auth::Refusal::kIdentityMismatch));
}

TEST_F(NodeSessionTest, RefusesAnotherProtocolVersion) {
  session_.Start();
  v1::NodeMessage message = RegisterOf("n1");
  message.mutable_register_()->set_protocol(kProtocolVersion - 1);
  session_.OnMessage(message);
  EXPECT_THAT(Goodbye(), HasSubstr("upgrade the older"));
}

TEST_F(NodeSessionTest, SaysWhatItsBoundsRefused) {
  session_.Start();
  events_.answer = absl::ResourceExhaustedError("facts are too large");
  session_.OnMessage(RegisterOf("n1"));
  EXPECT_EQ(Goodbye(), "facts are too large");
  EXPECT_EQ(outbox_->messages.back().head.goodbye().retry_after_ms(), 60'000u);
  EXPECT_EQ(events_.gone, 0);
}

TEST_F(NodeSessionTest, PassesAVerifiedUpdateOn) {
  Attach();
  session_.OnMessage(Update(key_));
  ASSERT_THAT(events_.updates, SizeIs(1));
  EXPECT_EQ(events_.updates[0].first, job_);
  EXPECT_EQ(events_.heard, 1);
  EXPECT_FALSE(outbox_->closed);
}

TEST_F(NodeSessionTest, RefusesAnUpdateSignedWithAnotherKey) {
  Attach();
  session_.OnMessage(Update({"k1", std::string(32, 'X')}));
  EXPECT_TRUE(events_.updates.empty());
  EXPECT_THAT(events_.refused, ::testing::ElementsAre(auth::Refusal::kWrongKey));
  EXPECT_TRUE(outbox_->closed);
  EXPECT_EQ(events_.gone, 1);
}

TEST_F(NodeSessionTest, RefusesAnUpdateThatNamesAnotherNode) {
  Attach();
  session_.OnMessage(Update(key_, "n2"));
  EXPECT_TRUE(events_.updates.empty());
  EXPECT_THAT(events_.refused, ::testing::ElementsAre(auth::Refusal::kIdentityMismatch));
}

TEST_F(NodeSessionTest, RefusesACommandPlayedBackAsAnUpdate) {
  Attach();
  session_.OnMessage(Update(key_, "n1", v1::Envelope::TO_NODE));
  EXPECT_TRUE(events_.updates.empty());
  EXPECT_TRUE(outbox_->closed);
}

TEST_F(NodeSessionTest, RefusesAChangedBody) {
  Attach();
  v1::NodeMessage message = Update(key_);
  v1::TaskUpdate forged;
  forged.set_kind(v1::TaskUpdate::FILTERED);
  message.mutable_update()->set_body(forged.SerializeAsString());
  session_.OnMessage(message);
  EXPECT_TRUE(events_.updates.empty());
  EXPECT_THAT(events_.refused, ::testing::ElementsAre(auth::Refusal::kWrongKey));
}

TEST_F(NodeSessionTest, RefusesAnExpiredUpdateAndSpeaksOfClocks) {
  Attach();
  const v1::NodeMessage message = Update(key_);
  clock_.Advance(absl::Minutes(10));
  session_.OnMessage(message);
  EXPECT_THAT(events_.refused, ::testing::ElementsAre(auth::Refusal::kStaleClock));
  EXPECT_THAT(Goodbye(), HasSubstr("clock"));
}

TEST_F(NodeSessionTest, RefusesGarbageInAVerifiedEnvelope) {
  Attach();
  v1::NodeMessage message = Update(key_);
  v1::Envelope* envelope = message.mutable_update();
  envelope->set_body("\xff\xff\xff");
  auth::SealEnvelope(key_, Sha256(envelope->body()), clock_.Now(), auth::kMessageTtl, &random_, envelope);
  session_.OnMessage(message);
  EXPECT_THAT(Goodbye(), HasSubstr("no task update"));
  EXPECT_TRUE(events_.updates.empty());
}

TEST_F(NodeSessionTest, AnEmptyEnvelopeOrMessageEndsTheStream) {
  Attach();
  v1::NodeMessage message;
  message.mutable_update();
  session_.OnMessage(message);
  EXPECT_TRUE(outbox_->closed);
  EXPECT_EQ(events_.refused.size(), 1u);
}

TEST_F(NodeSessionTest, AnswersHeartbeats) {
  Attach();
  v1::NodeMessage message;
  const int64_t now = absl::ToUnixMicros(clock_.Now() + absl::Seconds(6));
  message.mutable_heartbeat()->set_node_time_us(now);
  session_.OnMessage(message);
  ASSERT_THAT(outbox_->messages, SizeIs(1));
  EXPECT_EQ(outbox_->messages[0].head.heartbeat_ack().node_time_us(), now);
  EXPECT_EQ(session_.clock_skew(), absl::Seconds(6));
  EXPECT_EQ(events_.heard, 1);
}

// With any other window a node would attach whose updates are then refused.
TEST_F(NodeSessionTest, AClockThatUpdatesWouldBeRefusedForIsRefusedAtOnce) {
  session_.Start();
  v1::NodeMessage message = RegisterOf("n1");
  message.mutable_register_()->set_node_time_us(absl::ToUnixMicros(clock_.Now() - absl::Seconds(40)));
  session_.OnMessage(message);
  EXPECT_THAT(Goodbye(), AllOf(HasSubstr("stale_clock"), HasSubstr("40 s behind"), HasSubstr("30 s are accepted")));
  EXPECT_THAT(events_.refused, ::testing::ElementsAre(auth::Refusal::kStaleClock));
  EXPECT_EQ(events_.registered, 0);
}

TEST_F(NodeSessionTest, AClockThatJumpsEndsTheStreamWithTheReason) {
  Attach();
  v1::NodeMessage message;
  message.mutable_heartbeat()->set_node_time_us(absl::ToUnixMicros(clock_.Now() + absl::Hours(1)));
  session_.OnMessage(message);
  EXPECT_THAT(Goodbye(), HasSubstr("3600 s ahead"));
  EXPECT_EQ(events_.gone, 1);
}

TEST_F(NodeSessionTest, AKeyIdTheHubDoesNotHaveIsRefused) {
  auth::Peer peer = NodePeer("n2");
  peer.proof = auth::Proof::kCertificate;  // then the node itself names the key of its envelopes
  NodeSession session(peer, "127.0.0.1:2", keyring_.get(), outbox_, &events_, &clock_, &random_,
                      {absl::Seconds(30), "1.0"});
  session.Start();
  v1::NodeMessage message = RegisterOf("n2");
  message.mutable_register_()->mutable_node()->set_key_id("other");
  session.OnMessage(message);
  EXPECT_THAT(Goodbye(), HasSubstr("unknown_key"));
}

TEST_F(NodeSessionTest, ARefusedDeltaEndsTheStream) {
  Attach();
  events_.answer = absl::ResourceExhaustedError("too much");
  v1::NodeMessage message;
  message.mutable_delta();
  session_.OnMessage(message);
  EXPECT_EQ(Goodbye(), "too much");
  EXPECT_EQ(events_.gone, 1);
}

TEST_F(NodeSessionTest, SealsCommandsForThisNodeOnly) {
  Attach();
  auto body = std::make_shared<CommandBody>(CommandBody{"body", Sha256("body")});
  ASSERT_TRUE(session_.SendCommand(job_, body));
  ASSERT_THAT(outbox_->messages, SizeIs(1));
  EXPECT_EQ(outbox_->messages[0].body, body);
  v1::Envelope envelope = outbox_->messages[0].head.command();
  EXPECT_TRUE(envelope.body().empty());
  envelope.set_body(body->bytes);
  auth::Refusal refusal;
  EXPECT_TRUE(auth::OpenEnvelope(envelope, key_, {v1::Envelope::TO_NODE, "n1", nullptr}, clock_.Now(), &refusal).ok());
  EXPECT_FALSE(auth::OpenEnvelope(envelope, key_, {v1::Envelope::TO_NODE, "n2", nullptr}, clock_.Now(), &refusal).ok());
}

TEST_F(NodeSessionTest, AsksInASealedEnvelopeWithoutABody) {
  Attach();
  EXPECT_EQ(events_.ready, 1);
  ASSERT_TRUE(session_.SendQuery(job_));
  ASSERT_THAT(outbox_->messages, SizeIs(1));
  const v1::Envelope& query = outbox_->messages[0].head.command();
  EXPECT_EQ(query.kind(), v1::Envelope::QUERY);
  EXPECT_EQ(query.attempt_id(), job_);
  EXPECT_TRUE(query.body().empty());
  EXPECT_TRUE(auth::OpenEnvelope(query, key_, {v1::Envelope::TO_NODE, "n1", nullptr}, clock_.Now(), nullptr).ok());
  outbox_->full = true;
  EXPECT_FALSE(session_.SendQuery(job_));
}

TEST_F(NodeSessionTest, AcknowledgementsGoWithTheNextMessage) {
  const std::string other(32, 'b');
  Attach();
  session_.SendAck(job_);
  session_.SendAck(other);
  EXPECT_THAT(outbox_->messages, IsEmpty());
  v1::NodeMessage beat;
  beat.mutable_heartbeat()->set_node_time_us(absl::ToUnixMicros(clock_.Now()));
  session_.OnMessage(beat);
  ASSERT_THAT(outbox_->messages, SizeIs(2));
  EXPECT_TRUE(outbox_->messages[0].others_follow);
  EXPECT_FALSE(outbox_->messages[1].others_follow);
  EXPECT_TRUE(outbox_->messages[1].head.has_heartbeat_ack());
  const v1::Envelope& ack = outbox_->messages[0].head.command();
  EXPECT_EQ(ack.kind(), v1::Envelope::ACK);
  EXPECT_TRUE(auth::OpenEnvelope(ack, key_, {v1::Envelope::TO_NODE, "n1", nullptr}, clock_.Now(), nullptr).ok());
  v1::Acknowledgement said;
  ASSERT_TRUE(said.ParseFromString(ack.body()));
  EXPECT_THAT(said.attempt_ids(), ElementsAre(job_, other));
  outbox_->messages.clear();
  session_.OnMessage(beat);
  EXPECT_THAT(outbox_->messages, SizeIs(1)) << "said once";
}

TEST_F(NodeSessionTest, ManyAcknowledgementsWaitForNoMessage) {
  Attach();
  for (size_t i = 0; i < kMaxHeldAcks; ++i) {
    EXPECT_THAT(outbox_->messages, IsEmpty()) << i;
    session_.SendAck(job_);
  }
  ASSERT_THAT(outbox_->messages, SizeIs(1));
  EXPECT_FALSE(outbox_->messages[0].others_follow);
  v1::Acknowledgement said;
  ASSERT_TRUE(said.ParseFromString(outbox_->messages[0].head.command().body()));
  EXPECT_THAT(said.attempt_ids(), SizeIs(kMaxHeldAcks));
}

TEST_F(NodeSessionTest, AGoodbyeBringsWhatWaited) {
  Attach();
  session_.SendAck(job_);
  session_.SayGoodbye("the hub ends", absl::ZeroDuration());
  ASSERT_THAT(outbox_->messages, SizeIs(2));
  EXPECT_EQ(outbox_->messages[0].head.command().kind(), v1::Envelope::ACK);
  EXPECT_TRUE(outbox_->messages[1].head.has_goodbye());
}

TEST_F(NodeSessionTest, SendsNothingBeforeRegisterOrAfterGoodbye) {
  auto body = std::make_shared<CommandBody>(CommandBody{"body", Sha256("body")});
  session_.Start();
  EXPECT_FALSE(session_.SendCommand(job_, body));
  session_.OnMessage(RegisterOf("n1"));
  EXPECT_TRUE(session_.SendCommand(job_, body));
  session_.SayGoodbye("bye", absl::ZeroDuration());
  EXPECT_FALSE(session_.SendCommand(job_, body));
  session_.OnMessage(Update(key_));
  EXPECT_TRUE(events_.updates.empty());
  session_.OnClosed("closed");
  EXPECT_EQ(events_.gone, 1);
}

TEST_F(NodeSessionTest, TellsOfAFullOutbox) {
  Attach();
  outbox_->full = true;
  EXPECT_FALSE(session_.SendCommand(job_, std::make_shared<CommandBody>(CommandBody{"b", Sha256("b")})));
}

}  // namespace
}  // namespace orch::hub
