#include "services/hub/jobs/invocations.h"

#include "absl/strings/str_replace.h"
#include "auth/refusal_counters.h"
#include "base/digest.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/api/fleet_queries.h"
#include "services/hub/api/hub_queries.h"
#include "services/hub/job_store/memory_job_store.h"
#include "services/hub/job_store/memory_record_store.h"
#include "tests/hub/fake_pool.h"
#include "tests/hub/fakes.h"
#include "tests/hub/job_store/store_calls.h"
#include "tests/hub/sample_ddl.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class InvocationsTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  CountingRandom random_;
  Registry registry_{&clock_, {}};
  DdlCache ddls_{&clock_, &executor_};
  MemoryJobStore store_{&clock_, &executor_, {}};
  Dispatcher dispatcher_{&registry_, &store_, &clock_, &random_, &executor_, {}};
  FakePool pool_{&executor_};
  Questions questions_{&registry_, &pool_, &executor_};
  AccessControl access_{{.file = "", .administrators = {"me"}}, nullptr, &clock_};
  MemoryRecordStore records_{&executor_};
  Approvals approvals_{&records_, &access_, &clock_, {}};
  Invocations invocations_{{&questions_, &ddls_, &dispatcher_, &access_, &approvals_, &random_, &clock_, &executor_}};
  FleetQueries fleet_queries_{&registry_, &questions_, &access_, &random_, &clock_, &executor_};
  auth::RefusalCounters refusals_;
  IdentityConflicts conflicts_{&clock_};
  HubQueries queries_{&registry_, &ddls_, &dispatcher_, &store_, &refusals_, &conflicts_, &clock_, {}};
  std::map<std::string, std::unique_ptr<FakeNode>> streams_;
  std::shared_ptr<FakeSink<v1::InvokeResponse>> client_;

  void Attach(const std::string& identity, const std::string& plugin, const std::string& version, bool learn = true) {
    AttachWith(identity, plugin, version, SampleDdl(plugin, version), R"({"os":"Debian"})", learn);
  }
  void AttachWith(const std::string& identity, const std::string& plugin, const std::string& version,
                  const std::string& text, const std::string& facts, bool learn = true) {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json(facts);
    v1::PluginRef* ref = node.add_plugins();
    ref->set_name(plugin);
    ref->set_version(version);
    ref->set_ddl_sha256(Sha256(text));
    streams_[identity] = std::make_unique<FakeNode>();
    ASSERT_TRUE(registry_.Attach(node, streams_[identity].get(), "peer", "k1").ok());
    ddls_.Announce(registry_.Find(identity)->slot, {}, registry_.Find(identity)->plugins);
    if (!learn) return;
    ASSERT_TRUE(ddls_.Learn(text).ok());
  }
  static v1::JobSpec Spec(const std::string& plugin, const std::string& action, const std::string& inputs = "") {
    v1::JobSpec spec;
    spec.set_plugin(plugin);
    spec.set_action(action);
    spec.set_inputs_json(inputs);
    return spec;
  }
  // Empty when the job was accepted.
  absl::Status Run(const v1::JobSpec& spec) {
    client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();
    v1::InvokeRequest request;
    *request.mutable_spec() = spec;
    invocations_.Run(request, {"client=me", {}}, client_);
    executor_.RunUntilIdle();
    return client_->end;
  }
  absl::Status Report(const v1::FactReportRequest& request, v1::FactReportResponse* response) {
    absl::Status got = absl::UnknownError("no answer");
    fleet_queries_.FactReport({.caller = {"client=me", {}}}, &request, response,
                              [&got](const absl::Status& s) { got = s; });
    executor_.RunUntilIdle();
    return got;
  }
  const v1::JobAccepted& Accepted() const { return client_->responses.at(0).accepted(); }
};

TEST_F(InvocationsTest, OnlyNodesThatHaveThePluginAreTargets) {
  Attach("a", "rpcutil", "1");
  Attach("b", "package", "1");
  ASSERT_TRUE(Run(Spec("rpcutil", "ping")).ok());
  EXPECT_EQ(Accepted().targets(), 1u);
  EXPECT_THAT(streams_["a"]->jobs, SizeIs(1));
  EXPECT_THAT(streams_["b"]->jobs, IsEmpty());
}

TEST_F(InvocationsTest, ANodeAskedForByNameIsATargetWithoutThePluginToo) {
  Attach("a", "rpcutil", "1");
  Attach("b", "package", "1");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.mutable_target()->set_has_identities(true);
  spec.mutable_target()->add_identities("b");
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_EQ(Accepted().targets(), 1u);
  EXPECT_THAT(streams_["b"]->jobs, SizeIs(1));
}

TEST_F(InvocationsTest, TheDeadlineIsTheDdlsTimeoutAndTwoSecondsUnlessAskedOtherwise) {
  Attach("a", "rpcutil", "1");
  ASSERT_TRUE(Run(Spec("rpcutil", "ping")).ok());
  EXPECT_EQ(Accepted().timeout_ms(), 7000);
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.set_timeout_ms(250);
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_EQ(Accepted().timeout_ms(), 250);
}

TEST_F(InvocationsTest, NamesTheNearestPluginAndAction) {
  Attach("a", "rpcutil", "1");
  EXPECT_EQ(Run(Spec("rcputil", "ping")).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("did you mean rpcutil"));
  EXPECT_EQ(Run(Spec("rpcutil", "pong")).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("ping"));
}

TEST_F(InvocationsTest, RefusesWrongInputsBeforeAnythingIsSent) {
  Attach("a", "rpcutil", "1");
  EXPECT_EQ(Run(Spec("rpcutil", "greet")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run(Spec("rpcutil", "greet", R"({"who":"BAD"})")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run(Spec("rpcutil", "greet", R"({"who":"bob","more":1})")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run(Spec("rpcutil", "greet", "[1]")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run(Spec("rpcutil", "greet", std::string(50, '['))).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(streams_["a"]->jobs, IsEmpty());
  EXPECT_TRUE(Run(Spec("rpcutil", "greet", R"({"who":"bob"})")).ok());
  EXPECT_THAT(streams_["a"]->jobs, SizeIs(1));
}

TEST_F(InvocationsTest, SensitiveInputsAreNotStored) {
  Attach("a", "rpcutil", "1");
  v1::JobSpec spec = Spec("rpcutil", "greet", R"({"who":"bob","secret":"hush"})");
  spec.set_record(true);
  ASSERT_TRUE(Run(spec).ok());
  const auto job = StoreCalls(&store_, &executor_).Get(Accepted().job_id());
  ASSERT_TRUE(job.ok());
  EXPECT_TRUE(job->inputs_withheld);
  EXPECT_THAT(job->spec.inputs_json(), Not(HasSubstr("hush")));
  EXPECT_THAT(streams_["a"]->bodies.at(0)->bytes, HasSubstr("hush"));
}

TEST_F(InvocationsTest, RefusesSpecsThatCannotBeMeant) {
  Attach("a", "rpcutil", "1");
  std::vector<v1::JobSpec> wrong(5, Spec("rpcutil", "ping"));
  wrong[0].set_timeout_ms(-1);
  wrong[1].set_batch_size(1);
  wrong[1].set_batch_percent(1);
  wrong[2].set_batch_percent(101);
  wrong[3].set_batch_sleep_ms(-5);
  wrong[4].clear_action();
  for (const v1::JobSpec& spec : wrong) EXPECT_EQ(Run(spec).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(InvocationsTest, OneGroupAfterAnotherByAFactAndNodesWithoutItLikeAnother) {
  const std::string ddl = SampleDdl("rpcutil", "1");
  AttachWith("a1", "rpcutil", "1", ddl, R"({"dc":{"rack":"r1"}})");
  AttachWith("b1", "rpcutil", "1", ddl, R"({"dc":{"rack":"r2"}})");
  AttachWith("c1", "rpcutil", "1", ddl, "{}");
  AttachWith("d1", "rpcutil", "1", ddl, R"({"dc":{"rack":"r1"}})");
  AttachWith("e1", "rpcutil", "1", ddl, "{}");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.set_group_by("dc.rack");
  spec.set_groups_at_once(1);
  ASSERT_TRUE(Run(spec).ok());
  const std::string job = Accepted().job_id();
  const auto given = [&] {
    std::string names;
    for (const auto& [name, stream] : streams_) names += stream->jobs.empty() ? "" : name.substr(0, 1);
    return names;
  };
  v1::TaskUpdate done;
  done.set_kind(v1::TaskUpdate::FINISHED);
  done.mutable_reply()->set_state(v1::OK);
  EXPECT_EQ(given(), "ad");
  dispatcher_.OnUpdate("a1", job, done);
  EXPECT_EQ(given(), "ad");
  dispatcher_.OnUpdate("d1", job, done);
  EXPECT_EQ(given(), "abd");
  dispatcher_.OnUpdate("b1", job, done);
  EXPECT_EQ(given(), "abcde");
}

TEST_F(InvocationsTest, OnlyWhatIsIdempotentIsRepeatedByItself) {
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.set_retries(1);
  const std::string change =
      absl::StrReplaceAll(SampleDdl("rpcutil", "2"), {{R"("impact": "read")", R"("impact": "change")"}});
  AttachWith("a", "rpcutil", "2", change, "{}");
  EXPECT_TRUE(absl::IsInvalidArgument(Run(spec)));
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("not idempotent"));
  const std::string idempotent = absl::StrReplaceAll(
      SampleDdl("package", "1"), {{R"("impact": "read")", R"("impact": "change", "idempotent": true)"}});
  AttachWith("b", "package", "1", idempotent, "{}");
  spec.set_plugin("package");
  EXPECT_TRUE(Run(spec).ok()) << client_->end;
}

TEST_F(InvocationsTest, ACommandThatMayWaitIsForAbsentNodesToo) {
  Attach("a", "rpcutil", "1");
  Attach("b", "rpcutil", "1");
  registry_.Detach("b", streams_["b"].get(), "it was cut");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_EQ(Accepted().targets(), 1u);
  spec.set_queue_offline(true);
  spec.set_ttl_ms(1000);
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_EQ(Accepted().targets(), 2u);
  ASSERT_EQ(Accepted().queued_identities_size(), 1);
  EXPECT_EQ(Accepted().queued_identities(0), "b");
}

TEST_F(InvocationsTest, ASplayIsPartOfTheTimeANodeHas) {
  Attach("a", "rpcutil", "1");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.set_splay_ms(60'000);
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_EQ(Accepted().timeout_ms(), 67'000);
}

TEST_F(InvocationsTest, TheDdlMostTargetsAnnounceDecides) {
  Attach("a", "rpcutil", "1");
  Attach("b", "rpcutil", "2");
  Attach("c", "rpcutil", "2");
  v1::GetPluginRequest request;
  request.set_name("rpcutil");
  v1::GetPluginResponse response;
  absl::Status got = absl::UnknownError("");
  queries_.GetPlugin(&request, &response, [&got](absl::Status status) { got = status; });
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(response.plugin().version(), "2");
  EXPECT_EQ(response.plugin().node_count(), 2u);
  EXPECT_FALSE(response.plugin().ddl_json().empty());
  ASSERT_THAT(response.others(), SizeIs(1));
  EXPECT_TRUE(response.others(0).ddl_json().empty());
  request.set_known_sha256(response.plugin().ddl_sha256());
  queries_.GetPlugin(&request, &response, [&got](absl::Status status) { got = status; });
  EXPECT_TRUE(response.plugin().ddl_json().empty());
  EXPECT_TRUE(Run(Spec("rpcutil", "ping")).ok());
  EXPECT_EQ(Accepted().targets(), 3u);
}

TEST_F(InvocationsTest, WaitsForADdlThatIsOnItsWay) {
  Attach("a", "rpcutil", "1", /*learn=*/false);
  EXPECT_TRUE(Run(Spec("rpcutil", "ping")).ok());
  EXPECT_FALSE(client_->ended);
  EXPECT_THAT(client_->responses, IsEmpty());
  executor_.Advance(absl::Seconds(1));
  ASSERT_TRUE(ddls_.Learn(SampleDdl("rpcutil", "1")).ok());
  executor_.RunUntilIdle();
  EXPECT_EQ(Accepted().targets(), 1u);
}

TEST_F(InvocationsTest, ADdlThatNeverComesIsUnavailable) {
  Attach("a", "rpcutil", "1", /*learn=*/false);
  EXPECT_TRUE(Run(Spec("rpcutil", "ping")).ok());
  executor_.Advance(kAwaitDdl);
  EXPECT_EQ(client_->end.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("try again"));
}

TEST_F(InvocationsTest, NamedNodesThatAreAwayAnswerOffline) {
  Attach("a", "rpcutil", "1");
  Attach("b", "rpcutil", "1");
  registry_.Detach("b", streams_["b"].get(), "it was cut");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.mutable_target()->set_has_identities(true);
  for (const char* name : {"a", "b", "nobody"}) spec.mutable_target()->add_identities(name);
  ASSERT_TRUE(Run(spec).ok());
  executor_.Advance(absl::Milliseconds(2));
  EXPECT_EQ(Accepted().targets(), 2u);
  EXPECT_THAT(Accepted().unknown_identities(), ElementsAre("nobody"));
  EXPECT_THAT(Accepted().offline_identities(), ElementsAre("b"));
  ASSERT_THAT(client_->responses, SizeIs(2));
  EXPECT_EQ(client_->responses[1].replies(0).state(), v1::OFFLINE);
}

TEST_F(InvocationsTest, FindsNodesInOrderAndInChunks) {
  for (int i = 0; i < kMaxIdentitiesPerChunk + 5; ++i) {
    v1::Node node;
    node.set_identity(absl::StrCat("n", 100'000 - i));
    streams_[node.identity()] = std::make_unique<FakeNode>();
    ASSERT_TRUE(registry_.Attach(node, streams_[node.identity()].get(), "p", "k").ok());
  }
  auto client = std::make_shared<FakeSink<v1::FindNodesResponse>>();
  fleet_queries_.FindNodes({.caller = {"client=me", {}}}, {}, client);
  EXPECT_TRUE(client->responses.empty()) << "nothing is done on the loop that asks";
  executor_.RunUntilIdle();
  ASSERT_TRUE(client->ended);
  ASSERT_TRUE(client->end.ok());
  ASSERT_THAT(client->responses, SizeIs(2));
  std::vector<std::string> all;
  for (const auto& chunk : client->responses) {
    all.insert(all.end(), chunk.identities().begin(), chunk.identities().end());
  }
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(all.size(), static_cast<size_t>(kMaxIdentitiesPerChunk + 5));
}

TEST_F(InvocationsTest, FindRefusesWhatOnlyNodesCanDecide) {
  v1::FindNodesRequest request;
  auto* option = request.mutable_target()->mutable_filter()->add_options();
  option->set_kind(v1::FilterOption::COMPOUND);
  option->set_text("fstat('/etc/hosts').md5=/x/");
  auto client = std::make_shared<FakeSink<v1::FindNodesResponse>>();
  fleet_queries_.FindNodes({.caller = {"client=me", {}}}, request, client);
  executor_.RunUntilIdle();
  EXPECT_EQ(client->end.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(InvocationsTest, WorkOfARefusedOrCancelledCallIsNotBegun) {
  Attach("a", "rpcutil", "1");
  pool_.full = true;
  EXPECT_TRUE(absl::IsResourceExhausted(Run(Spec("rpcutil", "ping"))));
  EXPECT_EQ(pool_.parts, 0);
  pool_.full = false;
  client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();
  v1::InvokeRequest request;
  *request.mutable_spec() = Spec("rpcutil", "ping");
  invocations_.Run(request, {"client=me", {}}, client_);
  client_->ended = true;
  executor_.RunUntilIdle();
  EXPECT_EQ(pool_.parts, 1) << "the part that found that nobody waits";
  EXPECT_THAT(streams_["a"]->jobs, IsEmpty());
  auto cancelled = std::make_shared<bool>(false);
  v1::GetNodeRequest get;
  get.set_identity("a");
  v1::GetNodeResponse node;
  absl::Status got;
  fleet_queries_.GetNode({.caller = {"client=me", {}}, .cancelled = [cancelled] { return *cancelled; }}, &get, &node,
                         [&got](const absl::Status& status) { got = status; });
  *cancelled = true;
  executor_.RunUntilIdle();
  EXPECT_TRUE(absl::IsCancelled(got)) << got;
  EXPECT_FALSE(node.has_node());
}

TEST_F(InvocationsTest, ACallThatEndsWhileItIsPlannedStartsNoJob) {
  Attach("a", "rpcutil", "1", /*learn=*/false);
  EXPECT_TRUE(Run(Spec("rpcutil", "ping")).ok());
  client_->ended = true;  // while the DDL is on its way
  ASSERT_TRUE(ddls_.Learn(SampleDdl("rpcutil", "1")).ok());
  executor_.RunUntilIdle();
  EXPECT_THAT(streams_["a"]->jobs, IsEmpty());
}

TEST_F(InvocationsTest, WhatOneDdlCallsSensitiveIsWithheldThoughMostDoNot) {
  const std::string lie = absl::StrReplaceAll(SampleDdl("rpcutil", "2"), {{R"(, "sensitive": true)", ""}});
  Attach("a", "rpcutil", "1");
  for (const char* liar : {"b", "c", "d"}) AttachWith(liar, "rpcutil", "2", lie, "{}");
  v1::JobSpec spec = Spec("rpcutil", "greet", R"({"who":"bob","secret":"hush"})");
  spec.set_record(true);
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_EQ(Accepted().targets(), 4u);
  const auto job = StoreCalls(&store_, &executor_).Get(Accepted().job_id());
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->spec.inputs_json(), R"({"secret":"***","who":"bob"})");
  EXPECT_TRUE(job->inputs_withheld);
  for (const auto& response : client_->responses) EXPECT_THAT(response.DebugString(), Not(HasSubstr("hush")));
  // Nodes that are gone still count.
  registry_.Detach("a", streams_["a"].get(), "it was cut");
  ddls_.Withdraw(registry_.Find("a")->slot, registry_.Find("a")->plugins);
  ASSERT_TRUE(Run(spec).ok());
  EXPECT_THAT(StoreCalls(&store_, &executor_).Get(Accepted().job_id())->spec.inputs_json(), Not(HasSubstr("hush")));
}

v1::Command CommandOf(const FakeNode& node) {
  v1::Command command;
  EXPECT_TRUE(command.ParseFromString(node.bodies.at(0)->bytes));
  return command;
}

TEST_F(InvocationsTest, ACommandNamesTheDdlsItsInputsAreGoodFor) {
  const std::string first = SampleDdl("rpcutil", "1"), second = SampleDdl("rpcutil", "2");
  const std::string narrow =
      absl::StrReplaceAll(SampleDdl("rpcutil", "3"), {{R"("validation": "^[a-z]+$")", R"("validation": "^x")"}});
  const std::string change =
      absl::StrReplaceAll(SampleDdl("rpcutil", "4"), {{R"("impact": "read")", R"("impact": "change")"}});
  AttachWith("a", "rpcutil", "1", first, "{}");
  AttachWith("b", "rpcutil", "2", second, "{}");
  AttachWith("c", "rpcutil", "3", narrow, "{}");
  AttachWith("d", "rpcutil", "4", change, "{}");
  v1::JobSpec spec = Spec("rpcutil", "greet", R"({"who":"bob"})");
  spec.add_ddl_sha256(Sha256(second));
  ASSERT_TRUE(Run(spec).ok()) << client_->end;
  // The client's first; not one that refuses the inputs, nor one by which the action does more.
  EXPECT_THAT(CommandOf(*streams_["a"]).ddl_sha256(), ElementsAre(Sha256(second), Sha256(first)));
}

TEST_F(InvocationsTest, RefusesADdlTheFleetDoesNotHave) {
  Attach("a", "rpcutil", "1");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.add_ddl_sha256(Sha256("another"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Run(spec)));
  EXPECT_THAT(std::string(client_->end.message()), HasSubstr("fetch it again"));
  EXPECT_THAT(streams_["a"]->jobs, IsEmpty());
}

TEST_F(InvocationsTest, ANodeAskedByNameCannotVanishFromTheJob) {
  Attach("a", "rpcutil", "1");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  spec.mutable_target()->set_has_identities(true);
  spec.mutable_target()->add_identities("a");
  ASSERT_TRUE(Run(spec).ok());
  v1::TaskUpdate filtered;
  filtered.set_kind(v1::TaskUpdate::FILTERED);
  dispatcher_.OnUpdate("a", Accepted().job_id(), filtered);
  executor_.Advance(absl::Milliseconds(2));
  ASSERT_THAT(client_->responses.back().replies(), SizeIs(1));
  EXPECT_EQ(client_->responses.back().replies(0).state(), v1::DENIED);
  EXPECT_EQ(client_->responses.back().replies(0).kind(), v1::ERROR_KIND_FILTERED);
  EXPECT_EQ(client_->responses.back().summary().targets(), 1u);
}

TEST_F(InvocationsTest, ANodeMayDeclineByFactsOnceItHasSaidThatTheyChanged) {
  Attach("a", "rpcutil", "1");
  Attach("b", "rpcutil", "1");
  v1::JobSpec spec = Spec("rpcutil", "ping");
  auto* option = spec.mutable_target()->mutable_filter()->add_options();
  option->set_kind(v1::FilterOption::FACT);
  option->set_text("os=Debian");
  ASSERT_TRUE(Run(spec).ok());
  v1::Delta delta;
  delta.set_facts_set_json(R"({"os":"RedHat"})");
  std::vector<PluginAnnouncement> old_plugins;
  ASSERT_TRUE(registry_.Apply("b", delta, &old_plugins).ok());
  v1::TaskUpdate filtered;
  filtered.set_kind(v1::TaskUpdate::FILTERED);
  for (const char* node : {"a", "b"}) dispatcher_.OnUpdate(node, Accepted().job_id(), filtered);
  executor_.Advance(absl::Milliseconds(2));
  EXPECT_EQ(client_->responses.back().summary().targets(), 1u);
  EXPECT_EQ(client_->responses.back().summary().failed(), 1u);
}

TEST_F(InvocationsTest, ReportsFactsByValue) {
  Attach("b", "rpcutil", "1");
  Attach("a", "rpcutil", "1");
  v1::FactReportRequest request;
  request.set_path("os");
  request.set_with_nodes(true);
  v1::FactReportResponse response;
  ASSERT_TRUE(Report(request, &response).ok());
  ASSERT_THAT(response.values(), SizeIs(1));
  EXPECT_EQ(response.values(0).value_json(), "\"Debian\"");
  EXPECT_EQ(response.values(0).count(), 2u);
  EXPECT_THAT(response.values(0).identities(), ElementsAre("a", "b"));
  request.set_path("nosuch");
  response.Clear();
  ASSERT_TRUE(Report(request, &response).ok());
  EXPECT_EQ(response.missing(), 2u);
  EXPECT_EQ(response.nodes(), 2u);
}

}  // namespace
}  // namespace orch::hub
