#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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

}  // namespace
}  // namespace orch::filter
