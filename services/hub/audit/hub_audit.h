// The hub's audit log and what the hub itself writes there: its start and end, and the peers that the door refused.
// Owned by the hub. Thread-safe, except where said otherwise. Decides nothing.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/audit/audit_log.h"
#include "auth/audit/no_audit.h"
#include "auth/audit/refusal_audit.h"
#include "base/clock.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/door/refusal_listener.h"

namespace orch::hub {

class HubAudit final : public RefusalListener {
 public:
  // An empty options.path means that there is no log. Errors: AuditLog::Create.
  static absl::StatusOr<std::unique_ptr<HubAudit>> Open(const auth::AuditLog::Options& options, const Clock* clock);

  // Never null.
  auth::AuditSink* sink() { return log_ != nullptr ? static_cast<auth::AuditSink*>(log_.get()) : &none_; }
  auth::AuditLog* log() { return log_.get(); }  // null if there is none

  // With audit.required, an error means that the hub must not start.
  absl::Status OnStart(absl::string_view version, absl::string_view identity);
  void OnStop();
  // The keys, certificates or bans in force were changed by an edited file. `what`: "credentials".
  void OnKeysChanged(absl::string_view what, absl::string_view detail);
  // The hub has forgotten nodes by itself.
  void OnForgotten(const std::vector<std::string>& identities, absl::string_view because);

  void OnRefused(auth::Refusal refusal, absl::string_view name, absl::string_view address, absl::string_view what,
                 absl::string_view detail) override;
  // Writes what was added up. Called about once a second.
  void Tick() { refusals_.Flush(); }

  // Adds the log's number and problems.
  void FillStatus(v1::GetHubStatusResponse* response) const;

 private:
  HubAudit(std::unique_ptr<auth::AuditLog> log, const Clock* clock)
      : log_(std::move(log)), refusals_(sink(), clock, "handshake") {}

  auth::NoAudit none_;
  const std::unique_ptr<auth::AuditLog> log_;  // null: there is none
  auth::RefusalAudit refusals_;
};

// The name of the network in `address`, which is "IP:PORT", "[IP]:PORT" or the name of a socket: "10.1.2.0/24",
// "2001:db8:1:2::/64", "local".
std::string NetworkOfAddress(absl::string_view address);

}  // namespace orch::hub
