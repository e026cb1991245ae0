#include "services/hub/job_store/memory_record_store.h"

#include "tests/hub/job_store/record_store_conformance.h"

namespace orch::hub {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, RecordStoreConformance, ::testing::Values([](const Clock*, Executor* executor) {
                           return OwnedRecordStore{nullptr, std::make_unique<MemoryRecordStore>(executor)};
                         }));

TEST(MemoryRecordStoreTest, SaysThatItForgets) { EXPECT_FALSE(MemoryRecordStore(nullptr).durable()); }

}  // namespace
}  // namespace orch::hub
