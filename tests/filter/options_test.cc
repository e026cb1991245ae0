#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/filter_fixture.h"

namespace orch::filter {
namespace {

using ::testing::HasSubstr;

std::string KindsAndTexts(const std::vector<std::string>& words) {
  const auto options = OptionsFromWords(words);
  if (!options.ok()) return std::string(options.status().message());
  std::string out;
  for (const Option& option : *options) out += std::to_string(static_cast<int>(option.kind)) + ":" + option.text + " ";
  return out;
}

TEST(OptionsTest, TakesAllSpellings) {
  EXPECT_EQ(KindsAndTexts({"-Fa=1", "-F", "a=1", "--with-fact", "a=1", "--with-fact=a=1", "--wf=a=1"}),
            "1:a=1 1:a=1 1:a=1 1:a=1 1:a=1 ");
  EXPECT_EQ(KindsAndTexts({"-C", "x", "--with-class=x", "--wc", "x"}), "2:x 2:x 2:x ");
  EXPECT_EQ(KindsAndTexts({"-I", "x", "--with-identity=x", "--wi", "x"}), "3:x 3:x 3:x ");
  EXPECT_EQ(KindsAndTexts({"-A", "x", "--with-plugin=x", "--with-agent", "x", "--wa=x"}), "4:x 4:x 4:x 4:x ");
  EXPECT_EQ(KindsAndTexts({"-Wx y", "--with", "x"}), "5:x y 5:x ");
  EXPECT_EQ(KindsAndTexts({"-S", "x", "--select=x"}), "6:x 6:x ");
}

TEST(OptionsTest, TakesAnyWordAsTheValueOfAnOption) {
  EXPECT_EQ(KindsAndTexts({"-C", "-F", "-S", "--select"}), "2:-F 6:--select ");
  EXPECT_EQ(KindsAndTexts({}), "");
  EXPECT_EQ(KindsAndTexts({"-C", "", "--wc="}), "2: 2: ");
}

TEST(OptionsTest, RefusesUnknownWordsAndMissingValuesByName) {
  EXPECT_THAT(KindsAndTexts({"-Z", "x"}), HasSubstr("'-Z'"));
  EXPECT_THAT(KindsAndTexts({"apache"}), HasSubstr("'apache'"));
  EXPECT_THAT(KindsAndTexts({"--with-factx=1"}), HasSubstr("--with-factx"));
  EXPECT_THAT(KindsAndTexts({"-"}), HasSubstr("unknown"));
  EXPECT_THAT(KindsAndTexts({""}), HasSubstr("unknown"));
  EXPECT_THAT(KindsAndTexts({"-C", "a", "--select"}), HasSubstr("--select has no value"));
}

}  // namespace
}  // namespace orch::filter
