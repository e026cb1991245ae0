#include "auth/clear_prologue.h"

#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "auth/hub_prologue.h"
#include "auth/peer_prologue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hub_tls_fixture.h"

namespace orch::auth {
namespace {

using testing::HasSubstr;
using State = HubPrologue::State;

class ClearPrologueTest : public HubTlsFixture {
 protected:
  PeerPrologue Peer(const PeerCredential& who) {
    return PeerPrologue(PskIdentity{who.kind, who.name, who.key.key.id, who.key.from_psk}, who.key.key.bytes, &random_);
  }
  HubPrologue HubSide(bool is_local = false, std::string user = "") {
    return HubPrologue(hub_.get(), is_local, std::move(user), kSession, &random_);
  }
  // The whole talk: what the peer reads at its end.
  absl::StatusOr<std::string> Talk(PeerPrologue peer, HubPrologue* hub) {
    std::string say = peer.FirstLine(), answer;
    for (int line = 0; line < 4; ++line) {
      state_ = hub->OnLine(say, &answer);
      EXPECT_LE(answer.size(), kMaxPrologueLine);
      EXPECT_FALSE(absl::StrContains(answer, '\n'));
      absl::StatusOr<PeerPrologue::Step> step = peer.OnLine(answer);
      if (!step.ok()) return step.status();
      if (step->done) return step->session;
      say = step->say;
    }
    return absl::InternalError("it does not end");
  }
  std::string Refused(PeerPrologue peer, HubPrologue hub, Refusal refusal) {
    const absl::StatusOr<std::string> session = Talk(std::move(peer), &hub);
    EXPECT_FALSE(session.ok());
    EXPECT_EQ(state_, State::kRefused);
    EXPECT_EQ(RefusalName(hub.rejection().refusal), RefusalName(refusal));
    return std::string(session.status().message());
  }

  const std::string kSession = std::string(64, '5');
  std::unique_ptr<HubTls> hub_ = Hub(Options(MtlsMode::kOff));
  State state_ = State::kTalking;
};

TEST_F(ClearPrologueTest, BothSidesProveThatTheyHoldTheKey) {
  for (const PeerCredential& who : {Web1(), Deploy()}) {
    HubPrologue hub = HubSide();
    const absl::StatusOr<std::string> session = Talk(Peer(who), &hub);
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_EQ(*session, kSession);
    EXPECT_EQ(state_, State::kProven);
    EXPECT_EQ(hub.peer().name, who.name);
    EXPECT_TRUE(hub.peer().Is(who.kind));
    EXPECT_NE(hub.peer().node, hub.peer().client);
    EXPECT_EQ(hub.peer().proof, Proof::kKey);
    EXPECT_TRUE(hub_->CheckStanding(hub.peer()).ok());
  }
}

TEST_F(ClearPrologueTest, ABanWhileTheyTalkCounts) {
  HubPrologue hub = HubSide();
  PeerPrologue peer = Peer(Web1());
  std::string answer;
  ASSERT_EQ(hub.OnLine(peer.FirstLine(), &answer), State::kTalking);
  const absl::StatusOr<PeerPrologue::Step> step = peer.OnLine(answer);
  ASSERT_TRUE(step.ok()) << step.status();
  Credentials("banned node web1\n");
  EXPECT_EQ(hub.OnLine(step->say, &answer), State::kRefused);
  EXPECT_EQ(RefusalName(hub.rejection().refusal), RefusalName(Refusal::kBanned));
}

TEST_F(ClearPrologueTest, APeerThatIsNotLetInReadsWhy) {
  EXPECT_THAT(Refused(Peer(Who(PeerKind::kNode, "web1", "n9", 'a')), HubSide(), Refusal::kUnknownKey),
              HasSubstr("orch-hub key"));
  PeerCredential as_client = Web1();
  as_client.kind = PeerKind::kClient;
  Refused(Peer(as_client), HubSide(), Refusal::kUnknownKey);
  Credentials("banned node web1\n");
  EXPECT_THAT(Refused(Peer(Web1()), HubSide(), Refusal::kBanned), HasSubstr("banned"));
  hub_ = Hub(Options(MtlsMode::kRequired));
  EXPECT_THAT(Refused(Peer(Deploy()), HubSide(), Refusal::kNoCertificate), HasSubstr("tls.certificate"));
}

// The reason is told in as many words as it takes; a long one lives on the heap.
TEST_F(ClearPrologueTest, APeerWhoseKeyHasEndedReadsWhenThatWas) {
  PskIdentity ended{PeerKind::kClient, "deploy", "c1", false};
  ended.terms.expires_s = 86'400;
  HubPrologue hub = HubSide();
  std::string answer;
  ASSERT_EQ(hub.OnLine(PeerPrologue(ended, "any", &random_).FirstLine(), &answer), State::kRefused);
  EXPECT_EQ(RefusalName(hub.rejection().refusal), RefusalName(Refusal::kExpiredKey));
  EXPECT_THAT(hub.rejection().detail, HasSubstr("and the hub's clock says"));
  EXPECT_THAT(answer, HasSubstr(hub.rejection().detail));
}

TEST_F(ClearPrologueTest, APeerWithAnotherKeyDoesNotBelieveTheHubAndSaysNoMore) {
  HubPrologue hub = HubSide();
  PeerPrologue peer = Peer(Who(PeerKind::kNode, "web1", "n1", 'x'));
  std::string answer;
  ASSERT_EQ(hub.OnLine(peer.FirstLine(), &answer), State::kTalking);
  const absl::Status status = peer.OnLine(answer).status();
  EXPECT_TRUE(absl::IsUnauthenticated(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("the hub did not prove that it holds the key of 'web1'"));
}

TEST_F(ClearPrologueTest, TheHubTakesNoOtherProofThanTheOneItAwaits) {
  PeerPrologue peer = Peer(Web1());
  HubPrologue hub = HubSide();
  std::string challenge, answer;
  ASSERT_EQ(hub.OnLine(peer.FirstLine(), &challenge), State::kTalking);
  const std::string proof = peer.OnLine(challenge)->say;
  const std::vector<std::string> words = absl::StrSplit(challenge, ' ');
  std::string changed = proof;
  changed[63] = changed[63] == '0' ? '1' : '0';
  for (const std::string& wrong : {std::string(), words[2], words[1], changed, proof + "0", proof.substr(1),
                                   std::string("orch1/user"), peer.FirstLine()}) {
    HubPrologue again = HubSide();
    // Another challenge: a proof that was recorded fits no later one.
    ASSERT_EQ(again.OnLine(peer.FirstLine(), &answer), State::kTalking);
    EXPECT_EQ(again.OnLine(wrong, &answer), State::kRefused) << wrong;
    EXPECT_EQ(again.rejection().refusal, Refusal::kWrongKey);
    EXPECT_TRUE(absl::StartsWith(answer, "no refused (wrong_key)"));
  }
  HubPrologue replayed = HubSide();
  ASSERT_EQ(replayed.OnLine(peer.FirstLine(), &answer), State::kTalking);
  EXPECT_EQ(replayed.OnLine(proof, &answer), State::kRefused) << "a proof recorded earlier";
  ASSERT_EQ(hub.OnLine(proof, &answer), State::kProven);
  EXPECT_EQ(hub.OnLine(proof, &answer), State::kRefused) << "once";
}

// The two proofs differ, so that nobody proves himself with the other side's.
TEST_F(ClearPrologueTest, TheHubsProofSentBackIsNoneOfThePeer) {
  PeerPrologue peer = Peer(Web1());
  HubPrologue hub = HubSide();
  std::string challenge, answer;
  ASSERT_EQ(hub.OnLine(peer.FirstLine(), &challenge), State::kTalking);
  EXPECT_EQ(hub.OnLine(challenge.substr(challenge.rfind(' ') + 1), &answer), State::kRefused);
}

TEST_F(ClearPrologueTest, OnlyAUnixSocketSaysWhoItsUserIs) {
  HubPrologue local = HubSide(true, "alice");
  const absl::StatusOr<std::string> session = Talk(PeerPrologue("alice"), &local);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(local.peer().CallerId(), "user=alice");
  EXPECT_TRUE(local.peer().client && !local.peer().node);
  EXPECT_THAT(Refused(PeerPrologue("alice"), HubSide(true, ""), Refusal::kNoKey), HasSubstr("local.group"));
  Refused(PeerPrologue("root"), HubSide(false, ""), Refusal::kNoKey);
  HubPrologue by_key = HubSide(true, "");
  EXPECT_TRUE(Talk(Peer(Deploy()), &by_key).ok()) << "over a unix socket a key does as well";
}

TEST_F(ClearPrologueTest, GarbageIsRefusedAtItsFirstLine) {
  const std::string identity = "orch1/node/web1/n1/key ";
  const std::string nonce(64, 'a');
  for (const std::string& line :
       {std::string(), std::string("GET / HTTP/1.1"), std::string("orch1/user "), std::string("orch1/user root"),
        identity, identity + nonce.substr(1), identity + nonce + "a", identity + std::string(64, 'A'),
        identity + nonce + " ", " " + identity + nonce, "orch1/node/web1/n1 " + nonce, std::string(600, 'x'),
        std::string(64, '\0')}) {
    HubPrologue hub = HubSide();
    std::string answer;
    EXPECT_EQ(hub.OnLine(line, &answer), State::kRefused) << line;
    EXPECT_TRUE(absl::StartsWith(answer, "no ")) << answer;
    EXPECT_LE(answer.size(), kMaxPrologueLine);
  }
}

TEST_F(ClearPrologueTest, APeerTellsWhatIsNoHub) {
  for (const char* line : {"", "SSH-2.0-OpenSSH", "HTTP/1.1 400 Bad Request", "hub", "hub x y", "ok", "ok session"}) {
    PeerPrologue peer = Peer(Web1());
    EXPECT_TRUE(absl::IsFailedPrecondition(peer.OnLine(line).status())) << line;
    EXPECT_TRUE(absl::IsFailedPrecondition(PeerPrologue("alice").OnLine(line).status())) << line;
  }
  // "ok" without the hub's proof is no proof.
  PeerPrologue peer = Peer(Web1());
  EXPECT_FALSE(peer.OnLine("ok " + kSession).ok());
  EXPECT_EQ(Peer(Web1()).OnLine("no \x1b[2Jbye").status(), absl::UnauthenticatedError("\\x1b[2Jbye"));
}

TEST_F(ClearPrologueTest, ALineThatWasChangedOnItsWayProvesNothing) {
  std::mt19937 random(6);
  for (int round = 0; round < 2'000; ++round) {
    PeerPrologue peer = Peer(Web1());
    HubPrologue hub = HubSide();
    std::string first = peer.FirstLine(), challenge, answer;
    const auto change = [&](std::string* line) {
      (*line)[random() % line->size()] ^= static_cast<char>(1 + random() % 127);
    };
    const int which = round % 3;
    if (which == 0) change(&first);
    if (hub.OnLine(first, &challenge) != State::kTalking) continue;
    if (which == 1) change(&challenge);
    const absl::StatusOr<PeerPrologue::Step> step = peer.OnLine(challenge);
    if (!step.ok()) continue;
    std::string proof = step->say;
    if (which == 2) change(&proof);
    ASSERT_EQ(hub.OnLine(proof, &answer), State::kRefused) << which;
  }
}

}  // namespace
}  // namespace orch::auth
