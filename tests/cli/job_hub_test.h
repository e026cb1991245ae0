// For tests of orchctl's part in jobs, against a hub in this process that tells what the test wrote.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {

inline constexpr char kJob[] = "0123456789abcdef0123456789abcdef";
inline constexpr char kOther[] = "fedcba9876543210fedcba9876543210";

inline grpc::Status Broken() { return {grpc::StatusCode::UNAVAILABLE, "socket closed"}; }

inline v1::InvokeResponse Accepted(int targets, bool durable) {
  v1::InvokeResponse response;
  response.mutable_accepted()->set_job_id(kJob);
  response.mutable_accepted()->set_targets(targets);
  response.mutable_accepted()->set_timeout_ms(60'000);
  response.mutable_accepted()->set_durable(durable);
  response.set_cursor("hub:0");
  return response;
}

inline v1::InvokeResponse ReplyOf(const std::string& identity, const std::string& cursor) {
  v1::InvokeResponse response;
  *response.add_replies() = testing::OkReply(identity, {{"pong", 1}}, 1000);
  response.set_cursor(cursor);
  return response;
}

inline v1::InvokeResponse Summary(v1::StopReason stop_reason = v1::STOP_REASON_UNSPECIFIED) {
  v1::InvokeResponse response;
  response.mutable_summary()->set_job_id(kJob);
  response.mutable_summary()->set_stop_reason(stop_reason);
  return response;
}

inline v1::Job MakeJob(const std::string& id, v1::JobState state) {
  v1::Job job;
  job.set_job_id(id);
  job.set_caller("client=peadmin");
  job.mutable_spec()->set_plugin("rpcutil");
  job.mutable_spec()->set_action("get_fact");
  job.mutable_spec()->set_inputs_json(R"({"fact":"role"})");
  job.set_state(state);
  job.set_created_us(1'700'000'000'000'000);
  job.set_targets(4);
  job.set_ok(2);
  job.set_failed(1);
  job.set_durable(true);
  return job;
}

class JobHubTest : public ::testing::Test {
 protected:
  JobHubTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {testing::MakeNode("a.example.com", "{}"), testing::MakeNode("b.example.com", "{}")};
    hub_.jobs = {MakeJob(kJob, v1::JOB_RUNNING), MakeJob(kOther, v1::JOB_FINISHED)};
  }
  testing::CliResult Run(std::vector<std::string> args, const testing::CliSetup& setup = {}) {
    args.insert(args.end(), {"-c", hub_.config_file()});
    return testing::RunCli(args, setup);
  }
  // The first stream breaks after one reply; what WatchJob does is the test's.
  void BreakAfterOneReply(bool durable) {
    hub_.script = [durable](const v1::JobSpec&, grpc::ServerContext*, testing::FakeHub::InvokeWriter* writer) {
      writer->Write(Accepted(2, durable));
      writer->Write(ReplyOf("a.example.com", "hub:1"));
      return Broken();
    };
  }

  const std::string dir_;
  testing::FakeHub hub_;
};

}  // namespace orch::cli
