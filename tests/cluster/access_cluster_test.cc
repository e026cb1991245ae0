// One table of every call, every way to prove oneself and every role: what passes the gate and what does not, over real
// gRPC. A call that is not in the table fails the test, so that a new one cannot be forgotten.
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "auth/keyring.h"
#include "auth/login_key.h"
#include "auth/sealed_answer.h"
#include "base/durable_file.h"
#include "base/json.h"
#include "gmock/gmock.h"
#include "orch/v1/access_service.grpc.pb.h"
#include "tests/cluster/cluster.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kRules[] = R"(
roles:
  restarter:
    - {allow: [invoke, control], actions: rpcutil.ping, nodes: -I web1}
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=oper, role: operator}
  - {callers: client=view, role: viewer}
  - {callers: client=web, role: restarter}
)";

struct Stubs {
  std::unique_ptr<v1::Orchestrator::Stub> orchestrator;
  std::unique_ptr<v1::Access::Stub> access;
};

using Call = std::function<grpc::Status(Stubs&, grpc::ClientContext*)>;

template <typename Request, typename Response>
Call Unary(grpc::Status (v1::Orchestrator::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  return [method](Stubs& stubs, grpc::ClientContext* context) {
    Response response;
    return (*stubs.orchestrator.*method)(context, Request(), &response);
  };
}

template <typename Request, typename Response>
Call Unary(grpc::Status (v1::Access::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  return [method](Stubs& stubs, grpc::ClientContext* context) {
    Response response;
    return (*stubs.access.*method)(context, Request(), &response);
  };
}

// The status of a stream that has sent something, or has not ended within its time, is OK.
template <typename Reader, typename Response>
grpc::Status FirstOf(std::unique_ptr<Reader> reader, grpc::ClientContext* context, Response response) {
  const bool read = reader->Read(&response);
  if (read) context->TryCancel();
  while (read && reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  const bool open = read || status.error_code() == grpc::DEADLINE_EXCEEDED || status.error_code() == grpc::CANCELLED;
  return open ? grpc::Status::OK : status;
}

struct Row {
  v1::Verb verb;  // what the call needs; unspecified: it decides itself
  Call call;
};

#define ORCH_UNARY(Service, Name, verb)                               \
  {                                                                   \
#Service "." #Name, { v1::verb, Unary(&v1::Service::Stub::Name) } \
  }
#define ORCH_STREAM(Service, stub, Name, verb)                                                     \
  {                                                                                                \
#Service "." #Name, {                                                                          \
      v1::verb, [](Stubs& stubs, grpc::ClientContext* context) {                                   \
        return FirstOf(stubs.stub->Name(context, v1::Name##Request()), context, StreamOf##Name()); \
      }                                                                                            \
    }                                                                                              \
  }
using StreamOfFindNodes = v1::FindNodesResponse;
using StreamOfWatchNodes = v1::WatchNodesResponse;
using StreamOfWatchJob = v1::InvokeResponse;
using StreamOfWatchEvents = v1::WatchEventsResponse;
using StreamOfReadAudit = v1::ReadAuditResponse;

const std::map<std::string, Row>& Table() {
  static const auto* const table = new std::map<std::string, Row>{
      {"Orchestrator.Invoke",
       {v1::INVOKE,
        [](Stubs& stubs, grpc::ClientContext* context) {
          v1::InvokeRequest request;
          *request.mutable_spec() = PingSpec();
          return FirstOf(stubs.orchestrator->Invoke(context, request), context, v1::InvokeResponse());
        }}},
      ORCH_STREAM(Orchestrator, orchestrator, FindNodes, READ),
      ORCH_UNARY(Orchestrator, GetNode, READ),
      ORCH_UNARY(Orchestrator, ListNodes, READ),
      ORCH_UNARY(Orchestrator, ForgetNodes, ADMINISTER),
      ORCH_UNARY(Orchestrator, FactReport, READ),
      ORCH_UNARY(Orchestrator, ListPlugins, READ),
      ORCH_UNARY(Orchestrator, GetPlugin, READ),
      ORCH_UNARY(Orchestrator, GetHubStatus, READ),
      ORCH_STREAM(Orchestrator, orchestrator, WatchNodes, READ),
      ORCH_STREAM(Orchestrator, orchestrator, WatchJob, VERB_UNSPECIFIED),
      ORCH_UNARY(Orchestrator, GetJob, VERB_UNSPECIFIED),
      ORCH_UNARY(Orchestrator, ListJobs, VERB_UNSPECIFIED),
      ORCH_UNARY(Orchestrator, ListReplies, VERB_UNSPECIFIED),
      ORCH_UNARY(Orchestrator, ControlJob, VERB_UNSPECIFIED),
      ORCH_UNARY(Orchestrator, PruneJobs, ADMINISTER),
      ORCH_UNARY(Orchestrator, ListLocks, READ),
      ORCH_STREAM(Orchestrator, orchestrator, WatchEvents, READ),
      ORCH_UNARY(Access, WhoAmI, VERB_UNSPECIFIED),
      ORCH_UNARY(Access, TestAccess, VERB_UNSPECIFIED),
      ORCH_UNARY(Access, LintAccess, ADMINISTER),
      ORCH_UNARY(Access, DiffAccess, ADMINISTER),
      ORCH_UNARY(Access, CreateToken, ADMINISTER),
      ORCH_UNARY(Access, ListTokens, ADMINISTER),
      ORCH_UNARY(Access, RevokeToken, ADMINISTER),
      ORCH_UNARY(Access, ApproveNodes, ADMINISTER),
      ORCH_UNARY(Access, BanPeers, ADMINISTER),
      ORCH_UNARY(Access, LabelNodes, ADMINISTER),
      ORCH_UNARY(Access, GetAuthStatus, ADMINISTER),
      ORCH_UNARY(Access, RotateKeys, ADMINISTER),
      ORCH_UNARY(Access, ListApprovals, VERB_UNSPECIFIED),
      ORCH_UNARY(Access, DecideApproval, VERB_UNSPECIFIED),
      ORCH_STREAM(Access, access, ReadAudit, ADMINISTER),
      ORCH_UNARY(Access, VerifyAudit, ADMINISTER),
  };
  return *table;
}

class AccessClusterTest : public ClusterTest {
 protected:
  void Start(const std::string& rules) {
    WriteRules(rules);
    config_.audit.path = directory_ + "/audit/audit.jsonl";
    StartHub();
  }
  void WriteRules(const std::string& rules) { ASSERT_TRUE(WriteFileDurably(config_.access_file, rules, 0644).ok()); }

  // A connection of that kind of peer, as its own key proves it.
  std::unique_ptr<Connection> ConnectAs(auth::PeerKind kind, const std::string& name) {
    auth::PeerTlsOptions tls;
    tls.plaintext = config_.plaintext;
    auto connection =
        ConnectTo(address(), tls, {kind, name, auth::PeerKey{KeyOf(kind, name), false}}, &clock_, &random_);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return std::make_unique<Connection>(*std::move(connection));
  }

  grpc::StatusCode CodeOf(const Connection& connection, const Row& row) {
    Stubs stubs{v1::Orchestrator::NewStub(connection.channel), v1::Access::NewStub(connection.channel)};
    grpc::ClientContext context;
    connection.Prepare(&context);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1500));
    return row.call(stubs, &context).error_code();
  }

  // Every call that was denied, and every one that administers, is in the audit log with its decision.
  void ExpectRecords(const std::map<std::string, std::set<int>>& may) {
    std::set<std::string> found;
    std::ifstream file(directory_ + "/audit/audit.jsonl");
    for (std::string line; std::getline(file, line);) {
      const auto record = ParseJsonObject(line, "a record");
      ASSERT_TRUE(record.ok()) << line;
      const std::string method = record->value("method", record->value("plugin", "") == "rpcutil" ? "Invoke" : "");
      const std::string call = method.substr(method.rfind('/') + 1);
      found.insert(record->value("caller", "") + " " + call + " " + record->value("decision", ""));
    }
    for (const auto& [client, verbs] : may) {
      for (const auto& [name, row] : Table()) {
        if (row.verb == v1::VERB_UNSPECIFIED) continue;
        const bool allowed = verbs.contains(row.verb);
        if (allowed && row.verb == v1::READ) continue;  // those that only describe the hub leave no record
        const std::string call = name.substr(name.find('.') + 1);
        EXPECT_TRUE(found.contains("client=" + client + " " + call + (allowed ? " allowed" : " denied")))
            << client << " " << name;
      }
    }
  }

  std::vector<std::string> Find(const std::string& name) {
    const auto client = Connect(name);
    const auto context = client->Context();
    const auto reader = client->stub().FindNodes(context.get(), {});
    std::vector<std::string> found;
    v1::FindNodesResponse response;
    while (reader->Read(&response)) {
      found.insert(found.end(), response.identities().begin(), response.identities().end());
    }
    EXPECT_TRUE(reader->Finish().ok());
    return found;
  }
};

TEST_F(AccessClusterTest, TheTableHasEveryCall) {
  std::set<std::string> served;
  for (const char* name : {"orch.v1.Orchestrator", "orch.v1.Access"}) {
    const auto* const service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    ASSERT_NE(service, nullptr);
    for (int i = 0; i < service->method_count(); ++i) served.insert(service->name() + "." + service->method(i)->name());
  }
  std::set<std::string> listed;
  for (const auto& [name, row] : Table()) listed.insert(name);
  EXPECT_EQ(listed, served);
}

TEST_F(AccessClusterTest, EveryCallTimesEveryRole) {
  Start(kRules);
  const auto web1 = Attach("web1");
  const std::map<std::string, std::set<int>> may = {
      {"peadmin", {v1::READ, v1::INVOKE, v1::ADMINISTER}},
      {"oper", {v1::READ, v1::INVOKE}},
      {"view", {v1::READ}},
      {"web", {v1::INVOKE}},
      {"nobody", {}},
  };
  for (const auto& [client, verbs] : may) {
    const auto connection = ConnectAs(auth::PeerKind::kClient, client);
    for (const auto& [name, row] : Table()) {
      const grpc::StatusCode code = CodeOf(*connection, row);
      const bool allowed = row.verb == v1::VERB_UNSPECIFIED || verbs.contains(row.verb);
      EXPECT_NE(code, grpc::UNAUTHENTICATED) << client << " " << name;
      EXPECT_EQ(code != grpc::PERMISSION_DENIED, allowed) << client << " " << name << ": code " << code;
    }
  }
  ExpectRecords(may);
}

TEST_F(AccessClusterTest, ANodeMayCallNothingOfTheClients) {
  Start(kRules);
  const auto connection = ConnectAs(auth::PeerKind::kNode, "web1");
  for (const auto& [name, row] : Table()) EXPECT_EQ(CodeOf(*connection, row), grpc::UNAUTHENTICATED) << name;
}

TEST_F(AccessClusterTest, AConnectionForLoggingInMayCallNothingElse) {
  Start(kRules);
  const auto connection = ConnectAs(auth::PeerKind::kLogin, auth::kLoginName);
  for (const auto& [name, row] : Table()) EXPECT_EQ(CodeOf(*connection, row), grpc::UNAUTHENTICATED) << name;
}

TEST_F(AccessClusterTest, OnlySuchAConnectionMayLogInAndOnlyWhereTheHubKnowsAProvider) {
  Start(kRules);
  v1::LogInResponse response;
  const auto log_in = [this, &response](auth::PeerKind kind, const std::string& name, const std::string& public_key) {
    const auto connection = ConnectAs(kind, name);
    grpc::ClientContext context;
    connection->Prepare(&context);
    v1::LogInRequest request;
    request.set_public_key(public_key);
    const auto reader = v1::Login::NewStub(connection->channel)->LogIn(&context, request);
    response.Clear();
    reader->Read(&response);
    return reader->Finish().error_code();
  };
  const std::string own(32, 'k');
  const std::string good = *auth::SealedAnswer::PublicKeyOf(own);
  EXPECT_EQ(log_in(auth::PeerKind::kClient, "peadmin", good), grpc::UNAUTHENTICATED);
  EXPECT_EQ(log_in(auth::PeerKind::kNode, "web1", good), grpc::UNAUTHENTICATED);
  EXPECT_EQ(log_in(auth::PeerKind::kLogin, auth::kLoginName, "short"), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(log_in(auth::PeerKind::kLogin, auth::kLoginName, std::string(32, '\0')), grpc::INVALID_ARGUMENT)
      << "of small order";
  EXPECT_EQ(log_in(auth::PeerKind::kLogin, auth::kLoginName, good), grpc::OK) << "the reason is sealed";
  const auto keyring = auth::Keyring::Load(config_.credentials);
  auto seal = auth::SealedAnswer::OfAsker(own, auth::MakeLoginKey(**keyring)->hub_public);
  v1::LoginStep step;
  ASSERT_TRUE(step.ParseFromString(seal->Open(response.sealed()).value_or("")));
  EXPECT_EQ(step.failure().code(), static_cast<uint32_t>(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(step.failure().message(), HasSubstr("security.login"));
}

// The same client, whatever it proves itself by: what it may do is a matter of the rules alone.
TEST_F(AccessClusterTest, EveryCallTimesEveryCredentialThatHolds) {
  Start(kRules);
  const auto web1 = Attach("web1");
  const absl::Time hour = absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now() + absl::Hours(1)));
  const auto keyring = auth::Keyring::Load(config_.credentials);
  ASSERT_TRUE(keyring.ok());
  const auth::Key plain = *(*keyring)->NewKey(auth::PeerKind::kClient, "view");
  for (const auto& [what, key] : std::map<std::string, auth::PeerKey>{
           {"a key", {plain, false}},
           {"a key that ends",
            {*(*keyring)->NewKey(auth::PeerKind::kClient, "view", absl::ToUnixSeconds(hour)), false}},
           {"a key of a later generation",
            {*(*keyring)->NewKey(auth::PeerKind::kClient, "view", auth::KeyTerms{3, 0}), false}},
           {"a whole PSK", {plain, true}}}) {
    auth::PeerTlsOptions tls;
    tls.plaintext = true;
    auto made = ConnectTo(address(), tls, {auth::PeerKind::kClient, "view", key}, &clock_, &random_);
    ASSERT_TRUE(made.ok()) << what << ": " << made.status();
    const Connection connection = *std::move(made);
    for (const auto& [name, row] : Table()) {
      const bool allowed = row.verb == v1::VERB_UNSPECIFIED || row.verb == v1::READ;
      const grpc::StatusCode code = CodeOf(connection, row);
      EXPECT_NE(code, grpc::UNAUTHENTICATED) << what << " " << name;
      EXPECT_EQ(code != grpc::PERMISSION_DENIED, allowed) << what << " " << name << ": code " << code;
    }
  }
}

// What does not hold opens no connection, so that no call of the table can be made; and the audit log says so.
TEST_F(AccessClusterTest, ACredentialThatDoesNotHoldOpensNoConnection) {
  std::ofstream(config_.credentials, std::ios::app) << "generation client old 2\nbanned client gone\n";
  config_.tls.client_psk = auth::PskPolicy::kRefuse;
  Start(kRules);
  const auto keyring = auth::Keyring::Load(config_.credentials);
  ASSERT_TRUE(keyring.ok());
  const auto key_of = [&](auth::PeerKind kind, const std::string& name, auth::KeyTerms terms = {}) {
    return auth::PeerKey{*(*keyring)->NewKey(kind, name, terms), false};
  };
  const auth::PeerKind client = auth::PeerKind::kClient;
  auth::PeerKey wrong = key_of(client, "wrong"), unknown = key_of(client, "unknown"), whole = key_of(client, "whole");
  wrong.key.bytes[0] ^= 1;
  unknown.key.id = "c9";
  whole.from_psk = true;
  struct Case {
    std::string name;
    auth::PeerKind kind;
    auth::PeerKey key;
    std::string told;
  };
  for (const Case& c : std::vector<Case>{
           {"wrong", client, wrong, "did not prove"},
           {"unknown", client, unknown, "unknown_key"},
           {"other", client, key_of(client, "view"), "did not prove"},
           {"ended", client, key_of(client, "ended", {0, absl::ToUnixSeconds(clock_.Now()) - 1}), "expired_key"},
           {"old", client, key_of(client, "old", {1, 0}), "replaced_key"},
           {"gone", client, key_of(client, "gone"), "banned"},
           {"whole", client, whole, "whole_psk"},
           {"alice", auth::PeerKind::kOidc, key_of(auth::PeerKind::kOidc, "alice"), "unknown_key"}}) {
    auth::PeerTlsOptions tls;
    tls.plaintext = true;
    const absl::Status refused = ConnectTo(address(), tls, {c.kind, c.name, c.key}, &clock_, &random_).status();
    EXPECT_TRUE(absl::IsUnauthenticated(refused)) << c.name << ": " << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr(c.told)) << c.name;
  }
  StopHub();
  std::set<std::string> recorded;
  std::ifstream file(directory_ + "/audit/audit.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto record = ParseJsonObject(line, "a record");
    ASSERT_TRUE(record.ok()) << line;
    if (record->value("event", "") == "handshake") recorded.insert(record->value("reason", ""));
  }
  EXPECT_THAT(recorded, ::testing::IsSupersetOf(
                            {"wrong_key", "unknown_key", "expired_key", "replaced_key", "banned", "whole_psk"}));
}

TEST_F(AccessClusterTest, ADeniedTargetIsAReplyAndANodeThatOneMayNotSeeDoesNotExist) {
  Start(R"(
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=alice, allow: invoke, actions: rpcutil.ping, nodes: -I web1}
  - {callers: client=alice, allow: read, nodes: -I /^web/}
)");
  const auto web1 = Attach("web1");
  const auto web2 = Attach("web2");
  const auto db1 = Attach("db1");
  EXPECT_THAT(Find("alice"), UnorderedElementsAre("web1", "web2"));
  const auto job = Connect("alice")->Invoke(PingSpec());
  ASSERT_TRUE(job.status.ok()) << job.status.error_message();
  EXPECT_EQ(job.accepted.targets(), 2);
  EXPECT_EQ(job.accepted.denied(), 1);
  std::map<std::string, v1::Reply> replies;
  for (const v1::Reply& reply : job.replies) replies[reply.identity()] = reply;
  EXPECT_EQ(replies["web1"].state(), v1::OK);
  EXPECT_EQ(replies["web2"].state(), v1::DENIED);
  EXPECT_EQ(replies["web2"].kind(), v1::ERROR_KIND_POLICY);
  EXPECT_EQ(replies["web2"].status_code(), 1);
  EXPECT_EQ(job.summary.failed(), 1);
  EXPECT_THAT(web2->commands(), IsEmpty());
  EXPECT_THAT(db1->commands(), IsEmpty());
  v1::JobSpec named = PingSpec();
  named.mutable_target()->set_has_identities(true);
  named.mutable_target()->add_identities("db1");
  const auto hidden = Connect("alice")->Invoke(named);
  EXPECT_THAT(std::vector<std::string>(hidden.accepted.unknown_identities().begin(),
                                       hidden.accepted.unknown_identities().end()),
              ElementsAre("db1"));
  v1::GetNodeRequest get;
  get.set_identity("db1");
  v1::GetNodeResponse node;
  const auto client = Connect("alice");
  EXPECT_EQ(client->stub().GetNode(client->Context().get(), get, &node).error_code(), grpc::NOT_FOUND);
}

TEST_F(AccessClusterTest, AChangeOfTheRulesReachesOpenStreams) {
  Start(kRules);
  const auto web1 = Attach("web1");
  const auto client = Connect("view");
  const auto context = client->Context();
  const auto reader = client->stub().WatchEvents(context.get(), {});
  v1::WatchEventsResponse event;
  ASSERT_TRUE(reader->Read(&event)) << "it has caught up";
  WriteRules("rules:\n  - {callers: client=peadmin, role: admin}\n");
  while (reader->Read(&event)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::PERMISSION_DENIED);
  v1::GetHubStatusResponse status;
  EXPECT_EQ(client->stub().GetHubStatus(client->Context().get(), {}, &status).error_code(), grpc::PERMISSION_DENIED);
}

TEST_F(AccessClusterTest, JobsOfOthersAreHiddenAndSteeredByAdministrators) {
  Start(R"(
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=oper, role: operator}
  - {callers: client=alice, allow: [invoke, control, read], actions: "*", nodes: -I web1}
)");
  const auto web1 = Attach("web1");
  v1::JobSpec spec = PingSpec();
  spec.set_record(true);
  const std::string job = Connect("oper")->Invoke(spec).accepted.job_id();
  const auto code = [&](const std::string& name, auto call) {
    const auto client = Connect(name);
    return call(client->stub(), client->Context().get()).error_code();
  };
  const auto get = [&](v1::Orchestrator::Stub& stub, grpc::ClientContext* context) {
    v1::GetJobRequest request;
    request.set_job_id(job);
    v1::GetJobResponse response;
    return stub.GetJob(context, request, &response);
  };
  const auto cancel = [&](v1::Orchestrator::Stub& stub, grpc::ClientContext* context) {
    v1::ControlJobRequest request;
    request.set_job_id(job);
    request.set_verb(v1::ControlJobRequest::CANCEL);
    v1::ControlJobResponse response;
    return stub.ControlJob(context, request, &response);
  };
  EXPECT_EQ(code("oper", get), grpc::OK);
  EXPECT_EQ(code("peadmin", get), grpc::OK);
  EXPECT_EQ(code("alice", get), grpc::NOT_FOUND);
  EXPECT_EQ(code("alice", cancel), grpc::NOT_FOUND);
  EXPECT_EQ(code("oper", cancel), grpc::FAILED_PRECONDITION) << "it has ended";
  EXPECT_EQ(code("peadmin", cancel), grpc::FAILED_PRECONDITION);
  v1::ListJobsResponse list;
  const auto alice = Connect("alice");
  EXPECT_TRUE(alice->stub().ListJobs(alice->Context().get(), {}, &list).ok());
  EXPECT_EQ(list.jobs_size(), 0);
}

TEST_F(AccessClusterTest, AJobThatNeedsApprovalRunsOnceOthersGrantedIt) {
  Start(R"(
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=alice, allow: [invoke, read], actions: "*", approval: {count: 1, from: [client=bob]}, require: reason}
  - {callers: client=bob, role: viewer}
)");
  const auto web1 = Attach("web1");
  EXPECT_EQ(Connect("alice")->Invoke(PingSpec()).status.error_code(), grpc::PERMISSION_DENIED) << "no reason given";
  v1::JobSpec spec = PingSpec();
  spec.set_reason("new kernel");
  TestClient::Job job;
  std::thread waiting([&] { job = Connect("alice")->Invoke(spec); });
  const auto bob = Connect("bob");
  const auto access = v1::Access::NewStub(bob->channel());
  v1::ListApprovalsResponse list;
  while (list.approvals_size() == 0) ASSERT_TRUE(access->ListApprovals(bob->Context().get(), {}, &list).ok());
  EXPECT_EQ(list.approvals(0).reason(), "new kernel");
  EXPECT_THAT(web1->commands(), IsEmpty());
  v1::DecideApprovalRequest grant;
  grant.set_job_id(list.approvals(0).job_id());
  grant.set_digest(list.approvals(0).digest());
  grant.set_grant(true);
  v1::DecideApprovalResponse granted;
  const grpc::Status decided = access->DecideApproval(bob->Context().get(), grant, &granted);
  EXPECT_TRUE(decided.ok()) << decided.error_message();
  waiting.join();
  EXPECT_TRUE(job.status.ok()) << job.status.error_message();
  EXPECT_EQ(job.accepted.approvals_needed(), 1);
  EXPECT_EQ(job.summary.ok(), 1);
  EXPECT_EQ(web1->commands().size(), 1);
}

TEST_F(AccessClusterTest, AJobThatWaitsForApprovalSurvivesARestart) {
  Start(R"(
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=alice, allow: [invoke, read], actions: "*", approval: {count: 1, from: [client=bob]}}
  - {callers: client=bob, role: viewer}
)");
  {
    const auto web1 = Attach("web1");
    const auto alice = Connect("alice");
    const auto context = alice->Context();
    v1::InvokeRequest request;
    *request.mutable_spec() = PingSpec();
    const auto reader = alice->stub().Invoke(context.get(), request);
    v1::InvokeResponse response;
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.accepted().approvals_needed(), 1);
    context->TryCancel();
    while (reader->Read(&response)) {
    }
    reader->Finish().IgnoreError();
  }
  StopHub();
  StartHub();
  const auto web1 = Attach("web1");
  const auto bob = Connect("bob");
  const auto access = v1::Access::NewStub(bob->channel());
  v1::ListApprovalsResponse list;
  ASSERT_TRUE(access->ListApprovals(bob->Context().get(), {}, &list).ok());
  ASSERT_EQ(list.approvals_size(), 1);
  v1::DecideApprovalRequest grant;
  grant.set_job_id(list.approvals(0).job_id());
  grant.set_digest(list.approvals(0).digest());
  grant.set_grant(true);
  v1::DecideApprovalResponse granted;
  EXPECT_TRUE(access->DecideApproval(bob->Context().get(), grant, &granted).ok());
  EXPECT_TRUE(web1->WaitCommands(1));
}

TEST_F(AccessClusterTest, ApprovalsOfDifferentPeopleAreNotMixed) {
  Start(R"(
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=alice, allow: [invoke, read], actions: "*", nodes: -I web1, approval: {from: [client=bob]}}
  - {callers: client=alice, allow: [invoke, read], actions: "*", approval: {from: [client=carol]}}
)");
  const auto web1 = Attach("web1");
  const auto db1 = Attach("db1");
  const auto job = Connect("alice")->Invoke(PingSpec());
  EXPECT_EQ(job.status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_THAT(job.status.error_message(), HasSubstr("different people"));
  EXPECT_THAT(web1->commands(), IsEmpty());
}

TEST_F(AccessClusterTest, LimitsOfARuleAreKept) {
  Start(R"(
rules:
  - {callers: client=peadmin, role: admin}
  - {callers: client=alice, allow: [invoke, read], actions: "*", max_targets: 1}
)");
  const auto web1 = Attach("web1");
  const auto web2 = Attach("web2");
  const auto job = Connect("alice")->Invoke(PingSpec());
  EXPECT_EQ(job.status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_THAT(job.status.error_message(), HasSubstr("access.yaml:4"));
  EXPECT_THAT(web1->commands(), IsEmpty());
  v1::JobSpec one = PingSpec();
  one.mutable_target()->set_limit(1);
  EXPECT_TRUE(Connect("alice")->Invoke(one).status.ok());
  v1::JobSpec dry = one;
  dry.set_dry_run(true);
  const auto planned = Connect("alice")->Invoke(dry);
  EXPECT_TRUE(planned.status.ok());
  EXPECT_EQ(planned.accepted.targets(), 1);
  EXPECT_EQ(planned.accepted.job_id(), "");
  EXPECT_EQ(web1->commands().size() + web2->commands().size(), 1);
}

}  // namespace
}  // namespace orch
