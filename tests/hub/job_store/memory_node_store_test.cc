#include "services/hub/job_store/memory_node_store.h"

#include "base/executor.h"
#include "tests/hub/job_store/node_store_conformance.h"

namespace orch::hub {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, NodeStoreConformance, ::testing::Values([](const Clock*, Executor* executor) {
                           return OwnedNodeStore{nullptr, std::make_unique<MemoryNodeStore>(executor)};
                         }));

}  // namespace
}  // namespace orch::hub
