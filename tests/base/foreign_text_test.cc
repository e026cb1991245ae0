#include "base/foreign_text.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/utf8.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(PrintableTest, OneLineStaysOneLine) {
  EXPECT_EQ(Printable("web01\nweb02 OK\r\n\tx"), "web01\\nweb02 OK\\r\\n\\tx");
  EXPECT_EQ(Printable("line\xe2\x80\xa8next\xe2\x80\xa9para\xc2\x85nel"), "line\\u2028next\\u2029para\\x85nel");
}

TEST(PrintableTest, NothingSteersTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb\x07\x7f"), "a\\x1b[2Jb\\x07\\x7f");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "2J"),
            "\\x9b2J");  // CSI as a character
  EXPECT_EQ(Printable("\x9b"
                      "2J"),
            "\\x9b2J");  // and as a byte
  EXPECT_EQ(Printable("\xe9t\xe9"), "\\xe9t\\xe9");
  EXPECT_EQ(Printable(absl::string_view("a\0b", 3)), "a\\x00b");
}

TEST(PrintableTest, EveryControlOfDirectionAndEveryInvisibleCharacterHasItsNumber) {
  std::vector<char32_t> hidden = {0xAD, 0x61C, 0x200E, 0x200F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x2028, 0x2029};
  for (char32_t code = 0x202A; code <= 0x202E; ++code) hidden.push_back(code);
  for (char32_t code = 0x2066; code <= 0x2069; ++code) hidden.push_back(code);
  for (char32_t code = 0x80; code <= 0x9F; ++code) hidden.push_back(code);
  for (const char32_t code : hidden) EXPECT_FALSE(IsPlainCharacter(code)) << std::hex << static_cast<uint32_t>(code);
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "dcb"),
            "a\\u202edcb");
  EXPECT_EQ(Printable("x\xe2\x81\xa6y\xe2\x81\xa9"), "x\\u2066y\\u2069");
  EXPECT_EQ(Printable("\xd8\x9c\xe2\x80\x8b\xef\xbb\xbf"), "\\u061c\\u200b\\ufeff");
  EXPECT_EQ(Printable("\xf3\xa0\x80\xa0"), "\\U000e0020");
}

TEST(PrintableTest, LettersOfAllKindsStay) {
  for (const char* text : {"Zürich", "日本語", "e\xcc\x81", "👍", "עברית", "العربية", "\\n", "a  b"})
    EXPECT_EQ(Printable(text), text);
}

TEST(PrintableBlockTest, FurtherLinesAreIndented) {
  EXPECT_EQ(PrintableBlock("one\r\n\ttwo\n\nthree\n", 3), "one\n   \ttwo\n\n   three");
  EXPECT_EQ(PrintableBlock("", 3), "");
  EXPECT_EQ(PrintableBlock("a\rweb02  OK\x1b[A", 2), "a\\x0dweb02  OK\\x1b[A");
}

TEST(LogTextTest, AFieldEndsWhereItEnds) {
  std::string out = "reason=\"";
  AppendLogText("x\" node=\"y\\\nz\xe2\x80\xae", true, &out);
  EXPECT_EQ(out, "reason=\"x\\\" node=\\\"y\\\\\\nz\\u202e");
}

TEST(PrintableJsonTest, TheValueIsTheSameAndNothingInItActs) {
  const Json value = {{"k\xe2\x80\xae", "a\x1b\xc2\x9b\x7f\xe2\x80\xa8\xf3\xa0\x80\xa0z"}, {"plain", "Zürich"}};
  for (const int indent : {-1, 2}) {
    const std::string text = PrintableJson(value, indent);
    EXPECT_EQ(*ParseJson(text, "test"), value);
    for (size_t i = 0; i < text.size();) {
      const Character character = FirstCharacter(absl::string_view(text).substr(i));
      EXPECT_TRUE(character.valid);
      EXPECT_TRUE(text[i] == '\n' || IsPlainCharacter(character.code)) << text;
      i += character.bytes;
    }
  }
  EXPECT_EQ(PrintableJson({{"a", "\xe2\x80\xae\xf3\xa0\x80\xa0"}}), R"({"a":"\u202e\udb40\udc20"})");
  EXPECT_EQ(PrintableJson("\xff"), "\"\xef\xbf\xbd\"");
}

TEST(Utf8Test, OnlyWellFormedCharactersAreCharacters) {
  const auto valid = [](absl::string_view text) { return FirstCharacter(text).valid; };
  EXPECT_EQ(FirstCharacter("é").code, 0xE9u);
  EXPECT_EQ(FirstCharacter("👍").code, 0x1F44Du);
  EXPECT_FALSE(valid("\xc0\xaf"));          // overlong
  EXPECT_FALSE(valid("\xe0\x80\xaf"));      // overlong
  EXPECT_FALSE(valid("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(valid("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(valid("\xe2\x82"));
}

TEST(Utf8Test, ACharacterThatIsNotWholeYetIsKnown) {
  EXPECT_EQ(UnfinishedTail("abc"), 0u);
  EXPECT_EQ(UnfinishedTail("\xe2\x82\xac"), 0u);
  EXPECT_EQ(UnfinishedTail("a\xe2\x82"), 2u);
  EXPECT_EQ(UnfinishedTail("a\xe2"), 1u);
  EXPECT_EQ(UnfinishedTail("\xf0\x9f\x91"), 3u);
  EXPECT_EQ(UnfinishedTail("a\x9b"), 0u);     // never becomes one
  EXPECT_EQ(UnfinishedTail("\xed\xa0"), 0u);  // a surrogate
  EXPECT_EQ(UnfinishedTail("\xe2\x82\xacx"), 0u);
}

}  // namespace
}  // namespace orch
