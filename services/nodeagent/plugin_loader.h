// Reads the node's plugins away from the loop, one load at a time, and hands finished catalogs over.
// Requests that come during a load are served by the next. Owned by Agent; loop only, except where
// said otherwise.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "actions/catalog/build_catalog.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/process/cancel_token.h"

namespace orch::nodeagent {

class PluginLoader {
 public:
  static constexpr size_t kMaxWaiting = 256;  // requests, at most
  using Background = std::function<void(absl::AnyInvocable<void()> work)>;
  using CatalogPtr = std::shared_ptr<const actions::Catalog>;
  using Done = std::function<void(absl::Status)>;

  // `changed` gets each catalog before the requests it serves are told.
  PluginLoader(const Clock* clock, Executor* executor, Background background,
               std::function<void(CatalogPtr catalog)> changed);

  // Blocks: before the loop runs.
  CatalogPtr LoadNow(const actions::CatalogOptions& options);
  // Loads all plugins, or with options.only that one beside the others of the last catalog; `done` (may be
  // null) is told on the loop: NotFound and FailedPrecondition as actions::NodeControl says.
  void Load(actions::CatalogOptions options, Done done);
  // Ends programs that are being asked whether to activate. Any thread.
  void Cancel() { cancel_.Cancel(); }

 private:
  struct Request {
    actions::CatalogOptions options;
    Done done;
  };
  void Next();
  void Finish(std::shared_ptr<actions::Catalog> loaded);
  // What became of the one plugin that was to be loaded.
  absl::Status Take(const Request& request, std::shared_ptr<actions::Catalog> loaded);

  const Clock* const clock_;
  Executor* const executor_;
  const Background background_;
  const std::function<void(CatalogPtr)> changed_;
  Lifetime lifetime_;
  CancelToken cancel_;
  CatalogPtr current_ = std::make_shared<actions::Catalog>();
  std::vector<Request> waiting_;  // the first is being served while loading_
  bool loading_ = false;
};

}  // namespace orch::nodeagent
