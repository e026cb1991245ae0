#include "auth/key.h"

#include "auth/credentials_file.h"
#include "auth/keyring.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hex_key.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNewYear = 1'798'761'600;  // 2027-01-01T00:00:00Z

TEST(KeyTest, WithoutTermsAKeyIsDerivedAsBefore) {
  EXPECT_EQ(DeriveKey(PskBytes('a'), PeerKind::kNode, "web1", {}),
            HkdfSha256(PskBytes('a'), std::string("node\0web1", 9), kKeyBytes));
}

TEST(KeyTest, EachTermIsPartOfTheKey) {
  const std::string plain = DeriveKey(PskBytes('a'), PeerKind::kClient, "deploy");
  const std::string second = DeriveKey(PskBytes('a'), PeerKind::kClient, "deploy", {2, 0});
  const std::string ends = DeriveKey(PskBytes('a'), PeerKind::kClient, "deploy", {2, kNewYear});
  EXPECT_NE(plain, second);
  EXPECT_NE(second, ends);
  EXPECT_EQ(ends, HkdfSha256(PskBytes('a'), std::string("client\0deploy\0002\0001798761600", 26), kKeyBytes));
}

TEST(KeyTest, TermsAreReadAsTheyAreWrittenAndInNoOtherWay) {
  KeyTerms terms;
  EXPECT_EQ(TermsText({}), "");
  EXPECT_EQ(TermsText({3, kNewYear}), "/3/1798761600");
  EXPECT_TRUE(ParseTerms("3", "1798761600", &terms));
  EXPECT_EQ(terms, (KeyTerms{3, kNewYear}));
  for (const auto& [generation, expiry] :
       std::vector<std::pair<std::string, std::string>>{{"0", "0"},
                                                        {"03", "0"},
                                                        {"+3", "0"},
                                                        {" 3", "0"},
                                                        {"", "1"},
                                                        {"-1", "0"},
                                                        {"1", "-1"},
                                                        {"1", "1.0"},
                                                        {"1000001", "0"},
                                                        {"1", "253402300800"},
                                                        {"99999999999999999999", "0"},
                                                        {"1", "1 "}}) {
    EXPECT_FALSE(ParseTerms(generation, expiry, &terms)) << generation << " " << expiry;
  }
}

class TermLinesTest : public ::testing::Test {
 protected:
  absl::StatusOr<PeerKey> Load(const std::string& line) {
    return LoadPeerKey(folder_.Write("credentials", line + "\n"), PeerKind::kClient, "deploy");
  }
  TempFolder folder_;
  const std::string start_ = "client c1 deploy " + HexKey('b');
};

TEST_F(TermLinesTest, ALineWithTermsIsReadAsItWasWritten) {
  const Key key("c1", PskBytes('b'), {2, kNewYear});
  const std::string line = DerivedKeyLine(PeerKind::kClient, "deploy", key);
  EXPECT_EQ(line, start_ + " generation=2 expires=2027-01-01T00:00:00Z");
  const PeerKey read = *Load(line);
  EXPECT_EQ(read.key.terms, key.terms);
  EXPECT_EQ(read.key.bytes, key.bytes);
  EXPECT_EQ(Load(start_ + " expires=2027-01-01")->key.terms, (KeyTerms{0, kNewYear}));
  EXPECT_EQ(Load(start_ + " expires=2027-01-01T01:00:00+01:00 generation=2")->key.terms, key.terms);
}

TEST_F(TermLinesTest, WrongTermsAreNamedAndTheKeyIsNot) {
  for (const std::string bad :
       {" generation=x", " generation=1000001", " generation=2 generation=3", " expires=never",
        " expires=2027-01-01T00:00:00.5Z", " expires=1960-01-01", " expires=2027-01-01 expires=2027-01-01",
        " until=2027", " generation=1 expires=2027-01-01 x"}) {
    const absl::Status status = Load(start_ + bad).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bad << ": " << status;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(HexKey('b')))) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 1")) << bad;
  }
}

TEST_F(TermLinesTest, TheHubRefusesGenerationsBeforeTheLineOfThatNameAlone) {
  const std::string psk = "client-psk c1 " + HexKey('b') + "\n";
  const auto keyring = *Keyring::Load(folder_.Write("hub", psk + "generation client deploy 2\n"));
  const auto find = [&](const std::string& name, KeyTerms terms) {
    return keyring->DerivedKey("c1", PeerKind::kClient, name, terms);
  };
  EXPECT_EQ(find("deploy", {}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(find("deploy", {1, kNewYear}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*find("deploy", {2, kNewYear}), DeriveKey(PskBytes('b'), PeerKind::kClient, "deploy", {2, kNewYear}));
  EXPECT_TRUE(find("deploy", {3, 0}).ok());
  EXPECT_TRUE(find("other", {}).ok());
  const Key fresh = *keyring->NewKey(PeerKind::kClient, "deploy", kNewYear);
  EXPECT_EQ(fresh.terms, (KeyTerms{2, kNewYear}));
  EXPECT_EQ(fresh.bytes, *find("deploy", fresh.terms));
}

TEST_F(TermLinesTest, WrongGenerationLinesAreRefused) {
  for (const std::string line : {"generation client deploy", "generation client deploy -1", "generation user deploy 1",
                                 "generation client dep/loy 1", "generation client deploy 1000001",
                                 "generation client deploy 1\ngeneration client deploy 2"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CredentialsFile::Parse(line, "f").status())) << line;
  }
}

}  // namespace
}  // namespace orch::auth
