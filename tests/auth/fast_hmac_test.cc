#include "auth/fast_hmac.h"

#include <string>

#include "base/digest.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

// base/digest.h is held to the RFCs' vectors; this one to it.
TEST(FastHmacTest, IsTheSameFunctionForAllSizesOfKeyAndText) {
  for (size_t key_size = 0; key_size <= 140; key_size += 4) {
    const std::string key(key_size, static_cast<char>(0x80 + key_size));
    for (size_t size = 0; size < 300; size += 13) {
      const std::string text(size, 'x');
      ASSERT_EQ(View(FastHmacSha256(key, text)), HmacSha256(key, text)) << key_size << " " << size;
      ASSERT_EQ(View(FastSha256(text)), Sha256(text)) << size;
    }
  }
}

}  // namespace
}  // namespace orch::auth
