#include "auth/keyring.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hex_key.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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
  EXPECT_EQ(file->psks[0].key.id, "k2");
  EXPECT_EQ(file->psks[0].key.bytes, PskBytes('a'));
  EXPECT_EQ(file->psks[1].key.bytes, PskBytes('b'));
  for (const CredentialsFile::Psk& psk : file->psks) {
    EXPECT_TRUE(psk.Is(PeerKind::kNode) && psk.Is(PeerKind::kClient)) << "psk is for both kinds";
  }
  ASSERT_EQ(file->derived.size(), 2u);
  EXPECT_EQ(file->derived[0].kind, PeerKind::kNode);
  EXPECT_EQ(file->derived[0].name, "web1.example.com");
  EXPECT_EQ(file->derived[1].kind, PeerKind::kClient);
  EXPECT_EQ(file->derived[1].key.bytes, PskBytes('d'));
  EXPECT_TRUE(CredentialsFile::Parse("", "f")->psks.empty());
}

TEST(CredentialsFileTest, ReadsPresharedKeysOfOneKindAndBans) {
  const auto file = CredentialsFile::Parse(
      absl::StrCat("node-psk n1 ", HexKey('a'), "\nclient-psk c1 ", HexKey('b'),
                   "\nbanned node web1.example.com\nbanned client mallory@example.com  # since May\n"),
      "f");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->psks.size(), 2u);
  EXPECT_TRUE(file->psks[0].Is(PeerKind::kNode) && !file->psks[0].Is(PeerKind::kClient));
  EXPECT_TRUE(file->psks[1].Is(PeerKind::kClient) && !file->psks[1].Is(PeerKind::kNode));
  EXPECT_THAT(file->banned, ElementsAre(testing::Pair(PeerKind::kNode, "web1.example.com"),
                                        testing::Pair(PeerKind::kClient, "mallory@example.com")));
}

TEST(CredentialsFileTest, NamesLineAndRemedyAndNeverTheKey) {
  const std::string secret = std::string(62, 'e') + "77";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"psk k1\n", "found 2 words"},
      {"psk " + secret, "found 2 words"},
      {"psk k1 " + secret + " more", "found 4 words"},
      {"psk " + secret + " " + secret, "key id"},
      {"psk " + secret + " k1", "key id"},
      {secret, "begins with node-psk, client-psk, psk, node, client, oidc, banned, generation or #"},
      {"psk: k1 " + secret, "begins with node-psk, client-psk, psk, node, client, oidc, banned, generation or #"},
      {"psk k1 " + secret + "0", "this one has 65 characters"},
      {"psk k1 " + secret.substr(1), "this one has 63 characters"},
      {"psk k1 " + secret.substr(2) + "zz", "not all hex"},
      {"psk k/1 " + secret, "key id"},
      {"node k1 " + secret, "expected 'node KEY_ID IDENTITY 64HEX'"},
      {"client k1 pe;admin " + secret, "third word"},
      {"node k1 web@1 " + secret, "third word"},
      {"psk k0 " + secret + "\npsk k0 " + secret, "same key id"},
      {"node k0 web1 " + secret + "\nnode k0 web1 " + secret, "same name"},
      {"node-psk k0 " + secret + "\nclient-psk k0 " + secret, "same key id"},
      {"node-psk " + secret, "expected 'node-psk KEY_ID 64HEX'"},
      {"client-psk k1 " + secret + " more", "expected 'client-psk KEY_ID 64HEX'"},
      {"Node-psk k1 " + secret, "begins with"},
      {"node k1 .. " + secret, "third word"},
      {"node k1 -x " + secret, "third word"},
      {"banned", "expected 'banned node IDENTITY'"},
      {"banned " + secret, "expected 'banned node IDENTITY'"},
      {"banned host web1", "expected 'banned node IDENTITY'"},
      {"banned node web1 web2", "expected 'banned node IDENTITY'"},
      {"banned node a@b", "expected 'banned node IDENTITY'"},
      {"banned client ..", "expected 'banned node IDENTITY'"},
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
  const std::string good = absl::StrCat("psk k1 ", HexKey('a'), "\nnode k1 web1 ", HexKey('c'), "\nclient-psk c1 ",
                                        HexKey('a'), "\nbanned node web2\n");
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
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds no pre-shared key"));
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

// A node's secret must never command: what is derived for one kind is no key of the other, whoever asks.
TEST_F(KeyringTest, AKeyForNodesIsNoneForClients) {
  const std::string path = folder_.Write("credentials", absl::StrCat("node-psk n1 ", HexKey('a'), "\nclient-psk c1 ",
                                                                     HexKey('b'), "\npsk b1 ", HexKey('c')));
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  EXPECT_THAT(keyring->key_ids(), ElementsAre("n1", "c1", "b1"));
  EXPECT_EQ(*keyring->DerivedKey("n1", PeerKind::kNode, "web1"), DeriveKey(PskBytes('a'), PeerKind::kNode, "web1"));
  EXPECT_EQ(*keyring->DerivedKey("c1", PeerKind::kClient, "web1"), DeriveKey(PskBytes('b'), PeerKind::kClient, "web1"));
  for (const PeerKind kind : {PeerKind::kNode, PeerKind::kClient})
    EXPECT_TRUE(keyring->DerivedKey("b1", kind, "x").ok());
  const absl::Status refused = keyring->DerivedKey("n1", PeerKind::kClient, "web1").status();
  EXPECT_TRUE(absl::IsNotFound(refused));
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("'n1'"), HasSubstr("client")));
  EXPECT_TRUE(absl::IsNotFound(keyring->DerivedKey("c1", PeerKind::kNode, "web1").status()));
}

TEST_F(KeyringTest, NewKeysComeFromTheFirstPskOfTheirKind) {
  const std::string path = folder_.Write("credentials", absl::StrCat("client-psk c2 ", HexKey('b'), "\nclient-psk c1 ",
                                                                     HexKey('c'), "\nnode-psk n1 ", HexKey('a')));
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  EXPECT_EQ(keyring->NewKey(PeerKind::kClient, "deploy")->id, "c2");
  EXPECT_EQ(keyring->NewKey(PeerKind::kClient, "deploy")->bytes, DeriveKey(PskBytes('b'), PeerKind::kClient, "deploy"));
  EXPECT_EQ(keyring->NewKey(PeerKind::kNode, "web1")->id, "n1");
  const std::unique_ptr<Keyring> nodes_only =
      *Keyring::Load(folder_.Write("nodes", absl::StrCat("node-psk n1 ", HexKey('a'))));
  const absl::Status missing = nodes_only->NewKey(PeerKind::kClient, "deploy").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("client-psk KEY_ID 64HEX"));
}

TEST_F(KeyringTest, ABanIsOfOneKindAndEndsWhenItsLineGoes) {
  const std::string psk = absl::StrCat("psk k1 ", HexKey('a'), "\n");
  const std::string path = folder_.Write("credentials", psk + "banned node web1\n");
  const std::unique_ptr<Keyring> keyring = *Keyring::Load(path);
  EXPECT_TRUE(keyring->IsBanned(PeerKind::kNode, "web1"));
  EXPECT_FALSE(keyring->IsBanned(PeerKind::kClient, "web1"));
  EXPECT_FALSE(keyring->IsBanned(PeerKind::kNode, "web10"));
  folder_.Write("credentials", psk + "banned client web1\n");
  bool changed = false;
  ASSERT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_FALSE(keyring->IsBanned(PeerKind::kNode, "web1"));
  EXPECT_TRUE(keyring->IsBanned(PeerKind::kClient, "web1"));
}

TEST_F(KeyringTest, RefusesAFileOfAnotherOwnerOrBelowAFolderThatOthersWrite) {
  const std::string folder = folder_.Path("etc");
  std::filesystem::create_directory(folder);
  const std::string path = folder_.Write("etc/credentials", absl::StrCat("psk k1 ", HexKey('a')));
  ASSERT_TRUE(Keyring::Load(path).ok());
  ASSERT_EQ(chmod(folder.c_str(), 0777), 0);
  const absl::Status status = Keyring::Load(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("chmod go-w ", folder)));
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  if (geteuid() != 0) return;
  ASSERT_EQ(chown(path.c_str(), 54'321, 0), 0);
  EXPECT_THAT(std::string(Keyring::Load(path).status().message()),
              AllOf(HasSubstr("belongs to user 54321"), HasSubstr("chown root")));
}

TEST(DeriveKeyTest, TheKeyOfHandshakesIsNotTheOneThatSigns) {
  const std::string derived = DeriveKey(PskBytes('a'), PeerKind::kNode, "web1");
  EXPECT_EQ(TlsKey(derived).size(), kKeyBytes);
  EXPECT_NE(TlsKey(derived), derived);
  EXPECT_EQ(TlsKey(derived), HmacSha256(derived, "orch-tls-psk-v1"));
}

TEST(DeriveKeyTest, KeysAreWipedWhereTheyLie) {
  Key key("k1", std::string(kKeyBytes, 'x'));
  const Key other("k2", std::string(kKeyBytes, 'y'));
  key = other;
  EXPECT_EQ(key.bytes, std::string(kKeyBytes, 'y'));
  Key& self = key;
  key = self;
  EXPECT_EQ(key.id, "k2") << "a key is not wiped by being given to itself";
  EXPECT_EQ(key.bytes, std::string(kKeyBytes, 'y'));
  std::string text = "secret";
  Wipe(&text);
  EXPECT_EQ(text, std::string(6, '\0'));
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
  const PeerKey own = *LoadPeerKey(path, PeerKind::kNode, "web1");
  EXPECT_EQ(own.key.bytes, PskBytes('c'));
  EXPECT_EQ(own.key.id, "k7");
  EXPECT_FALSE(own.from_psk);
  const PeerKey derived = *LoadPeerKey(path, PeerKind::kNode, "web2");
  EXPECT_EQ(derived.key.bytes, DeriveKey(PskBytes('a'), PeerKind::kNode, "web2"));
  EXPECT_EQ(derived.key.id, "k1");
  EXPECT_TRUE(derived.from_psk) << "it says so to the hub, which names such peers";
}

TEST_F(KeyringTest, PeerTakesNoPskOfTheOtherKind) {
  const std::string path =
      folder_.Write("credentials", absl::StrCat("node-psk n1 ", HexKey('a'), "\nclient-psk c1 ", HexKey('b')));
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kNode, "web1")->key.id, "n1");
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kClient, "web1")->key.id, "c1");
  const std::string nodes = folder_.Write("nodes", absl::StrCat("node-psk n1 ", HexKey('a')));
  EXPECT_TRUE(absl::IsFailedPrecondition(LoadPeerKey(nodes, PeerKind::kClient, "deploy").status()));
}

TEST_F(KeyringTest, PeerSaysWhichKeyIsMissing) {
  const std::string path = folder_.Write("credentials", absl::StrCat("node k1 web1 ", HexKey('c')));
  const absl::Status status = LoadPeerKey(path, PeerKind::kNode, "web2").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr("'orch-hub key node web2'")));
  EXPECT_TRUE(absl::IsInvalidArgument(LoadPeerKey(path, PeerKind::kNode, "web 2\n").status()));
}

TEST_F(KeyringTest, WritesNewPsksOfBothKindsOnceAndNeverOverwrites) {
  SystemRandom random;
  const std::string path = folder_.Path("credentials");
  ASSERT_TRUE(WriteNewCredentials(path, &random).ok());
  struct stat made;
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600u);
  const std::string text = *ReadFile(path, 1u << 16);
  const CredentialsFile file = *CredentialsFile::Load(path);
  ASSERT_EQ(file.psks.size(), 2u);
  EXPECT_TRUE(file.psks[0].node && !file.psks[0].client);
  EXPECT_TRUE(file.psks[1].client && !file.psks[1].node);
  EXPECT_NE(file.psks[0].key.bytes, file.psks[1].key.bytes);
  EXPECT_TRUE(absl::IsAlreadyExists(WriteNewCredentials(path, &random)));
  EXPECT_EQ(*ReadFile(path, 1u << 16), text);
  const std::string other = folder_.Path("other");
  ASSERT_TRUE(WriteNewCredentials(other, &random).ok());
  EXPECT_NE(CredentialsFile::Load(other)->psks[0].key.bytes, file.psks[0].key.bytes);
}

TEST_F(KeyringTest, TheLineForAPeerIsReadAsItsKey) {
  const Key key("c1", PskBytes('e'));
  const std::string path = folder_.Write("credentials", DerivedKeyLine(PeerKind::kClient, "deploy@example.com", key));
  const PeerKey read = *LoadPeerKey(path, PeerKind::kClient, "deploy@example.com");
  EXPECT_EQ(read.key.id, "c1");
  EXPECT_EQ(read.key.bytes, key.bytes);
}

}  // namespace
}  // namespace orch::auth
