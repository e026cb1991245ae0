#include "tests/hub/job_store/record_store_conformance.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace orch::hub {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

absl::Status ApplyAndWait(RecordStore* store, WaitingExecutor* executor, RecordChange change) {
  std::optional<absl::Status> answer;
  store->Apply(std::move(change), [&answer](absl::Status status) { answer = std::move(status); });
  while (!answer) executor->RunOne();
  return *answer;
}

std::map<std::string, std::string> LoadAll(RecordStore* store, absl::string_view kind) {
  std::map<std::string, std::string> records;
  std::vector<std::string> order;
  EXPECT_EQ(store->Load(kind,
                        [&](const std::string& id, const std::string& bytes) {
                          EXPECT_TRUE(records.emplace(id, bytes).second) << id;
                          order.push_back(id);
                        }),
            absl::OkStatus());
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  return records;
}

namespace {

TEST_P(RecordStoreConformance, BeginsEmpty) { EXPECT_THAT(Load("token"), IsEmpty()); }

TEST_P(RecordStoreConformance, ARecordIsFoundUnderItsKindOnly) {
  ASSERT_EQ(Apply({{{{"token", "b"}, "2"}, {{"token", "a"}, "1"}, {{"ban", "a"}, "3"}}, {}}), absl::OkStatus());
  EXPECT_THAT(Load("token"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(Load("ban"), ElementsAre(Pair("a", "3")));
  EXPECT_THAT(Load("tok"), IsEmpty());
}

TEST_P(RecordStoreConformance, BytesAreKeptAsTheyAre) {
  const std::string bytes("\0\xff'\n\x80", 5);
  ASSERT_EQ(Apply({{{{"k", "node/a b'\""}, bytes}, {{"k", "empty"}, ""}}, {}}), absl::OkStatus());
  EXPECT_THAT(Load("k"), ElementsAre(Pair("empty", ""), Pair("node/a b'\"", bytes)));
}

TEST_P(RecordStoreConformance, ALaterPutReplacesAnEarlierOne) {
  ASSERT_EQ(Apply({{{{"k", "a"}, "old and longer"}}, {}}), absl::OkStatus());
  ASSERT_EQ(Apply({{{{"k", "a"}, "new"}}, {}}), absl::OkStatus());
  EXPECT_THAT(Load("k"), ElementsAre(Pair("a", "new")));
}

TEST_P(RecordStoreConformance, ErasingForgetsThatRecordAlone) {
  ASSERT_EQ(Apply({{{{"k", "a"}, "1"}, {{"k", "b"}, "2"}, {{"other", "a"}, "3"}}, {}}), absl::OkStatus());
  ASSERT_EQ(Apply({{{{"k", "c"}, "4"}}, {{"k", "a"}, {"k", "unknown"}, {"unknown", "a"}}}), absl::OkStatus());
  EXPECT_THAT(Load("k"), ElementsAre(Pair("b", "2"), Pair("c", "4")));
  EXPECT_THAT(Load("other"), ElementsAre(Pair("a", "3")));
}

TEST_P(RecordStoreConformance, ChangesAreAppliedInTheirOrder) {
  store_->Apply({{{{"k", "a"}, "1"}}, {}}, nullptr);
  store_->Apply({{}, {{"k", "a"}}}, nullptr);
  store_->Apply({{{{"k", "b"}, "2"}}, {}}, nullptr);
  ASSERT_EQ(Apply({{{{"k", "b"}, "3"}}, {}}), absl::OkStatus());
  EXPECT_THAT(Load("k"), ElementsAre(Pair("b", "3")));
}

TEST_P(RecordStoreConformance, AnEmptyChangeIsAnsweredToo) { EXPECT_EQ(Apply({}), absl::OkStatus()); }

}  // namespace
}  // namespace orch::hub
