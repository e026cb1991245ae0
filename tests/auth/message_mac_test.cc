#include "auth/message_mac.h"

#include <random>

#include "base/digest.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

using testing::HasSubstr;
using v1::Envelope;

class MessageMacTest : public testing::Test {
 protected:
  Envelope Sealed(absl::string_view body = "the body") {
    Envelope envelope;
    envelope.set_direction(Envelope::TO_NODE);
    envelope.set_kind(Envelope::COMMAND);
    envelope.set_attempt_id("0123456789abcdef0123456789abcdef");
    envelope.set_identity("web1");
    envelope.set_body(std::string(body));
    SealEnvelope(key_, Sha256(body), clock_.Now(), kMessageTtl, &random_, &envelope);
    return envelope;
  }
  // Ok, or why not.
  std::string Open(const Envelope& envelope, ReplayGuard* guard = nullptr, absl::string_view identity = "web1",
                   Envelope::Direction direction = Envelope::TO_NODE) {
    refusal_ = Refusal::kCount;
    const absl::Status status = OpenEnvelope(envelope, key_, {direction, identity, guard}, clock_.Now(), &refusal_);
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_NE(refusal_, Refusal::kCount);
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(RefusalName(refusal_))));
    return std::string(RefusalName(refusal_));
  }

  ManualClock clock_;
  SystemRandom random_;
  Key key_ = {"k1", std::string(kKeyBytes, 'k')};
  Refusal refusal_ = Refusal::kCount;
};

TEST_F(MessageMacTest, OpensWhatWasSealed) {
  EXPECT_EQ(Open(Sealed()), "");
  EXPECT_EQ(Open(Sealed("")), "");
  EXPECT_EQ(Open(Sealed(std::string(3u << 20, 'x'))), "");
}

TEST_F(MessageMacTest, OpensEveryKindOfThisVersion) {
  for (int kind = Envelope::Kind_MIN + 1; kind <= Envelope::Kind_MAX; ++kind) {
    Envelope envelope = Sealed();
    envelope.set_kind(static_cast<Envelope::Kind>(kind));
    SealEnvelope(key_, Sha256(envelope.body()), clock_.Now(), kMessageTtl, &random_, &envelope);
    EXPECT_EQ(Open(envelope), "") << Envelope::Kind_Name(static_cast<Envelope::Kind>(kind));
  }
}

TEST_F(MessageMacTest, RefusesEachFieldThatWasChanged) {
  const Envelope good = Sealed();
  const auto changed = [&](auto change) {
    Envelope envelope = good;
    change(&envelope);
    return Open(envelope);
  };
  EXPECT_EQ(changed([](Envelope* e) { e->set_direction(Envelope::TO_HUB); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->set_direction(Envelope::DIRECTION_UNSPECIFIED); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->set_kind(Envelope::QUERY); }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->set_kind(Envelope::CANCEL); }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->set_kind(Envelope::KIND_UNSPECIFIED); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->set_kind(static_cast<Envelope::Kind>(77)); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->mutable_attempt_id()->at(0) = 'f'; }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->set_attempt_id(std::string(65, '0')); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->set_identity("web2"); }), "identity_mismatch");
  EXPECT_EQ(changed([](Envelope* e) { e->set_key_id("k2"); }), "unknown_key");
  EXPECT_EQ(changed([](Envelope* e) { e->set_issued_at_us(e->issued_at_us() + 1); }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->set_expires_at_us(e->expires_at_us() + 1); }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->mutable_nonce()->at(3) ^= 1; }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->clear_nonce(); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->mutable_body()->at(7) ^= 1; }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->clear_body(); }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->mutable_mac()->at(31) ^= 1; }), "wrong_key");
  EXPECT_EQ(changed([](Envelope* e) { e->mutable_mac()->pop_back(); }), "malformed");
  EXPECT_EQ(changed([](Envelope* e) { e->clear_mac(); }), "malformed");
  EXPECT_EQ(changed([](Envelope*) {}), "");
}

// Each field is length-prefixed: what moves from one into the next is another message.
TEST_F(MessageMacTest, FieldsDoNotRunIntoEachOther) {
  Envelope envelope = Sealed();
  envelope.set_attempt_id(envelope.attempt_id() + "w");
  envelope.set_identity("eb1");
  EXPECT_EQ(Open(envelope, nullptr, "eb1"), "wrong_key");
}

TEST_F(MessageMacTest, RefusesAnotherKeyAnotherNodeAndTheOtherDirection) {
  const Envelope envelope = Sealed();
  EXPECT_EQ(Open(envelope, nullptr, "web2"), "identity_mismatch");
  EXPECT_EQ(Open(envelope, nullptr, "web1", Envelope::TO_HUB), "malformed");
  key_.bytes[0] ^= 1;
  EXPECT_EQ(Open(envelope), "wrong_key");
}

TEST_F(MessageMacTest, RefusesAnExpiredMessageAndOneFromTheFuture) {
  const Envelope envelope = Sealed();
  clock_.Advance(kMessageTtl + kAllowedSkew);
  EXPECT_EQ(Open(envelope), "");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Open(envelope), "stale_clock");
  clock_.JumpWall(-(kMessageTtl + kAllowedSkew + absl::Seconds(1)) - kAllowedSkew);
  EXPECT_EQ(Open(envelope), "");
  clock_.JumpWall(-absl::Seconds(12));
  const absl::Status status =
      OpenEnvelope(envelope, key_, {Envelope::TO_NODE, "web1", nullptr}, clock_.Now(), &refusal_);
  EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr("42 s in the future"), HasSubstr("NTP")));
}

TEST_F(MessageMacTest, RefusesALifetimeBeyondWhatTheGuardRemembers) {
  Envelope envelope = Sealed();
  SealEnvelope(key_, Sha256("the body"), clock_.Now(), absl::Hours(24), &random_, &envelope);
  EXPECT_EQ(envelope.expires_at_us() - envelope.issued_at_us(), absl::ToInt64Microseconds(kMessageTtl));
  SealEnvelope(key_, Sha256("the body"), clock_.Now(), -absl::Seconds(1), &random_, &envelope);
  EXPECT_EQ(Open(envelope), "malformed");
}

TEST_F(MessageMacTest, RefusesAReplayButNotWhereTheCallerTracksRepeats) {
  ReplayGuard guard(&clock_, kMessageTtl + 2 * kAllowedSkew, 2);
  const Envelope envelope = Sealed();
  EXPECT_EQ(Open(envelope, &guard), "");
  EXPECT_EQ(Open(envelope, &guard), "replay");
  EXPECT_EQ(Open(envelope), "");
  EXPECT_EQ(Open(envelope), "");
  // A message that is refused for another reason does not use up its nonce.
  Envelope changed = Sealed();
  const std::string body = changed.body();
  changed.set_body("other");
  EXPECT_EQ(Open(changed, &guard), "wrong_key");
  changed.set_body(body);
  EXPECT_EQ(Open(changed, &guard), "");
  EXPECT_EQ(Open(Sealed(), &guard), "overloaded");
}

TEST_F(MessageMacTest, EachSealHasItsOwnNonce) { EXPECT_NE(Sealed().nonce(), Sealed().nonce()); }

TEST_F(MessageMacTest, AnswersAnyEnvelope) {
  const google::protobuf::LogSilencer quiet;  // it would print a line for each text that is not UTF-8
  std::mt19937_64 random(7);
  const std::string good = Sealed().SerializeAsString();
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (unsigned i = 0; i < 1 + random() % 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    Envelope envelope;
    if (!envelope.ParseFromString(bytes) || envelope.SerializeAsString() == good) continue;
    EXPECT_NE(Open(envelope), "");
  }
  // Times at the ends of their range, with a MAC that fits.
  for (const int64_t time : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, INT64_MAX}) {
    Envelope envelope = Sealed();
    SealEnvelope(key_, Sha256("the body"), absl::FromUnixMicros(time), kMessageTtl, &random_, &envelope);
    EXPECT_NE(Open(envelope), "");
  }
}

}  // namespace
}  // namespace orch::auth
