#include "services/hub/memory_job_store.h"

#include "tests/hub/job_store_conformance.h"

namespace orch::hub {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, JobStoreConformance, ::testing::Values([](const Clock* clock, JobStoreLimits limits) {
                           return std::make_unique<MemoryJobStore>(
                               clock, MemoryJobStore::Options{limits.count, limits.age, limits.bytes});
                         }));

}  // namespace
}  // namespace orch::hub
