#include "auth/audit/refusal_audit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"

namespace orch::auth {
namespace {

class KeptAudit final : public AuditSink {
 public:
  absl::Status Write(const AuditRecord& record) override {
    records.push_back(record);
    return absl::OkStatus();
  }
  bool required() const override { return false; }
  std::vector<AuditRecord> records;
};

class RefusalAuditTest : public testing::Test {
 protected:
  void Refuse(const std::string& network, int count, const std::string& name = "n") {
    for (int i = 0; i < count; ++i) refusals_.Note({"wrong_key", network, "10.0.0.1:5", name, "handshake", ""});
  }
  ManualClock clock_;
  KeptAudit kept_;
  RefusalAudit refusals_{&kept_, &clock_, "handshake"};
};

TEST_F(RefusalAuditTest, OneNetworkIsOneRecordASecond) {
  Refuse("10.0.0.0/24", 5000);
  refusals_.Flush();
  EXPECT_TRUE(kept_.records.empty());
  clock_.Advance(absl::Seconds(1));
  refusals_.Flush();
  refusals_.Flush();
  ASSERT_EQ(kept_.records.size(), 1u);
  EXPECT_EQ(kept_.records[0].event, "handshake");
  EXPECT_EQ(kept_.records[0].decision, "refused");
  EXPECT_EQ(kept_.records[0].reason, "wrong_key");
  EXPECT_EQ(kept_.records[0].details["count"], 5000);
  EXPECT_EQ(kept_.records[0].details["network"], "10.0.0.0/24");
}

TEST_F(RefusalAuditTest, ManyNetworksAreFewRecordsAndFewerWhenTheyGoOn) {
  for (int second = 0; second < 600; ++second) {
    for (int i = 0; i < 100; ++i) Refuse(absl::StrCat("10.0.", i, ".0/24"), 1);
    clock_.Advance(absl::Seconds(1));
    refusals_.Flush();
  }
  refusals_.Flush(/*all=*/true);
  EXPECT_LE(kept_.records.size(), 20 * (RefusalAudit::kMaxEntries + 1));
  uint64_t total = 0;
  for (const AuditRecord& record : kept_.records) total += record.details["count"].get<uint64_t>();
  EXPECT_EQ(total, 60'000u);
}

TEST_F(RefusalAuditTest, StrangersTextIsShortAndHarmless) {
  Refuse("10.0.0.0/24", 1, std::string(5000, '\n'));
  refusals_.Flush(/*all=*/true);
  ASSERT_EQ(kept_.records.size(), 1u);
  EXPECT_LE(kept_.records[0].details["name"].get<std::string>().size(), 4 * RefusalAudit::kMaxTextBytes);
  EXPECT_EQ(kept_.records[0].details["name"].get<std::string>().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace orch::auth
