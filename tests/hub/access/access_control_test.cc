#include "services/hub/access/access_control.h"

#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;

class FakeSink final : public auth::AuditSink {
 public:
  absl::Status Write(const auth::AuditRecord& record) override {
    if (full) return absl::ResourceExhaustedError("disk full");
    records.push_back(record);
    return absl::OkStatus();
  }
  bool required() const override { return must; }
  bool full = false;
  bool must = false;
  std::vector<auth::AuditRecord> records;
};

class AccessControlTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) { ASSERT_TRUE(WriteFileDurably(file_, text, 0644).ok()); }
  std::unique_ptr<AccessControl> Make() {
    return std::make_unique<AccessControl>(AccessControl::Options{file_, {"peadmin"}, "orch"}, &sink_, &clock_);
  }
  static auth::Caller Client(const std::string& name) { return {"client=" + name, {}}; }

  ManualClock clock_;
  TempFolder folder_;
  std::string file_ = folder_.path() + "/access.yaml";
  FakeSink sink_;
};

TEST_F(AccessControlTest, WithoutAFileOnlyAdministratorsMayDoAnything) {
  const auto access = Make();
  EXPECT_TRUE(access->Check(Client("peadmin"), v1::ADMINISTER, "m").ok());
  EXPECT_TRUE(access->Check({"user=root", {}}, v1::ADMINISTER, "m").ok());
  const absl::Status other = access->Check(Client("alice"), v1::READ, "m");
  EXPECT_TRUE(absl::IsPermissionDenied(other)) << other;
  EXPECT_THAT(std::string(other.message()), HasSubstr("client=alice may not read"));
}

TEST_F(AccessControlTest, AFileWithAFaultDeniesEverythingAndSaysWhere) {
  Write("rules:\n  - {callers: client=peadmin, role: admin}\n  - {callers: client=bob, permit: read}\n");
  const auto access = Make();
  const absl::Status status = access->Check(Client("peadmin"), v1::READ, "m");
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("access.yaml:3"));
  EXPECT_FALSE(access->rules()->problems.empty());
}

TEST_F(AccessControlTest, AFileThatOthersMayWriteDeniesEverything) {
  Write("rules:\n  - {callers: client=peadmin, role: admin}\n");
  ASSERT_EQ(chmod(file_.c_str(), 0666), 0);
  const auto access = Make();
  EXPECT_FALSE(access->rules()->fault.empty());
  EXPECT_TRUE(absl::IsPermissionDenied(access->Check(Client("peadmin"), v1::READ, "m")));
}

TEST_F(AccessControlTest, AChangedFileIsInForceAfterReload) {
  Write("rules:\n  - {callers: client=alice, role: viewer}\n  - {callers: client=peadmin, role: admin}\n");
  const auto access = Make();
  EXPECT_FALSE(access->FileChanged());
  EXPECT_TRUE(access->SeesEveryNode(Client("alice")));
  Write("rules:\n  - {callers: client=peadmin, role: admin}\n");
  EXPECT_TRUE(access->FileChanged());
  access->Reload();
  EXPECT_FALSE(access->FileChanged());
  EXPECT_TRUE(absl::IsPermissionDenied(access->Check(Client("alice"), v1::READ, "m")));
  EXPECT_FALSE(access->SeesEveryNode(Client("alice")));
}

TEST_F(AccessControlTest, EveryDenialIsWrittenAndNothingIsAllowedThatMustBeWrittenAndCannot) {
  const auto access = Make();
  sink_.records.clear();
  EXPECT_FALSE(access->Check(Client("mallory"), v1::ADMINISTER, "/orch.v1.Access/RotateKeys").ok());
  ASSERT_EQ(sink_.records.size(), 1);
  EXPECT_EQ(sink_.records[0].decision, "denied");
  EXPECT_EQ(sink_.records[0].caller, "client=mallory");
  EXPECT_EQ(sink_.records[0].details["method"], "/orch.v1.Access/RotateKeys");
  sink_.full = true;
  EXPECT_TRUE(access->Check(Client("peadmin"), v1::ADMINISTER, "m").ok()) << "the setting does not demand a record";
  sink_.must = true;
  EXPECT_TRUE(absl::IsUnavailable(access->Check(Client("peadmin"), v1::ADMINISTER, "m")));
}

TEST_F(AccessControlTest, JobsOfOthersAreSeenByThoseWhoSeeEveryNode) {
  Write(
      "rules:\n"
      "  - {callers: client=peadmin, role: admin}\n"
      "  - {callers: client=alice, allow: read, nodes: trusted.role=web}\n");
  const auto access = Make();
  EXPECT_TRUE(access->MaySeeJobOf(Client("alice"), "client=alice"));
  EXPECT_FALSE(access->MaySeeJobOf(Client("alice"), "client=peadmin"));
  EXPECT_TRUE(access->MaySeeJobOf(Client("peadmin"), "client=alice"));
}

}  // namespace
}  // namespace orch::hub
