#include "services/hub/door/reception.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using auth::Proof;
using testing::ElementsAre;
using testing::Pair;

auth::Peer Of(bool node, const std::string& name, Proof proof = Proof::kKey) {
  auth::Peer peer;
  peer.name = name;
  peer.node = node;
  peer.client = !node;
  peer.proof = proof;
  return peer;
}

class ReceptionTest : public testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<Visitor>> Enter(auth::Peer peer, uint64_t connection) {
    cut_ = 0;
    return reception_.Enter(absl::StrCat("grpc", connection), std::move(peer), "10.0.0.1:5", "", connection, &cut_);
  }

  ManualClock clock_;
  Refusals refusals_{&clock_};
  Reception reception_{&clock_, &refusals_, 100, {"admin"}};
  uint64_t cut_ = 0;
};

TEST_F(ReceptionTest, CountsWhoIsThereAndHowTheyProvedIt) {
  ASSERT_TRUE(Enter(Of(true, "web1"), 1).ok());
  ASSERT_TRUE(Enter(Of(true, "web2", Proof::kPsk), 2).ok());
  ASSERT_TRUE(Enter(Of(false, "deploy", Proof::kCertificate), 3).ok());
  ASSERT_TRUE(Enter(Of(false, "root", Proof::kUser), 4).ok());
  const Reception::Counts counts = reception_.counts();
  EXPECT_EQ(counts.connections, 4u);
  EXPECT_EQ(counts.nodes, 2u);
  EXPECT_EQ(counts.clients, 2u);
  EXPECT_THAT(counts.by_proof, ElementsAre(Pair("certificate", 1), Pair("key", 1), Pair("psk", 1), Pair("user", 1)));
  EXPECT_THAT(counts.whole_psk, ElementsAre("node=web2")) << "who holds a whole pre-shared key is named";
  for (int i = 1; i <= 4; ++i) reception_.Leave(absl::StrCat("grpc", i));
  EXPECT_EQ(reception_.counts().connections, 0u);
  reception_.Leave("grpc1");
}

TEST_F(ReceptionTest, NamesOfWholePskHoldersAreBounded) {
  for (uint64_t i = 1; i <= 2 * Reception::kMaxNamed; ++i) {
    ASSERT_TRUE(Enter(Of(true, absl::StrCat("web", i), Proof::kPsk), i).ok());
  }
  EXPECT_EQ(reception_.counts().whole_psk.size(), Reception::kMaxNamed);
}

TEST_F(ReceptionTest, ANodeThatComesBackCutsItsOldestConnection) {
  ASSERT_TRUE(Enter(Of(true, "web1"), 11).ok());
  ASSERT_TRUE(Enter(Of(true, "web1"), 12).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Enter(Of(true, "web1"), 13).status()));
  EXPECT_EQ(cut_, 11u);
  reception_.Leave("grpc11");
  EXPECT_TRUE(Enter(Of(true, "web1"), 13).ok());
  EXPECT_TRUE(Enter(Of(true, "web2"), 14).ok()) << "another node has its own share";
}

TEST_F(ReceptionTest, TwoConnectionsOfOneNameAreNotMixedUp) {
  ASSERT_TRUE(Enter(Of(true, "web1"), 1).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Enter(Of(true, "web2"), 1).status()));
  EXPECT_EQ(cut_, 0u);
  reception_.Leave("grpc1");
  EXPECT_EQ(reception_.counts().connections, 0u);
  EXPECT_TRUE(Enter(Of(true, "web2"), 1).ok());
}

TEST_F(ReceptionTest, AClientLosesOnlyAConnectionThatIsIdle) {
  std::vector<std::shared_ptr<Visitor>> all;
  for (uint64_t i = 1; i <= 16; ++i) {
    all.push_back(*Enter(Of(false, "deploy"), i));
    all.back()->open_calls = 1;
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Enter(Of(false, "deploy"), 17).status()));
  EXPECT_EQ(cut_, 0u) << "all are at work";
  all[6]->open_calls = 0;
  EXPECT_TRUE(absl::IsResourceExhausted(Enter(Of(false, "deploy"), 17).status()));
  EXPECT_EQ(cut_, 7u);
}

TEST_F(ReceptionTest, AnIdentityIsOneHoweverItProvedItself) {
  for (uint64_t i = 1; i <= 16; ++i) {
    ASSERT_TRUE(Enter(Of(false, "deploy", i % 2 == 0 ? Proof::kCertificate : Proof::kKey), i).ok());
  }
  EXPECT_FALSE(Enter(Of(false, "deploy"), 17).ok());
  EXPECT_TRUE(Enter(Of(false, "deploy", Proof::kUser), 18).ok()) << "a user of the hub's machine is another";
  EXPECT_TRUE(Enter(Of(true, "deploy"), 19).ok()) << "and so is the node of that name";
}

TEST_F(ReceptionTest, AdministratorsAreLocalUsersAndClientsThatAreNamed) {
  EXPECT_TRUE((*Enter(Of(false, "admin"), 1))->administrator);
  EXPECT_TRUE((*Enter(Of(false, "alice", Proof::kUser), 2))->administrator);
  EXPECT_FALSE((*Enter(Of(false, "deploy"), 3))->administrator);
  EXPECT_FALSE((*Enter(Of(true, "admin"), 4))->administrator) << "a node of that name is none";
}

}  // namespace
}  // namespace orch::hub
