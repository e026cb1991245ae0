#include "base/yaml_tree.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::StartsWith;

YamlNode Tree(absl::string_view text) {
  const absl::StatusOr<YamlNode> node = ParseYamlTree(text, "x.yaml", 1000);
  EXPECT_TRUE(node.ok()) << node.status() << "\n" << text;
  return node.ok() ? *node : YamlNode();
}

TEST(YamlTreeTest, EveryValueAndKeyHasItsLine) {
  const YamlNode root = Tree("a:\n  - {b: c,\n     d: [1,\n  e]}\n\nf: 'g'\n");
  ASSERT_TRUE(root.is_map());
  ASSERT_EQ(root.keys.size(), 2u);
  EXPECT_EQ(root.keys[0].text, "a");
  EXPECT_EQ(root.keys[1].line, 6);
  EXPECT_EQ(root.items[1].text, "g");
  const YamlNode& item = root.items[0].items.at(0);
  ASSERT_TRUE(item.is_map());
  EXPECT_EQ(item.line, 2);
  EXPECT_EQ(item.keys[1].line, 3);
  ASSERT_TRUE(item.items[1].is_list());
  EXPECT_EQ(item.items[1].items[1].line, 4);
  EXPECT_EQ(item.items[1].items[0].text, "1");
}

TEST(YamlTreeTest, ScalarsAreTextAsWritten) {
  const YamlNode root = Tree("[yes, 0644, ~, 'null', '']");
  ASSERT_EQ(root.items.size(), 5u);
  EXPECT_EQ(root.items[0].text, "yes");
  EXPECT_EQ(root.items[1].text, "0644");
  EXPECT_TRUE(root.items[2].is_null());
  EXPECT_TRUE(root.items[3].is_scalar());
  EXPECT_EQ(root.items[3].text, "null");
  EXPECT_TRUE(root.items[4].is_scalar());
}

TEST(YamlTreeTest, ATextWithoutADocumentIsNull) {
  EXPECT_TRUE(Tree("").is_null());
  EXPECT_TRUE(Tree("# only a comment\n").is_null());
  EXPECT_TRUE(Tree("---\n").is_null());
}

TEST(YamlTreeTest, RepeatedKeysAreKeptForTheReader) { EXPECT_EQ(Tree("a: 1\na: 2\n").keys.size(), 2u); }

TEST(YamlTreeTest, WhatIsNotPlainIsRefusedWithItsLine) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"a: &x 1\n", "x.yaml:1: anchors"},
      {"a: 1\nb: *a\n", "x.yaml:2: "},
      {"a: &x 1\nb: *x\n", "x.yaml:1: anchors"},
      {"a: !ruby/sym b\n", "x.yaml:1: the tag"},
      {"? [a]\n: b\n", "x.yaml:1: a key must be a text"},
      {"a: [\n", "x.yaml:2: not valid YAML"},
      {"a: 'b\n", "x.yaml:"},
      {"a: 1\n---\nb: 2\n", "x.yaml:2: holds more than one YAML document"},
      {"a: \xff\n", "x.yaml:1: "},
  };
  for (const auto& [text, expected] : kWrong) {
    const auto node = ParseYamlTree(text, "x.yaml", 1000);
    ASSERT_TRUE(absl::IsInvalidArgument(node.status())) << text;
    EXPECT_THAT(std::string(node.status().message()), StartsWith(expected));
  }
}

TEST(YamlTreeTest, SizeAndDepthAreBounded) {
  EXPECT_FALSE(ParseYamlTree(std::string(1001, ' '), "x.yaml", 1000).ok());
  EXPECT_TRUE(ParseYamlTree(std::string(32, '[') + std::string(32, ']'), "x.yaml", 1000).ok());
  EXPECT_FALSE(ParseYamlTree(std::string(33, '[') + std::string(33, ']'), "x.yaml", 1000).ok());
  EXPECT_FALSE(ParseYamlTree(std::string(900, '['), "x.yaml", 1000).ok());
}

}  // namespace
}  // namespace orch
