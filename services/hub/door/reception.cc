#include "services/hub/door/reception.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"
#include "auth/refusal.h"
#include "base/digest.h"

namespace orch::hub {
namespace {

// The name of an identity's share. A certificate and a key with the same name belong to one identity.
std::string ShareName(const auth::Peer& peer) {
  const absl::string_view kind = peer.proof == auth::Proof::kUser ? "user"
                                 : peer.oidc                      ? "oidc"
                                 : peer.client                    ? "client"
                                 : peer.token                     ? "token"
                                 : peer.login                     ? "login"
                                                                  : "node";
  return absl::StrCat(kind, "/", peer.name);
}

bool CarriesSession(const grpc::ServerContextBase& context, const std::string& session) {
  if (session.empty()) return true;
  const auto& metadata = context.client_metadata();
  if (metadata.count(auth::kSessionHeader) != 1) return false;
  const grpc::string_ref shown = metadata.find(auth::kSessionHeader)->second;
  return ConstantTimeEquals({shown.data(), shown.size()}, session);
}

}  // namespace

Reception::Reception(const Clock* clock, Refusals* refusals, size_t max_calls,
                     const std::vector<std::string>& administrators)
    : clock_(clock),
      refusals_(refusals),
      administrators_(administrators.begin(), administrators.end()),
      shares_(std::make_shared<ShareTable>(clock, max_calls)) {}

std::shared_ptr<Visitor> Reception::Find(const std::string& grpc_name) const {
  MutexLock lock(&mu_);
  const auto found = visitors_.find(grpc_name);
  return found == visitors_.end() ? nullptr : found->second;
}

absl::StatusOr<Admission> Reception::Admit(const grpc::ServerContextBase& context, auth::PeerKind kind, CallSort sort,
                                           absl::string_view method) {
  const std::shared_ptr<Visitor> visitor = Find(context.peer());
  // The connection of the call has just ended, or another connection has taken its port.
  if (visitor == nullptr || !CarriesSession(context, visitor->session)) {
    return absl::UnauthenticatedError("refused: the connection of this call is over; connect again");
  }
  return Admit(visitor, kind, sort, method);
}

absl::StatusOr<Admission> Reception::Admit(const std::shared_ptr<Visitor>& visitor, auth::PeerKind kind, CallSort sort,
                                           absl::string_view method) {
  if (!visitor->peer.Is(kind)) {
    refusals_->Note(auth::Refusal::kWrongDoor, visitor->peer.name, visitor->address, method, "");
    return auth::RefusalStatus(auth::Refusal::kWrongDoor, visitor->peer.name, visitor->peer.CallerId());
  }
  const absl::Status begun = shares_->BeginCall(visitor->share.get(), sort, visitor->administrator);
  if (!begun.ok()) {
    refusals_->Note(auth::Refusal::kOverloaded, visitor->peer.name, visitor->address, method, begun.message());
    return begun;
  }
  ++visitor->open_calls;
  visitor->last_call_ns = absl::ToInt64Nanoseconds(clock_->Steady());
  return Admission(shares_, visitor, sort, clock_);
}

absl::StatusOr<std::shared_ptr<Visitor>> Reception::Enter(const std::string& grpc_name, auth::Peer peer,
                                                          std::string address, std::string session, uint64_t connection,
                                                          uint64_t* cut) {
  // Two clear listeners may each have a peer from the same port; gRPC gives both the same name.
  if (Find(grpc_name) != nullptr) {
    return absl::ResourceExhaustedError("another connection from this address and port is open; connect again");
  }
  const std::string name = ShareName(peer);
  auto visitor = std::make_shared<Visitor>();
  visitor->connection = connection;
  visitor->address = std::move(address);
  visitor->session = std::move(session);
  visitor->administrator =
      peer.client && !peer.oidc && (peer.proof == auth::Proof::kUser || administrators_.contains(peer.name));
  visitor->share = shares_->Of(name, peer.login                  ? LoginShare()
                                     : peer.client || peer.token ? ClientShare()
                                                                 : NodeShare());
  visitor->last_call_ns = absl::ToInt64Nanoseconds(clock_->Steady());
  visitor->peer = std::move(peer);
  const absl::Status begun = shares_->BeginConnection(visitor->share.get());
  MutexLock lock(&mu_);
  std::vector<std::shared_ptr<Visitor>>& all = by_identity_[name];
  if (!begun.ok()) {
    // A node that comes back has proved its identity; its oldest connection is the one that has died unnoticed.
    for (const std::shared_ptr<Visitor>& other : all) {
      const bool keeps_calls = visitor->peer.client || visitor->peer.login;
      if (!keeps_calls || other->open_calls == 0) {
        *cut = other->connection;
        break;
      }
    }
    if (all.empty()) by_identity_.erase(name);
    return begun;
  }
  all.push_back(visitor);
  visitors_[grpc_name] = visitor;
  return visitor;
}

void Reception::Leave(const std::string& grpc_name) {
  std::shared_ptr<Visitor> visitor;
  {
    MutexLock lock(&mu_);
    const auto found = visitors_.find(grpc_name);
    if (found == visitors_.end()) return;
    visitor = std::move(found->second);
    visitors_.erase(found);
    const auto all = by_identity_.find(ShareName(visitor->peer));
    if (all != by_identity_.end()) {
      all->second.erase(std::remove(all->second.begin(), all->second.end(), visitor), all->second.end());
      if (all->second.empty()) by_identity_.erase(all);
    }
  }
  shares_->EndConnection(visitor->share.get());
}

void Reception::ForEachPeer(absl::FunctionRef<void(const auth::Peer&)> each) const {
  MutexLock lock(&mu_);
  for (const auto& [name, visitor] : visitors_) each(visitor->peer);
}

Reception::Counts Reception::counts() const {
  Counts counts;
  MutexLock lock(&mu_);
  counts.connections = visitors_.size();
  for (const auto& [name, visitor] : visitors_) {
    if (visitor->peer.token || visitor->peer.login) continue;
    ++(visitor->peer.client ? counts.clients : counts.nodes);
    ++counts.by_proof[std::string(auth::ProofName(visitor->peer.proof))];
    if (visitor->peer.proof == auth::Proof::kPsk && counts.whole_psk.size() < kMaxNamed) {
      counts.whole_psk.push_back(visitor->peer.CallerId());
    }
  }
  std::sort(counts.whole_psk.begin(), counts.whole_psk.end());
  return counts;
}

}  // namespace orch::hub
