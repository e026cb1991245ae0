// Hubs that are away, slow, strangers or cut off, and Ctrl-C: what people see, and the exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/random.h"
#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using testing::FakeHub;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using HubTroubleTest = FakeHubTest;

TEST_F(HubTroubleTest, AHubThatIsDownIsNamedAtOnce) {
  hub_.Stop();
  const absl::Time before = absl::Now();
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.err, AllOf(StartsWith("orchctl: cannot connect to hub " + hub_.address()),
                                HasSubstr("check that orch-hub runs")));
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  EXPECT_EQ(result.out, "");
}

TEST_F(HubTroubleTest, AHubThatHoldsAnotherKeyGetsNothing) {
  SystemRandom random;
  ASSERT_TRUE(auth::WriteNewCredentials(dir_ + "/other", &random).ok());
  ASSERT_TRUE(WriteFileDurably(dir_ + "/other.yaml",
                               absl::StrCat("hub: ", hub_.address(), "\nname: peadmin\ncredentials: ", dir_,
                                            "/other\ntls: {mode: plaintext}\n"),
                               0600)
                  .ok());
  const CliResult result = testing::RunCli({"ping", "-c", dir_ + "/other.yaml"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("the hub did not prove that it holds the key of 'peadmin'"));
  EXPECT_THAT(hub_.invoked(), SizeIs(0));  // nothing is sent to a hub that has not proved itself
}

TEST_F(HubTroubleTest, ARefusedRequestExits5) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter*) {
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not for you");
  };
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err, HasSubstr("not for you"));
  const CliResult lines = Run({"ping", "--jsonl"});
  EXPECT_EQ(Json::parse(lines.out)["kind"], "error");
}

TEST_F(HubTroubleTest, VerboseNamesNodesWhereADataFunctionFailed) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(2);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    response.set_no_longer_targets(1);
    v1::FilterFailure* const failure = response.add_filter_failures();
    failure->set_identity("b");
    failure->set_reason("nrpe('load'): no such check");
    writer->Write(response);
    return grpc::Status::OK;
  };
  const std::string filter = "nrpe('load').exitcode=0";
  const CliResult quiet = Run({"invoke", "rpcutil", "ping", "-S", filter});
  EXPECT_EQ(quiet.code, 0) << quiet.err;
  EXPECT_THAT(quiet.out + quiet.err, Not(HasSubstr("no such check")));
  for (const char* command : {"find", "ping"}) {
    const CliResult told = Run({command, "-v", "-S", filter});
    EXPECT_THAT(told.err, HasSubstr("orchctl: b does not match: nrpe('load'): no such check\n")) << command;
  }
  const Json stats = Json::parse(Run({"invoke", "rpcutil", "ping", "-j", "-S", filter}).out)["request_stats"];
  EXPECT_EQ(stats["filter_failures"], (Json{{{"sender", "b"}, {"reason", "nrpe('load'): no such check"}}}));
}

TEST_F(HubTroubleTest, AStreamCutInTheMiddleShowsWhatCameAndExits6) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_job_id("0123");
    response.mutable_accepted()->set_targets(3);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    writer->Write(response);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "socket closed");
  };
  for (const char* form : {"-v", "-j", "--jsonl", "--senders", "--table"}) {
    const CliResult result = Run({"invoke", "rpcutil", "ping", form});
    EXPECT_EQ(result.code, 6) << form;
    EXPECT_THAT(result.out, HasSubstr("a")) << form;
    EXPECT_THAT(result.err, HasSubstr("1 of 3 nodes had answered in job 0123")) << form;
  }
}

TEST_F(HubTroubleTest, CtrlCShowsWhatCameAndExits130) {
  Interrupt interrupt;
  hub_.script = [&](const v1::JobSpec&, grpc::ServerContext* context, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(2);
    response.mutable_accepted()->set_timeout_ms(60'000);
    *response.add_replies() = testing::OkReply("a", {}, 1000);
    writer->Write(response);
    interrupt.Raise();
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  const CliResult result = Run({"ping"}, {.interrupt = &interrupt});
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted"));
}

TEST_F(HubTroubleTest, ASlowHubIsWaitedFor) {
  hub_.script = [](const v1::JobSpec&, grpc::ServerContext*, FakeHub::InvokeWriter* writer) {
    v1::InvokeResponse response;
    response.mutable_accepted()->set_targets(300);
    response.mutable_accepted()->set_timeout_ms(5000);
    writer->Write(response);
    for (int i = 0; i < 300; ++i) {
      v1::InvokeResponse part;
      *part.add_replies() = testing::OkReply(absl::StrCat("n", i), {}, 1000);
      writer->Write(part);
      std::this_thread::yield();
    }
    return grpc::Status::OK;
  };
  const CliResult result = Run({"ping"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("300 replies"));
}

TEST_F(HubTroubleTest, NoMatchingNodeIsReportedAndExits1) {
  const CliResult result = Run({"invoke", "rpcutil", "ping", "-F", "osfamily=none"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("No request sent, we did not discover any nodes."));
}

TEST_F(HubTroubleTest, ReplyDataThatIsNoJsonIsAFailureOfThatNode) {
  v1::Reply broken = testing::OkReply("agent.example.com", {}, 1000);
  broken.set_data_json("{oops");
  hub_.special["agent.example.com"] = broken;
  const CliResult result = Run({"invoke", "rpcutil", "ping"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out, HasSubstr("Unknown Request Status"));
}

TEST_F(HubTroubleTest, ControlCharactersOfANodeDoNotReachTheTerminal) {
  hub_.replies["rpcutil.get_fact"] = {{"fact", "x"}, {"value", "\x1b[2J"}};
  EXPECT_THAT(Run({"invoke", "rpcutil", "get_fact", "fact=x"}).out,
              AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\x1b[2J")));
}

}  // namespace
}  // namespace orch::cli
