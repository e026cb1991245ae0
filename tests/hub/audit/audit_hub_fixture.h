// What the tests of the hub's audit log share: a log in a folder, and a loop whose time the test moves.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "auth/audit/audit_log.h"
#include "base/manual_executor.h"
#include "tests/hub/fake_pool.h"
#include "tests/hub/fakes.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {

class AuditHubTest : public testing::Test {
 protected:
  AuditHubTest() { Reopen(); }
  void Reopen() {
    log_.reset();
    log_ = *auth::AuditLog::Create({.path = path_}, &clock_);
  }
  void Write(const std::string& event, const std::string& caller = "client=a") {
    ASSERT_TRUE(log_->Write({event, "allowed", caller, "", nullptr}).ok());
  }

  ManualClock clock_;
  ManualExecutor loop_{&clock_};
  FakePool pool_{&loop_};
  TempFolder folder_;
  const std::string path_ = folder_.path() + "/audit.jsonl";
  std::unique_ptr<auth::AuditLog> log_;
};

}  // namespace orch::hub
