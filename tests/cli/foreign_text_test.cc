// Whatever nodes, files, DDLs and replies say: no view steers the terminal, turns text around, or shows
// a line that another node seems to have said.
#include "base/foreign_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/utf8.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/fake_hub_test.h"
#include "tests/cli/job_hub_test.h"

namespace orch::cli {
namespace {

using testing::CliResult;
using testing::FakeHub;

// Line breaks of all kinds, ESC and CSI, right-to-left override and isolate, an invisible blank.
constexpr char kEvil[] =
    "x\nFORGED OK\r\nFORGED\rFORGED\t\x1b[2K\x07\x7f\xc2\x9b"
    "31m\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8"
    "FORGED\xe2\x80\x8b\xd8\x9c";

std::string EvilDdl(const std::string& ddl) {
  Json json = Json::parse(ddl);
  for (const char* key : {"description", "author", "license", "version", "url"}) json["metadata"][key] = kEvil;
  for (Json& action : json["actions"]) {
    action["description"] = kEvil;
    for (Json& input : action["input"]) input["description"] = input["prompt"] = kEvil;
    for (Json& output : action["output"]) output["description"] = output["display_as"] = kEvil;
  }
  return json.dump();
}

class ForeignTextTest : public FakeHubTest {
 protected:
  ForeignTextTest() {
    hub_.nodes[0].set_facts_json(Json({{kEvil, kEvil}, {"role", kEvil}, {"list", {kEvil}}}).dump());
    hub_.nodes[0].add_classes(kEvil);
    hub_.nodes[0].add_collectives(kEvil);
    hub_.nodes[0].set_version(kEvil);
    hub_.nodes[0].add_problems(kEvil);
    hub_.nodes[0].add_plugin_problems()->set_reason(kEvil);
    hub_.nodes.push_back(testing::MakeNode(kEvil, "{}"));
    hub_.ddls = {{"rpcutil", EvilDdl(testing::RpcutilDdl())},
                 {"package", EvilDdl(testing::PackageDdl())},
                 {"service", EvilDdl(testing::ServiceDdl())},
                 {"filemgr", EvilDdl(testing::FilemgrDdl())}};
    const Json data = {{kEvil, kEvil},    {"value", kEvil}, {"nested", {{kEvil, {kEvil}}}}, {"status", kEvil},
                       {"ensure", kEvil}, {"name", kEvil},  {"data_plugins", {kEvil}},      {"collectives", {kEvil}},
                       {"version", kEvil}};
    for (const char* action : {"rpcutil.get_fact", "rpcutil.ping", "rpcutil.inventory", "rpcutil.daemon_stats",
                               "rpcutil.collective_info", "package.status", "service.status", "filemgr.status"}) {
      hub_.replies[action] = data;
    }
    Json updates = {{"output", kEvil},
                    {"outdated_packages", {{{"package", kEvil}, {"version", kEvil}, {"repo", kEvil}}}}};
    hub_.replies["package.checkupdates"] = updates;
    hub_.special["agent.example.com"] = testing::FailedReply("agent.example.com", v1::FAILED, 1, kEvil);
    auto* value = hub_.fact_report.add_values();
    value->set_value_json(Json(kEvil).dump());
    value->set_count(1);
    value->add_identities(kEvil);
    hub_.fact_report.set_nodes(1);
    AddJobs();
  }

  void AddJobs() {
    hub_.jobs = {MakeJob(kJob, v1::JOB_FINISHED)};
    v1::Job& job = hub_.jobs[0];
    job.set_caller(kEvil);
    job.set_paused_because(kEvil);
    job.mutable_spec()->set_lock(kEvil);
    job.mutable_spec()->set_group_by(kEvil);
    job.mutable_spec()->set_inputs_json(Json({{kEvil, kEvil}}).dump());
    job.mutable_summary()->set_stop_reason(v1::STOP_REASON_CANCELLED);
    hub_.job_replies[kJob] = {testing::OkReply(kEvil, {{"value", kEvil}}, 1),
                              testing::FailedReply("agent.example.com", v1::FAILED, 5, kEvil)};
    auto& failed = hub_.failed_plugins.emplace_back();
    failed.mutable_problem()->set_plugin(kEvil);
    failed.mutable_problem()->set_reason(kEvil);
    failed.add_identities(kEvil);
    auto* lock = hub_.locks.add_locks();
    lock->set_name(kEvil);
    lock->set_caller(kEvil);
    hub_.event_script = [](const v1::WatchEventsRequest&, FakeHub::EventWriter* writer) {
      v1::WatchEventsResponse event;
      event.set_kind(v1::WatchEventsResponse::NODE_CONNECTED);
      event.set_identity(kEvil);
      writer->Write(event);
      event.set_kind(v1::WatchEventsResponse::KIND_UNSPECIFIED);
      writer->Write(event);
      return grpc::Status::OK;
    };
  }

  static void ExpectHarmless(const std::string& text, const std::string& what) {
    for (const std::string& line : {std::string("\nFORGED"), std::string("\n FORGED")})
      EXPECT_FALSE(absl::StrContains(absl::StrCat("\n", text), line)) << what << ":\n" << text;
    for (size_t i = 0; i < text.size();) {
      const Character character = FirstCharacter(absl::string_view(text).substr(i));
      const bool plain = character.valid && (IsPlainCharacter(character.code) || text[i] == '\n' || text[i] == '\t');
      EXPECT_TRUE(plain) << what << ": byte " << i << " of:\n" << Printable(text);
      if (!plain) return;
      i += character.bytes;
    }
  }
};

const std::vector<std::vector<std::string>>& Commands() {
  static const auto* const commands = new std::vector<std::vector<std::string>>{
      {"invoke", "rpcutil", "get_fact", "fact=role"},
      {"invoke", "rpcutil", "get_fact", "fact=role", "-v"},
      {"package", "zsh", "status"},
      {"package", "checkupdates"},
      {"service", "sshd", "status"},
      {"filemgr", "status", "--file", "/tmp"},
      {"ping"},
      {"find"},
      {"find", "-I", "unknown"},
      {"facts", "role", "-n"},
      {"inventory", "puppetmaster.example.com"},
      {"inventory", "--list-collectives"},
      {"node", "list"},
      {"node", "show", "puppetmaster.example.com"},
      {"invoke", "rpcutil", "get_fact", "fact=role", "--columns", "value,nested"},
      {"invoke", "rpcutil", "get_fact", "fact=role", "--group"},
      {"package", "zsh", "status", "--group"},
      {"filemgr", "touch", "--file", "/tmp", "--dry-run"},
      {"plugin", "list"},
      {"plugin", "doc", "rpcutil"},
      {"plugin", "doc"},
      {"filemgr", "--help"},
      {"filemgr", "touch", "--help"},
      {"help", "filemgr"},
      {"describe-filter", "-S", "role=x and list=y", "--node", "puppetmaster.example.com"},
      {"events", "-n", "1"},
      {"hub", "status"},
      {"job", "list"},
      {"job", "show", kJob},
      {"job", "locks"},
      {"job", "replies", kJob},
      {"job", "cancel", kJob},
      {"completion", "--complete", "--", "invoke", "filemgr", ""},
      {"completion", "--complete", "--", "invoke", "filemgr", "touch", ""},
      {"completion", "--complete", "--", "find", "-F", ""},
      {"completion", "--complete", "--", "find", "-F", "role="},
      {"completion", "--complete", "--", "find", "-I", ""},
      {"completion", "--complete", "--", "find", "-T", ""},
      {"completion", "--complete", "--", "fi"},
  };
  return *commands;
}

TEST_F(ForeignTextTest, NoHumanViewPrintsControlCharacters) {
  for (const auto& command : Commands()) {
    for (const bool terminal : {false, true}) {
      const CliResult result = Run(command, {.terminal = terminal, .variables = {{"TERM", "dumb"}}});
      const std::string what = absl::StrJoin(command, " ");
      ExpectHarmless(result.out, what);
      if (!terminal) ExpectHarmless(result.err, what);  // on a terminal the bar has its carriage returns
    }
  }
}

TEST_F(ForeignTextTest, NoTableOrListPrintsControlCharacters) {
  for (const char* form : {"--table", "--senders"}) {
    for (const auto& command : Commands()) {
      std::vector<std::string> with = command;
      with.insert(with.begin() + 1, form);
      const CliResult result = Run(with);
      ExpectHarmless(result.out, absl::StrJoin(with, " "));
      ExpectHarmless(result.err, absl::StrJoin(with, " "));
    }
  }
}

TEST_F(ForeignTextTest, JsonIsEscapedAndKeepsItsValue) {
  for (const char* form : {"--json", "--jsonl"}) {
    for (const auto& command : Commands()) {
      if (command[0] == "completion") continue;
      std::vector<std::string> with = command;
      with.push_back(form);
      for (const bool terminal : {false, true}) {
        const CliResult result = Run(with, {.terminal = terminal, .variables = {{"TERM", "dumb"}}});
        ExpectHarmless(result.out, absl::StrJoin(with, " "));
      }
    }
  }
  const Json reply = Json::parse(Run({"invoke", "rpcutil", "get_fact", "fact=role", "-j"}).out)["replies"][0];
  EXPECT_EQ(reply["data"]["value"], kEvil);
  EXPECT_EQ(reply["data"]["nested"][kEvil][0], kEvil);
}

TEST_F(ForeignTextTest, AnErrorOfTheHubStaysOneError) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter*) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, kEvil);
  };
  for (const char* form : {"--np", "--json", "--jsonl", "--table"}) {
    const CliResult result = Run({"ping", form}, {});
    EXPECT_EQ(result.code, 1);
    ExpectHarmless(result.err, form);
    ExpectHarmless(result.out, form);
  }
}

}  // namespace
}  // namespace orch::cli
