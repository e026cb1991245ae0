#include "services/nodeagent/plugin_loader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/lifetime.h"
#include "base/log.h"

namespace orch::nodeagent {
namespace {

void LogProblems(const actions::Catalog& before, const actions::Catalog& after) {
  for (const actions::Catalog::Problem& problem : after.problems()) {
    const auto same = [&problem](const actions::Catalog::Problem& old) {
      return old.plugin == problem.plugin && old.reason == problem.reason;
    };
    if (std::any_of(before.problems().begin(), before.problems().end(), same)) continue;
    LogWarning("plugin not loaded", {{"plugin", problem.plugin}, {"why", problem.reason}});
  }
}

}  // namespace

PluginLoader::PluginLoader(const Clock* clock, Executor* executor, Background background,
                           std::function<void(CatalogPtr)> changed)
    : clock_(clock), executor_(executor), background_(std::move(background)), changed_(std::move(changed)) {}

PluginLoader::CatalogPtr PluginLoader::LoadNow(const actions::CatalogOptions& options) {
  const CatalogPtr before = std::exchange(current_, actions::BuildCatalog(options, clock_, &cancel_));
  LogProblems(*before, *current_);
  return current_;
}

void PluginLoader::Load(actions::CatalogOptions options, Done done) {
  if (waiting_.size() >= kMaxWaiting) {
    if (done != nullptr) done(absl::ResourceExhaustedError("too many reloads wait already; try again shortly"));
    return;
  }
  waiting_.push_back({std::move(options), std::move(done)});
  if (!loading_) Next();
}

void PluginLoader::Next() {
  loading_ = true;
  Lifetime::Watch alive = lifetime_.watch();
  background_([this, alive, options = waiting_.front().options] {
    std::shared_ptr<actions::Catalog> loaded = actions::BuildCatalog(options, clock_, &cancel_);
    executor_->Post([this, alive, loaded = std::move(loaded)]() mutable {
      if (!alive.ended()) Finish(std::move(loaded));
    });
  });
}

void PluginLoader::Finish(std::shared_ptr<actions::Catalog> loaded) {
  const Request request = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  const CatalogPtr before = current_;
  const absl::Status status = Take(request, std::move(loaded));
  LogProblems(*before, *current_);
  if (current_ != before) {
    LogInfo("plugins reloaded", {{"plugins", absl::StrCat(current_->plugins().size())},
                                 {"not_loaded", absl::StrCat(current_->problems().size())}});
    changed_(current_);
  }
  if (request.done != nullptr) request.done(status);
  loading_ = false;
  if (!waiting_.empty()) Next();
}

absl::Status PluginLoader::Take(const Request& request, std::shared_ptr<actions::Catalog> loaded) {
  const std::string& name = request.options.only;
  if (name.empty()) {
    current_ = std::move(loaded);
    return absl::OkStatus();
  }
  const std::shared_ptr<actions::Plugin> plugin = loaded->Find(name);
  std::vector<std::string> reasons;
  for (const actions::Catalog::Problem& problem : loaded->problems()) reasons.push_back(problem.reason);
  const bool known = current_->Find(name) != nullptr ||
                     std::any_of(current_->problems().begin(), current_->problems().end(),
                                 [&name](const actions::Catalog::Problem& problem) { return problem.plugin == name; });
  if (plugin == nullptr && reasons.empty() && !known) {
    return absl::NotFoundError(absl::StrCat("plugin ", name, " is not on this node"));
  }
  auto next = std::make_shared<actions::Catalog>(*current_);
  next->Remove(name);
  if (plugin != nullptr) next->Add(plugin);
  for (const std::string& reason : reasons) next->AddProblem({name, reason});
  current_ = std::move(next);
  if (!reasons.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("plugin ", name, " cannot be loaded: ", absl::StrJoin(reasons, "; ")));
  }
  if (plugin != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("plugin ", name, " is no longer offered: it is not installed, or does not want to serve this node"));
}

}  // namespace orch::nodeagent
