// Reads the node's plugins away from the loop, one load at a time, and hands over finished catalogs. Requests that
// arrive during a load are served one by one afterwards. Owned by Agent; used on the loop, except where said otherwise.
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
  static constexpr size_t kMaxWaiting = 256;  // requests
  using Background = std::function<void(absl::AnyInvocable<void()> work)>;
  using CatalogPtr = std::shared_ptr<const actions::Catalog>;
  using Done = std::function<void(absl::Status)>;

  // `changed` gets each new catalog before `done` of the request is called.
  PluginLoader(const Clock* clock, Executor* executor, Background background,
               std::function<void(CatalogPtr catalog)> changed);

  // Blocks. Call before the loop runs.
  CatalogPtr LoadNow(const actions::CatalogOptions& options);
  // Loads all plugins, or with options.only replaces that plugin in the last catalog. Calls `done`, which may be null,
  // on the loop, with NotFound and FailedPrecondition as actions::NodeControl describes.
  void Load(actions::CatalogOptions options, Done done);
  // Ends the programs that decide whether a plugin is active. Any thread.
  void Cancel() { cancel_.Cancel(); }

 private:
  struct Request {
    actions::CatalogOptions options;
    Done done;
  };
  void Next();
  void Finish(std::shared_ptr<actions::Catalog> loaded);
  // Puts what was loaded into the catalog; the status says what became of the one plugin that options.only names.
  absl::Status Take(const Request& request, std::shared_ptr<actions::Catalog> loaded);

  const Clock* const clock_;
  Executor* const executor_;
  const Background background_;
  const std::function<void(CatalogPtr)> changed_;
  Lifetime lifetime_;
  CancelToken cancel_;
  CatalogPtr current_ = std::make_shared<actions::Catalog>();
  std::vector<Request> waiting_;  // while loading_, the first one is being served
  bool loading_ = false;
};

}  // namespace orch::nodeagent
