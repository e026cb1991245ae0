// The keys that nodes have enrolled with: for each identity the key that counts and at most one that waits for
// approval. Owned by the hub; its loop only. Changes are part of a RecordChange that the caller commits before Set.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/key.h"
#include "services/hub/job_store/record_store.h"
#include "services/hub/keys/key_view.h"

namespace orch::hub {

// A key that a node has made.
struct OwnKey {
  auth::Key key;
  int64_t since_us = 0;  // microseconds since 1970
  std::string address;   // where it came from, for people
  std::string token_id;  // empty: a certificate proved the node
};

struct NodeKeyEntry {
  std::optional<OwnKey> admitted;
  std::optional<OwnKey> waiting;
  std::string why;  // it waits; for people
  bool empty() const { return !admitted.has_value() && !waiting.has_value(); }
};

class NodeKeys {
 public:
  static constexpr size_t kMaxWaiting = 1000;
  static constexpr absl::Duration kWaitingFor = absl::Hours(24 * 7);  // then a key that waits is dropped

  // `max_nodes`: identities with a key.
  NodeKeys(KeyView* view, size_t max_nodes) : view_(view), max_nodes_(max_nodes) {}

  absl::Status Load(RecordStore* store);
  const NodeKeyEntry* Find(const std::string& identity) const;
  // ResourceExhausted when there is no room for another identity, or for another key that waits.
  absl::Status CheckRoom(const std::string& identity, bool waits) const;
  // Adds to `change` that the identity has these keys from now on; an empty entry forgets it.
  static void Record(const std::string& identity, const NodeKeyEntry& entry, RecordChange* change);
  void Set(const std::string& identity, NodeKeyEntry entry);

  const std::map<std::string, NodeKeyEntry>& all() const { return entries_; }
  size_t admitted() const { return admitted_; }
  size_t waiting() const { return waiting_; }

 private:
  KeyView* const view_;
  const size_t max_nodes_;
  std::map<std::string, NodeKeyEntry> entries_;  // by identity
  size_t admitted_ = 0;
  size_t waiting_ = 0;
};

}  // namespace orch::hub
