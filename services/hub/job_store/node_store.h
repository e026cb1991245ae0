// Keeps the fleet: every node that was ever known and is not forgotten. Implemented in memory and in SQLite; every
// implementation passes one conformance suite (tests/hub). Owned by the hub. Called on the hub's loop and never blocks
// it, except Load. Changes are applied in the order of the calls, each as a whole or not at all. OK means that the
// change is committed: a durable store keeps it even if the hub is killed at once. ResourceExhausted (a full queue, a
// full disk) is worth another try later. The store itself has no limit: Registry bounds the number of nodes. A callback
// may be null, and none is called after the store is destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "orch/v1/fleet.pb.h"

namespace orch::hub {

// A change of the stored fleet. The presence of a node is the content of its fields presence, last_seen_us, gone_us and
// gone_reason.
struct FleetChange {
  std::vector<v1::Node> nodes;         // replace everything that was known of these nodes
  std::vector<v1::Node> rests;         // replace everything except the facts; unknown nodes are ignored
  std::vector<v1::Node> presences;     // only identity and presence are read; unknown nodes are ignored
  std::vector<std::string> forgotten;  // identities; unknown ones are ignored
  std::vector<std::string> ddls;       // DDL texts, identified by their SHA-256
  int64_t alive_us = 0;                // when above 0, the hub ran at this time
};

struct StoredFleet {
  struct Node {
    v1::Node node;             // without facts until UnpackFacts
    std::string problem;       // why its facts or lists could not be read; the node is known all the same
    std::string packed_facts;  // until UnpackFacts
    size_t facts_bytes = 0;    // size of the facts when unpacked
  };
  std::vector<Node> nodes;  // by identity
  std::vector<std::string> ddls;
  int64_t alive_us = 0;  // the latest one that was stored
};

// Puts the facts into the node. This is most of the cost of loading a fleet and is therefore separate: the caller can
// spread it over threads. Pure.
void UnpackFacts(StoredFleet::Node* stored);

class NodeStore {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~NodeStore() = default;
  virtual void Apply(FleetChange change, Done done) = 0;
  // Forgets every DDL whose SHA-256 (32 bytes) is not in the list.
  virtual void KeepDdls(std::vector<std::string> sha256s, Done done) = 0;
  // Reads the whole fleet. Called at the hub's start; blocks. Fails when the store fails, but not because of a single
  // row that cannot be read.
  virtual absl::Status Load(StoredFleet* fleet) = 0;
};

}  // namespace orch::hub
