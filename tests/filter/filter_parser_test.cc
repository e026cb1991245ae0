// Errors: the column, what is said, and the remedy. The golden vectors hold the language itself.
#include <string>

#include "absl/strings/str_cat.h"
#include "filter/pattern.h"
#include "filter/pattern_budget.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/filter_fixture.h"

namespace orch::filter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(FilterParserTest, ShowsTheTextWithACaretUnderTheColumn) {
  EXPECT_EQ(ErrorOf(OptionKind::kCompound, "apache or osfamily="),
            "-S: column 20: no value after the operator; write a value; \"\" is the empty text, and a word like and is "
            "quoted: 'and'\n  apache or osfamily=\n                     ^");
}

TEST(FilterParserTest, CountsColumnsInCharactersNotBytes) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "zürich🙂="), StartsWith("-F: column 9: "));
}

TEST(FilterParserTest, ShowsOnlyThePartOfALongTextAroundTheColumn) {
  const std::string error =
      ErrorOf(OptionKind::kCompound, absl::StrCat(std::string(5000, 'x'), " yy ", std::string(5000, 'z')));
  EXPECT_THAT(error, StartsWith("-S: column 5002: "));
  EXPECT_LT(error.size(), 500u);
}

TEST(FilterParserTest, PutsNoControlCharacterInAnError) {
  const std::string error = ErrorOf(OptionKind::kCompound, "\x1b[31m\x07 b\x7f c\xc2\x9b");
  for (const char c : error) EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  EXPECT_THAT(error, Not(HasSubstr("\xc2\x9b")));
}

TEST(FilterParserTest, ReportsColumnOfMissingValue) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os = "),
              AllOf(StartsWith("-F: column 5: "), HasSubstr("\"\" is the empty text")));
  EXPECT_THAT(ErrorOf(OptionKind::kCombined, "a os="), StartsWith("-W: column 6: "));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "os = and x"), AllOf(StartsWith("-S: column 5: "), HasSubstr("'and'")));
}

TEST(FilterParserTest, RefusesAnEmptyOptionAndSaysHowToChooseAllNodes) {
  for (const OptionKind kind : {OptionKind::kFact, OptionKind::kClass, OptionKind::kIdentity, OptionKind::kPlugin,
                                OptionKind::kCombined, OptionKind::kCompound}) {
    for (const char* text : {"", " \t\r\n"}) {
      EXPECT_THAT(ErrorOf(kind, text),
                  AllOf(HasSubstr(": column 1: an empty filter is refused"), HasSubstr("give no filter")));
    }
  }
}

TEST(FilterParserTest, NamesTheOperatorsAndClassOptionWhenAFactHasNoOperator) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "  apache"),
              AllOf(StartsWith("-F: column 3: "), HasSubstr("= == != =~ !~ < <= > >="), HasSubstr("-C")));
}

TEST(FilterParserTest, OffersNotForAnExclamationMarkInAName) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "!os=x"),
              AllOf(StartsWith("-F: column 1: "), HasSubstr("name!=value"), HasSubstr("-S \"not")));
  EXPECT_THAT(ErrorOf(OptionKind::kCombined, "a !b"), AllOf(StartsWith("-W: column 3: "), HasSubstr("-S")));
}

TEST(FilterParserTest, RefusesAQuotedFactName) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "'os'=x"),
              AllOf(StartsWith("-F: column 1: "), HasSubstr("a quoted name is not allowed")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "'os'=x"), AllOf(StartsWith("-S: column 5: "), HasSubstr("not quoted")));
}

TEST(FilterParserTest, ReportsTheOpeningOfWhatIsNotClosed) {
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a and (b or (c"), StartsWith("-S: column 13: the '(' is not closed"));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a and 'b"), StartsWith("-S: column 7: the quote"));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a and /b"),
              StartsWith("-S: column 7: the regular expression is not closed"));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a or fact('b'"), StartsWith("-S: column 10: the '(' of fact"));
  EXPECT_THAT(ErrorOf(OptionKind::kClass, "/a\\/"), StartsWith("-C: column 1: "));
}

TEST(FilterParserTest, QuotesRe2OnABadPattern) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os=/a(/"), AllOf(StartsWith("-F: column 5: "), HasSubstr("missing )")));
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os=/(?<n>a)/"), StartsWith("-F: column 5: "));
  EXPECT_EQ(ErrorOf(OptionKind::kFact, "os=/(?P<n>a)/"), "");
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os=/((((((a{9}){9}){9}){9}){9}){9}){9}/"), StartsWith("-F: column 5: "));
}

TEST(FilterParserTest, ExplainsFlagsItDoesNotKnow) {
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os=/deb/g"),
              AllOf(StartsWith("-F: column 9: unknown flag 'g'"), HasSubstr("only flag is i"), HasSubstr("\\/")));
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os=/deb/I"), StartsWith("-F: column 9: "));
  EXPECT_THAT(ErrorOf(OptionKind::kCombined, "os=/deb/ms"), StartsWith("-W: column 9: "));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "path=/var/lib"),
              AllOf(StartsWith("-S: column 11: "), HasSubstr("quote the value")));
  EXPECT_THAT(ErrorOf(OptionKind::kClass, "/a/im"), StartsWith("-C: column 4: "));
}

TEST(FilterParserTest, TakesPathsAsTextInAFactOption) {
  TestNode node;
  node.fact_values = {{"p", "/home/max"}};
  EXPECT_TRUE(NodeMatches(OptionKind::kFact, "p=/home/max", node));
  EXPECT_TRUE(NodeMatches(OptionKind::kFact, "p=/home/maxi", node) == false);
  EXPECT_EQ(ErrorOf(OptionKind::kFact, "p=/home/gimsu"), "");
  EXPECT_EQ(ErrorOf(OptionKind::kFact, "p=/var/lib/g"), "");
}

TEST(FilterParserTest, RefusesTwoStatementsInARow) {
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a AND b"),
              AllOf(StartsWith("-S: column 3: "), HasSubstr("'AND'"), HasSubstr("lower-case")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "(a) b"), StartsWith("-S: column 5: "));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a and b 'c"), StartsWith("-S: column 9: "));
}

TEST(FilterParserTest, NamesTheOperatorThatWaitsForAStatement) {
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a and"),
              AllOf(StartsWith("-S: column 6: "), HasSubstr("after 'and'"), HasSubstr("found the end")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "not"), AllOf(StartsWith("-S: column 4: "), HasSubstr("after 'not'")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "(a or ) b"),
              AllOf(StartsWith("-S: column 7: "), HasSubstr("after 'or', found ')'")));
}

TEST(FilterParserTest, RefusesReservedWordsAndShowsThemQuoted) {
  EXPECT_THAT(ErrorOf(OptionKind::kCombined, "a or b"),
              AllOf(StartsWith("-W: column 3: "), HasSubstr("'or' is a reserved word"), HasSubstr("-S")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a and not = x"), AllOf(StartsWith("-S: column 7: "), HasSubstr("-F")));
}

TEST(FilterParserTest, ChecksDataFunctionsAgainstTheirTable) {
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "fsstat('/x').size=1"),
              AllOf(StartsWith("-S: column 1: "), HasSubstr("fstat")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "fstat('/x').sise=1"),
              AllOf(StartsWith("-S: column 13: "), HasSubstr("size")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "fstat('').size=1"), StartsWith("-S: column 7: "));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "fstat().size=1"),
              AllOf(StartsWith("-S: column 6: "), HasSubstr("one argument")));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "fstat('/x').size and a"), StartsWith("-S: column 17: no comparison"));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "fstat('/x')=1"), StartsWith("-S: column 12: "));
  EXPECT_EQ(ErrorOf(OptionKind::kCompound, "resource().failed_resources>0 and resource( 'file[/x]' ).managed=true"),
            "");
}

TEST(FilterParserTest, StatesTheLimits) {
  EXPECT_THAT(ErrorOf(OptionKind::kClass, std::string(65537, 'x')),
              AllOf(StartsWith("-C: column 1: "), HasSubstr("65536")));
  EXPECT_EQ(ErrorOf(OptionKind::kClass, std::string(65536, 'x')), "");
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, absl::StrCat(std::string(200, '!'), std::string(57, '('), "a")),
              AllOf(StartsWith("-S: column 257: "), HasSubstr("256")));
}

TEST(FilterParserTest, BoundsTheNumberOfPatternsOfAFilter) {
  std::vector<Option> options(kMaxPatterns, {OptionKind::kClass, "/x{1000}/"});
  EXPECT_TRUE(Filter::Parse(options).ok());
  options.push_back({OptionKind::kClass, "/x/"});
  EXPECT_THAT(std::string(Filter::Parse(options).status().message()),
              AllOf(StartsWith("-C: column 2: "), HasSubstr("more than 128 regular"), HasSubstr("/a|b|c/")));
}

TEST(FilterParserTest, BoundsTheSizeOfEachPattern) {
  EXPECT_EQ(ErrorOf(OptionKind::kFact, "a=/[ab]*a[ab]{900}c/"), "");
  EXPECT_EQ(ErrorOf(OptionKind::kFact, "a=/.{1000}/"), "");
  for (const char* large : {"/.{1000}x{300}/", "/\\pL{100}/"}) {
    EXPECT_THAT(ErrorOf(OptionKind::kFact, absl::StrCat("a=", large)), HasSubstr("too large")) << large;
  }
}

TEST(FilterParserTest, ReportsAForbiddenByteUnlessSomethingBeforeItIsWrong) {
  const std::string nul(1, '\0');
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os=a" + nul), StartsWith("-F: column 5: a NUL"));
  EXPECT_THAT(ErrorOf(OptionKind::kFact, "os" + nul + "=a"), StartsWith("-F: column 3: a NUL"));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "'é" + nul), StartsWith("-S: column 3: a NUL"));
  EXPECT_THAT(ErrorOf(OptionKind::kCompound, "a ) b" + nul), StartsWith("-S: column 3: a ')'"));
  EXPECT_THAT(ErrorOf(OptionKind::kClass, "caf\xe9"), StartsWith("-C: column 4: bytes that are not UTF-8"));
  EXPECT_THAT(ErrorOf(OptionKind::kClass, "\xed\xa0\x80"), StartsWith("-C: column 1: "));
  EXPECT_THAT(ErrorOf(OptionKind::kClass, nul), StartsWith("-C: column 1: a NUL"));
}

TEST(FilterParserTest, KeepsOptionsAndFindsWhatTheyAskFor) {
  const std::vector<Option> options = {
      {OptionKind::kIdentity, "a"}, {OptionKind::kFact, "x=1"}, {OptionKind::kIdentity, "b"}};
  const Filter filter = *Filter::Parse(options);
  EXPECT_EQ(filter.options().size(), 3u);
  EXPECT_EQ(filter.literal_identities(), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(filter.has_data_functions());
  EXPECT_TRUE(ParseOne(OptionKind::kCompound, "a or not puppet().enabled=true")->has_data_functions());
  EXPECT_TRUE(Filter::Parse(std::vector<Option>{{OptionKind::kIdentity, "a"}, {OptionKind::kIdentity, "/b/"}})
                  ->literal_identities()
                  .empty());
  EXPECT_TRUE(Filter::Parse({})->empty());
}

}  // namespace
}  // namespace orch::filter
