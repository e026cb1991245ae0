// State, lock, summary and resource of the plugins puppet and puppetd.
#include <string>

#include "actions/catalog/builtin_catalog.h"
#include "actions/plugins/puppet/puppet_state.h"
#include "gmock/gmock.h"
#include "tests/actions/plugins/puppet/fake_puppet.h"

namespace orch::actions {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class PuppetPluginTest : public PuppetTest {};

TEST_F(PuppetPluginTest, AFreshNodeIsStoppedEnabledAndHasNoRun) {
  const Reply reply = Run("puppet", "status");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data, Json::parse(R"({"applying":false,"enabled":true,"daemon_present":false,"idling":false,
      "lastrun":0,"since_lastrun":-1,"status":"stopped","disable_message":"",
      "message":"Currently stopped; no completed run is known"})"));
  EXPECT_EQ(Run("puppetd", "status").data["output"], "Enabled, not running, no run yet");
}

TEST_F(PuppetPluginTest, StatusIsInTheWordsOfTheGuide) {
  WriteSummary(Now() - 10);
  EXPECT_THAT(Run("puppetd", "status").data["output"].get<std::string>(),
              MatchesRegex("Enabled, not running, last run 1[0-4] seconds ago"));
  WriteSummary(Now() - 3725);
  EXPECT_THAT(Run("puppet", "status").data["message"].get<std::string>(),
              MatchesRegex("Currently stopped; last completed run 1 hour 2 minutes 0[5-9] seconds ago"));
}

TEST_F(PuppetPluginTest, DisabledComesBeforeApplyingAndThatBeforeIdling) {
  const pid_t pid = StartDaemon();
  EXPECT_EQ(Run("puppet", "status").data["status"], "idling");
  EXPECT_EQ(Run("puppetd", "status").data["idling"], 1);
  Write("state/agent_catalog_run.lock", absl::StrCat(pid));
  const Json applying = Run("puppet", "status").data;
  EXPECT_EQ(applying["status"], "applying a catalog");
  EXPECT_EQ(applying["applying"], true);
  EXPECT_EQ(applying["idling"], false);
  EXPECT_EQ(Run("puppetd", "status").data["running"], 1);
  Write("state/agent_disabled.lock", "");
  const Json disabled = Run("puppet", "status").data;
  EXPECT_EQ(disabled["status"], "disabled") << "a lock of no size counts too";
  EXPECT_EQ(disabled["applying"], true);
}

TEST_F(PuppetPluginTest, LocksOfProcessesThatAreGoneOrNoPuppetDoNotCount) {
  Write("state/agent_catalog_run.lock", "4194000");
  Write("state/agent.pid", "1");
  const Json state = Run("puppet", "status").data;
  EXPECT_EQ(state["applying"], false);
  EXPECT_EQ(state["daemon_present"], false);
  Write("state/agent_catalog_run.lock", "no number");
  EXPECT_EQ(Run("puppet", "status").data["applying"], false);
}

TEST_F(PuppetPluginTest, IsDisabledWithAMessageAndEnabledOnce) {
  const Reply disabled = Run("puppet", "disable", {{"message", "maintenance of web1"}});
  EXPECT_EQ(disabled.status_code, kOk) << disabled.status_message;
  EXPECT_EQ(disabled.data, (Json{{"enabled", false}, {"status", "disabled"}}));
  EXPECT_EQ(Read("state/agent_disabled.lock"), R"({"disabled_message":"maintenance of web1"})");
  EXPECT_THAT(Run("puppet", "status").data["message"].get<std::string>(),
              StartsWith("Currently disabled: 'maintenance of web1'; "));
  const Reply again = Run("puppet", "disable");
  EXPECT_EQ(again.status_code, kAborted);
  EXPECT_EQ(again.status_message, "Could not disable Puppet: Already disabled");
  EXPECT_EQ(Run("puppet", "enable").data, (Json{{"enabled", true}, {"status", "stopped"}}));
  const Reply enabled = Run("puppet", "enable");
  EXPECT_EQ(enabled.status_code, kAborted);
  EXPECT_EQ(enabled.status_message, "Could not enable Puppet: Already enabled");
}

TEST_F(PuppetPluginTest, ALockWithoutAMessageSaysWhoAndWhen) {
  EXPECT_EQ(Run("puppetd", "disable").data["output"], "Lock created");
  EXPECT_THAT(Read("state/agent_disabled.lock"),
              MatchesRegex(R"(\{"disabled_message":"Disabled via orch by an unnamed caller at ....-..-.. ..:.."\})"));
  EXPECT_EQ(Run("puppetd", "disable").status_message, "Already disabled");
  EXPECT_EQ(Run("puppetd", "enable").data["output"], "Lock removed");
  EXPECT_EQ(Run("puppetd", "enable").status_message, "Already enabled");
}

TEST_F(PuppetPluginTest, CanBeDisabledBeforeItsFirstRunMadeItsFolders) {
  std::filesystem::remove_all(folder_ + "/state");
  EXPECT_EQ(Run("puppet", "disable").status_code, kOk);
  EXPECT_EQ(Run("puppet", "status").data["status"], "disabled");
}

TEST_F(PuppetPluginTest, TheLastRunIsSummedUp) {
  WriteSummary(Now() - 5, 1);
  Write("state/resources.txt", "file[/etc/a]\nfile[/etc/b]\nservice[ntp]\napt::key[x]\n");
  const Json data = Run("puppet", "last_run_summary").data;
  EXPECT_EQ(data["total_resources"], 11);
  EXPECT_EQ(data["out_of_sync_resources"], 3);
  EXPECT_EQ(data["failed_resources"], 1);
  EXPECT_EQ(data["corrected_resources"], 1);
  EXPECT_EQ(data["changed_resources"], 2);
  EXPECT_EQ(data["config_retrieval_time"], 0.71);
  EXPECT_EQ(data["total_time"], 25.57);
  EXPECT_EQ(data["config_version"], "1795249470");
  EXPECT_EQ(data["type_distribution"], (Json{{"Apt::Key", 1}, {"File", 2}, {"Service", 1}}));
  EXPECT_EQ(data["logs"], Json::array());
  EXPECT_THAT(data["summary"].get<std::string>(), HasSubstr("11 resources, 3 out of sync, 2 changed, 1 failed, 0"));
}

TEST_F(PuppetPluginTest, ACatalogThatDidNotCompileIsSaid) {
  const std::string unknown =
      "the last run applied no catalog: it did not compile, or could not be had, 0[5-9] seconds ago";
  // As Puppet 7 leaves it then, and as older ones do.
  for (const char* counts : {"resources:\n  failed: 0\n  total: 0\n", ""}) {
    Write("state/last_run_summary.yaml",
          absl::StrCat("---\nversion:\n  config:\n  puppet: 7.23.0\napplication:\n  run_mode: agent\n", counts,
                       "time:\n  last_run: ", Now() - 5, "\n"));
    EXPECT_THAT(Run("puppet", "last_run_summary").status_message, MatchesRegex(unknown)) << counts;
  }
  Write("state/last_run_report.yaml",
        "--- !ruby/object:Puppet::Transaction::Report\nhost: web1\nlogs:\n- level: err\n  message: 'Facter: no'\n"
        "  source: Puppet\n  time: '2026-11-21T08:24:19.9477+00:00'\n- level: err\n  message: 'Could not retrieve "
        "catalog "
        "from remote server: Error 500 on SERVER: Unknown function'\n  source: Puppet\n  time: "
        "'2026-11-21T08:24:19.9477+00:00'\nmetrics: {}\n");
  const std::string reason =
      "the last run applied no catalog: Could not retrieve catalog from remote server: Error 500 on "
      "SERVER: Unknown function, 0[5-9] seconds ago";
  for (const char* plugin : {"puppet", "puppetd"}) {
    const Reply reply = Run(plugin, "last_run_summary");
    EXPECT_EQ(reply.status_code, kOk);
    EXPECT_THAT(reply.status_message, MatchesRegex(reason)) << plugin;
  }
  EXPECT_THAT(Run("puppet", "last_run_summary", {{"logs", true}}).data["summary"].get<std::string>(),
              MatchesRegex(reason));
  WriteSummary(Now() + 60);
  EXPECT_EQ(Run("puppet", "last_run_summary").status_message, "OK") << "the report is of a run before";
}

// By default Puppet applies the catalog of before then, and ends well.
TEST_F(PuppetPluginTest, ACatalogOfBeforeInPlaceOfOneThatDidNotCompileIsSaid) {
  const auto report = [this](const char* status, const char* level, const char* message) {
    WriteSummary(Now());
    Write("state/last_run_report.yaml",
          absl::StrCat("--- !ruby/object:Puppet::Transaction::Report\nhost: web1\ncached_catalog_status: ", status,
                       "\nlogs:\n- level: ", level, "\n  message: '", message,
                       "'\n  source: Puppet\n  time: '2026-11-21T08:24:19.9477+00:00'\nmetrics: {}\n"));
    return Run("puppet", "last_run_summary");
  };
  const char* error = "Could not retrieve catalog from remote server: Error 500 on SERVER: no such function";
  const std::string reason = absl::StrCat("the last run applied a catalog of before: ", error);
  const Reply reply = report("on_failure", "err", error);
  EXPECT_EQ(reply.status_code, kOk);
  EXPECT_THAT(reply.status_message, StartsWith(absl::StrCat(reason, ", 0")));
  EXPECT_THAT(reply.data["summary"].get<std::string>(), AllOf(StartsWith("11 resources, "), HasSubstr(reason)));
  EXPECT_THAT(Run("puppetd", "last_run_summary").status_message, StartsWith(reason));
  EXPECT_THAT(report("not_used", "err", error).status_message, StartsWith(reason)) << "older Puppets do not say it";
  EXPECT_THAT(report("on_failure", "notice", "x").status_message, HasSubstr("the new one did not compile"));
  EXPECT_EQ(report("not_used", "notice", error).status_message, "OK") << "a message of the catalog";
  EXPECT_EQ(report("explicitly_requested", "err", "other").status_message, "OK");
}

TEST_F(PuppetPluginTest, TheLogOfTheLastRunIsGivenWhenAskedFor) {
  WriteSummary(Now());
  Write("state/last_run_report.yaml",
        "--- !ruby/object:Puppet::Transaction::Report\nhost: web1\nlogs:\n- level: notice\n"
        "  message: |\n    Applied catalog\n  source: Puppet\n  time: '2026-11-21T08:24:19.9477+00:00'\n"
        "- !ruby/object:Puppet::Util::Log\n  level: :err\n  message: \"bad\"\n  source: //web1//File[/x]\n"
        "  time: 2012-10-24 07:46:59.123456 +00:00\nmetrics: {}\n");
  const Json logs = Run("puppet", "last_run_summary", {{"logs", true}}).data["logs"];
  EXPECT_EQ(logs, Json::parse(R"([
      {"time":1795249459,"level":"notice","source":"Puppet","msg":"Applied catalog"},
      {"time":1351064819,"level":"err","source":"//web1//File[/x]","msg":"bad"}])"));
}

TEST_F(PuppetPluginTest, ANodeThatNeverRanSaysSo) {
  EXPECT_THAT(Run("puppet", "last_run_summary").status_message, HasSubstr("has not run on this node yet"));
  EXPECT_THAT(Run("puppetd", "last_run_summary").status_message, HasSubstr("has not run on this node yet"));
  Write("state/last_run_summary.yaml", "{ broken");
  EXPECT_THAT(Run("puppet", "last_run_summary").status_message,
              HasSubstr("last_run_summary.yaml:1: a key must be a text"));
  Write("state/last_run_summary.yaml", "a: 1\nb: [1, 2\n");
  EXPECT_THAT(Run("puppet", "last_run_summary").status_message, HasSubstr("last_run_summary.yaml:3: not valid YAML"));
  EXPECT_EQ(Run("puppet", "status").data["lastrun"], 0) << "the state is known all the same";
}

TEST_F(PuppetPluginTest, TheSummaryOf2011HasItsFivePartsAndAllCounters) {
  WriteSummary(Now());
  const Json data = Run("puppetd", "last_run_summary").data;
  EXPECT_EQ(data["resources"]["total"], 11);
  EXPECT_EQ(data["resources"]["restarted"], 0);
  EXPECT_EQ(data["version"]["puppet"], "7.23.0");
  EXPECT_EQ(data["changes"]["total"], 2);
  EXPECT_EQ(data["events"]["total"], 2);
  EXPECT_EQ(data["time"]["total"], 25.571);
}

TEST_F(PuppetPluginTest, PuppetIsAskedForItsFilesOnceUntilItsConfigurationChanges) {
  for (int i = 0; i < 3; ++i) Run("puppet", "status");
  EXPECT_EQ(Calls("config"),
            "config --section agent print agent_catalog_run_lockfile agent_disabled_lockfile config lastrunfile "
            "lastrunreport pidfile resourcefile statedir\n");
  Write("puppet.conf", "[main]\nstatedir = elsewhere\n");
  Run("puppet", "status");
  Run("puppetd", "status");
  const std::string calls = Calls("config");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 2);
}

TEST_F(PuppetPluginTest, ANodeWithoutPuppetDoesNotOfferIt) {
  for (const char* command : {"nopuppet", "/no/such/puppet agent"}) {
    options_.settings["puppet.command"] = command;
    const auto catalog = BuiltinCatalog(options_, &node_.clock);
    EXPECT_EQ(catalog->Find("puppet"), nullptr);
    EXPECT_EQ(catalog->Find("puppetd"), nullptr);
    ASSERT_FALSE(catalog->problems().empty());
    EXPECT_THAT(catalog->problems()[0].reason, HasSubstr("puppet is not there"));
  }
}

TEST_F(PuppetPluginTest, APuppetThatSaysNothingIsNamed) {
  options_.settings["puppet.command"] = "/bin/false";
  EXPECT_THAT(Run("puppet", "status").status_message, HasSubstr("puppet config print did not tell"));
}

TEST_F(PuppetPluginTest, DataFunctionsTellStateAndResources) {
  node_.settings = options_.settings;
  EXPECT_EQ((*node_.CallDataFunction("puppet", {}))["status"], "stopped");
  EXPECT_EQ((*node_.CallDataFunction("puppet", {}))["since_lastrun"], -1);
  EXPECT_FALSE(node_.CallDataFunction("puppet", {"x"}).ok());
  EXPECT_EQ((*node_.CallDataFunction("resource", {}))["since_lastrun"], -1);
  WriteSummary(Now() - 7);
  Write("state/resources.txt", "file[/etc/motd]\n");
  const Json managed = *node_.CallDataFunction("resource", {"File[/etc/motd]"});
  EXPECT_EQ(managed["managed"], true);
  EXPECT_EQ(managed["total_resources"], 11);
  EXPECT_EQ(managed["config_version"], "1795249470");
  EXPECT_EQ((*node_.CallDataFunction("resource", {"file[/etc/other]"}))["managed"], false);
  Write("state/resources.txt", "file[/srv/readme]\n");
  EXPECT_EQ((*node_.CallDataFunction("resource", {"File[/srv/README]"}))["managed"], true) << "as Puppet 7 writes it";
  EXPECT_FALSE(node_.CallDataFunction("resource", {"nonsense"}).ok());
}

TEST(HumanSecondsTest, NamesOnlyTheUnitsItNeeds) {
  EXPECT_EQ(HumanSeconds(0), "00 seconds");
  EXPECT_EQ(HumanSeconds(59), "59 seconds");
  EXPECT_EQ(HumanSeconds(61), "1 minute 01 seconds");
  EXPECT_EQ(HumanSeconds(7205), "2 hours 0 minutes 05 seconds");
  EXPECT_EQ(HumanSeconds(90061), "1 day 1 hour 1 minute 01 seconds");
}

}  // namespace
}  // namespace orch::actions
