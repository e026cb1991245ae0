// Writes the node's audit log: every command that was admitted, denied or refused, and how each action ended. Owned by
// CommandGate. Thread-safe; its lock is a leaf. Never writes the value of an input that any description of the plugin
// seen since the agent started calls sensitive.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "actions/core/catalog.h"
#include "auth/audit/audit_sink.h"
#include "auth/audit/refusal_audit.h"
#include "auth/refusal.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

class NodeAudit {
 public:
  using CatalogPtr = std::shared_ptr<const actions::Catalog>;  // never null

  static constexpr size_t kMaxOpen = 16'384;       // admitted commands whose end is awaited; more end without a caller
  static constexpr size_t kMaxSensitive = 65'536;  // inputs known to be sensitive; beyond, all inputs are masked

  // `sink` may be null: nothing is written.
  NodeAudit(auth::AuditSink* sink, const Clock* clock) : sink_(sink), refusals_(sink, clock, "message") {}

  // Before the task runs. An error means that it must not run, because it cannot be recorded (audit.required).
  absl::Status OnAdmitted(const v1::Command& command, const CatalogPtr& catalog);
  // The node's rules, its DDL or its state deny the command; `update` says why.
  void OnDenied(const v1::Command& command, const v1::TaskUpdate& update, const CatalogPtr& catalog);
  // A verified command that was not looked into.
  void OnDenied(const std::string& attempt_id, absl::string_view why);
  // The final update of any task; writes the end of an admitted one.
  void OnEnded(const std::string& attempt_id, const v1::TaskUpdate& update);
  // A message that does not come from the hub, or comes again or too late. Added up.
  void OnRefused(const v1::Envelope& envelope, auth::Refusal refusal, absl::string_view why);
  // Writes refusals that were added up. Called about once a second; `all`: at the end.
  void Flush(bool all = false) {
    if (sink_ != nullptr) refusals_.Flush(all);
  }

 private:
  struct Open {
    std::string caller, plugin, action;
  };

  Json DetailsOf(const v1::Command& command, const CatalogPtr& catalog);
  Json MaskedInputs(const v1::Command& command, const CatalogPtr& catalog);
  void LearnSensitive(const CatalogPtr& catalog);

  auth::AuditSink* const sink_;
  auth::RefusalAudit refusals_;
  Mutex mu_;
  std::map<std::string, Open> open_ ABSL_GUARDED_BY(mu_);  // by attempt id
  std::set<std::string> sensitive_ ABSL_GUARDED_BY(mu_);   // "plugin.action.input"
  CatalogPtr learnt_ ABSL_GUARDED_BY(mu_);                 // whose marks are in sensitive_
};

}  // namespace orch::nodeagent
