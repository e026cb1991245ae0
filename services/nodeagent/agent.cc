#include "services/nodeagent/agent.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/catalog/builtin_catalog.h"
#include "actions/external/private_folder.h"
#include "actions/plugins/shell/shell_jobs.h"
#include "auth/credentials_editor.h"
#include "auth/keyring.h"
#include "auth/peer_tls.h"
#include "base/lifetime.h"
#include "base/log.h"
#include "base/process/find_program.h"
#include "base/process/process_cgroup.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "services/nodeagent/awaited_status.h"
#include "services/nodeagent/compose_snapshot.h"
#include "services/nodeagent/memory_tidy.h"

namespace orch::nodeagent {
namespace {

Inventory::Options InventoryOptions(const AgentConfig& config) { return {config.facts, config.classes_files}; }

HubLink::Options LinkOptions(const AgentConfig& config) {
  return {.hubs = config.hubs, .reconnect_min = config.reconnect_min, .reconnect_max = config.reconnect_max};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Create(AgentConfig config, Dependencies dependencies) {
  if (config.hubs.empty()) return absl::InvalidArgumentError("no hub is configured");
  std::unique_ptr<Agent> agent(new Agent(std::move(config), std::move(dependencies)));
  ORCH_RETURN_IF_ERROR(agent->OpenState());
  ORCH_RETURN_IF_ERROR(agent->OpenAudit());
  agent->Wire();
  return agent;
}

Agent::Agent(AgentConfig config, Dependencies dependencies)
    : config_(std::move(config)),
      deps_(std::move(dependencies)),
      puppet_(actions::MakePuppetMemory()),
      shell_jobs_(std::make_shared<actions::ShellJobs>(deps_.clock, deps_.random)),
      catalog_(deps_.catalog) {
  state_ = std::make_unique<AgentState>(deps_.clock, AgentState::Options{config_.file, config_.Public()});
  state_->SetBuiltins(Builtins());
  standing_ = std::make_unique<StandingFile>("", deps_.clock);
  Inventory::Background background = deps_.background;
  if (background == nullptr) {
    background = [this](absl::AnyInvocable<void()> work) {
      background_.Run([work = std::move(work)]() mutable {
        work();
        TidyMemory();  // parsing leaves holes
      });
    };
  }
  inventory_ = std::make_unique<Inventory>(InventoryOptions(config_), deps_.clock, deps_.loop, std::move(background),
                                           [this](const Inventory::Found& found) { ApplySnapshot(found); });
}

absl::Status Agent::OpenState() {
  if (config_.state_dir.empty()) return absl::OkStatus();
  ORCH_ASSIGN_OR_RETURN(state_dir_, StateDir::Open(config_.state_dir));
  actions::PrivateFolder::SweepLeft();
  SweepCgroups();
  ORCH_ASSIGN_OR_RETURN(journal_, Journal::Open(state_dir_->journal(), deps_.clock));
  standing_ = std::make_unique<StandingFile>(state_dir_->standing(), deps_.clock);
  if (const absl::Status loaded = standing_->Load(); !loaded.ok()) {
    LogWarning("what the hub has said of this node is lost", {{"reason", std::string(loaded.message())}});
  }
  if (deps_.task_runner.empty()) return absl::OkStatus();
  if (absl::StatusOr<std::string> program = FindProgram(deps_.task_runner); !program.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(program.status().message(), "; it belongs beside orch-nodeagent: install both anew"));
  }
  processes_ = std::make_unique<TaskProcesses>(state_dir_->tasks(), deps_.task_runner);
  return absl::OkStatus();
}

absl::Status Agent::OpenAudit() {
  if (!config_.audit.path.empty()) {
    ORCH_ASSIGN_OR_RETURN(audit_, auth::AuditLog::Create(config_.audit, deps_.clock));
    const absl::Status started =
        audit_->Write({"agent.start", "changed", "", "", {{"node", config_.identity}, {"version", kVersion}}});
    if (!started.ok() && audit_->required()) return started;
  }
  if (state_dir_ == nullptr) return absl::OkStatus();
  audit_memory_ = std::make_unique<AuditMemory>(
      state_dir_->audit_heads(), deps_.clock, deps_.loop,
      [this](const std::string& hub, const std::string& text) { OnHubWentBack(hub, text); });
  return absl::OkStatus();
}

void Agent::OnHubWentBack(const std::string& hub, const std::string& text) {
  LogError("the hub's audit log went back", {{"hub", hub}, {"what", text}});
  if (audit_ != nullptr) audit_->Write({"audit.head_differs", "refused", "", text, {{"hub", hub}}}).IgnoreError();
}

void Agent::FlushAudit() {
  gate_->FlushAudit();
  Lifetime::Watch alive = lifetime_.watch();
  deps_.loop->PostAfter(kAuditFlushEvery, [this, alive] {
    if (!alive.ended()) FlushAudit();
  });
}

void Agent::Wire() {
  task_template_.Set(config_);
  policy_ = std::make_unique<NodePolicy>(config_.policies, deps_.clock,
                                         [this] { PostToLoop([this] { ApplySnapshot(Inventory::Found(found_)); }); });
  found_ = inventory_->CollectNow();
  MakeCatalog();
  MakeSnapshot(Inventory::Found(found_));
  state_->SetControl(this);
  MakeGate();
  gate_->Recover();
  MakeLink();
}

void Agent::MakeGate() {
  Lifetime::Watch alive = lifetime_.watch();
  gate_ = std::make_unique<CommandGate>(
      config_.identity, TaskRunner::Options{static_cast<size_t>(config_.workers), static_cast<size_t>(config_.queue)},
      CommandGate::Dependencies{deps_.clock, deps_.random, deps_.loop, state_.get(), journal_.get(), processes_.get(),
                                policy_.get(), audit_.get(), [this] { return task_template_.For(*state_->snapshot()); },
                                [this](auth::Key key) { TakeNewKey(key); },
                                [this](const v1::NodeStanding& standing, int64_t issued_at_us) {
                                  if (standing_->Take(standing, issued_at_us)) OnStanding();
                                }},
      [this, alive, loop = deps_.loop](v1::Envelope update) {
        loop->Post([this, alive, update = std::move(update)]() mutable {
          if (!alive.ended()) link_->SendUpdate(std::move(update));
        });
      });
}

void Agent::MakeLink() {
  link_ = std::make_unique<HubLink>(
      LinkOptions(config_), HubLink::Dependencies{deps_.clock, deps_.random, deps_.loop}, state_->snapshot(),
      HubLink::Callbacks{.prove = [this](const Address& hub) { return Prove(hub); },
                         .command = [this](const v1::Envelope& command) { gate_->Handle(command); },
                         .attached =
                             [this](bool attached, const std::string& what) {
                               gate_->OnAttached(attached);
                               if (deps_.on_attached != nullptr) deps_.on_attached(attached, what);
                             },
                         .remembered_head =
                             [this](const std::string& hub) {
                               return audit_memory_ == nullptr ? v1::AuditHead() : audit_memory_->Of(hub);
                             },
                         .audit_head =
                             [this](const std::string& hub, const v1::AuditHead& head) {
                               if (audit_memory_ != nullptr) audit_memory_->OnHead(hub, head);
                             },
                         .output_allowed = [this](bool allowed) { gate_->SetOutputAllowed(allowed); }});
}

// Reads the credentials at each attempt, so that a new key needs no restart.
absl::StatusOr<HubLink::Proof> Agent::Prove(const Address& hub) {
  ORCH_ASSIGN_OR_RETURN(auth::PeerKey key,
                        auth::LoadPeerKey(config_.credentials, auth::PeerKind::kNode, config_.identity));
  gate_->SetKey(key.key);
  // The hub learns the terms of the key in the handshake, except in one by certificate.
  HubLink::Proof proof{.key_id = absl::StrCat(key.key.id, config_.tls.by_certificate() ? TermsText(key.key.terms) : ""),
                       .security = nullptr};
  ORCH_ASSIGN_OR_RETURN(proof.security,
                        auth::MakePeerSecurity(config_.tls, {auth::PeerKind::kNode, config_.identity, std::move(key)},
                                               hub, deps_.random));
  return proof;
}

// The stream is begun anew with the key. The pause spreads the nodes of a fleet, which all get a key at once.
void Agent::TakeNewKey(const auth::Key& key) {
  const absl::Status written = auth::PutPeerKey(config_.credentials, auth::PeerKind::kNode, config_.identity, key);
  if (!written.ok()) {
    LogError("the hub's new key for this node is not kept; the old one stays in use",
             {{"why", std::string(written.message())}});
    return;
  }
  LogInfo("new key from the hub", {{"key", key.id}});
  Lifetime::Watch alive = lifetime_.watch();
  deps_.loop->PostAfter(deps_.random->Uniform() * kNewKeyPause, [this, alive] {
    if (!alive.ended()) link_->Renew("this node has a new key");
  });
}

Agent::~Agent() {
  lifetime_.End();
  if (gate_ != nullptr) gate_->FlushAudit(/*all=*/true);
  if (audit_ != nullptr) audit_->Write({"agent.stop", "changed", "", "", {{"node", config_.identity}}}).IgnoreError();
  inventory_->Cancel();
  if (plugins_ != nullptr) plugins_->Cancel();  // null when it could not be made
  background_.Join();
  plugin_background_.Join();
}

void Agent::MakeCatalog() {
  plugins_ = std::make_unique<PluginLoader>(
      deps_.clock, deps_.loop, [this](absl::AnyInvocable<void()> work) { plugin_background_.Run(std::move(work)); },
      [this](std::shared_ptr<const actions::Catalog> catalog) { OnCatalog(std::move(catalog)); });
  if (catalog_ == nullptr) catalog_ = plugins_->LoadNow(CatalogOptionsFor(""));
}

actions::CatalogOptions Agent::CatalogOptionsFor(const std::string& only) const {
  return {.builtin = Builtins(),
          .plugin_directories = config_.plugin_directories,
          .mcollective_libdirs = config_.mcollective_libdirs,
          .identity = config_.identity,
          .collectives = config_.collectives,
          .main_collective = config_.main_collective,
          .facts = FactsWithLabels(found_.facts.facts, standing_->now().get()),
          .only = only};
}

void Agent::OnCatalog(std::shared_ptr<const actions::Catalog> catalog) {
  catalog_ = std::move(catalog);
  ApplySnapshot(Inventory::Found(found_));
}

absl::Status Agent::ReloadPlugins(const std::string& only, absl::Duration timeout) {
  if (deps_.catalog != nullptr) return absl::FailedPreconditionError("this node's plugins are fixed");
  auto outcome = std::make_shared<AwaitedStatus>();
  PostToLoop([this, only, outcome] {
    plugins_->Load(CatalogOptionsFor(only), [outcome](absl::Status status) { outcome->Set(std::move(status)); });
  });
  return outcome->Await(timeout,
                        absl::DeadlineExceededError("the plugins are still being read; they will be offered then"));
}

absl::Status Agent::Exit(const std::string& why) {
  if (deps_.on_exit == nullptr) return absl::FailedPreconditionError("this node agent cannot be ended from afar");
  PostToLoop([this, why] { deps_.on_exit(why); });
  return absl::OkStatus();
}

void Agent::PostToLoop(absl::AnyInvocable<void()> task) {
  Lifetime::Watch alive = lifetime_.watch();
  deps_.loop->Post([alive, task = std::move(task)]() mutable {
    if (!alive.ended()) task();
  });
}

void Agent::MakeSnapshot(const Inventory::Found& found) {
  found_ = found;
  std::vector<std::string> problems = policy_->Problems();
  if (journal_ != nullptr) {
    for (std::string& problem : journal_->Problems()) problems.push_back(std::move(problem));
  }
  std::shared_ptr<const NodeSnapshot> next = ComposeSnapshot(config_, found, *catalog_, problems, standing_->now());
  if (next->problems != state_->snapshot()->problems) {
    for (const std::string& problem : next->problems) LogWarning("problem on this node", {{"what", problem}});
  }
  state_->Set({std::move(next), catalog_});
}

void Agent::ApplySnapshot(const Inventory::Found& found) {
  MakeSnapshot(found);
  link_->OnSnapshot(state_->snapshot());
}

// The next command is decided by the new standing. The link, in whose call this is, hears of it afterwards.
void Agent::OnStanding() {
  MakeSnapshot(Inventory::Found(found_));
  PostToLoop([this] { link_->OnSnapshot(state_->snapshot()); });
}

void Agent::Start() {
  PostToLoop([this] {
    link_->Start();
    if (audit_ != nullptr) FlushAudit();
    inventory_->Start();
    WatchPolicy();
  });
  // Returns the memory that only the start needed, once the node is attached; not in tests, which share a process.
  if (deps_.background == nullptr) deps_.loop->PostAfter(kTidyAfter, TidyMemory);
}

void Agent::WatchPolicy() {
  policy_->Look();
  Lifetime::Watch alive = lifetime_.watch();
  deps_.loop->PostAfter(kPolicyWatch, [this, alive] {
    if (!alive.ended()) WatchPolicy();
  });
}

void Agent::Reload(AgentConfig config) {
  PostToLoop([this, config = std::move(config)]() mutable {
    if (config.identity != config_.identity || config.HubNames() != config_.HubNames()) {
      LogWarning("a changed hub or identity takes effect with the next restart", {});
    }
    config_.facts = config.facts;
    config_.classes_files = config.classes_files;
    config_.collectives = config.collectives;
    config_.main_collective = config.main_collective;
    config_.plugin_settings = config.plugin_settings;
    state_->SetPublicConfig(config_.Public());
    state_->SetBuiltins(Builtins());
    config_.plugin_directories = config.plugin_directories;
    config_.mcollective_libdirs = config.mcollective_libdirs;
    task_template_.Set(config_);
    config_.policies = config.policies;
    policy_->SetOptions(config_.policies);
    ApplySnapshot(Inventory::Found(found_));
    if (deps_.catalog == nullptr) plugins_->Load(CatalogOptionsFor(""), nullptr);
    inventory_->SetOptions(InventoryOptions(config_));
  });
}

void Agent::BeginStop(absl::Duration grace, std::function<void(size_t)> stopped) {
  PostToLoop([this, grace, stopped = std::move(stopped)]() mutable {
    if (stopped_ != nullptr || link_stopping_) return;
    stopped_ = std::move(stopped);
    inventory_->Cancel();
    plugins_->Cancel();
    Lifetime::Watch alive = lifetime_.watch();
    gate_->Drain([this, alive] {
      if (!alive.ended()) StopLink();
    });
    deps_.loop->PostAfter(grace, [this, alive] {
      if (!alive.ended()) CancelTasks();
    });
  });
}

void Agent::CancelTasks() {
  if (link_stopping_) return;
  LogWarning("ending tasks that did not end within the grace", {{"tasks", absl::StrCat(gate_->active_tasks())}});
  gate_->CancelAll("the node agent is stopping");
  Lifetime::Watch alive = lifetime_.watch();
  deps_.loop->PostAfter(kTaskEndWait, [this, alive] {
    if (!alive.ended()) StopLink();
  });
}

void Agent::StopLink() {
  if (std::exchange(link_stopping_, true)) return;
  link_->Stop(kFlushWait, [this] { std::exchange(stopped_, nullptr)(gate_->active_tasks()); });
}

}  // namespace orch::nodeagent
