#include "services/hub/hub.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <pwd.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "auth/new_file.h"
#include "base/durable_file.h"
#include "base/gated_executor.h"
#include "base/latch.h"
#include "base/log.h"
#include "base/loop_executor.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/approvals.h"
#include "services/hub/api/access_service.h"
#include "services/hub/api/attach_refusal.h"
#include "services/hub/api/auth_status.h"
#include "services/hub/api/client_calls.h"
#include "services/hub/api/enrolment_service.h"
#include "services/hub/api/fleet_queries.h"
#include "services/hub/api/hub_queries.h"
#include "services/hub/api/job_guard.h"
#include "services/hub/api/job_queries.h"
#include "services/hub/api/login_service.h"
#include "services/hub/api/orchestrator_service.h"
#include "services/hub/audit/audit_feed.h"
#include "services/hub/audit/hub_audit.h"
#include "services/hub/audit/node_heads.h"
#include "services/hub/door/door.h"
#include "services/hub/door/reception.h"
#include "services/hub/door/refusals.h"
#include "services/hub/door/server_settings.h"
#include "services/hub/events/announcing_job_store.h"
#include "services/hub/events/event_log.h"
#include "services/hub/fleet/fleet.h"
#include "services/hub/fleet/key_reload.h"
#include "services/hub/fleet/key_rotation.h"
#include "services/hub/job_store/open_store.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/jobs/run/job_report.h"
#include "services/hub/keys/key_desk.h"
#include "services/hub/keys/key_view.h"
#include "services/hub/labels/label_table.h"
#include "services/hub/labels/standing_updates.h"
#include "services/hub/labels/standings.h"
#include "services/hub/login/curl_http.h"
#include "services/hub/login/login_book.h"
#include "services/hub/login/login_desk.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/fair_work_pool.h"
#include "services/hub/nodes/node_streams.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/questions.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr int kServerShutdownSeconds = 3;
constexpr absl::Duration kLastWords = absl::Seconds(1);

std::string OwnUser() {
  const passwd* const user = getpwuid(geteuid());
  return user == nullptr ? "" : user->pw_name;
}

StoreOptions StoreOptionsOf(const HubConfig& config) {
  const std::string path = config.store == kStoreInMemory ? "" : config.store;
  return {path, config.retain_jobs, config.retain_age, config.retain_bytes};
}

// How nodes reach the hub: the first address that is not this host's alone, with the hub's name where it listens on
// all.
std::string AddressForNodes(const HubConfig& config, const std::vector<std::string>& addresses) {
  for (const std::string& text : addresses) {
    absl::StatusOr<Address> address = ParseListenAddress(text);
    if (!address.ok() || address->kind == Address::Kind::kUnix) continue;
    if (address->host == "0.0.0.0" || address->host == "::") {
      address->kind = Address::Kind::kName;
      address->host = config.identity;
    }
    return address->Text();
  }
  return "";
}

}  // namespace

// The parts of the hub, declared in the order in which they are made and destroyed in the reverse order.
struct Hub::Parts {
  Parts(const HubConfig& config, const Clock* clock, Random* random, std::unique_ptr<GatedExecutor> loop,
        OpenedStore opened, std::unique_ptr<HubAudit> audit_log)
      : config(config),
        clock(clock),
        random(random),
        loop(std::move(loop)),
        gate(*this->loop),
        audit(std::move(audit_log)),
        refusals(clock),
        reception(clock, &refusals, config.max_clients, config.administrators),
        ddls(clock, &gate),
        events(clock, opened.jobs->id(), opened.jobs->starts()),
        store(std::move(opened.jobs), &events),
        node_store(std::move(opened.nodes)),
        records(std::move(opened.records)),
        labels(records.get(), {config.max_nodes}),
        standings(&labels),
        registry(clock, {config.max_nodes, config.stale_after}, &standings),
        recorder(node_store.get(), &registry, &ddls, clock, &gate),
        dispatcher(&registry, &store, clock, random, &gate, {config.max_jobs}),
        questions(&registry, &pool, &gate),
        watch(&registry, &questions, &gate, clock),
        standing_updates(&labels, &standings, &registry, &watch, &gate),
        fleet({&registry, &ddls, &dispatcher, &watch, refusals.mutable_counters(), &recorder, clock, &standings},
              config.node_retention),
        access({config.access_file, config.administrators, OwnUser(), config.policy_folder}, audit->sink(), clock),
        approvals(records.get(), &access, clock, JobsForApprovals()),
        guard(&access, &dispatcher, &store),
        invocations({&questions, &ddls, &dispatcher, &access, &approvals, random, clock, &gate}),
        fleet_queries(&registry, &questions, &access, random, clock, &gate),
        heads(audit->log(), &pool, clock, &gate,
              [this](const std::string& identity, const std::string& text) {
                LogError("the audit log does not fit a node's memory", {{"node", identity}, {"what", text}});
                Alarm("audit.head_differs", identity, text);
              }),
        audit_feeds(audit->log(), &heads, &pool, clock, &gate),
        calls(&reception, &access, &gate),
        key_view(clock),
        desk({records.get(), &key_view, access.audit(), clock, random, config.max_nodes, config.identity,
              [this](const std::string& identity) { return registry.Find(identity) != nullptr; },
              [this](const std::string& identity, const auth::Labels& set,
                     std::function<void(const absl::Status&)> then) { labels.Set(identity, set, std::move(then)); },
              [this] { keys->Recheck(); }, [this](const std::string& name) { logins.End(name); }}),
        logins(records.get(), &key_view, clock, config.login.issuer,
               [this] {
                 if (keys != nullptr) keys->Recheck();
               }),
        login_thread(clock, "login") {}

  absl::Status Open();
  absl::Status OpenLogin();
  absl::Status StartServer();
  void Tick();
  // Reads changed rules off the loop, and lets them reach what is open.
  void LookAtRules();
  void OnRulesRead(bool changed);
  bool MayGoOn(const JobRequest& job) const;
  void GrantCollectives();
  Approvals::Jobs JobsForApprovals();
  void Stop();
  // Tells those who watch events, and the audit log, where it is `event`.
  void Alarm(const char* event, absl::string_view identity, absl::string_view why);

  const HubConfig config;
  const Clock* const clock;
  Random* const random;
  const std::unique_ptr<GatedExecutor> loop;
  GatedExecutor& gate;
  const std::unique_ptr<HubAudit> audit;
  Refusals refusals;
  Reception reception;
  std::unique_ptr<auth::Keyring> keyring;
  std::unique_ptr<auth::HubTls> tls;
  DdlCache ddls;
  EventLog events;
  AnnouncingJobStore store;
  const std::unique_ptr<NodeStore> node_store;
  const std::unique_ptr<RecordStore> records;
  LabelTable labels;
  Standings standings;
  Registry registry;
  FleetRecorder recorder;
  Dispatcher dispatcher;
  FairWorkPool pool;
  Questions questions;
  NodeWatch watch;
  StandingUpdates standing_updates;
  Fleet fleet;
  AccessControl access;
  Approvals approvals;
  JobGuard guard;
  Invocations invocations;
  FleetQueries fleet_queries;
  NodeHeads heads;
  AuditFeeds audit_feeds;
  ClientCalls calls;
  KeyView key_view;
  KeyDesk desk;
  LoginBook logins;
  std::unique_ptr<Http> http;
  LoopExecutor login_thread;  // asks the OpenID provider
  std::unique_ptr<LoginDesk> login_desk;
  std::unique_ptr<AuthStatus> auth_status;
  std::unique_ptr<KeyRotation> rotation;
  std::unique_ptr<HubQueries> queries;
  std::unique_ptr<JobQueries> job_queries;
  std::unique_ptr<Door> door;
  std::unique_ptr<KeyReload> keys;
  std::unique_ptr<NodeStreams> node_streams;
  std::unique_ptr<AttachRefusal> attach_refusal;
  std::unique_ptr<OrchestratorService> orchestrator_service;
  std::unique_ptr<AccessService> access_service;
  std::unique_ptr<EnrolmentService> enrolment_service;
  std::unique_ptr<LoginService> login_service;
  std::unique_ptr<grpc::Server> server;
  bool reading_rules = false;  // loop only
  bool stopped = false;
};

absl::Status Hub::Parts::Open() {
  ORCH_RETURN_IF_ERROR(audit->OnStart(kVersion, config.identity));
  refusals.SetListener(audit.get());
  ORCH_RETURN_IF_ERROR(desk.Load());
  ORCH_RETURN_IF_ERROR(logins.Load());
  ORCH_ASSIGN_OR_RETURN(keyring, auth::Keyring::Load(config.credentials));
  keyring->SetSource(&key_view);
  ORCH_ASSIGN_OR_RETURN(tls, auth::HubTls::Load(config.tls, keyring.get(), clock));
  ORCH_ASSIGN_OR_RETURN(door, Door::Listen(config.listen,
                                           {.plaintext = config.plaintext,
                                            .local_group = config.local_group,
                                            .max_strangers = config.max_handshakes,
                                            .max_strangers_per_source = config.max_unauthenticated_per_source,
                                            .max_connections = config.max_nodes + config.max_clients},
                                           tls.get(), &reception, &refusals, clock, random));
  keys = std::make_unique<KeyReload>(keyring.get(), tls.get(), &fleet, door.get(), &gate);
  fleet.SetOnEachForgotten([this](const std::string& identity) { desk.ForgetNode(identity); });
  auth_status = std::make_unique<AuthStatus>(keyring.get(), tls.get(), &reception, &registry, &desk, &logins, clock);
  ORCH_RETURN_IF_ERROR(OpenLogin());
  rotation = std::make_unique<KeyRotation>(keyring.get(), &fleet, &registry, &reception, random);
  queries = std::make_unique<HubQueries>(&registry, &ddls, &dispatcher, &store, &refusals.counters(),
                                         &fleet.conflicts(), clock,
                                         HubFacts{kVersion, config.identity, absl::StrJoin(door->addresses(), ", "),
                                                  std::string(auth::MtlsModeName(config.tls.mode)), clock->Now()});
  queries->AddStatusPart([this](v1::GetHubStatusResponse* status) { audit->FillStatus(status); });
  keys->SetOnChanged([this](absl::string_view what, absl::string_view detail) { audit->OnKeysChanged(what, detail); });
  fleet.SetOnForgotten([this](const std::vector<std::string>& identities, absl::string_view because) {
    audit->OnForgotten(identities, because);
  });
  // The nodes and jobs of the previous hub process are known again before a node or a client can ask for one.
  if (!records->durable()) {
    LogWarning(
        "the store is in memory: labels, tokens, enrolled keys, logins, bans and approvals end with this process");
  }
  auto recovered = std::make_shared<Latch>();
  absl::Status recovery;
  gate.Post([this, recovered, &recovery] {
    GrantCollectives();
    recovery = labels.Load();
    if (recovery.ok()) recovery = recorder.Load();
    if (recovery.ok()) recovery = dispatcher.Recover();
    if (recovery.ok()) recovery = approvals.Load(dispatcher.AwaitingApproval());
    recovered->Open();
  });
  recovered->Wait();
  ORCH_RETURN_IF_ERROR(recovery);
  job_queries = std::make_unique<JobQueries>(&store, [this](absl::string_view job_id, v1::GetJobResponse* response) {
    if (const JobRun* run = dispatcher.RunOf(job_id)) ListOpenTasks(run->state(), kMaxOpenTasks, response);
  });
  watch.SetListener(
      [this](auto kind, absl::string_view identity, absl::string_view note) { events.OnNode(kind, identity, note); });
  fleet.SetAlarm([this](absl::string_view identity, absl::string_view why) { Alarm("node.conflict", identity, why); });
  ORCH_RETURN_IF_ERROR(StartServer());
  gate.Post([this] {
    Tick();
    keys->Start();
  });
  if (config.port_file.empty()) return absl::OkStatus();
  return WriteFileDurably(config.port_file, absl::StrCat(door->addresses().front(), "\n"), 0644);
}

absl::Status Hub::Parts::OpenLogin() {
  std::shared_ptr<OpenIdProvider> provider;
  if (config.login.enabled()) {
    std::string secret;
    if (!config.login.client_secret_file.empty()) {
      if (const absl::Status mode = auth::CheckSecretFile(config.login.client_secret_file,
                                                          "the client secret (security.login.client_secret_file)");
          !mode.ok())
        return mode;
      ORCH_ASSIGN_OR_RETURN(secret, ReadFile(config.login.client_secret_file, OpenIdProvider::kMaxFieldBytes));
      secret = std::string(absl::StripAsciiWhitespace(secret));
    }
    http = std::make_unique<CurlHttp>(config.login.ca_file);
    provider = std::make_shared<OpenIdProvider>(config.login, std::move(secret), http.get(), clock);
  }
  login_desk = std::make_unique<LoginDesk>(LoginDesk::Dependencies{
      config.login, std::move(provider), &login_thread, &gate, keyring.get(), &logins, access.audit(), clock});
  return absl::OkStatus();
}

absl::Status Hub::Parts::StartServer() {
  node_streams = std::make_unique<NodeStreams>(&reception, keyring.get(), &fleet, clock, random, &gate,
                                               NodeSession::Options{config.heartbeat, kVersion, &heads});
  attach_refusal = std::make_unique<AttachRefusal>(&reception);
  orchestrator_service = std::make_unique<OrchestratorService>(OrchestratorService::Dependencies{
      &access, &guard, &approvals, &registry, &calls, &reception, door.get(), &invocations, queries.get(), &dispatcher,
      job_queries.get(), &events, &watch, clock, random, &gate, &fleet, &fleet_queries, audit->sink()});
  access_service = std::make_unique<AccessService>(AccessService::Dependencies{
      &calls, &access, &approvals, &questions, &gate, &audit_feeds, &desk, auth_status.get(), rotation.get(), &pool,
      config.audit.path, AddressForNodes(config, door->addresses()), &labels, &registry});
  enrolment_service = std::make_unique<EnrolmentService>(&reception, &desk, &gate);
  login_service = std::make_unique<LoginService>(&reception, keyring.get(), login_desk.get(), &gate);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder, config.max_nodes);
  builder.RegisterService(attach_refusal.get());
  builder.RegisterService(orchestrator_service.get());
  builder.RegisterService(access_service.get());
  builder.RegisterService(enrolment_service.get());
  builder.RegisterService(login_service.get());
  // gRPC listens nowhere itself: every connection comes from the door, which knows who is at its other end, and keeps
  // the streams of nodes.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  server = builder.BuildAndStart();
  if (server == nullptr) return absl::InternalError("gRPC cannot start its server; its log at level debug says why");
  door->Serve(std::move(acceptor), node_streams.get());
  return absl::OkStatus();
}

Approvals::Jobs Hub::Parts::JobsForApprovals() {
  Approvals::Jobs jobs;
  jobs.approve = [this](const std::string& id) { dispatcher.Approve(id); };
  jobs.refuse = [this](const std::string& id, const std::string& why) { dispatcher.Refuse(id, why); };
  jobs.awaits_approval = [this](const std::string& id) {
    const JobRun* const run = dispatcher.RunOf(id);
    return run != nullptr && run->awaits_approval();
  };
  jobs.targets = [this](const std::string& id) {
    const JobRun* const run = dispatcher.RunOf(id);
    return run == nullptr ? std::vector<std::string>() : run->request().targets;
  };
  jobs.wanted = [this](const std::string& id) {
    if (const JobRun* run = dispatcher.RunOf(id)) {
      events.OnJob(v1::WatchEventsResponse::APPROVAL_WANTED, id, [run] { return DescribeJob(run->state()); });
    }
  };
  return jobs;
}

void Hub::Parts::LookAtRules() {
  if (reading_rules) return;
  const absl::StatusOr<WorkPool::Place> place = pool.Enter("the hub");
  if (!place.ok()) return;  // it is looked at again
  reading_rules = true;
  pool.Run(*place, [this] {
    const bool rules_changed = access.FileChanged();
    if (rules_changed) access.Reload();
    const bool changed = access.ReloadPoliciesIfChanged() || rules_changed;
    gate.Post([this, changed] { OnRulesRead(changed); });
  });
}

void Hub::Parts::OnRulesRead(bool changed) {
  reading_rules = false;
  if (!changed) return;
  GrantCollectives();
  calls.OnRulesChanged();
  dispatcher.CancelUnless([this](const JobRequest& job) { return MayGoOn(job); },
                          "the access rules do not allow its caller this action any more");
}

// The groups of a login that is over are not known any more; its jobs go on, as those of local users do.
bool Hub::Parts::MayGoOn(const JobRequest& job) const {
  auth::Caller caller{job.caller, {}, {}};
  absl::string_view name = job.caller;
  if (absl::ConsumePrefix(&name, "oidc=")) {
    const LoginBook::Login* const login = logins.Find(std::string(name));
    if (login == nullptr) return true;
    caller.oidc_groups.assign(login->groups().begin(), login->groups().end());
  }
  return access.MayGoOn(caller, job.spec);
}

// While the file of rules cannot be read, everything is denied, and the grants stay as they were.
void Hub::Parts::GrantCollectives() {
  const std::shared_ptr<const RulesInForce> in_force = access.rules();
  if (in_force->fault.empty()) standings.SetCollectiveGrants(in_force->rules.collectives());
}

void Hub::Parts::Alarm(const char* event, absl::string_view identity, absl::string_view why) {
  events.OnAlarm(identity, why);
  access
      .Record({event, "refused", absl::StrCat("node=", identity), std::string(why), {{"node", std::string(identity)}}})
      .IgnoreError();  // the log itself tells what it could not write
}

void Hub::Parts::Tick() {
  fleet.Tick();
  store.Expire();
  approvals.Tick();
  LookAtRules();
  audit->Tick();
  heads.Tick();
  desk.Tick();
  logins.Tick();
  gate.PostAfter(kTick, [this] { Tick(); });
}

void Hub::Parts::Stop() {
  if (std::exchange(stopped, true) || server == nullptr) return;
  LogInfo("hub is stopping", {});
  if (server->GetHealthCheckService() != nullptr) server->GetHealthCheckService()->SetServingStatus(false);
  door->StopAccepting();
  auto idle = std::make_shared<Latch>();
  gate.Post([this, idle] {
    dispatcher.Drain();
    dispatcher.WhenIdle([idle] { idle->Open(); });
    gate.PostAfter(config.shutdown_grace, [idle] { idle->Open(); });
  });
  idle->Wait();
  auto told = std::make_shared<Latch>();
  gate.Post([this, told] {
    dispatcher.EndAll("the hub stopped");
    login_desk->EndAll(absl::UnavailableError("the hub is stopping; try again shortly"));
    watch.EndAll(absl::UnavailableError("the hub is stopping; try again shortly"));
    events.EndAll(absl::UnavailableError("the hub is stopping; try again shortly"));
    recorder.Close();
    fleet.Dismiss([](const NodeSession&) { return std::string("the hub is stopping"); }, absl::ZeroDuration());
    // Outcomes still in memory reach their clients through the store.
    dispatcher.WhenIdle([told] { told->Open(); });
    gate.PostAfter(kLastWords, [told] { told->Open(); });
  });
  told->Wait();
  server->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(kServerShutdownSeconds, GPR_TIMESPAN)));
  server->Wait();
  door->Stop();
  pool.Stop();  // every call has had its answer
  if (http != nullptr) http->Stop();
  login_thread.Stop();
  audit->OnStop();
  auto closed = std::make_shared<Latch>();
  gate.Post([this, closed] {
    gate.Close();
    closed->Open();
  });
  closed->Wait();
}

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Hub::~Hub() { Stop(); }

absl::StatusOr<std::unique_ptr<Hub>> Hub::Start(const HubConfig& config, const Clock* clock, Random* random,
                                                Executor* executor) {
  auto loop = std::make_unique<GatedExecutor>(executor);
  ORCH_ASSIGN_OR_RETURN(OpenedStore store, OpenStore(StoreOptionsOf(config), clock, random, loop.get()));
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<HubAudit> audit, HubAudit::Open(config.audit, clock));
  std::unique_ptr<Hub> hub(
      new Hub(std::make_unique<Parts>(config, clock, random, std::move(loop), std::move(store), std::move(audit))));
  ORCH_RETURN_IF_ERROR(hub->parts_->Open());
  LogInfo("hub serves", {{"identity", config.identity}, {"listen", absl::StrJoin(hub->addresses(), ", ")}});
  return hub;
}

const std::vector<std::string>& Hub::addresses() const { return parts_->door->addresses(); }

void Hub::Reload() {
  parts_->gate.Post([parts = parts_.get()] {
    parts->keys->Look();
    parts->LookAtRules();
  });
}

void Hub::Stop() { parts_->Stop(); }

}  // namespace orch::hub
