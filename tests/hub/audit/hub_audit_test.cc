#include "services/hub/audit/hub_audit.h"

#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "services/hub/audit/audited.h"
#include "services/hub/config.h"
#include "tests/hub/audit/audit_hub_fixture.h"

namespace orch::hub {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class BrokenAudit final : public auth::AuditSink {
 public:
  explicit BrokenAudit(bool required) : required_(required) {}
  absl::Status Write(const auth::AuditRecord&) override { return absl::ResourceExhaustedError("the disk is full"); }
  bool required() const override { return required_; }

 private:
  const bool required_;
};

TEST(HubAuditTest, RefusalsOfTheDoorAreAddedUpByNetwork) {
  ManualClock clock;
  const TempFolder folder;
  const std::string path = folder.Path("audit.jsonl");
  auto audit = *HubAudit::Open({.path = path}, &clock);
  for (int i = 0; i < 1000; ++i) {
    audit->OnRefused(auth::Refusal::kWrongKey, "web1", "10.1.2.3:4000", "handshake", "");
    audit->OnRefused(auth::Refusal::kUnknownKey, "web1", "[2001:db8::1]:4000", "handshake", "");
  }
  clock.Advance(absl::Seconds(1));
  audit->Tick();
  const std::string text = *ReadFile(path, 1u << 20);
  EXPECT_THAT(std::vector<std::string>(absl::StrSplit(text, '\n')), SizeIs(3));
  EXPECT_THAT(text, HasSubstr(R"("reason":"wrong_key")"));
  EXPECT_THAT(text, HasSubstr(R"("network":"10.1.2.0/24")"));
  EXPECT_THAT(text, HasSubstr(R"("count":1000)"));
}

TEST(HubAuditTest, NetworkIsThatOfTheDoor) {
  EXPECT_EQ(NetworkOfAddress("10.1.2.3:4000"), "10.1.2.0/24");
  EXPECT_EQ(NetworkOfAddress("[2001:db8:1:2:3::4]:1"), "2001:db8:1:2::/64");
  EXPECT_EQ(NetworkOfAddress("127.0.0.1:1"), "loopback");
  EXPECT_EQ(NetworkOfAddress("local"), "local");
}

TEST(HubAuditTest, ProblemsShowInTheStatus) {
  ManualClock clock;
  const TempFolder folder;
  const std::string path = folder.Path("audit.jsonl");
  {
    auto audit = *HubAudit::Open({.path = path}, &clock);
    EXPECT_TRUE(audit->OnStart("1", "hub").ok());
  }
  std::string text = *ReadFile(path, 1u << 20);
  text.replace(text.find("hub.start"), 9, "hub.begin");
  ASSERT_TRUE(WriteFileDurably(path, text, 0640).ok());
  auto audit = *HubAudit::Open({.path = path}, &clock);
  v1::GetHubStatusResponse status;
  audit->FillStatus(&status);
  EXPECT_EQ(status.audit_seq(), 2u);
  ASSERT_EQ(status.problems_size(), 1);
  EXPECT_THAT(status.problems(0), HasSubstr("the chain is broken"));
}

TEST(HubAuditTest, WithoutALogNothingIsWrittenAndNothingFails) {
  ManualClock clock;
  auto audit = *HubAudit::Open({}, &clock);
  EXPECT_EQ(audit->log(), nullptr);
  EXPECT_TRUE(audit->OnStart("1", "hub").ok());
  audit->OnRefused(auth::Refusal::kWrongKey, "web1", "10.1.2.3:4000", "handshake", "");
  audit->OnStop();
}

TEST(AuditedTest, NothingIsDoneThatMustBeRecordedAndCannot) {
  BrokenAudit required(true);
  const absl::Status status = WriteBefore(&required, {"job.prune", "allowed", "client=a", "", nullptr});
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(status.message(), HasSubstr("audit.required"));
  BrokenAudit optional(false);
  EXPECT_TRUE(WriteBefore(&optional, {"job.prune", "allowed", "client=a", "", nullptr}).ok());
}

TEST(HubAuditConfigTest, LogIsBesideTheStoreUnlessItIsSet) {
  const auto read = [](const std::string& more) {
    return ReadHubConfig(*ConfigFile::Parse("listen: 127.0.0.1:0\nidentity: hub\n" + more, "hub.yaml"));
  };
  EXPECT_EQ(read("")->audit.path, "/var/lib/orch-hub/audit/audit.jsonl");
  EXPECT_EQ(read("store: /x/jobs.db\n")->audit.path, "/x/audit/audit.jsonl");
  EXPECT_EQ(read("store: memory\n")->audit.path, "");
  EXPECT_EQ(read("audit:\n  file: none\n")->audit.path, "");
  EXPECT_EQ(read("audit:\n  file: /y/a\n  required: true\n  max_size: 2G\n  keep: 3\n")->audit.max_size, 2ull << 30);
  EXPECT_THAT(read("audit:\n  file: a\n").status().message(), HasSubstr("hub.yaml:4: audit.file"));
  EXPECT_THAT(read("audit:\n  max_size: 5\n").status().message(), HasSubstr("audit.max_size"));
  EXPECT_THAT(read("audit:\n  max_size: 1M1\n").status().message(), HasSubstr("audit.max_size"));
  EXPECT_THAT(read("store: memory\naudit:\n  required: true\n").status().message(), HasSubstr("audit.required"));
}

}  // namespace
}  // namespace orch::hub
