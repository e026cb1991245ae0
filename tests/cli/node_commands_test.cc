// What is told of nodes that are known and not connected, against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "cli/jobs/away_text.h"
#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kAway[] = "orchctl: 1 known node matches but is not connected: agent.example.com\n";

class NodeCommandsTest : public FakeHubTest {
 protected:
  NodeCommandsTest() {
    v1::Node& away = hub_.nodes[1];
    away.set_presence(v1::DISCONNECTED);
    away.set_last_seen_us(1'700'000'000'000'000);
    away.set_first_seen_us(1'600'000'000'000'000);
    away.set_gone_us(1'700'000'001'000'000);
    away.set_gone_reason("the connection to the node was lost");
  }
  void Suggest(const std::string& name, const std::string& identity) {
    hub_.suggestions.emplace_back().set_name(name);
    hub_.suggestions.back().set_identity(identity);
  }
};

TEST_F(NodeCommandsTest, EveryKindOfRequestNamesNodesThatAreNotReached) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"ping"},
           {"ping", "-q"},
           {"ping", "--json"},
           {"invoke", "rpcutil", "ping"},
           {"invoke", "rpcutil", "ping", "--jsonl"},
           {"invoke", "rpcutil", "ping", "--table"},
           {"invoke", "rpcutil", "ping", "--senders"},
           {"service", "status", "sshd"},
           {"package", "checkupdates"},
           {"rpcutil", "ping"},
           {"find"},
           {"inventory", "--lc"},
       }) {
    const CliResult result = Run(command);
    EXPECT_EQ(result.code, 0) << command.front() << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(kAway)) << command.front();
    EXPECT_THAT(result.out, Not(HasSubstr("orchctl:"))) << "standard output is what was asked for";
  }
  EXPECT_THAT(Run({"ping", "-F", "osfamily=Debian"}).err, Not(HasSubstr("known node"))) << "it would not match";
  hub_.nodes[1].set_presence(v1::CONNECTED);
  EXPECT_THAT(Run({"ping"}).err, Not(HasSubstr("known node")));
}

TEST_F(NodeCommandsTest, JsonHasTheNamesOfWhoIsOffline) {
  const Json ping = Json::parse(Run({"ping", "--json"}).out);
  EXPECT_EQ(ping["request_stats"]["offline"], Json({"agent.example.com"}));
  EXPECT_EQ(ping["request_stats"]["offline_count"], 1);
  EXPECT_EQ(ping["request_stats"]["discovered"], 1);
  EXPECT_EQ(Json::parse(Lines(Run({"ping", "--jsonl"}).out).front())["offline"], Json({"agent.example.com"}));
  EXPECT_EQ(Json::parse(Lines(Run({"find", "--jsonl"}).out).front())["offline"], Json({"agent.example.com"}));
  EXPECT_EQ(Json::parse(Run({"find", "--json"}).out), Json({"puppetmaster.example.com"}));
  *hub_.fact_report.mutable_away()->add_identities() = "agent.example.com";
  hub_.fact_report.mutable_away()->set_count(1);
  hub_.fact_report.set_nodes(1);
  const CliResult facts = Run({"facts", "cores", "--json"});
  EXPECT_THAT(facts.err, StartsWith(kAway));
  EXPECT_EQ(Json::parse(facts.out)["offline"], Json({"agent.example.com"}));
  hub_.nodes[1].set_presence(v1::CONNECTED);
  EXPECT_EQ(Json::parse(Run({"ping", "--json"}).out)["request_stats"]["offline"], Json::array());
}

TEST_F(NodeCommandsTest, TheFirstTenAreNamedAndTheRestIsCounted) {
  v1::AwayNodes away;
  EXPECT_EQ(AwayText(away), "");
  for (int i = 0; i < 12; ++i) away.add_identities(absl::StrCat("n", 10 + i));
  away.set_count(30);
  EXPECT_EQ(AwayText(away),
            "orchctl: 30 known nodes match but are not connected: n10, n11, n12, n13, n14, n15, n16, n17, n18, n19 and "
            "20 more ('orchctl find --disconnected' lists them)\n");
  away.Clear();
  for (const char* name : {"a", "b\n\x1b[2J", "c"}) away.add_identities(name);
  away.set_count(3);
  EXPECT_EQ(AwayText(away), "orchctl: 3 known nodes match but are not connected: a, b\\n\\x1b[2J, c\n");
}

TEST_F(NodeCommandsTest, AHubThatHasJustStartedSaysThatNodesAreComingBack) {
  hub_.returning = 1;
  EXPECT_THAT(Run({"ping"}).err,
              HasSubstr("the hub has just started; nodes are still coming back, 1 of these among them\n"));
  hub_.status.set_nodes_disconnected(4);
  hub_.status.set_nodes_returning(3);
  EXPECT_THAT(Run({"hub", "status"}).out, HasSubstr("Nodes Coming Back: 3 of these: the hub has just started\n"));
  EXPECT_EQ(Json::parse(Run({"hub", "status", "-j"}).out)["nodes_returning"], 3);
}

TEST_F(NodeCommandsTest, PingThatExpectsMoreThanAnswerFails) {
  const CliResult fewer = Run({"ping", "--expect", "2"});
  EXPECT_EQ(fewer.code, 2);
  EXPECT_THAT(fewer.err, HasSubstr("orchctl: 2 nodes were expected, 1 answered\n"));
  EXPECT_EQ(Run({"ping", "--expect", "2", "--allow-missing"}).code, 2) << "they are not missing: they were not asked";
  EXPECT_EQ(Run({"ping", "--expect", "2", "--json"}).code, 2);
  EXPECT_EQ(Run({"ping", "--expect", "1"}).code, 0);
  EXPECT_THAT(Run({"ping", "--expect", "1"}).err, Not(HasSubstr("expected")));
  hub_.nodes[1].set_presence(v1::CONNECTED);
  EXPECT_EQ(Run({"ping", "--expect", "2"}).code, 0);
  hub_.nodes.clear();
  const CliResult none = Run({"ping", "--expect", "2"});
  EXPECT_EQ(none.code, 4);
  EXPECT_THAT(none.err, HasSubstr("2 nodes were expected, 0 answered"));
}

TEST_F(NodeCommandsTest, AShortNameSuggestsTheIdentity) {
  Suggest("agent", "agent.example.com");
  constexpr char kMeant[] = "orchctl: the hub has never seen agent; did you mean agent.example.com?\n";
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"ping", "-I", "agent"},
                                                                                       {"find", "-I", "agent"},
                                                                                       {"node", "list", "-I", "agent"},
                                                                                       {"node", "forget", "agent"}}) {
    EXPECT_THAT(Run(command).err, HasSubstr(kMeant)) << command.front();
  }
  EXPECT_EQ(Run({"find", "-I", "other"}).err, "orchctl: the hub has never seen other\n");
}

TEST_F(NodeCommandsTest, FindListsWhoIsDisconnected) {
  const CliResult result = Run({"find", "--disconnected"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "agent.example.com\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(Run({"find", "--disconnected", "-F", "osfamily=Debian"}).code, 1);
  const CliResult data = Run({"find", "--disconnected", "-S", "fstat('/etc/hosts').md5=/x/"});
  EXPECT_EQ(data.code, 1);
  EXPECT_THAT(data.err, HasSubstr("only a connected node can answer it"));
  const CliResult named = Run({"find", "-I", "agent.example.com"});
  EXPECT_EQ(named.code, 1);
  EXPECT_EQ(named.err, kAway);
}

TEST_F(NodeCommandsTest, NodeListHasEveryKnownNodePageByPage) {
  hub_.nodes.insert(hub_.nodes.begin(), testing::MakeNode("a.example.com", "{}"));
  std::swap(hub_.nodes[1], hub_.nodes[2]);  // by name
  const CliResult result = Run({"node", "list"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], AllOf(StartsWith("NODE"), HasSubstr("STATE"), HasSubstr("LAST SEEN"), EndsWith("WHY IT WENT")));
  EXPECT_THAT(lines[1], AllOf(StartsWith("a.example.com"), HasSubstr(" connected"), HasSubstr("never")));
  EXPECT_THAT(lines[2], AllOf(StartsWith("agent.example.com"), HasSubstr(" disconnected"), HasSubstr("2023-11-1"),
                              EndsWith("the connection to the node was lost")));
  EXPECT_THAT(hub_.nodes_listed(), SizeIs(2));
  const Json json = Json::parse(Run({"node", "list", "--disconnected", "--json"}).out);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["identity"], "agent.example.com");
  EXPECT_EQ(json[0]["presence"], "disconnected");
  EXPECT_EQ(json[0]["last_seen"], 1'700'000'000);
  EXPECT_EQ(json[0]["gone"], 1'700'000'001);
  EXPECT_EQ(json[0]["gone_reason"], "the connection to the node was lost");
  EXPECT_THAT(Lines(Run({"node", "list", "--jsonl"}).out), SizeIs(3));
  EXPECT_THAT(Lines(Run({"node", "list", "-F", "osfamily=RedHat"}).out), SizeIs(2)) << "a heading and a node";
  const CliResult none = Run({"node", "list", "-F", "osfamily=none"});
  EXPECT_EQ(none.code, 1);
  EXPECT_EQ(none.out, "");
}

TEST_F(NodeCommandsTest, NodeShowTellsAllWithoutAskingTheNode) {
  const CliResult result = Run({"node", "show", "agent.example.com"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(StartsWith("Node agent.example.com:\n"), HasSubstr("State: disconnected\n"),
                                HasSubstr("Why It Went: the connection to the node was lost\n"),
                                HasSubstr("      osfamily => RedHat\n"), HasSubstr("    ntp ")));
  EXPECT_THAT(hub_.invoked(), IsEmpty());
  const Json json = Json::parse(Run({"node", "show", "agent.example.com", "-j"}).out);
  EXPECT_EQ(json["facts"]["cores"], 4);
  EXPECT_EQ(json["first_seen"], 1'600'000'000);
  EXPECT_EQ(Run({"node", "show"}).code, 1);
  EXPECT_EQ(Run({"node", "show", "a b"}).code, 1);
  EXPECT_EQ(Run({"node", "show", "ghost"}).code, 1);
}

TEST_F(NodeCommandsTest, NodeForgetForgetsAbsentNodesAndExplainsRefusals) {
  const CliResult dry = Run({"node", "forget", "agent.example.com", "puppetmaster.example.com", "ghost", "--dry-run"});
  EXPECT_EQ(dry.out,
            "Dry run: agent.example.com would be forgotten\n"
            "Dry run: puppetmaster.example.com is connected, so it would not be forgotten\n"
            "Dry run: ghost is not known\n");
  EXPECT_EQ(dry.code, 2);
  EXPECT_EQ(Json::parse(Run({"node", "forget", "agent.example.com", "--dry-run", "-j"}).out)["would_forget"],
            Json::array({"agent.example.com"}));
  const CliResult result = Run({"node", "forget", "agent.example.com", "puppetmaster.example.com", "ghost"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "agent.example.com forgotten\n");
  EXPECT_EQ(result.err,
            "orchctl: puppetmaster.example.com is connected, so it is not forgotten; stop its agent first\n"
            "orchctl: the hub has never seen ghost\n");
  const CliResult again = Run({"node", "forget", "agent.example.com", "-j"});
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(Json::parse(again.out)["unknown"], Json({"agent.example.com"}));
  EXPECT_EQ(Run({"node", "forget"}).code, 1);
  EXPECT_EQ(Run({"node", "forget", "*"}).code, 1);
}

TEST_F(NodeCommandsTest, InventoryAndStatusTellOfDepartureAndOfTwoAgentsWithOneIdentity) {
  const CliResult away = Run({"inventory", "agent.example.com"});
  EXPECT_THAT(away.out, HasSubstr("Why It Went: the connection to the node was lost\n"));
  v1::IdentityConflict* conflict = hub_.status.add_identity_conflicts();
  conflict->set_identity("web1");
  conflict->add_peers("ipv4:10.0.0.1");
  conflict->add_peers("ipv4:10.0.0.2");
  conflict->set_replacements(7);
  EXPECT_THAT(
      Run({"hub", "status"}).out,
      HasSubstr("Identity Conflict: two agents use web1, from ipv4:10.0.0.1 and ipv4:10.0.0.2; give one of them "
                "an identity of its own\n"));
  const Json json = Json::parse(Run({"hub", "status", "-j"}).out);
  EXPECT_EQ(json["identity_conflicts"][0]["identity"], "web1");
  EXPECT_EQ(json["identity_conflicts"][0]["replacements"], 7);
}

}  // namespace
}  // namespace orch::cli
