#include "auth/login_key.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "auth/sealed_answer.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Private(char fill) { return std::string(SealedAnswer::kKeyBytes, fill); }

TEST(LoginKeyTest, WhatIsPrintedIsWhatIsRead) {
  const LoginKey key{"c1.new", std::string(32, 'h'), std::string(32, 'p')};
  const auto read = ParseLoginKey(key.Text());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->key_id, "c1.new");
  EXPECT_EQ(read->handshake, key.handshake);
  EXPECT_EQ(read->hub_public, key.hub_public);
}

TEST(LoginKeyTest, ATextThatIsNotWholeIsRefusedAndNotRepeated) {
  const std::string good = LoginKey{"c1", std::string(32, 'h'), std::string(32, 'p')}.Text();
  for (const std::string& text : {std::string(), good.substr(1, 10), good.substr(0, good.size() - 1), good + "0",
                                  good.substr(2), std::string("..")}) {
    const auto read = ParseLoginKey(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("orch-hub key login"));
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr("6868")));
  }
}

TEST(LoginKeyTest, ItFollowsFromThePskOfClients) {
  TempFolder folder;
  const std::string path = folder.Path("credentials");
  ASSERT_TRUE(
      WriteFileDurably(path, "node-psk n1 " + std::string(64, '1') + "\nclient-psk c1 " + std::string(64, '2'), 0600)
          .ok());
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  const auto key = MakeLoginKey(*keyring);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->key_id, "c1");
  EXPECT_EQ(key->handshake, *keyring->DerivedKey("c1", PeerKind::kLogin, kLoginName));
  EXPECT_EQ(key->hub_public, *SealedAnswer::PublicKeyOf(*HubPrivateKey(*keyring, "c1")));
  EXPECT_FALSE(HubPrivateKey(*keyring, "n1").ok());
}

TEST(SealedAnswerTest, TheAskerReadsWhatTheHubHasSealedInItsOrder) {
  const std::string hub_public = *SealedAnswer::PublicKeyOf(Private('h'));
  const std::string asker_public = *SealedAnswer::PublicKeyOf(Private('a'));
  auto hub = SealedAnswer::OfHub(Private('h'), asker_public);
  auto asker = SealedAnswer::OfAsker(Private('a'), hub_public);
  ASSERT_TRUE(hub.ok() && asker.ok());
  const std::string first = *hub->Seal("first"), second = *hub->Seal(""), third = *hub->Seal("third");
  EXPECT_EQ(first.size(), 5 + SealedAnswer::kTagBytes);
  EXPECT_EQ(*asker->Open(first), "first");
  EXPECT_EQ(*asker->Open(second), "");
  EXPECT_TRUE(absl::IsUnauthenticated(asker->Open(second).status())) << "repeated";
}

TEST(SealedAnswerTest, NobodyElseCanWriteOrReadIt) {
  const std::string hub_public = *SealedAnswer::PublicKeyOf(Private('h'));
  const std::string asker_public = *SealedAnswer::PublicKeyOf(Private('a'));
  // Somebody in between, with a key of his own.
  EXPECT_FALSE(SealedAnswer::OfAsker(Private('a'), hub_public)
                   ->Open(*SealedAnswer::OfHub(Private('x'), asker_public)->Seal("code"))
                   .ok());
  EXPECT_FALSE(SealedAnswer::OfAsker(Private('x'), hub_public)
                   ->Open(*SealedAnswer::OfHub(Private('h'), asker_public)->Seal("key"))
                   .ok());
  std::string changed = *SealedAnswer::OfHub(Private('h'), asker_public)->Seal("code");
  for (size_t i = 0; i < changed.size(); ++i) {
    std::string other = changed;
    other[i] ^= 1;
    EXPECT_FALSE(SealedAnswer::OfAsker(Private('a'), hub_public)->Open(other).ok()) << i;
  }
  for (const size_t size : {0, 1, 15}) {
    EXPECT_FALSE(SealedAnswer::OfAsker(Private('a'), hub_public)->Open(changed.substr(0, size)).ok());
  }
}

TEST(SealedAnswerTest, KeysThatAreNoneAreRefused) {
  for (const std::string& key : {std::string(), std::string("short"), std::string(33, 'a'), std::string(32, '\0')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(SealedAnswer::OfHub(Private('h'), key).status()))
        << absl::BytesToHexString(key);
  }
}

}  // namespace
}  // namespace orch::auth
