// Answers questions about nodes and their facts; finds the answers off the loop. Owned by the hub. Thread-safe; changes
// nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/asker.h"
#include "services/hub/door/response_sink.h"
#include "services/hub/nodes/questions.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

inline constexpr int kMaxIdentitiesPerChunk = 1000;
inline constexpr uint32_t kDefaultNodesPage = 500;
inline constexpr uint32_t kMaxNodesPage = 1000;
// Limit of a fact report; a larger one fails with RESOURCE_EXHAUSTED.
inline constexpr size_t kMaxReportBytes = 16u << 20;

class FleetQueries {
 public:
  FleetQueries(const Registry* registry, Questions* questions, const AccessControl* access, Random* random,
               const Clock* clock, Executor* loop)
      : registry_(registry), questions_(questions), access_(access), random_(random), clock_(clock), loop_(loop) {}

  // Called once, on any thread. The request and the response must live until then.
  using Done = std::function<void(absl::Status)>;

  // Sends the nodes in chunks, sorted by identity, and ends the client.
  void FindNodes(Asker asker, const v1::FindNodesRequest& request,
                 std::shared_ptr<ResponseSink<v1::FindNodesResponse>> client);
  // Reads the target of a watch off the loop; calls `then` on the loop.
  void ReadWatch(Asker asker, const v1::WatchNodesRequest& request,
                 std::function<void(absl::StatusOr<TargetQuery>)> then);
  void GetNode(Asker asker, const v1::GetNodeRequest* request, v1::GetNodeResponse* response, Done done);
  // Lists nodes in pages, sorted by identity.
  void ListNodes(Asker asker, const v1::ListNodesRequest* request, v1::ListNodesResponse* response, Done done);
  void FactReport(Asker asker, const v1::FactReportRequest* request, v1::FactReportResponse* response, Done done);

 private:
  // On the loop: adds what is known about each node besides its facts, then calls `done`.
  void DescribePage(const std::vector<std::string>& identities, v1::ListNodesResponse* response, const Done& done);

  const Registry* const registry_;
  Questions* const questions_;
  const AccessControl* const access_;
  Random* const random_;
  const Clock* const clock_;
  Executor* const loop_;
};

// InvalidArgument for a filter with data functions: only nodes can decide it, and they are not asked here.
absl::Status CheckNoDataFunctions(const TargetQuery& query);

}  // namespace orch::hub
