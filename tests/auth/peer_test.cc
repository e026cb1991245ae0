#include "auth/peer.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

TEST(PskIdentityTest, ReadsWhatItWrites) {
  for (const PeerKind kind : {PeerKind::kNode, PeerKind::kClient}) {
    for (const bool whole_psk : {false, true}) {
      const PskIdentity said = {kind, "web-1.example.com", "k_1", whole_psk};
      PskIdentity read;
      ASSERT_TRUE(PskIdentity::Parse(said.Text(), &read));
      EXPECT_EQ(read.kind, kind);
      EXPECT_EQ(read.name, said.name);
      EXPECT_EQ(read.key_id, said.key_id);
      EXPECT_EQ(read.whole_psk, whole_psk);
    }
  }
  EXPECT_EQ((PskIdentity{PeerKind::kNode, "web1", "n1", false}.Text()), "orch1/node/web1/n1/key");
  EXPECT_EQ((PskIdentity{PeerKind::kClient, "deploy@site", "c1", true}.Text()), "orch1/client/deploy@site/c1/psk");
  PskIdentity longest;
  EXPECT_TRUE(PskIdentity::Parse(
      absl::StrCat("orch1/client/", std::string(255, 'n'), "/", std::string(32, 'k'), "/key"), &longest));
}

TEST(PskIdentityTest, RefusesWhatItCouldNotHaveWritten) {
  const std::string wrong[] = {"",
                               "orch1",
                               "orch1/node/web1/n1",
                               "orch1/node/web1/n1/key/",
                               "orch1/node/web1/n1/key/more",
                               "orch2/node/web1/n1/key",
                               "ORCH1/node/web1/n1/key",
                               "orch1/user/root/n1/key",
                               "orch1//web1/n1/key",
                               "orch1/node//n1/key",
                               "orch1/node/web1//key",
                               "orch1/node/web1/n1/",
                               "orch1/node/web1/n1/KEY",
                               "orch1/node/a@b/n1/key",
                               "orch1/node/../n1/key",
                               "orch1/node/-x/n1/key",
                               "orch1/client/a b/n1/key",
                               "orch1/client/a\n/n1/key",
                               std::string("orch1/client/a\0b/n1/key", 23),
                               "orch1/client/\xc3\xa4/n1/key",
                               absl::StrCat("orch1/node/", std::string(256, 'n'), "/n1/key"),
                               absl::StrCat("orch1/node/web1/", std::string(33, 'k'), "/key"),
                               std::string(600, '/'),
                               std::string(70'000, 'x')};
  for (const std::string& text : wrong) {
    PskIdentity read;
    EXPECT_FALSE(PskIdentity::Parse(text, &read)) << text.substr(0, 60);
  }
}

TEST(PskIdentityTest, WhateverIsReadIsWrittenTheSameAgain) {
  std::mt19937 random(5);
  const std::string good = "orch1/node/web1/n1/key";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (unsigned i = 0; i < 1 + random() % 3; ++i) text[random() % text.size()] = static_cast<char>(random());
    PskIdentity read;
    if (PskIdentity::Parse(text, &read)) {
      EXPECT_EQ(read.Text(), text);
    }
  }
}

TEST(PeerTest, LogsAndRepliesNameItsKindOfProof) {
  Peer peer;
  peer.name = "web1";
  peer.node = true;
  EXPECT_EQ(peer.CallerId(), "node=web1");
  peer.proof = Proof::kCertificate;
  EXPECT_EQ(peer.CallerId(), "cert=web1");
  peer.node = false;
  peer.client = true;
  EXPECT_EQ(peer.CallerId(), "cert=web1");
  peer.proof = Proof::kPsk;
  EXPECT_EQ(peer.CallerId(), "client=web1");
  peer.proof = Proof::kUser;
  EXPECT_EQ(peer.CallerId(), "user=web1");
  EXPECT_EQ(ProofName(Proof::kPsk), "psk");
  EXPECT_EQ(ProofName(Proof::kUser), "user");
}

}  // namespace
}  // namespace orch::auth
