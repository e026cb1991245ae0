#include "services/hub/hub.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "base/durable_file.h"
#include "base/latch.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "services/hub/api/fleet_queries.h"
#include "services/hub/api/hub_queries.h"
#include "services/hub/api/job_queries.h"
#include "services/hub/api/node_service.h"
#include "services/hub/api/orchestrator_service.h"
#include "services/hub/door/door.h"
#include "services/hub/door/reception.h"
#include "services/hub/door/refusals.h"
#include "services/hub/door/server_settings.h"
#include "services/hub/events/announcing_job_store.h"
#include "services/hub/events/event_log.h"
#include "services/hub/fleet/fleet.h"
#include "services/hub/gated_executor.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/jobs/run/job_report.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/node_watch.h"
#include "services/hub/nodes/questions.h"
#include "services/hub/nodes/registry.h"
#include "services/hub/nodes/work_pool.h"
#include "services/hub/open_job_store.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
// Keys and certificates that are taken away cut their connections within a second.
constexpr absl::Duration kKeyTick = absl::Milliseconds(250);
constexpr absl::Duration kFarewell = absl::Milliseconds(200);  // for a node to hear why it is cut
constexpr int kServerShutdownSeconds = 3;
constexpr absl::Duration kLastWords = absl::Seconds(1);

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
        refusals(clock),
        reception(clock, &refusals, config.max_clients, config.administrators),
        registry(clock, {config.max_nodes, config.stale_after}),
        ddls(clock, &gate),
        events(clock, opened.jobs->id(), opened.jobs->starts()),
        store(std::move(opened.jobs), &events),
        node_store(std::move(opened.nodes)),
        recorder(node_store.get(), &registry, &ddls, clock, &gate),
        dispatcher(&registry, &store, clock, random, &gate, {config.max_jobs}),
        questions(&registry, &pool, &gate),
        watch(&registry, &questions, &gate, clock),
        fleet({&registry, &ddls, &dispatcher, &watch, refusals.mutable_counters(), &recorder, clock},
              config.node_retention),
        invocations(&questions, &ddls, &dispatcher, random, clock, &gate),
        fleet_queries(&registry, &questions, random, clock, &gate) {}

  absl::Status Open();
  absl::Status StartServer();
  void Tick();
  void KeyTick();
  void ReloadKeys();
  std::string KeyProblem(const NodeSession& session) const;
  void Stop();

  const HubConfig config;
  const Clock* const clock;
  Random* const random;
  const std::unique_ptr<GatedExecutor> loop;
  GatedExecutor& gate;
  Refusals refusals;
  Reception reception;
  std::unique_ptr<auth::Keyring> keyring;
  std::unique_ptr<auth::HubTls> tls;
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
  absl::Status last_key_error, last_tls_error;  // on the loop; each is logged once
  bool stopped = false;
};

absl::Status Hub::Parts::Open() {
  ORCH_ASSIGN_OR_RETURN(keyring, auth::Keyring::Load(config.credentials));
  ORCH_ASSIGN_OR_RETURN(tls, auth::HubTls::Load(config.tls, keyring.get(), clock));
  ORCH_ASSIGN_OR_RETURN(door, Door::Listen(config.listen,
                                           {.plaintext = config.plaintext,
                                            .local_group = config.local_group,
                                            .max_strangers = config.max_handshakes,
                                            .max_strangers_per_source = config.max_unauthenticated_per_source,
                                            .max_connections = config.max_nodes + config.max_clients},
                                           tls.get(), keyring.get(), &reception, &refusals, clock, random));
  queries =
      std::make_unique<Queries>(&registry, &ddls, &dispatcher, &store, &refusals.counters(), &fleet.conflicts(), clock,
                                HubFacts{kVersion, config.identity, absl::StrJoin(door->addresses(), ", "),
                                         std::string(auth::MtlsModeName(config.tls.mode)), clock->Now()});
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
    if (const JobRun* run = dispatcher.RunOf(job_id)) ListOpenTasks(run->state(), kMaxOpenTasks, response);
  });
  watch.SetListener(
      [this](auto kind, absl::string_view identity, absl::string_view note) { events.OnNode(kind, identity, note); });
  ORCH_RETURN_IF_ERROR(StartServer());
  gate.Post([this] {
    fleet.SetKeyProblem([this](const NodeSession& session) { return KeyProblem(session); });
    Tick();
    KeyTick();
  });
  if (config.port_file.empty()) return absl::OkStatus();
  return WriteFileDurably(config.port_file, absl::StrCat(door->addresses().front(), "\n"), 0644);
}

absl::Status Hub::Parts::StartServer() {
  node_service = std::make_unique<NodeService>(&reception, keyring.get(), &fleet, clock, random, &gate,
                                               NodeSession::Options{config.heartbeat, kVersion});
  orchestrator_service = std::make_unique<OrchestratorService>(
      OrchestratorService::Rooms{&reception, door.get(), &invocations, queries.get(), &dispatcher, job_queries.get(),
                                 &events, &watch, clock, random, &gate, &fleet, &fleet_queries});
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder, config.max_nodes);
  builder.RegisterService(node_service.get());
  builder.RegisterService(orchestrator_service.get());
  // gRPC listens nowhere itself: every connection comes from the door, which knows who is at its other end.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  server = builder.BuildAndStart();
  if (server == nullptr) return absl::InternalError("gRPC cannot start its server; its log at level debug says why");
  door->Serve(std::move(acceptor));
  return absl::OkStatus();
}

void Hub::Parts::Tick() {
  fleet.Tick();
  store.Expire();
  gate.PostAfter(kTick, [this] { Tick(); });
}

void Hub::Parts::KeyTick() {
  ReloadKeys();
  gate.PostAfter(kKeyTick, [this] { KeyTick(); });
}

void Hub::Parts::ReloadKeys() {
  bool keys_changed = false;
  if (const absl::Status status = keyring->ReloadIfChanged(&keys_changed); status != last_key_error) {
    last_key_error = status;
    if (!status.ok()) {
      LogError("credentials not re-read; the old keys stay in force", {{"reason", std::string(status.message())}});
    }
  }
  bool tls_changed = false;
  if (const absl::Status status = tls->ReloadIfChanged(&tls_changed); status != last_tls_error) {
    last_tls_error = status;
    if (!status.ok()) {
      LogError("certificates not re-read; the old ones stay in force", {{"reason", std::string(status.message())}});
    }
  }
  if (tls_changed) LogInfo("certificates re-read");
  if (keys_changed) LogInfo("credentials re-read", {{"keys", absl::StrJoin(keyring->key_ids(), " ")}});
  if (!keys_changed && !tls_changed) return;
  // A node whose key is gone, or another one under the same id, has no standing any more: it hears so, then is cut.
  fleet.Dismiss([this](const NodeSession& session) { return KeyProblem(session); }, absl::ZeroDuration());
  gate.PostAfter(kFarewell, [this] { door->Recheck(); });
}

std::string Hub::Parts::KeyProblem(const NodeSession& session) const {
  if (keyring->IsBanned(auth::PeerKind::kNode, session.identity())) {
    return "this node is banned in the hub's credentials file";
  }
  const auto key = keyring->DerivedKey(session.key().id, auth::PeerKind::kNode, session.identity());
  if (key.ok() && *key == session.key().bytes) return "";
  return absl::StrCat("key ", session.key().id, " is no longer in the hub's credentials; give the node the new one");
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
  door->Stop();
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

const std::vector<std::string>& Hub::addresses() const { return parts_->door->addresses(); }

void Hub::Reload() {
  parts_->gate.Post([parts = parts_.get()] { parts->ReloadKeys(); });
}

void Hub::Stop() { parts_->Stop(); }

}  // namespace orch::hub
