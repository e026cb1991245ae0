// The provider "worker": the program stays and answers further requests. The messages are those of the external agent
// protocol, one object a line, on its standard input and output. Settings: NAME.processes, the maximum number of
// processes (4), and NAME.idle, the seconds without a request after which a process ends (600). Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "actions/external/private_folder.h"
#include "actions/external/program_plugin.h"
#include "actions/worker/warm_worker.h"
#include "base/mutex.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"

namespace orch::actions {

class WorkerPlugin final : public ProgramPlugin {
 public:
  static absl::StatusOr<std::shared_ptr<ProgramPlugin>> Create(Source source);
  struct Limits {
    size_t processes = 4;
    absl::Duration idle = absl::Minutes(10);
  };
  WorkerPlugin(Source source, std::string program, Limits limits);

  // True, because its processes belong to the agent.
  bool NeedsAgent(absl::string_view) const override { return true; }
  // Asks a process that then ends, so that an unused plugin costs nothing.
  absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) override;

 protected:
  Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) override;

 private:
  ProcessSpec SpecIn(const PrivateFolder& folder) const;
  // Returns the processes after writing the current facts for them.
  absl::StatusOr<WarmWorker*> Ready(const std::shared_ptr<const Json>& facts);

  const std::string program_;
  const Limits limits_;
  Mutex mu_;
  std::unique_ptr<PrivateFolder> folder_
      ABSL_GUARDED_BY(mu_);  // working folder of the processes; null before the first call
  std::shared_ptr<const Json> facts_ ABSL_GUARDED_BY(mu_);   // the facts written there
  std::unique_ptr<WarmWorker> worker_ ABSL_GUARDED_BY(mu_);  // declared after folder_, so that the processes end first
};

}  // namespace orch::actions
