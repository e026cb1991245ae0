#include "actions/plugins/puppet/puppet_yaml.h"

#include <string>

#include "gtest/gtest.h"

namespace orch::actions {
namespace {

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
