// What the tests of the audit log share: a folder, a clock, records, and files as lines.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "auth/audit/audit_chain.h"
#include "auth/audit/audit_log.h"
#include "base/durable_file.h"
#include "base/json.h"
#include "base/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {

inline AuditRecord Invoked(const std::string& caller, const std::string& job = "j1") {
  return {"job.invoke", "allowed", caller, "", {{"job", job}, {"plugin", "package"}, {"action", "update"}}};
}

class AuditTest : public testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open(AuditLog::Options options = {}) {
    options.path = path_;
    absl::StatusOr<std::unique_ptr<AuditLog>> log = AuditLog::Create(options, &clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  void WriteSome(int count) {
    const std::unique_ptr<AuditLog> log = Open();
    for (int i = 0; i < count; ++i) EXPECT_TRUE(log->Write(Invoked("client=a" + std::to_string(i))).ok());
  }
  std::string Text() const { return *ReadFile(path_, 64u << 20); }
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = absl::StrSplit(Text(), '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }
  void SetText(const std::string& text) const { std::ofstream(path_, std::ios::trunc | std::ios::binary) << text; }
  void SetLines(const std::vector<std::string>& lines) const { SetText(absl::StrJoin(lines, "\n") + "\n"); }
  static Json Parsed(const std::string& line) { return *ParseJsonObject(line, "line"); }
  AuditChain Verify(const AuditHead& expected = {}) const {
    AuditChain chain;
    chain.Expect(expected);
    EXPECT_TRUE(chain.ReadLog(path_, /*live=*/false).ok());
    chain.Finish();
    return chain;
  }

  ManualClock clock_;
  TempFolder folder_;
  const std::string path_ = folder_.path() + "/audit/audit.jsonl";
};

}  // namespace orch::auth
