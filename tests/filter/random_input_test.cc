// The parsers on text nobody would write: they accept it or refuse it, never crash, and what they
// accept can be matched and described. Seeded and bounded, so that a failure can be repeated.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/filter/filter_fixture.h"

namespace orch::filter {
namespace {

constexpr int kRounds = 20000;

const std::vector<OptionKind> kKinds = {OptionKind::kFact,   OptionKind::kClass,    OptionKind::kIdentity,
                                        OptionKind::kPlugin, OptionKind::kCombined, OptionKind::kCompound};

// True when the text was accepted.
bool TryOut(const std::string& text, OptionKind kind) {
  TestNode node;
  node.fact_values = {{"a", {1, "b", nullptr}}, {"os", {{"family", "Debian"}}}};
  node.class_names = {"b"};
  const absl::StatusOr<Filter> filter = ParseOne(kind, text);
  if (!filter.ok()) {
    EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(filter.status().message().find(": column "), std::string::npos) << filter.status();
    return false;
  }
  const bool matches = Matches(*filter, node, nullptr);
  if (!filter->has_data_functions()) {
    EXPECT_EQ(Narrow(*filter, node) == Verdict::kYes, matches);
  }
  EXPECT_FALSE(Describe(*filter).empty());
  EXPECT_FALSE(Explain(*filter, node, nullptr).empty());
  return true;
}

TEST(RandomInputTest, SurvivesRandomBytes) {
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string text(random() % 24, ' ');
    for (char& c : text) c = static_cast<char>(random());
    refused += TryOut(text, kKinds[round % kKinds.size()]) ? 0 : 1;
  }
  EXPECT_GT(refused, kRounds / 2);
}

TEST(RandomInputTest, SurvivesRandomPiecesOfTheLanguage) {
  const std::vector<std::string> pieces = {
      "a", "os.family", "and", "or",  "not", "(",      ")",    " ",      " ", "=", "!=", "=~", "!~", "<", ">=", "!",
      "'", "\"",        "/",   "\\/", "i",   "fstat(", "'/x'", ").size", "1", ".", "[",  "*",  "\n", "é", "~",  ","};
  std::mt19937 random(2);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string text;
    for (size_t i = random() % 12; i > 0; --i) text += pieces[random() % pieces.size()];
    accepted += TryOut(text, kKinds[round % kKinds.size()]) ? 1 : 0;
  }
  EXPECT_GT(accepted, kRounds / 20);
}

TEST(RandomInputTest, SurvivesTheLongestChains) {
  std::string text = "a";
  while (text.size() + 6 <= 65536) text += " and a";
  EXPECT_TRUE(TryOut(text, OptionKind::kCompound));
  EXPECT_FALSE(TryOut(std::string(65536, '('), OptionKind::kCompound));
  EXPECT_FALSE(TryOut(std::string(65536, '!'), OptionKind::kCompound));
  EXPECT_FALSE(TryOut(std::string(65536, '\\'), OptionKind::kFact));
}

}  // namespace
}  // namespace orch::filter
