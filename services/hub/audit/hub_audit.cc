#include "services/hub/audit/hub_audit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "base/status_macros.h"
#include "services/hub/door/source_table.h"

namespace orch::hub {

std::string NetworkOfAddress(absl::string_view address) {
  const size_t colon = address.rfind(':');
  std::string host(colon == absl::string_view::npos ? address : address.substr(0, colon));
  if (!host.empty() && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  sockaddr_storage storage = {};
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &v6->sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  } else {
    storage.ss_family = AF_UNIX;
  }
  return SourceTable::NetworkOf(storage);
}

absl::StatusOr<std::unique_ptr<HubAudit>> HubAudit::Open(const auth::AuditLog::Options& options, const Clock* clock) {
  std::unique_ptr<auth::AuditLog> log;
  if (!options.path.empty()) {
    ORCH_ASSIGN_OR_RETURN(log, auth::AuditLog::Create(options, clock));
  }
  return std::unique_ptr<HubAudit>(new HubAudit(std::move(log), clock));
}

absl::Status HubAudit::OnStart(absl::string_view version, absl::string_view identity) {
  const absl::Status written = sink()->Write(
      {"hub.start", "changed", "", "", {{"version", std::string(version)}, {"hub", std::string(identity)}}});
  return sink()->required() ? written : absl::OkStatus();
}

void HubAudit::OnStop() {
  refusals_.Flush(/*all=*/true);
  sink()->Write({"hub.stop", "changed", "", "", nullptr}).IgnoreError();
}

void HubAudit::OnKeysChanged(absl::string_view what, absl::string_view detail) {
  sink()
      ->Write({"keys.reload", "changed", "", std::string(detail), {{"what", std::string(what)}}})
      .IgnoreError();  // the file is changed already; the log counts what it loses
}

void HubAudit::OnForgotten(const std::vector<std::string>& identities, absl::string_view because) {
  sink()->Write({"node.forget", "changed", "", std::string(because), {{"nodes", identities}}}).IgnoreError();
}

void HubAudit::OnRefused(auth::Refusal refusal, absl::string_view name, absl::string_view address,
                         absl::string_view what, absl::string_view detail) {
  if (log_ == nullptr) return;
  const std::string network = NetworkOfAddress(address);
  refusals_.Note({auth::RefusalName(refusal), network, address, name, what, detail});
}

void HubAudit::FillStatus(v1::GetHubStatusResponse* response) const {
  if (log_ == nullptr) return;
  response->set_audit_seq(log_->head().seq);
  if (const std::string problem = log_->problem(); !problem.empty()) response->add_problems(problem);
}

}  // namespace orch::hub
