#include "auth/keyring.h"

#include <sys/stat.h>

#include <cstdio>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/tls_fixture.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string PskBytes(char hex) { return absl::HexStringToBytes(HexKey(hex)); }

std::string ParseError(absl::string_view text) {
  const absl::StatusOr<CredentialsFile> file = CredentialsFile::Parse(text, "/etc/orch/credentials");
  EXPECT_TRUE(absl::IsInvalidArgument(file.status())) << text << ": " << file.status();
  return std::string(file.status().message());
}

TEST(CredentialsFileTest, ReadsKeysOfAllKindsInOrder) {
  const auto file = CredentialsFile::Parse(
      absl::StrCat("# a comment\n\n  psk k2 ", HexKey('a'), "  # the new one\r\npsk k1\t", HexKey('B'),
                   "\nnode k1 web1.example.com ", HexKey('c'), "\nclient k1 deploy@example.com ", HexKey('d')),
      "f");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->psks.size(), 2u);
  EXPECT_EQ(file->psks[0].id, "k2");
  EXPECT_EQ(file->psks[0].bytes, PskBytes('a'));
  EXPECT_EQ(file->psks[1].bytes, PskBytes('b'));
  ASSERT_EQ(file->derived.size(), 2u);
  EXPECT_EQ(file->derived[0].kind, PeerKind::kNode);
  EXPECT_EQ(file->derived[0].name, "web1.example.com");
  EXPECT_EQ(file->derived[1].kind, PeerKind::kClient);
  EXPECT_EQ(file->derived[1].key.bytes, PskBytes('d'));
  EXPECT_TRUE(CredentialsFile::Parse("", "f")->psks.empty());
}

TEST(CredentialsFileTest, NamesLineAndRemedyAndNeverTheKey) {
  const std::string secret = std::string(62, 'e') + "77";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"psk k1\n", "found 2 words"},
      {"psk " + secret, "found 2 words"},
      {"psk k1 " + secret + " more", "found 4 words"},
      {"psk " + secret + " " + secret, "key id"},
      {"psk " + secret + " k1", "key id"},
      {secret, "begins with psk, node, client or #"},
      {"psk: k1 " + secret, "begins with psk, node, client or #"},
      {"psk k1 " + secret + "0", "this one has 65 characters"},
      {"psk k1 " + secret.substr(1), "this one has 63 characters"},
      {"psk k1 " + secret.substr(2) + "zz", "not all hex"},
      {"psk k/1 " + secret, "key id"},
      {"node k1 " + secret, "expected 'node KEY_ID IDENTITY 64HEX'"},
      {"client k1 pe;admin " + secret, "third word"},
      {"node k1 web@1 " + secret, "third word"},
      {"psk k0 " + secret + "\npsk k0 " + secret, "same key id"},
      {"node k0 web1 " + secret + "\nnode k0 web1 " + secret, "same name"},
  };
  for (const auto& [text, remedy] : cases) {
    const std::string error = ParseError("# first\n" + text);
    const int line = text.find('\n') < text.size() - 1 ? 3 : 2;
    EXPECT_THAT(error, AllOf(HasSubstr("/etc/orch/credentials"), HasSubstr(absl::StrCat("line ", line)),
                             HasSubstr(remedy), Not(HasSubstr(secret.substr(0, 20)))));
  }
}

TEST(CredentialsFileTest, RefusesMoreThanItsBound) {
  EXPECT_THAT(ParseError(std::string(kMaxCredentialsFileBytes + 1, '#')), HasSubstr("65536"));
}

// Random bytes, and good files with random bytes in them: an answer, never a crash, and an error
// that holds no byte that could be a key's.
TEST(CredentialsFileTest, AnswersAnyBytes) {
  std::mt19937 random(20240501);
  const std::string good = absl::StrCat("psk k1 ", HexKey('a'), "\nnode k1 web1 ", HexKey('c'), "\n");
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? good : std::string(random() % 200, '\0');
    const size_t edits = round % 2 == 0 ? 1 + random() % 3 : text.size();
    for (size_t i = 0; i < edits; ++i) text[round % 2 == 0 ? random() % text.size() : i] = static_cast<char>(random());
    const auto file = CredentialsFile::Parse(text, "f");
    if (!file.ok()) {
      ASSERT_TRUE(absl::IsInvalidArgument(file.status()));
      ASSERT_THAT(std::string(file.status().message()), Not(HasSubstr("aaaa")));
    }
  }
}

class KeyringTest : public testing::Test {
 protected:
  TempFolder folder_;
};

TEST_F(KeyringTest, RefusesAFileThatOthersMayRead) {
  for (const int mode : {0644, 0640, 0604, 0620}) {
    const std::string path = folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\n"), mode);
    const absl::Status status = Keyring::Load(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(absl::StrCat("chmod 0600 ", path)), HasSubstr(absl::StrFormat("%04o", mode))));
  }
  EXPECT_TRUE(Keyring::Load(folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a')), 0400)).ok());
  EXPECT_TRUE(absl::IsNotFound(Keyring::Load(folder_.Path("missing")).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Keyring::Load(folder_.Path("")).status())) << "a folder";
}

TEST_F(KeyringTest, HubNeedsAPsk) {
  const std::string path = folder_.Write("credentials", absl::StrCat("node k1 web1 ", HexKey('a'), "\n"));
  const absl::Status status = Keyring::Load(path).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds no psk"));
}

TEST_F(KeyringTest, RotatesWithoutAGap) {
  const std::string path = folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\n"));
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  const std::string old_key = *keyring->DerivedKey("k1", PeerKind::kNode, "web1");
  EXPECT_EQ(old_key, DeriveKey(PskBytes('a'), PeerKind::kNode, "web1"));
  EXPECT_TRUE(absl::IsNotFound(keyring->DerivedKey("k2", PeerKind::kNode, "web1").status()));
  bool changed = true;
  EXPECT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_FALSE(changed);

  ASSERT_TRUE(WriteFileDurably(path, absl::StrCat("psk k2 ", HexKey('b'), "\npsk k1 ", HexKey('a'), "\n"), 0600).ok());
  EXPECT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_THAT(keyring->key_ids(), ElementsAre("k2", "k1"));
  EXPECT_EQ(*keyring->DerivedKey("k1", PeerKind::kNode, "web1"), old_key);
  EXPECT_EQ(*keyring->DerivedKey("k2", PeerKind::kNode, "web1"), DeriveKey(PskBytes('b'), PeerKind::kNode, "web1"));

  ASSERT_TRUE(WriteFileDurably(path, absl::StrCat("psk k2 ", HexKey('b'), "\n"), 0600).ok());
  EXPECT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(absl::IsNotFound(keyring->DerivedKey("k1", PeerKind::kNode, "web1").status()))
      << "not even from the cache";
}

TEST_F(KeyringTest, AKeyReplacedUnderItsIdTakesEffect) {
  const std::string path = folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\n"));
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  const std::string before = *keyring->DerivedKey("k1", PeerKind::kClient, "peadmin");
  ASSERT_TRUE(WriteFileDurably(path, absl::StrCat("psk k1 ", HexKey('b'), "\n"), 0600).ok());
  bool changed;
  ASSERT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_NE(*keyring->DerivedKey("k1", PeerKind::kClient, "peadmin"), before);
}

TEST_F(KeyringTest, KeepsTheOldKeysWhenAnEditIsBroken) {
  const std::string path = folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\n"));
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  bool changed = true;
  ASSERT_TRUE(WriteFileDurably(path, "psk k2 tooshort\n", 0600).ok());
  const absl::Status broken = keyring->ReloadIfChanged(&changed);
  EXPECT_THAT(std::string(broken.message()), AllOf(HasSubstr("line 1"), Not(HasSubstr("tooshort"))));
  EXPECT_FALSE(changed);
  EXPECT_TRUE(keyring->DerivedKey("k1", PeerKind::kNode, "web1").ok());
  EXPECT_FALSE(keyring->ReloadIfChanged(&changed).ok()) << "reported until it is mended";
  ASSERT_TRUE(WriteFileDurably(path, absl::StrCat("psk k2 ", HexKey('b'), "\n"), 0644).ok());
  EXPECT_EQ(keyring->ReloadIfChanged(&changed).code(), absl::StatusCode::kPermissionDenied);
  std::remove(path.c_str());
  EXPECT_TRUE(absl::IsNotFound(keyring->ReloadIfChanged(&changed)));
  EXPECT_TRUE(keyring->DerivedKey("k1", PeerKind::kNode, "web1").ok());
  ASSERT_TRUE(WriteFileDurably(path, absl::StrCat("psk k2 ", HexKey('b'), "\n"), 0600).ok());
  EXPECT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(changed);
}

TEST_F(KeyringTest, DerivedKeysStayRightBeyondTheCache) {
  const std::string path = folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\n"));
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  for (size_t i = 0; i < Keyring::kMaxCachedKeys + 2; ++i) {
    ASSERT_TRUE(keyring->DerivedKey("k1", PeerKind::kNode, absl::StrCat("node", i)).ok());
  }
  EXPECT_EQ(*keyring->DerivedKey("k1", PeerKind::kNode, "node0"), DeriveKey(PskBytes('a'), PeerKind::kNode, "node0"));
}

TEST(DeriveKeyTest, KindNameAndPskEachMakeAnotherKey) {
  const std::string key = DeriveKey(PskBytes('a'), PeerKind::kNode, "web1");
  EXPECT_EQ(key.size(), kKeyBytes);
  EXPECT_NE(key, DeriveKey(PskBytes('a'), PeerKind::kClient, "web1"));
  EXPECT_NE(key, DeriveKey(PskBytes('a'), PeerKind::kNode, "web2"));
  EXPECT_NE(key, DeriveKey(PskBytes('b'), PeerKind::kNode, "web1"));
}

TEST_F(KeyringTest, PeerTakesItsOwnDerivedKeyBeforeAPsk) {
  const std::string path = folder_.Write("credentials", absl::StrCat("psk k1 ", HexKey('a'), "\nnode k7 web1 ",
                                                                     HexKey('c'), "\nclient k1 web1 ", HexKey('d')));
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kNode, "web1")->bytes, PskBytes('c'));
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kNode, "web1")->id, "k7");
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kNode, "web2")->bytes, DeriveKey(PskBytes('a'), PeerKind::kNode, "web2"));
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kNode, "web2")->id, "k1");
}

TEST_F(KeyringTest, PeerSaysWhichKeyIsMissing) {
  const std::string path = folder_.Write("credentials", absl::StrCat("node k1 web1 ", HexKey('c')));
  const absl::Status status = LoadPeerKey(path, PeerKind::kNode, "web2").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr("'web2'")));
  EXPECT_TRUE(absl::IsInvalidArgument(LoadPeerKey(path, PeerKind::kNode, "web 2\n").status()));
}

TEST_F(KeyringTest, WritesANewPskOnceAndNeverOverwrites) {
  SystemRandom random;
  const std::string path = folder_.Path("credentials");
  ASSERT_TRUE(WriteNewCredentials(path, "k1", &random).ok());
  struct stat made;
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600u);
  const std::string text = *ReadFile(path, 1u << 16);
  EXPECT_EQ(CredentialsFile::Load(path)->psks.size(), 1u);
  EXPECT_TRUE(absl::IsAlreadyExists(WriteNewCredentials(path, "k1", &random)));
  EXPECT_EQ(*ReadFile(path, 1u << 16), text);
  const std::string other = folder_.Path("other");
  ASSERT_TRUE(WriteNewCredentials(other, "k1", &random).ok());
  EXPECT_NE(CredentialsFile::Load(other)->psks[0].bytes, CredentialsFile::Load(path)->psks[0].bytes);
  EXPECT_TRUE(absl::IsInvalidArgument(WriteNewCredentials(folder_.Path("third"), "k 1", &random)));
}

}  // namespace
}  // namespace orch::auth
