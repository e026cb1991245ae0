#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "filter/pattern.h"
#include "gtest/gtest.h"
#include "tests/filter/filter_fixture.h"

namespace orch::filter {
namespace {

// Counts its calls; a path that holds "broken" fails.
class CountingFunctions : public DataFunctions {
 public:
  absl::StatusOr<Json> Call(absl::string_view function, const std::vector<std::string>& arguments) override {
    ++calls[absl::StrCat(function, "(", arguments.empty() ? "" : arguments[0], ")")];
    if (!arguments.empty() && arguments[0].find("broken") != std::string::npos)
      return absl::NotFoundError("no such file");
    return Json{{"size", 221}, {"present", 1}};
  }
  std::map<std::string, int> calls;
};

TEST(MatchTest, CallsEachDataFunctionOnceEvenWhereTheAnswerIsPlain) {
  const Filter filter = *ParseOne(OptionKind::kCompound,
                                  "apache or fstat('/a').size>1 or fstat(\"/a\").present=1 or not fstat('/b').size=0");
  TestNode node;
  node.class_names = {"apache"};
  CountingFunctions functions;
  EXPECT_TRUE(Matches(filter, node, &functions));
  EXPECT_EQ(functions.calls, (std::map<std::string, int>{{"fstat(/a)", 1}, {"fstat(/b)", 1}}));
}

TEST(MatchTest, IsFalseWhereAnyCallFails) {
  TestNode node;
  node.class_names = {"apache"};
  CountingFunctions functions;
  for (const char* text :
       {"apache or fstat('/broken').size>1", "not fstat('/broken').size>1", "fstat('/broken').size>1 or apache"}) {
    EXPECT_FALSE(Matches(*ParseOne(OptionKind::kCompound, text), node, &functions)) << text;
    EXPECT_FALSE(Matches(*ParseOne(OptionKind::kCompound, text), node, nullptr)) << text;
  }
}

TEST(MatchTest, SaysWhichCallFailedFirstAndWhy) {
  TestNode node;
  CountingFunctions functions;
  const auto failure = [&](const char* text) {
    std::string why;
    EXPECT_FALSE(Matches(*ParseOne(OptionKind::kCompound, text), node, &functions, &why)) << text;
    return why;
  };
  EXPECT_EQ(failure("apache and fstat('/a').size>1"), "");
  EXPECT_EQ(failure("fstat('/a').size>1 and (not fstat('/broken/1').size>1 or fstat('/broken/2').size>1)"),
            "fstat('/broken/1'): no such file");
}

TEST(MatchTest, TakesAFieldTheNodeDidNotReturnAsMissing) {
  CountingFunctions functions;
  EXPECT_FALSE(Matches(*ParseOne(OptionKind::kCompound, "fstat('/a').md5!=x"), TestNode(), &functions));
  EXPECT_TRUE(Matches(*ParseOne(OptionKind::kCompound, "not fstat('/a').md5!=x"), TestNode(), &functions));
}

TEST(MatchTest, NarrowsByWhatIsKnownWithoutCalling) {
  TestNode node;
  node.class_names = {"apache"};
  const auto narrowed = [&node](const char* text) { return Narrow(*ParseOne(OptionKind::kCompound, text), node); };
  EXPECT_EQ(narrowed("apache"), Verdict::kYes);
  EXPECT_EQ(narrowed("nginx"), Verdict::kNo);
  EXPECT_EQ(narrowed("apache and fstat('/a').size>1"), Verdict::kAskNode);
  EXPECT_EQ(narrowed("nginx and fstat('/a').size>1"), Verdict::kNo);
  EXPECT_EQ(narrowed("apache or fstat('/a').size>1"), Verdict::kAskNode);
  EXPECT_EQ(narrowed("not fstat('/a').size>1"), Verdict::kAskNode);
  EXPECT_EQ(narrowed("not (apache or fstat('/a').size>1)"), Verdict::kNo);
  EXPECT_EQ(narrowed("nginx and not fstat('/a').size>1"), Verdict::kNo);
  EXPECT_EQ(Narrow(Filter(), node), Verdict::kYes);
}

TEST(MatchTest, JoinsIdentitiesByOrAndTheRestByAnd) {
  TestNode node;
  node.name = "b";
  node.class_names = {"apache"};
  const auto matches = [&node](std::vector<Option> options) { return Matches(*Filter::Parse(options), node, nullptr); };
  EXPECT_TRUE(matches({{OptionKind::kIdentity, "a"}, {OptionKind::kClass, "apache"}, {OptionKind::kIdentity, "/b/"}}));
  EXPECT_FALSE(matches({{OptionKind::kIdentity, "a"}, {OptionKind::kIdentity, "c"}}));
  EXPECT_FALSE(matches({{OptionKind::kIdentity, "b"}, {OptionKind::kClass, "apache"}, {OptionKind::kClass, "nginx"}}));
}

TEST(MatchTest, ComparesTextsOfMoreThanFourKibibytesAndDoesNotSearchThem) {
  const std::string longest(kMaxSearchedBytes, 'a'), too_long = longest + "a";
  TestNode node;
  node.fact_values = {{"fits", longest}, {"over", too_long}, {"both", {too_long, "a"}}, {"only", {too_long}}};
  const auto holds = [&](const std::string& text) {
    return Matches(*ParseOne(OptionKind::kFact, text), node, nullptr);
  };
  EXPECT_TRUE(holds("fits=~a"));
  EXPECT_TRUE(holds("fits=/a$/"));
  EXPECT_FALSE(holds("fits!~a"));
  EXPECT_FALSE(holds("over=~a"));
  EXPECT_FALSE(holds("over=/^a/i"));
  EXPECT_TRUE(holds("over!~a")) << "the exact opposite of =~";
  EXPECT_TRUE(holds("over!=/a/"));
  EXPECT_TRUE(holds("both=~a")) << "its short element is searched";
  EXPECT_FALSE(holds("only=~a"));
  EXPECT_TRUE(holds("over=" + too_long));
  EXPECT_FALSE(holds("over=" + longest));
  EXPECT_TRUE(holds("over>" + longest));
  EXPECT_NE(Explain(*ParseOne(OptionKind::kFact, "over=~a"), node, nullptr).find("4096 bytes is not searched"),
            std::string::npos);
}

TEST(MatchTest, ASearchCostsTheSizeOfThePatternForEachByte) {
  const auto steps = [](const std::string& pattern, size_t bytes) {
    return (*Pattern::Compile(pattern, false))->Steps(std::string(bytes, 'a'));
  };
  EXPECT_LT(steps("^deb", 50), 1000u);
  EXPECT_GT(steps("[ab]*a[ab]{900}c", kMaxSearchedBytes), 3'000'000u);
  EXPECT_EQ(steps("[ab]*a[ab]{900}c", kMaxSearchedBytes + 1), 1u);
}

}  // namespace
}  // namespace orch::filter
