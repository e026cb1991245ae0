#include "base/nearest_word.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(NearestWordTest, FindsSlipsOfTheHand) {
  const std::vector<std::string> known = {"listen", "identity", "tls.certificate", "stale_after"};
  EXPECT_EQ(NearestWord("listne", known), "listen");
  EXPECT_EQ(NearestWord("Identty", known), "identity");
  EXPECT_EQ(NearestWord("stale-after", known), "stale_after");
  EXPECT_EQ(NearestWord("tls.cert", known), "tls.certificate");
}

TEST(NearestWordTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(NearestWord("zebra", {"listen", "identity"}), "");
  EXPECT_EQ(NearestWord("", {"listen"}), "");
  EXPECT_EQ(NearestWord("ab", {"x", "yz"}), "");
  EXPECT_EQ(NearestWord(std::string(1 << 16, 'a'), {"aa"}), "");
}

TEST(NearestWordTest, CompletesABeginning) {
  EXPECT_EQ(NearestWord("inst", {"count", "install"}), "install");
  EXPECT_EQ(NearestWord("i", {"count", "install"}), "");
}

TEST(NearestWordTest, AsksOnlyWhenSomethingIsNear) {
  EXPECT_EQ(DidYouMean("instal", {"count", "install"}), "; did you mean install?");
  EXPECT_EQ(DidYouMean("zebra", {"count", "install"}), "");
}

}  // namespace
}  // namespace orch
