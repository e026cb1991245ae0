// Compares the heads of the audit log that nodes remember with the log. Recent heads are compared in memory; for the
// others one pass over the files, on the work pool, answers for all nodes that wait. A head that is not in the log is
// an alarm: the hub's history was rewritten, or the hub was restored from a backup. Owned by the hub; its loop only.
// Bounded: kMaxNodes states, kMaxAlarms alarms in a minute and one for the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "auth/audit/audit_log.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/nodes/audit_heads.h"
#include "services/hub/nodes/work_pool.h"

namespace orch::hub {

class NodeHeads final : public AuditHeads {
 public:
  static constexpr size_t kMaxNodes = 100'000;
  static constexpr int kMaxAlarms = 20;  // named in a minute
  static constexpr int kMaxListed = 100;
  static constexpr absl::Duration kAlarmWindow = absl::Minutes(1);

  // Tells people: `identity` is empty for the alarm about further nodes.
  using Alarm = std::function<void(const std::string& identity, const std::string& text)>;
  // `log` may be null: then every head agrees.
  NodeHeads(auth::AuditLog* log, WorkPool* pool, const Clock* clock, Executor* loop, Alarm alarm)
      : log_(log), pool_(pool), clock_(clock), loop_(loop), alarm_(std::move(alarm)) {}

  v1::AuditHead Newest() const override;
  void OnRemembered(const std::string& identity, const v1::AuditHead& head) override;
  // Ends a window of alarms. Called about once a second.
  void Tick();
  // Fills in heads_agree and heads_differ.
  void Fill(v1::VerifyAuditResponse* response) const;

 private:
  using Heads = std::map<std::string, auth::AuditHead>;  // by node

  void Settle(const std::string& identity, const auth::AuditHead& head, bool agrees);
  void StartPass();
  void OnPassed(const std::map<std::string, bool>& agree);

  auth::AuditLog* const log_;
  WorkPool* const pool_;
  const Clock* const clock_;
  Executor* const loop_;
  const Alarm alarm_;
  Lifetime lifetime_;
  std::map<std::string, bool> agrees_;  // by node that remembered a head which the log can confirm or deny
  Heads waiting_;                       // for the next pass
  Heads passing_;                       // for the one that runs
  absl::Duration window_end_ = -absl::InfiniteDuration();
  int alarms_ = 0;
  uint64_t further_ = 0;  // alarms beyond kMaxAlarms
};

// Which of the heads are in the log `path`: true or false by node, and nothing for a head that is older than the log.
// Blocks on the disk; any thread.
std::map<std::string, bool> FindHeads(const std::string& path, const std::map<std::string, auth::AuditHead>& heads);

}  // namespace orch::hub
