// What is told of the fleet: inventory, facts, plugins, the hub, against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "actions/ddl/validators.h"
#include "base/durable_file.h"
#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

using ReportCommandsTest = FakeHubTest;

TEST_F(ReportCommandsTest, InventoryHasTheGuidesSections) {
  hub_.replies["rpcutil.daemon_stats"] = Json::parse(
      R"({"version":"0.1.0","starttime":1795217102,"configfile":"/etc/orch/agent.yaml","pid":2070,"total":16,"passed":13,
          "filtered":3,"ttlexpired":0,"replies":12,"times":{"utime":0.448482,"stime":0.115164}})");
  hub_.replies["rpcutil.inventory"] = {{"data_plugins", {"fact_data", "fstat_data"}}};
  const CliResult result = Run({"inventory", "agent.example.com"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(
      result.out,
      StartsWith("Inventory for agent.example.com:\n\n   Server Statistics:\n                      Version: 0.1.0\n"));
  EXPECT_THAT(
      result.out,
      HasSubstr(
          "      Messages Passed Filters: 13\n            Messages Filtered: 3\n             Expired Messages: 0\n"
          "                 Replies Sent: 12\n         Total Processor Time: 0.448482 seconds\n"
          "                  System Time: 0.115164 seconds\n\n   Agents:\n"
          "      package         rpcutil         service        \n\n   Data Plugins:\n"
          "      fact            fstat                          \n\n"
          "   Configuration Management Classes:\n    ntp "));
  EXPECT_THAT(result.out, ::testing::EndsWith("   Facts:\n      cores => 4\n      osfamily => RedHat\n"));
  const Json json = Json::parse(Run({"inventory", "agent.example.com", "-j"}).out);
  EXPECT_EQ(json["facts"]["cores"], 4);
  EXPECT_EQ(json["stats"]["pid"], 2070);
}

TEST_F(ReportCommandsTest, InventoryOfAnAbsentNodeTellsWhatIsKnown) {
  hub_.nodes[1].set_presence(v1::DISCONNECTED);
  hub_.nodes[1].set_last_seen_us(1'700'000'000'000'000);
  const CliResult result = Run({"inventory", "agent.example.com"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("State: disconnected"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
  const CliResult unknown = Run({"inventory", "ghost"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("node ghost was never seen"));
}

TEST_F(ReportCommandsTest, CollectivesAreListedAndDrawn) {
  hub_.replies["rpcutil.collective_info"] = {{"collectives", {"mcollective", "eu"}}};
  EXPECT_EQ(Run({"inventory", "--lc"}).out,
            "   Collective                     Nodes\n"
            "   ==========                     =====\n"
            "   eu                             2\n"
            "   mcollective                    2\n\n"
            "                     Total nodes: 2\n\n");
  EXPECT_EQ(Run({"inventory", "--collective-graph", dir_ + "/g.dot"}).code, 0);
  EXPECT_THAT(*ReadFile(dir_ + "/g.dot", 10'000),
              AllOf(StartsWith("graph {\n"), HasSubstr("\"eu\" -- \"agent.example.com\";")));
}

TEST_F(ReportCommandsTest, FactsReportLooksLikeMCollectives) {
  hub_.fact_report = [] {
    v1::FactReportResponse report;
    for (const auto& [value, count] : {std::pair("\"Debian\"", 1), std::pair("\"RedHat\"", 2)}) {
      auto* added = report.add_values();
      added->set_value_json(value);
      added->set_count(count);
      added->add_identities("node1.example.net");
    }
    report.set_nodes(4);
    report.set_missing(1);
    return report;
  }();
  const CliResult result = Run({"facts", "operatingsystem"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("Report for fact: operatingsystem\n\n"
                                     "        Debian                                   found 1 times\n"
                                     "        RedHat                                   found 2 times\n"
                                     "\n        not set on 1 nodes\n\nFinished processing 4 / 4 hosts in "));
  EXPECT_THAT(
      Run({"facts", "operatingsystem", "-v"}).out,
      HasSubstr("        Debian                                   found 1 times\n\n            node1.example.net\n\n"));
  const Json json = Json::parse(Run({"facts", "operatingsystem", "-j"}).out);
  EXPECT_EQ(json["values"][1]["count"], 2);
  EXPECT_EQ(json["missing"], 1);
}

TEST_F(ReportCommandsTest, AFactThatNoNodeHasIsAnError) {
  hub_.fact_report.set_nodes(4);
  hub_.fact_report.set_missing(4);
  for (const char* form : {"-q", "-j", "--table", "--senders"}) {
    const CliResult result = Run({"facts", "nosuch", form});
    EXPECT_EQ(result.code, 1) << form;
    EXPECT_THAT(result.err, HasSubstr("no node has a fact 'nosuch'")) << form;
  }
  EXPECT_THAT(Run({"facts", "nosuch", "-C", "web"}).err, HasSubstr("no node of these has a fact 'nosuch'"));
}

TEST_F(ReportCommandsTest, DdlsAreCachedByHashAndABrokenCacheIsIgnored) {
  const std::string cache = dir_ + "/cache/ddl/rpcutil.json";
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(*ReadFile(cache, 100'000), testing::RpcutilDdl());
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(hub_.plugin_bodies_sent(), 1);
  ASSERT_TRUE(WriteFileDurably(cache, "{broken", 0600).ok());
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0);
  EXPECT_EQ(hub_.plugin_bodies_sent(), 2);
  EXPECT_EQ(*ReadFile(cache, 100'000), testing::RpcutilDdl()) << "the cache has healed";
  std::filesystem::remove_all(dir_ + "/cache");
  ASSERT_TRUE(WriteFileDurably(dir_ + "/cache", "in the way", 0600).ok());
  EXPECT_EQ(Run({"invoke", "rpcutil", "ping"}).code, 0) << "a cache that cannot be written is no error";
}

TEST_F(ReportCommandsTest, PluginsAreListedAndDocumented) {
  EXPECT_THAT(Run({"plugin", "list"}).out,
              HasSubstr("  package                   1.0.0          2 nodes  About package\n"));
  EXPECT_EQ(Json::parse(Run({"plugin", "list", "-j"}).out)[0]["name"], "package");
  EXPECT_THAT(Run({"plugin", "doc"}).out, StartsWith("Please specify a plugin. Available plugins are:\n\nAgents:\n"));
  EXPECT_THAT(Run({"plugin", "doc", "agent/service"}).out, StartsWith("service\n=======\n"));
  EXPECT_EQ(Json::parse(Run({"plugin", "doc", "service", "-j"}).out)["metadata"]["name"], "service");
  EXPECT_EQ(Run({"plugin", "doc", "nosuch"}).code, 1);
  EXPECT_THAT(Run({"plugin", "doc"}).out,
              AllOf(HasSubstr("  fstat "), HasSubstr("shellsafe, "), HasSubstr("  average ")));
  EXPECT_THAT(Run({"plugin", "doc", "data/fstat"}).out, AllOf(StartsWith("fstat (data function)\n"), HasSubstr("md5")));
  EXPECT_THAT(Run({"plugin", "doc", "validator/shellsafe"}).out, StartsWith("shellsafe (validator)\n"));
  EXPECT_THAT(Run({"plugin", "doc", "aggregate/sum"}).out, StartsWith("sum (aggregate)\n"));
}

TEST_F(ReportCommandsTest, EveryPluginDocIsJsonWhenJsonIsAskedFor) {
  const Json all = Json::parse(Run({"plugin", "doc", "-j"}).out);
  EXPECT_EQ(all["plugins"][0]["name"], "package");
  EXPECT_EQ(all["validators"].size(), ddl::NamedValidators().size());
  EXPECT_EQ(all["aggregates"][0]["kind"], "aggregate");
  const Json fstat = Json::parse(Run({"plugin", "doc", "data/fstat", "-j"}).out);
  EXPECT_EQ(fstat["kind"], "data");
  EXPECT_EQ(fstat["max_arguments"], 1);
  EXPECT_EQ(fstat["fields"][0], "name");
  EXPECT_EQ(Json::parse(Run({"plugin", "doc", "validator/shellsafe", "-j"}).out)["name"], "shellsafe");
  EXPECT_EQ(Json::parse(Run({"plugin", "doc", "aggregate/sum", "--jsonl"}).out)["name"], "sum");
  EXPECT_EQ(Run({"plugin", "doc", "data/nosuch", "-j"}).code, 1);
}

TEST_F(ReportCommandsTest, PluginsThatCouldNotBeLoadedAreListedWithTheReason) {
  v1::ListPluginsResponse::Failed failed;
  failed.mutable_problem()->set_plugin("broken");
  failed.mutable_problem()->set_reason("broken.json: metadata.name is missing");
  failed.set_node_count(3);
  failed.add_identities("agent.example.com");
  hub_.failed_plugins = {failed};
  EXPECT_THAT(Run({"plugin", "list"}).out,
              HasSubstr("\nCould not be loaded:\n  broken                    broken.json: metadata.name is missing\n"
                        "                            on agent.example.com and 2 more\n"));
  EXPECT_EQ(Json::parse(Run({"plugin", "list", "-j"}).out)[3]["failed"], "broken.json: metadata.name is missing");
}

TEST_F(ReportCommandsTest, CompletionAsksTheHubForNames) {
  EXPECT_EQ(Run({"completion", "--list-agents"}).out, "package\nrpcutil\nservice\n");
  EXPECT_EQ(Run({"completion", "--list-actions", "--agent", "service"}).out, "restart\nstatus\n");
  EXPECT_EQ(Run({"completion", "--list-inputs", "--agent", "service", "--action", "status"}).out, "service\n");
}

TEST_F(ReportCommandsTest, HubStatusShowsItsCounters) {
  const CliResult result = Run({"hub", "status"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Nodes Connected: 2\n"), HasSubstr("Refused: wrong_key=3\n"),
                                HasSubstr("You Are: client=peadmin\n")));
  EXPECT_EQ(Json::parse(Run({"hub", "status", "-j"}).out)["refused"]["wrong_key"], 3);
}

TEST_F(ReportCommandsTest, DescribeFilterExplainsWithTheHubsFacts) {
  EXPECT_EQ(Run({"describe-filter", "-F", "osfamily=RedHat", "--node", "agent.example.com"}).code, 0);
  const CliResult no = Run({"describe-filter", "-F", "osfamily=Debian", "--node", "agent.example.com"});
  EXPECT_EQ(no.code, 1);
  EXPECT_THAT(no.out, HasSubstr("RedHat"));
}

TEST_F(ReportCommandsTest, DescribeFilterLeavesDataFunctionsToTheNode) {
  const auto run = [this](const std::string& filter) {
    return Run({"describe-filter", "-S", filter, "--node", "agent.example.com"});
  };
  const CliResult open = run("osfamily=RedHat and fstat('/x').size>0");
  EXPECT_EQ(open.code, 2);
  EXPECT_THAT(open.out, AllOf(HasSubstr("→ yes: it is 'RedHat'"), HasSubstr("→ only the node can tell\n"),
                              HasSubstr("only the node can tell whether agent.example.com matches\n")));
  EXPECT_THAT(open.err, HasSubstr("'orchctl find' with this filter asks the nodes"));
  EXPECT_EQ(run("osfamily=Debian and fstat('/x').size>0").code, 1) << "whatever the function says";
}

}  // namespace
}  // namespace orch::cli
