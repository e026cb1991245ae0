// The examples of docs/ACCESS.md are valid.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "auth/access/access_rules.h"
#include "auth/access/action_policy.h"

namespace orch::auth {
namespace {

// The text between the first "```TAG\n" after `heading` and the next "```".
std::string Example(absl::string_view heading, absl::string_view opening) {
  std::ifstream file(ORCH_ACCESS_PAGE);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t section = page.find(std::string(heading));
  const size_t begin = page.find(std::string(opening), section);
  if (section == std::string::npos || begin == std::string::npos) return "";
  return page.substr(begin + opening.size(), page.find("```", begin + opening.size()) - begin - opening.size());
}

TEST(AccessDocTest, TheExampleOfRulesIsValid) {
  const std::string text = Example("\n## access.yaml\n", "```yaml\n");
  ASSERT_FALSE(text.empty());
  std::vector<AccessProblem> problems;
  const auto rules = AccessRules::Parse(text, "example", &problems);
  EXPECT_TRUE(rules.ok()) << rules.status();
  for (const AccessProblem& problem : problems) ADD_FAILURE() << problem.place << ": " << problem.text;
}

TEST(AccessDocTest, TheExampleOfAPolicyIsValid) {
  const std::string text = Example("\n## ActionPolicy files\n", "```\n");
  ASSERT_FALSE(text.empty());
  std::vector<AccessProblem> problems;
  const PolicyGroups groups = PolicyGroups::Parse("ops client=a\n", "groups", &problems);
  EXPECT_FALSE(ActionPolicy::Parse(text, "example", groups, &problems).is_broken());
  for (const AccessProblem& problem : problems) ADD_FAILURE() << problem.place << ": " << problem.text;
}

}  // namespace
}  // namespace orch::auth
