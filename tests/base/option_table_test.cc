#include "base/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OptionTableTest : public ::testing::Test {
 protected:
  OptionTableTest() {
    table_.Flag({"-v", "--verbose"}, "Be verbose", "Common", &verbose_);
    table_.Flag({"-q"}, "Quiet", "Common", &quiet_);
    table_.Text({"-o", "--output"}, "FILE", "File", "Common", &file_);
    table_.Add({{"-j", "--json"}, "FORM", "JSON", "Common", {}, true, [this](const std::string& value) {
                  json_ = value.empty() ? "plain" : value;
                  return absl::OkStatus();
                }});
  }
  std::string Error(const std::vector<std::string>& words) {
    return std::string(table_.Parse(words).status().message());
  }

  OptionTable table_;
  bool verbose_ = false;
  bool quiet_ = false;
  std::string file_;
  std::string json_;
};

TEST_F(OptionTableTest, AllSpellingsOfAValueAreTheSame) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-o", "x"}, {"-ox"}, {"--output", "x"}, {"--output=x"}, {"-vox"}, {"-vo", "x"}}) {
    file_.clear();
    ASSERT_TRUE(table_.Parse(words).ok());
    EXPECT_EQ(file_, "x");
  }
}

TEST_F(OptionTableTest, WordsBetweenOptionsKeepTheirOrder) {
  const auto words = table_.Parse({"a", "-v", "b", "-o", "f", "k=-1", "-", "--", "-q"});
  ASSERT_TRUE(words.ok());
  EXPECT_THAT(*words, ElementsAre("a", "b", "k=-1", "-", "-q"));
  EXPECT_TRUE(verbose_);
  EXPECT_FALSE(quiet_);
}

TEST_F(OptionTableTest, OptionalValueIsOnlyTakenAfterEquals) {
  const auto words = table_.Parse({"--json", "array"});
  ASSERT_TRUE(words.ok());
  EXPECT_THAT(*words, ElementsAre("array"));
  EXPECT_EQ(json_, "plain");
  ASSERT_TRUE(table_.Parse({"--json=array"}).ok());
  EXPECT_EQ(json_, "array");
}

TEST_F(OptionTableTest, MissingValueNamesTheOption) {
  EXPECT_THAT(Error({"-o"}), HasSubstr("option -o needs a value: -o FILE"));
  EXPECT_THAT(Error({"--output"}), HasSubstr("--output FILE"));
}

TEST_F(OptionTableTest, EmptyValueIsRefused) {
  EXPECT_THAT(Error({"--output="}), HasSubstr("option --output: its value is empty"));
  EXPECT_THAT(Error({"-o", ""}), HasSubstr("its value is empty"));
}

TEST_F(OptionTableTest, UnknownOptionNamesTheNearest) {
  EXPECT_THAT(Error({"--verbos"}), HasSubstr("unknown option --verbos; did you mean --verbose?"));
  EXPECT_THAT(Error({"-Z"}), HasSubstr("unknown option -Z; --help lists the options"));
}

TEST_F(OptionTableTest, FlagRefusesAValue) { EXPECT_THAT(Error({"--verbose=1"}), HasSubstr("takes no value")); }

TEST_F(OptionTableTest, ANameStaysWithTheOptionThatHadItFirst) {
  std::string other;
  table_.Text({"-o", "--other"}, "TEXT", "Other", "Common", &other);
  table_.Flag({"-q"}, "Gone", "Common", &verbose_);
  ASSERT_TRUE(table_.Parse({"-o", "file", "--other", "x", "-q"}).ok());
  EXPECT_EQ(file_, "file");
  EXPECT_EQ(other, "x");
  EXPECT_FALSE(verbose_);
  EXPECT_THAT(table_.Help(), HasSubstr("        --other TEXT"));
  EXPECT_THAT(table_.Help(), ::testing::Not(HasSubstr("Gone")));
}

TEST_F(OptionTableTest, HelpListsEachNameWithItsExplanation) {
  EXPECT_EQ(table_.Help(),
            "Common\n"
            "    -v, --verbose                    Be verbose\n"
            "    -q                               Quiet\n"
            "    -o, --output FILE                File\n"
            "    -j, --json[=FORM]                JSON\n");
}

TEST_F(OptionTableTest, ANumberIsWholeAndWithinItsLimit) {
  uint32_t any = 0;
  uint32_t days = 7;
  table_.Number({"-n"}, "COUNT", "Any", "Common", &any);
  table_.Number({"--days"}, "COUNT", "Days", "Common", &days, 30);
  ASSERT_TRUE(table_.Parse({"-n", "4294967295", "--days=30"}).ok());
  EXPECT_EQ(any, 4294967295u);
  EXPECT_EQ(days, 30u);
  for (const char* text : {"0", "-1", "1.5", "many", "4294967296"})
    EXPECT_THAT(Error({"-n", text}), HasSubstr("is no whole number above 0"));
  EXPECT_THAT(Error({"--days", "31"}), HasSubstr("option --days: '31' is no whole number from 1 to 30"));
  EXPECT_EQ(days, 30u);
}

TEST_F(OptionTableTest, AChoiceIsOneOfItsNames) {
  enum class Size { kSmall, kLarge };
  static constexpr OptionChoice<Size> kSizes[] = {{"small", Size::kSmall}, {"large", Size::kLarge}};
  Size size = Size::kSmall;
  table_.Value(
      {"--size"}, "SIZE", "Size", "Common", &size, [](const std::string& text) { return ParseChoice(text, kSizes); },
      NamesOf(kSizes));
  ASSERT_TRUE(table_.Parse({"--size", "large"}).ok());
  EXPECT_EQ(size, Size::kLarge);
  EXPECT_THAT(Error({"--size", "LARGE"}), HasSubstr("option --size: 'LARGE' is none of small, large"));
  EXPECT_THAT(table_.Find("--size")->choices, ElementsAre("small", "large"));
}

TEST_F(OptionTableTest, ASwitchIsNotGivenOrTrueOrFalse) {
  std::optional<bool> group;
  table_.Switch("group", "Together", "One by one", "Common", &group);
  ASSERT_TRUE(table_.Parse({"a"}).ok());
  EXPECT_FALSE(group.has_value());
  ASSERT_TRUE(table_.Parse({"--group", "--no-group"}).ok());
  EXPECT_EQ(group, false);
  ASSERT_TRUE(table_.Parse({"--group"}).ok());
  EXPECT_EQ(group, true);
}

TEST_F(OptionTableTest, TextsKeepEveryValueInOrder) {
  std::vector<std::string> tags;
  table_.Texts({"--tag", "--tags"}, "TAG", "Tags", "Common", &tags);
  ASSERT_TRUE(table_.Parse({"--tag", "a", "--tags=b", "--tag="}).ok());
  EXPECT_THAT(tags, ElementsAre("a", "b", ""));
}

}  // namespace
}  // namespace orch
