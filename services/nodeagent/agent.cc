#include "services/nodeagent/agent.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/version.h"
#include "services/nodeagent/memory_tidy.h"

namespace orch::nodeagent {
namespace {

std::shared_ptr<const actions::Catalog> MakeCatalog(const actions::BuiltinOptions& builtins, const Clock* clock) {
  std::shared_ptr<const actions::Catalog> catalog = actions::BuiltinCatalog(builtins, clock);
  for (const actions::Catalog::Problem& problem : catalog->problems()) {
    LogWarning("plugin not loaded", {{"plugin", problem.plugin}, {"why", problem.reason}});
  }
  return catalog;
}

Inventory::Options InventoryOptions(const AgentConfig& config) { return {config.facts, config.classes_files}; }

HubLink::Options LinkOptions(const AgentConfig& config) {
  return {.hubs = config.hubs,
          .identity = config.identity,
          .tls = config.tls,
          .reconnect_min = config.reconnect_min,
          .reconnect_max = config.reconnect_max};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Create(AgentConfig config, Dependencies dependencies) {
  if (config.hubs.empty()) return absl::InvalidArgumentError("no hub is configured");
  return std::unique_ptr<Agent>(new Agent(std::move(config), std::move(dependencies)));
}

Agent::Agent(AgentConfig config, Dependencies dependencies)
    : config_(std::move(config)),
      deps_(std::move(dependencies)),
      puppet_(actions::MakePuppetMemory()),
      catalog_(deps_.catalog != nullptr ? deps_.catalog : MakeCatalog(Builtins(), deps_.clock)) {
  state_ = std::make_unique<AgentState>(deps_.clock, AgentState::Options{config_.file, config_.Public()},
                                        std::make_shared<NodeSnapshot>());
  state_->SetBuiltins(Builtins());
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
  MakeSnapshot(inventory_->CollectNow());
  std::weak_ptr<bool> alive = alive_;
  launcher_ = std::make_unique<Launcher>(
      config_.identity, TaskRunner::Options{static_cast<size_t>(config_.workers), static_cast<size_t>(config_.queue)},
      Launcher::Dependencies{deps_.clock, deps_.random, deps_.loop, state_.get()},
      [this, alive, loop = deps_.loop](v1::Envelope update) {
        loop->Post([this, alive, update = std::move(update)]() mutable {
          if (alive.lock() != nullptr && !link_->SendUpdate(std::move(update))) ++state_->counters().lost_updates;
        });
      });
  link_ = std::make_unique<HubLink>(
      LinkOptions(config_), HubLink::Dependencies{deps_.clock, deps_.random, deps_.loop},
      HubLink::Callbacks{.load_key = [this]() -> absl::StatusOr<auth::Key> {
                           absl::StatusOr<auth::Key> key =
                               auth::LoadPeerKey(config_.credentials, auth::PeerKind::kNode, config_.identity);
                           if (key.ok()) launcher_->SetKey(*key);
                           return key;
                         },
                         .snapshot = [this] { return state_->snapshot(); },
                         .command = [this](const v1::Envelope& command) { launcher_->Handle(command); },
                         .attached =
                             [this](bool attached, const std::string& what) {
                               if (deps_.on_attached != nullptr) deps_.on_attached(attached, what);
                             }});
}

Agent::~Agent() {
  *alive_ = false;
  inventory_->Cancel();
  background_.Join();
}

void Agent::PostToLoop(absl::AnyInvocable<void()> task) {
  std::weak_ptr<bool> alive = alive_;
  deps_.loop->Post([alive, task = std::move(task)]() mutable {
    if (alive.lock() != nullptr) task();
  });
}

void Agent::MakeSnapshot(const Inventory::Found& found) {
  found_ = found;
  auto next = std::make_shared<NodeSnapshot>();
  next->identity = config_.identity;
  next->version = kVersion;
  next->collectives = config_.collectives;
  next->main_collective = config_.main_collective;
  next->facts = found.facts.facts;
  next->classes = found.classes.names;
  next->catalog = catalog_;
  for (const actions::Catalog::Problem& problem : catalog_->problems()) {
    next->problems.push_back(absl::StrCat("plugin ", problem.plugin, ": ", problem.reason));
  }
  next->problems.insert(next->problems.end(), found.facts.problems.begin(), found.facts.problems.end());
  if (!found.classes.problem.empty()) next->problems.push_back(found.classes.problem);
  next->problems = CapProblems(std::move(next->problems));
  if (next->problems != state_->snapshot()->problems) {
    for (const std::string& problem : next->problems) LogWarning("problem on this node", {{"what", problem}});
  }
  state_->SetSnapshot(std::move(next));
}

void Agent::ApplySnapshot(const Inventory::Found& found) {
  MakeSnapshot(found);
  link_->OnSnapshot();
}

void Agent::Start() {
  PostToLoop([this] {
    link_->Start();
    inventory_->Start();
  });
  // In a process of its own: what only the start needed, once the node is attached.
  if (deps_.background == nullptr) deps_.loop->PostAfter(kTidyAfter, TidyMemory);
}

void Agent::Reload(AgentConfig config) {
  PostToLoop([this, config = std::move(config)]() mutable {
    if (config.identity != config_.identity || config.hubs != config_.hubs) {
      LogWarning("a changed hub or identity takes effect with the next restart", {});
    }
    config_.facts = config.facts;
    config_.classes_files = config.classes_files;
    config_.collectives = config.collectives;
    config_.main_collective = config.main_collective;
    config_.plugin_settings = config.plugin_settings;
    state_->SetPublicConfig(config_.Public());
    state_->SetBuiltins(Builtins());
    if (deps_.catalog == nullptr) catalog_ = MakeCatalog(Builtins(), deps_.clock);
    ApplySnapshot(Inventory::Found(found_));
    inventory_->SetOptions(InventoryOptions(config_));
  });
}

void Agent::BeginStop(absl::Duration grace, std::function<void(size_t)> stopped) {
  PostToLoop([this, grace, stopped = std::move(stopped)]() mutable {
    if (stopped_ != nullptr || link_stopping_) return;
    stopped_ = std::move(stopped);
    inventory_->Cancel();
    std::weak_ptr<bool> alive = alive_;
    launcher_->Drain([this, alive] {
      if (alive.lock() != nullptr) StopLink();
    });
    deps_.loop->PostAfter(grace, [this, alive] {
      if (alive.lock() != nullptr) CancelTasks();
    });
  });
}

void Agent::CancelTasks() {
  if (link_stopping_) return;
  LogWarning("ending tasks that did not end within the grace", {{"tasks", absl::StrCat(launcher_->active_tasks())}});
  launcher_->CancelAll("the node agent is stopping");
  std::weak_ptr<bool> alive = alive_;
  deps_.loop->PostAfter(kTaskEndWait, [this, alive] {
    if (alive.lock() != nullptr) StopLink();
  });
}

void Agent::StopLink() {
  if (std::exchange(link_stopping_, true)) return;
  link_->Stop(kFlushWait, [this] { std::exchange(stopped_, nullptr)(launcher_->active_tasks()); });
}

}  // namespace orch::nodeagent
