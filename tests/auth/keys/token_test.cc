#include "auth/token.h"

#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TokenTest, ATokenIsReadAsItWasMade) {
  SystemRandom random;
  const Token token = NewToken(&random);
  const Token read = *ParseToken(token.Text());
  EXPECT_EQ(read.id, token.id);
  EXPECT_EQ(read.secret, token.secret);
  EXPECT_NE(NewToken(&random).secret, token.secret);
}

TEST(TokenTest, AnythingElseIsRefusedAndNotQuoted) {
  SystemRandom random;
  const std::string text = NewToken(&random).Text();
  for (const std::string& bad : {std::string(), text.substr(1), text + "0", text + "\n", " " + text,
                                 text.substr(0, 12) + text.substr(13), std::string(4096, 'a'), "A" + text.substr(1)}) {
    const auto read = ParseToken(bad);
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << bad;
    if (bad.size() > 20 && bad.size() < 100) {
      EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr(bad.substr(20, 30))));
    }
  }
}

TEST(TokenTest, TheKeyOfTheHandshakeComesFromTheHashAndTheId) {
  const std::string hash = TokenHash("secret");
  EXPECT_EQ(hash, Sha256("secret"));
  EXPECT_EQ(KeyOfTokenHash(hash, "a"), DeriveKey(hash, PeerKind::kToken, "a"));
  EXPECT_NE(KeyOfTokenHash(hash, "a"), KeyOfTokenHash(hash, "b"));
}

TEST(TokenTest, TheIdOfAnOwnKeyTellsTheKeyApartAndNothingOfIt) {
  const std::string key(32, 'k');
  EXPECT_EQ(OwnKeyId(key), OwnKeyId(key));
  EXPECT_NE(OwnKeyId(key), OwnKeyId(std::string(32, 'l')));
  EXPECT_THAT(OwnKeyId(key), Not(HasSubstr("6b6b6b")));
}

}  // namespace
}  // namespace orch::auth
