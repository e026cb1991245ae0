// --dry-run: what is said, and that nothing is sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/json.h"
#include "tests/cli/job_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Property;

class DryRunTest : public JobHubTest {
 protected:
  DryRunTest() {
    hub_.nodes.clear();
    for (const char* name : {"a", "b", "c", "d", "e"})
      hub_.nodes.push_back(testing::MakeNode(absl::StrCat(name, ".example.com"), R"({"osfamily":"Debian"})"));
    hub_.nodes[4].set_presence(v1::DISCONNECTED);
  }
  Json Plan(std::vector<std::string> args) {
    args.insert(args.end(), {"--dry-run", "-j"});
    const CliResult result = Run(args);
    EXPECT_EQ(result.code, 0) << result.err;
    return Json::parse(result.out);
  }
};

TEST_F(DryRunTest, SaysTargetsInputsAndWavesAndSendsNothing) {
  const CliResult result =
      Run({"package", "vim", "install", "--canary", "1", "--batch", "2", "--max-failures", "1", "--dry-run"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out,
            "Dry run: package install would go to 4 nodes; nothing is sent\n"
            "Inputs: {\"package\"=>\"vim\"}\n"
            "\nWave 1, canary, 1 node:\n    a.example.com\n"
            "\nWave 2, batch, 2 nodes:\n    b.example.com\n    c.example.com\n"
            "\nWave 3, batch, 1 node:\n    d.example.com\n"
            "\nKnown, but not connected:\n    e.example.com\n"
            "* after the canary the job waits for 'orchctl job resume'\n"
            "* 1s between batches\n"
            "* no more nodes after 1 that did not succeed\n");
  // The hub is asked what its rules say, and runs nothing.
  EXPECT_THAT(hub_.invoked(), Each(Property("dry_run", &v1::JobSpec::dry_run, true)));
  const v1::Target target = hub_.last_find().target();
  ASSERT_EQ(target.filter().options_size(), 1);
  EXPECT_EQ(target.filter().options(0).text(), "package") << "only nodes that have the plugin";
}

TEST_F(DryRunTest, JsonHasTheWholePlan) {
  const Json plan =
      Plan({"package", "vim", "install", "--concurrency", "50%", "-I", "a.example.com", "-I", "x.example.com"});
  EXPECT_EQ(plan["targets"], Json({"a.example.com"}));
  EXPECT_EQ(plan["unknown"], Json({"x.example.com"}));
  EXPECT_EQ(plan["inputs"], Json({{"package", "vim"}}));
  EXPECT_EQ(plan["waves"][0]["kind"], "all");
  EXPECT_EQ(plan["limits"], Json({"at most 1 nodes at work at once"}));
  const Json queued = Plan({"package", "vim", "install", "--queue", "--ttl", "1h"});
  EXPECT_EQ(queued["targets"].size(), 5u);
  EXPECT_EQ(queued["offline"], Json({"e.example.com"}));
}

TEST_F(DryRunTest, NodesDecideWhereTheFilterHasDataFunctions) {
  const CliResult result =
      Run({"package", "vim", "install", "-S", "fstat('/x').size>0", "-F", "osfamily=Debian", "--dry-run"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("would go to those that match of 4 nodes"), HasSubstr("fewer may match")));
}

TEST_F(DryRunTest, SecretsAreNotShownAndWrongInputsRefused) {
  hub_.ddls["vault"] =
      R"({"metadata":{"license":"x","author":"x","timeout":5,"name":"vault","version":"1","url":"x","description":"x"},
"actions":[{"action":"open","description":"x","display":"always","impact":"change","input":{"password":{"prompt":"x",
"description":"x","type":"string","optional":false,"validation":".","maxlength":20,"sensitive":true}},"output":{}}]})";
  for (auto& node : hub_.nodes) node.add_plugins()->set_name("vault");
  EXPECT_EQ(Plan({"vault", "open", "password=swordfish"})["inputs"], Json({{"password", "***"}}));
  EXPECT_EQ(Run({"vault", "open", "passwort=x", "--dry-run"}).code, 1);
  EXPECT_EQ(Run({"vault", "open", "password=x", "-I", "z.example.com", "--dry-run"}).code, 1) << "no node would get it";
}

TEST_F(DryRunTest, EveryCommandThatChangesSomethingHasDryRun) {
  hub_.job_replies[kOther] = {testing::FailedReply("b.example.com", v1::FAILED, 1, "no")};
  const CliResult retry = Run({"job", "retry-failed", "fedcba98", "--dry-run"});
  EXPECT_THAT(retry.out, AllOf(HasSubstr("rpcutil get_fact would go to 1 node"), HasSubstr("    b.example.com\n")));
  EXPECT_EQ(Run({"job", "cancel", "01234567", "fedcba98", "--dry-run"}).out,
            absl::StrCat("Dry run: would cancel job ", kJob, ", now running, with 1 nodes at work; nothing is sent\n",
                         "Dry run: job ", kOther, " has ended already\n"));
  EXPECT_EQ(Json::parse(Run({"job", "pause", "01234567", "--dry-run", "-j"}).out)["verb"], "pause");
  EXPECT_THAT(hub_.controlled(), IsEmpty());
  EXPECT_EQ(Run({"job", "prune", "--keep", "1", "--dry-run"}).out, "Dry run: 1 jobs would be forgotten\n");
  EXPECT_EQ(Run({"job", "prune", "--finished-before", "2020-01-01", "--dry-run"}).out,
            "Dry run: 0 jobs would be forgotten\n");
  EXPECT_EQ(hub_.last_prune().ByteSizeLong(), 0u);
  // The hub is asked what its rules say, and runs nothing.
  EXPECT_THAT(hub_.invoked(), Each(Property("dry_run", &v1::JobSpec::dry_run, true)));
}

}  // namespace
}  // namespace orch::cli
