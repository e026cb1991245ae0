// Labels and nodes that wait for approval, as `orchctl node` shows and changes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class LabelCommandsTest : public FakeHubTest {
 protected:
  std::vector<std::string> Names(const v1::LabelNodesRequest& request) {
    return {request.identities().begin(), request.identities().end()};
  }
};

TEST_F(LabelCommandsTest, NamedNodesGetLabelsAlsoWhenTheyWereNeverSeen) {
  hub_.access.labelled.add_changed("agent.example.com");
  hub_.access.labelled.add_changed("new.example.com");
  hub_.access.labelled.add_unknown("new.example.com");
  const CliResult result = Run({"node", "label", "agent.example.com", "new.example.com", "role=web", "note=a=b",
                                "--remove", "env,owner", "--remove", "zone"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("agent.example.com labelled: note=a=b, role=web, without env, without owner, without "
                        "zone\n"));
  EXPECT_EQ(result.err, "orchctl: new.example.com was never seen by the hub; its labels count as soon as it joins\n");
  ASSERT_THAT(hub_.access.label_requests(), SizeIs(1));
  const v1::LabelNodesRequest request = hub_.access.label_requests()[0];
  EXPECT_THAT(Names(request), ElementsAre("agent.example.com", "new.example.com"));
  EXPECT_THAT(request.set(), UnorderedElementsAre(Pair("role", "web"), Pair("note", "a=b")));
  EXPECT_THAT(request.remove(), ElementsAre("env", "owner", "zone"));
  const Json json = Json::parse(Run({"node", "label", "agent.example.com", "role=web", "-j"}).out);
  EXPECT_EQ(json["changed"].size(), 2u);
  EXPECT_EQ(json["unknown"], Json({"new.example.com"}));
}

TEST_F(LabelCommandsTest, FiltersAndListsChooseNodesConnectedOrNot) {
  hub_.nodes[1].set_presence(v1::DISCONNECTED);
  EXPECT_EQ(Run({"node", "label", "-F", "osfamily=RedHat", "role=web"}).code, 0);
  EXPECT_TRUE(hub_.last_find().include_disconnected());
  ASSERT_THAT(hub_.access.label_requests(), SizeIs(1));
  EXPECT_THAT(Names(hub_.access.label_requests()[0]), ElementsAre("agent.example.com"));
  const testing::PipeWith list("a.example.com\nb.example.com\n");
  const CliResult listed = Run({"node", "label", "role=web"}, {.stdin_fd = list.fd()});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("No label is different from before.\n"));
  ASSERT_THAT(hub_.access.label_requests(), SizeIs(2));
  EXPECT_THAT(Names(hub_.access.label_requests()[1]), ElementsAre("a.example.com", "b.example.com"));
}

TEST_F(LabelCommandsTest, ManyNodesGoInSeveralRequests) {
  std::string names;
  for (int i = 0; i < 1001; ++i) names += "n" + std::to_string(i) + "\n";
  const testing::PipeWith list(names);
  EXPECT_EQ(Run({"node", "label", "role=web"}, {.stdin_fd = list.fd()}).code, 0);
  ASSERT_THAT(hub_.access.label_requests(), SizeIs(2));
  EXPECT_THAT(Names(hub_.access.label_requests()[0]), SizeIs(1000));
  EXPECT_THAT(Names(hub_.access.label_requests()[1]), ElementsAre("n1000"));
}

TEST_F(LabelCommandsTest, ADryRunAsksForNothing) {
  EXPECT_EQ(Run({"node", "label", "a.example.com", "role=web", "--dry-run"}).out,
            "Dry run: a.example.com would be labelled: role=web\n");
  const Json json = Json::parse(Run({"node", "label", "a.example.com", "role=web", "--dry-run", "-j"}).out);
  EXPECT_EQ(json["set"], Json({{"role", "web"}}));
  EXPECT_THAT(hub_.access.label_requests(), IsEmpty());
}

TEST_F(LabelCommandsTest, WrongInputNeverReachesTheHub) {
  const auto error = [this](std::vector<std::string> words) {
    words.insert(words.begin(), {"node", "label"});
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 1);
    return result.err;
  };
  EXPECT_THAT(error({"a.example.com"}), HasSubstr("no label is set and none is removed"));
  EXPECT_THAT(error({"role=web"}), HasSubstr("no node is named"));
  EXPECT_THAT(error({"a.example.com", "Role=web"}), HasSubstr("'Role' is no name of a label"));
  EXPECT_THAT(error({"a.example.com", "role=a\nb"}), HasSubstr("printable"));
  EXPECT_THAT(error({"a.example.com", "--remove", "a.b"}), HasSubstr("'a.b' is no name of a label"));
  EXPECT_THAT(error({"a b", "role=web"}), HasSubstr("neither a node name nor <name>=<value>"));
  EXPECT_THAT(error({"a.example.com", "-F", "os=x", "role=web"}), HasSubstr("give one of them"));
  EXPECT_THAT(error({"-F", "osfamily=none", "role=web"}), HasSubstr("No known node matches"));
  EXPECT_THAT(hub_.access.label_requests(), IsEmpty());
}

TEST_F(LabelCommandsTest, ARefusalIsTold) {
  hub_.access.refusal = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "you may not");
  const CliResult result = Run({"node", "label", "a.example.com", "role=web"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("you may not"));
}

TEST_F(LabelCommandsTest, ListAndShowHaveLabelsAndCollectives) {
  EXPECT_THAT(Run({"node", "list"}).out, Not(HasSubstr("LABELS"))) << "no node has one";
  (*hub_.nodes[1].mutable_labels())["role"] = "web";
  (*hub_.nodes[1].mutable_labels())["env"] = "prod";
  hub_.nodes[1].add_claimed_collectives("db");
  hub_.nodes[1].set_key_id("k7");
  const std::string table = Run({"node", "list"}).out;
  EXPECT_THAT(table, AllOf(HasSubstr("LABELS"), HasSubstr("env=prod role=web")));
  const Json json = Json::parse(Run({"node", "list", "-j"}).out);
  EXPECT_EQ(json[1]["labels"], Json({{"env", "prod"}, {"role", "web"}}));
  EXPECT_EQ(json[1]["claimed_collectives"], Json({"db"}));
  EXPECT_EQ(json[0]["labels"], Json::object());
  const std::string shown = Run({"node", "show", "agent.example.com"}).out;
  EXPECT_THAT(shown, AllOf(HasSubstr("Labels: env=prod role=web\n"), HasSubstr("Not Granted Collectives: db\n"),
                           HasSubstr("Key: k7\n")));
  EXPECT_EQ(Json::parse(Run({"node", "show", "agent.example.com", "-j"}).out)["labels"]["env"], "prod");
}

TEST_F(LabelCommandsTest, NodesThatWaitAreListedForThoseWhoMayKnow) {
  v1::GetAuthStatusResponse::Waiting* const waiting = hub_.access.auth_status.add_waiting();
  waiting->set_identity("new.example.com");
  waiting->set_since_us(1'700'000'000'000'000);
  waiting->set_why("another key has this name");
  EXPECT_THAT(Run({"node", "list"}).out, Not(HasSubstr("new.example.com"))) << "the hub says that none waits";
  hub_.status.set_nodes_waiting(1);
  const CliResult result = Run({"node", "list"});
  EXPECT_THAT(Lines(result.out).back(), AllOf(HasSubstr("new.example.com"), HasSubstr("waiting"),
                                              HasSubstr("2023-11-1"), EndsWith("another key has this name")));
  EXPECT_THAT(result.err, HasSubstr("orchctl node approve"));
  EXPECT_EQ(Json::parse(Run({"node", "list", "-j"}).out).back()["presence"], "waiting");
  EXPECT_THAT(Run({"node", "list", "-F", "osfamily=RedHat"}).out, Not(HasSubstr("new.example.com")));
  hub_.access.refusal = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "you may not");
  const CliResult reader = Run({"node", "list"});
  EXPECT_EQ(reader.code, 0);
  EXPECT_THAT(reader.out, Not(HasSubstr("new.example.com")));
  EXPECT_EQ(reader.err, "");
}

}  // namespace
}  // namespace orch::cli
