#include "services/hub/job_store/memory_node_store.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "services/hub/job_store/packed_text.h"

namespace orch::hub {
namespace {

void Confirm(Executor* executor, NodeStore::Done done) {
  if (done == nullptr) return;
  executor->Post([done = std::move(done)]() mutable { done(absl::OkStatus()); });
}

v1::Presence AsStored(v1::Presence presence) {
  return presence == v1::CONNECTED || presence == v1::STALE ? v1::CONNECTED : v1::DISCONNECTED;
}

v1::Node AsKept(v1::Node node) {
  node.clear_facts_json();
  node.clear_connected_since_us();
  node.set_presence(AsStored(node.presence()));
  return node;
}

}  // namespace

MemoryNodeStore::Packed MemoryNodeStore::PackText(const std::string& text) { return {Pack(text), text.size()}; }

void MemoryNodeStore::Apply(FleetChange change, Done done) {
  for (v1::Node& node : change.nodes) {
    Kept& kept = nodes_[node.identity()];
    kept.facts = PackText(node.facts_json());
    kept.node = AsKept(std::move(node));
  }
  for (v1::Node& node : change.rests) {
    const auto found = nodes_.find(node.identity());
    if (found != nodes_.end()) found->second.node = AsKept(std::move(node));
  }
  for (const v1::Node& node : change.presences) {
    const auto found = nodes_.find(node.identity());
    if (found == nodes_.end()) continue;
    v1::Node& kept = found->second.node;
    kept.set_presence(AsStored(node.presence()));
    kept.set_last_seen_us(node.last_seen_us());
    kept.set_gone_us(node.gone_us());
    kept.set_gone_reason(node.gone_reason());
  }
  for (const std::string& identity : change.forgotten) nodes_.erase(identity);
  for (const std::string& ddl : change.ddls) ddls_[Sha256(ddl)] = PackText(ddl);
  if (change.alive_us > 0) alive_us_ = change.alive_us;
  Confirm(executor_, std::move(done));
}

void MemoryNodeStore::KeepDdls(std::vector<std::string> sha256s, Done done) {
  const absl::flat_hash_set<absl::string_view> kept(sha256s.begin(), sha256s.end());
  std::erase_if(ddls_, [&kept](const auto& ddl) { return !kept.contains(ddl.first); });
  Confirm(executor_, std::move(done));
}

absl::Status MemoryNodeStore::Load(StoredFleet* fleet) {
  for (const auto& [identity, kept] : nodes_) {
    fleet->nodes.push_back({kept.node, "", kept.facts.bytes, kept.facts.size});
  }
  for (const auto& [sha256, packed] : ddls_) {
    ORCH_ASSIGN_OR_RETURN(std::string text, Unpack(packed.bytes, packed.size));
    fleet->ddls.push_back(std::move(text));
  }
  fleet->alive_us = alive_us_;
  return absl::OkStatus();
}

}  // namespace orch::hub
