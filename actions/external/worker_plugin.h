// Provider "worker": the program stays and is asked again; the messages of the external agent
// protocol, one object a line, go over its standard input and output. Settings: NAME.processes, how
// many may run at once (4), NAME.idle, after how many seconds without a request they end (600).
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "actions/external/private_folder.h"
#include "actions/external/program_plugin.h"
#include "actions/worker/warm_worker.h"
#include "base/mutex.h"

namespace orch::actions {

class WorkerPlugin final : public ProgramPlugin {
 public:
  static absl::StatusOr<std::shared_ptr<ProgramPlugin>> Create(Source source);
  struct Limits {
    size_t processes = 4;
    absl::Duration idle = absl::Minutes(10);
  };
  WorkerPlugin(Source source, std::string program, Limits limits);

  // Its processes live in the agent.
  bool NeedsAgent(absl::string_view) const override { return true; }
  // Asks a process of its own, which then ends: a plugin nobody uses costs nothing.
  absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) override;

 protected:
  Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) override;

 private:
  ProcessSpec SpecIn(const PrivateFolder& folder) const;
  // The processes, with current facts beside them.
  absl::StatusOr<WarmWorker*> Ready(const std::shared_ptr<const Json>& facts);

  const std::string program_;
  const Limits limits_;
  Mutex mu_;
  std::unique_ptr<PrivateFolder> folder_ ABSL_GUARDED_BY(mu_);  // their working folder; null before the first call
  std::shared_ptr<const Json> facts_ ABSL_GUARDED_BY(mu_);      // those written there
  std::unique_ptr<WarmWorker> worker_ ABSL_GUARDED_BY(mu_);     // after folder_: they end before it goes
};

}  // namespace orch::actions
