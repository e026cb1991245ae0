// Known answers: FIPS 180-2 and RFC 1321, 4231, 5869.
#include "base/digest.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }
std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

TEST(DigestTest, Sha256) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, Md5) {
  EXPECT_EQ(Hex(Md5("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Hex(Md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
}

struct HmacCase {
  std::string key, text, mac;
};
std::vector<HmacCase> Rfc4231() {
  return {{std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
          {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
          {std::string(20, '\xaa'), std::string(50, '\xdd'),
           "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
          {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
          {std::string(131, '\xaa'),
           "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
           "hashed before being used by the HMAC algorithm.",
           "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
}

TEST(DigestTest, HmacSha256) {
  for (const HmacCase& known : Rfc4231()) EXPECT_EQ(Hex(HmacSha256(known.key, known.text)), known.mac);
}

// RFC 5869 A.3: SHA-256 with an empty salt and empty info.
TEST(DigestTest, HkdfSha256) {
  EXPECT_EQ(Hex(HkdfSha256(std::string(22, '\x0b'), "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// With info, against the definition: one block is HMAC(HMAC(zeros, secret), info ‖ 0x01).
TEST(DigestTest, HkdfSha256WithInfoIsTwoHmacs) {
  const std::string secret = Bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const std::string info("node\0web1", 9);
  EXPECT_EQ(HkdfSha256(secret, info, 32), HmacSha256(HmacSha256(std::string(32, '\0'), secret), info + '\x01'));
}

TEST(DigestTest, ConstantTimeEqualsComparesAllBytesAndLengths) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "ab"));
}

}  // namespace
}  // namespace orch
