#include "auth/credentials_editor.h"

#include <sys/stat.h>

#include "auth/credentials_file.h"
#include "auth/keyring.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hex_key.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;

class CredentialsEditorTest : public ::testing::Test {
 protected:
  std::string Read() { return ReadFile(path_, 1 << 16).value(); }
  TempFolder folder_;
  const std::string psks_ = "# ours\n\nclient-psk c1 " + HexKey('b') + "\nnode-psk n1 " + HexKey('a') + "  # old\n";
  const std::string path_ = folder_.Write("credentials", psks_);
};

TEST_F(CredentialsEditorTest, ANewPskStandsAboveTheOthersOfItsKindAndIsUsedForNewKeys) {
  const auto keyring = *Keyring::Load(path_);
  ASSERT_TRUE(AddPsk(path_, PeerKind::kNode, Key("n2", PskBytes('c'))).ok());
  EXPECT_EQ(Read(), "# ours\n\nclient-psk c1 " + HexKey('b') + "\nnode-psk n2 " + HexKey('c') + "\nnode-psk n1 " +
                        HexKey('a') + "  # old\n");
  bool changed = false;
  ASSERT_TRUE(keyring->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_EQ(keyring->NewKey(PeerKind::kNode, "web1")->id, "n2");
  EXPECT_TRUE(absl::IsAlreadyExists(AddPsk(path_, PeerKind::kClient, Key("n2", PskBytes('d')))));
}

TEST_F(CredentialsEditorTest, TheLastPskOfAKindStays) {
  const absl::Status only = RemovePsk(path_, PeerKind::kNode, "n1");
  EXPECT_TRUE(absl::IsFailedPrecondition(only)) << only;
  EXPECT_TRUE(absl::IsNotFound(RemovePsk(path_, PeerKind::kNode, "c1")));
  EXPECT_EQ(Read(), psks_);
  ASSERT_TRUE(AddPsk(path_, PeerKind::kNode, Key("n2", PskBytes('c'))).ok());
  ASSERT_TRUE(RemovePsk(path_, PeerKind::kNode, "n1").ok());
  EXPECT_EQ(Read(), "# ours\n\nclient-psk c1 " + HexKey('b') + "\nnode-psk n2 " + HexKey('c') + "\n");
}

TEST_F(CredentialsEditorTest, APskOfBothKindsStaysForTheOther) {
  folder_.Write("credentials", "psk k1 " + HexKey('a') + "\n");
  ASSERT_TRUE(AddPsk(path_, PeerKind::kNode, Key("n2", PskBytes('c'))).ok());
  ASSERT_TRUE(RemovePsk(path_, PeerKind::kNode, "k1").ok());
  EXPECT_EQ(Read(), "node-psk n2 " + HexKey('c') + "\nclient-psk k1 " + HexKey('a') + "\n");
}

TEST_F(CredentialsEditorTest, GenerationsRiseByOneAndKeepTheirLine) {
  EXPECT_EQ(*RaiseGeneration(path_, PeerKind::kClient, "deploy"), 1u);
  EXPECT_EQ(Read(), psks_ + "generation client deploy 1\n");
  EXPECT_EQ(*RaiseGeneration(path_, PeerKind::kNode, "deploy"), 1u);
  EXPECT_EQ(*RaiseGeneration(path_, PeerKind::kClient, "deploy"), 2u);
  EXPECT_EQ(Read(), psks_ + "generation client deploy 2\ngeneration node deploy 1\n");
}

TEST_F(CredentialsEditorTest, TheLastGenerationIsAnErrorThatChangesNothing) {
  const std::string text = psks_ + "generation client deploy 1000000\n";
  folder_.Write("credentials", text);
  EXPECT_FALSE(RaiseGeneration(path_, PeerKind::kClient, "deploy").ok());
  EXPECT_EQ(Read(), text);
}

TEST_F(CredentialsEditorTest, APeersKeyTakesThePlaceOfItsOldOnes) {
  const std::string path = folder_.Write("agent", "# mine\nnode n1 web1 " + HexKey('a') + "\nnode n1 web2 " +
                                                      HexKey('b') + "\nnode n0 web1 " + HexKey('c') + "\n");
  ASSERT_TRUE(PutPeerKey(path, PeerKind::kNode, "web1", Key("own-1", PskBytes('d'))).ok());
  EXPECT_EQ(ReadFile(path, 1 << 16).value(),
            "# mine\nnode own-1 web1 " + HexKey('d') + "\nnode n1 web2 " + HexKey('b') + "\n");
}

TEST_F(CredentialsEditorTest, AFileIsMadeForItsOwnerOnly) {
  const std::string path = folder_.Path("new");
  ASSERT_TRUE(PutPeerKey(path, PeerKind::kNode, "web1", Key("own-1", PskBytes('d'))).ok());
  struct stat made;
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600u);
  EXPECT_EQ(LoadPeerKey(path, PeerKind::kNode, "web1")->key.id, "own-1");
}

TEST_F(CredentialsEditorTest, AWrongFileIsRefusedAsItIsWhenRead) {
  folder_.Write("credentials", "nonsense\n");
  EXPECT_TRUE(absl::IsInvalidArgument(AddPsk(path_, PeerKind::kNode, Key("n2", PskBytes('c')))));
  folder_.Write("credentials", psks_);
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  const absl::Status open = AddPsk(path_, PeerKind::kNode, Key("n2", PskBytes('c')));
  EXPECT_THAT(std::string(open.message()), HasSubstr("chmod 0600"));
}

}  // namespace
}  // namespace orch::auth
