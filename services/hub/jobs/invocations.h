// From an Invoke request to a job, step by step: checks the request, plans it (Invocation) off the hub's loop, and
// starts the job on it. Thread-safe; owned by Hub.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/approvals.h"
#include "services/hub/jobs/dispatcher.h"
#include "services/hub/jobs/invocation.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/questions.h"

namespace orch::hub {

class Invocations {
 public:
  // `ddls`, `dispatcher` and `approvals` are used on the loop only.
  struct Dependencies {
    Questions* questions;
    DdlCache* ddls;
    Dispatcher* dispatcher;
    const AccessControl* access;
    Approvals* approvals;
    Random* random;
    const Clock* clock;
    Executor* loop;
  };
  explicit Invocations(Dependencies dependencies) : deps_(dependencies) {}

  // Ends the sink with an error, or starts a job that writes to it. A call that has ended before its job begins starts
  // none.
  void Run(const v1::InvokeRequest& request, const auth::Caller& caller, std::shared_ptr<JobWatch::Sink> client);

 private:
  using Client = std::shared_ptr<JobWatch::Sink>;

  void Plan(std::shared_ptr<Invocation> invocation, Client client, bool may_wait);
  // On the loop.
  void OnPlanned(std::shared_ptr<Invocation> invocation, Client client, bool may_wait, const absl::Status& planned);
  void Start(Invocation* invocation, const Client& client);

  const Dependencies deps_;
};

}  // namespace orch::hub
