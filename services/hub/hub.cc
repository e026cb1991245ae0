#include "services/hub/hub.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth/keyring.h"
#include "auth/replay_guard.h"
#include "auth/tls.h"
#include "base/durable_file.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "services/hub/door/door.h"
#include "services/hub/door/server_settings.h"
#include "services/hub/events/announcing_job_store.h"
#include "services/hub/events/event_log.h"
#include "services/hub/fleet.h"
#include "services/hub/fleet_queries.h"
#include "services/hub/gated_executor.h"
#include "services/hub/job_store/job_queries.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/node_service.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/questions.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/work_pool.h"
#include "services/hub/open_job_store.h"
#include "services/hub/orchestrator_service.h"
#include "services/hub/queries.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr absl::Duration kCredentialWindow = absl::Seconds(120);  // twice the skew a credential may have
constexpr size_t kMaxNonces = 2'000'000;
constexpr int kServerShutdownSeconds = 3;
constexpr absl::Duration kLastWords = absl::Seconds(1);
constexpr absl::Duration kCertificateLife = absl::Hours(24 * 3650);

// A place to wait for something the loop does.
class Latch {
 public:
  void Open() {
    MutexLock lock(&mu_);
    open_ = true;
    changed_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mu_);
    while (!open_) changed_.Wait(&mu_);
  }

 private:
  Mutex mu_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

absl::StatusOr<auth::ServerTls> Transport(const HubConfig& config, absl::Time now) {
  if (config.plaintext) return auth::ServerTls{grpc::InsecureServerCredentials(), auth::kPlaintextBinding};
  if (access(config.certificate.c_str(), F_OK) != 0 && access(config.key.c_str(), F_OK) != 0) {
    std::error_code ignored;  // the write below says what is wrong
    std::filesystem::create_directories(std::filesystem::path(config.certificate).parent_path(), ignored);
    std::filesystem::create_directories(std::filesystem::path(config.key).parent_path(), ignored);
    ORCH_RETURN_IF_ERROR(auth::WriteSelfSignedCertificate(config.certificate, config.key, config.identity,
                                                          {config.identity, "localhost", "127.0.0.1"}, now,
                                                          kCertificateLife));
    LogInfo("self-signed certificate made", {{"file", config.certificate}});
  }
  return auth::LoadServerTls({config.certificate, config.key, config.mtls, config.mtls_ca}, now);
}

}  // namespace

// Declared in the order they are made; destroyed backwards.
struct Hub::Parts {
  Parts(const HubConfig& config, const Clock* clock, Random* random, std::unique_ptr<GatedExecutor> loop,
        OpenedStore opened)
      : config(config),
        clock(clock),
        random(random),
        loop(std::move(loop)),
        gate(*this->loop),
        replay_guard(clock, kCredentialWindow, kMaxNonces),
        registry(clock, {config.max_nodes, config.stale_after}),
        ddls(clock, &gate),
        events(clock, opened.jobs->id(), opened.jobs->starts()),
        store(std::move(opened.jobs), &events),
        node_store(std::move(opened.nodes)),
        recorder(node_store.get(), &registry, &ddls, clock, &gate),
        dispatcher(&registry, &store, clock, random, &gate, {config.max_jobs}),
        questions(&registry, &pool, &gate),
        watch(&registry, &questions, &gate, clock),
        fleet({&registry, &ddls, &dispatcher, &watch, &refusals, &recorder, clock}, config.node_retention),
        invocations(&questions, &ddls, &dispatcher, random, clock, &gate),
        fleet_queries(&registry, &questions, random, clock, &gate) {}

  absl::Status Open();
  absl::Status StartServer(const std::vector<std::string>& unix_addresses);
  void Tick();
  void ReloadKeys();
  std::string KeyProblem(const NodeSession& session) const;
  void Stop();

  const HubConfig config;
  const Clock* const clock;
  Random* const random;
  const std::unique_ptr<GatedExecutor> loop;
  GatedExecutor& gate;
  auth::RefusalCounters refusals;
  auth::ReplayGuard replay_guard;
  std::unique_ptr<auth::Keyring> keyring;
  auth::ServerTls tls;
  std::unique_ptr<auth::CallVerifier> verifier;
  Registry registry;
  DdlCache ddls;
  EventLog events;
  AnnouncingJobStore store;
  const std::unique_ptr<NodeStore> node_store;
  FleetRecorder recorder;
  Dispatcher dispatcher;
  FairWorkPool pool;
  Questions questions;
  NodeWatch watch;
  Fleet fleet;
  Invocations invocations;
  FleetQueries fleet_queries;
  std::unique_ptr<Queries> queries;
  std::unique_ptr<JobQueries> job_queries;
  std::unique_ptr<Door> door;
  std::unique_ptr<NodeService> node_service;
  std::unique_ptr<OrchestratorService> orchestrator_service;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::string> addresses;
  bool stopped = false;
};

absl::Status Hub::Parts::Open() {
  ORCH_ASSIGN_OR_RETURN(keyring, auth::Keyring::Load(config.credentials));
  ORCH_ASSIGN_OR_RETURN(tls, Transport(config, clock->Now()));
  verifier = std::make_unique<auth::CallVerifier>(keyring.get(), &replay_guard, clock, &refusals,
                                                  auth::CallVerifier::Options{tls.binding, config.mtls});
  std::vector<std::string> tcp_addresses, unix_addresses;
  for (const std::string& address : config.listen) {
    if (config.plaintext) ORCH_RETURN_IF_ERROR(auth::CheckPlaintextAddress(address));
    (absl::StartsWith(address, "unix:") ? unix_addresses : tcp_addresses).push_back(address);
  }
  if (!tcp_addresses.empty()) {
    Door::Options limits;
    limits.max_unauthenticated = config.max_handshakes;
    limits.max_unauthenticated_per_source = config.max_unauthenticated_per_source;
    ORCH_ASSIGN_OR_RETURN(door, Door::Listen(tcp_addresses, limits, clock));
    addresses = door->addresses();
  }
  addresses.insert(addresses.end(), unix_addresses.begin(), unix_addresses.end());
  queries = std::make_unique<Queries>(
      &registry, &ddls, &dispatcher, &store, &refusals, &fleet.conflicts(), clock,
      HubFacts{kVersion, config.identity, absl::StrJoin(addresses, ", "), config.plaintext ? "" : tls.binding,
               std::string(auth::MtlsModeName(config.mtls)), clock->Now()});
  // Nodes and jobs of this hub's last life are there again before a node or a client can ask for one.
  auto recovered = std::make_shared<Latch>();
  absl::Status recovery;
  gate.Post([this, recovered, &recovery] {
    recovery = recorder.Load();
    if (recovery.ok()) recovery = dispatcher.Recover();
    recovered->Open();
  });
  recovered->Wait();
  ORCH_RETURN_IF_ERROR(recovery);
  job_queries = std::make_unique<JobQueries>(&store, [this](absl::string_view job_id, v1::GetJobResponse* response) {
    if (const JobRun* run = dispatcher.RunOf(job_id)) run->ListOpen(kMaxOpenTasks, response);
  });
  watch.SetListener(
      [this](auto kind, absl::string_view identity, absl::string_view note) { events.OnNode(kind, identity, note); });
  ORCH_RETURN_IF_ERROR(StartServer(unix_addresses));
  gate.Post([this] {
    fleet.SetKeyProblem([this](const NodeSession& session) { return KeyProblem(session); });
    Tick();
  });
  if (config.port_file.empty()) return absl::OkStatus();
  return WriteFileDurably(config.port_file, absl::StrCat(addresses.front(), "\n"), 0644);
}

absl::Status Hub::Parts::StartServer(const std::vector<std::string>& unix_addresses) {
  node_service = std::make_unique<NodeService>(verifier.get(), door.get(), &fleet, clock, random, &gate,
                                               NodeSession::Options{config.heartbeat, kVersion});
  orchestrator_service = std::make_unique<OrchestratorService>(OrchestratorService::Rooms{
      verifier.get(), door.get(), &invocations, queries.get(), &dispatcher, job_queries.get(), &events, &watch, clock,
      random, &gate, kVersion, config.max_clients, &fleet, &fleet_queries});
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder);
  builder.RegisterService(node_service.get());
  builder.RegisterService(orchestrator_service.get());
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  if (door != nullptr) {
    acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, tls.credentials);
  }
  for (const std::string& address : unix_addresses) builder.AddListeningPort(address, tls.credentials);
  server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot serve on ", absl::StrJoin(addresses, ", "),
                                               ": is the path free and its folder writable?"));
  }
  if (door != nullptr) door->Serve(std::move(acceptor));
  return absl::OkStatus();
}

void Hub::Parts::Tick() {
  ReloadKeys();
  fleet.Tick();
  store.Expire();
  gate.PostAfter(kTick, [this] { Tick(); });
}

void Hub::Parts::ReloadKeys() {
  bool changed = false;
  if (const absl::Status status = keyring->ReloadIfChanged(&changed); !status.ok()) {
    LogError("credentials not re-read; the old keys stay in force", {{"reason", std::string(status.message())}});
  }
  if (!changed) return;
  LogInfo("credentials re-read", {{"keys", absl::StrJoin(keyring->key_ids(), " ")}});
  // A stream whose key is gone, or another one under the same id, has no standing any more.
  fleet.Dismiss([this](const NodeSession& session) { return KeyProblem(session); }, absl::ZeroDuration());
}

std::string Hub::Parts::KeyProblem(const NodeSession& session) const {
  const auto key = keyring->DerivedKey(session.key().id, auth::PeerKind::kNode, session.identity());
  if (key.ok() && *key == session.key().bytes) return "";
  return absl::StrCat("key ", session.key().id, " is no longer in the hub's credentials; give the node the new one");
}

void Hub::Parts::Stop() {
  if (std::exchange(stopped, true) || server == nullptr) return;
  LogInfo("hub is stopping", {});
  if (server->GetHealthCheckService() != nullptr) server->GetHealthCheckService()->SetServingStatus(false);
  if (door != nullptr) door->StopAccepting();
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
    watch.EndAll(absl::UnavailableError("the hub is stopping; try again shortly"));
    events.EndAll(absl::UnavailableError("the hub is stopping; try again shortly"));
    recorder.Close();
    fleet.Dismiss([](const NodeSession&) { return std::string("the hub is stopping"); }, absl::ZeroDuration());
    // Outcomes that are kept in memory reach their clients by way of the store.
    dispatcher.WhenIdle([told] { told->Open(); });
    gate.PostAfter(kLastWords, [told] { told->Open(); });
  });
  told->Wait();
  server->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(kServerShutdownSeconds, GPR_TIMESPAN)));
  server->Wait();
  pool.Stop();  // every call has had its answer
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
  ORCH_ASSIGN_OR_RETURN(OpenedStore store, OpenStore(config, clock, random, loop.get()));
  std::unique_ptr<Hub> hub(new Hub(std::make_unique<Parts>(config, clock, random, std::move(loop), std::move(store))));
  ORCH_RETURN_IF_ERROR(hub->parts_->Open());
  LogInfo("hub serves", {{"identity", config.identity}, {"listen", absl::StrJoin(hub->addresses(), ", ")}});
  return hub;
}

const std::vector<std::string>& Hub::addresses() const { return parts_->addresses; }

void Hub::Reload() {
  parts_->gate.Post([parts = parts_.get()] { parts->ReloadKeys(); });
}

void Hub::Stop() { parts_->Stop(); }

}  // namespace orch::hub
