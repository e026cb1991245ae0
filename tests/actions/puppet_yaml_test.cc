#include "actions/puppet/puppet_yaml.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

TEST(PuppetYamlTest, RubysTagsAndSymbolsAreReadThrough) {
  const auto value = ParsePuppetYaml(
      "--- !ruby/object:Puppet::Transaction::Report\n:host: web1\nstatus: :changed\nlogs:\n"
      "- !ruby/object:Puppet::Util::Log\n  level: !ruby/sym notice\n  line:\n",
      "report");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(*value, Json::parse(R"({"host":"web1","status":"changed","logs":[{"level":"notice","line":null}]})"));
}

TEST(PuppetYamlTest, ScalarsKeepTheirKind) {
  const auto value = ParsePuppetYaml(
      "a: 1\nb: 2.5\nc: true\nd: '17'\ne: 0644\nf: 1e3\ng: .inf\nh: \"x: y\"\ni: '2026-11-21'\nj: 7.23.0\n", "text");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(*value, Json::parse(R"({"a":1,"b":2.5,"c":true,"d":"17","e":"0644","f":1000.0,"g":".inf","h":"x: y",
                                    "i":"2026-11-21","j":"7.23.0"})"));
}

TEST(PuppetYamlTest, WhatIsNoYamlIsAnErrorWithItsLine) {
  const auto value = ParsePuppetYaml("a: 1\nb: [1\n", "/x/summary.yaml");
  EXPECT_TRUE(absl::IsInvalidArgument(value.status()));
  EXPECT_THAT(value.status().message(), HasSubstr("/x/summary.yaml is no YAML: line 3"));
}

TEST(PuppetYamlTest, DeepAndEndlessTextsAreRefused) {
  EXPECT_FALSE(ParsePuppetYaml(std::string(200, '[') + std::string(200, ']'), "deep").ok());
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += "," + last;
    bomb += "]\n";
  }
  EXPECT_THAT(ParsePuppetYaml(bomb, "bomb").status().message(), HasSubstr("too many values"));
}

TEST(PuppetYamlTest, OneSectionIsCutOutOfAText) {
  const std::string text =
      "--- !ruby/object:Puppet::Transaction::Report\nlogsize: 3\nlogs:\n- level: info\n  message: |-\n    metrics: no\n"
      "- level: err\nmetrics:\n  a: 1\n";
  EXPECT_EQ(TopLevelSection(text, "logs"), "logs:\n- level: info\n  message: |-\n    metrics: no\n- level: err\n");
  EXPECT_EQ(TopLevelSection(text, "metrics"), "metrics:\n  a: 1\n");
  EXPECT_EQ(TopLevelSection(text, "nothing"), "");
  EXPECT_EQ(TopLevelSection("", "logs"), "");
}

}  // namespace
}  // namespace orch::actions
