// Where the fleet is kept: every node that was ever known, beside the jobs. One conformance suite
// (tests/hub) holds for every implementation. Called on the hub's loop and never blocks it, but for
// Load. Changes are applied in the order they were asked for, each whole or not at all; OK means
// committed, so a durable store has it even if the hub is killed right after. ResourceExhausted (full
// queue, full disk) can be tried again later. It has as many nodes as its user gave it and did not
// forget: Registry bounds them. No callback is called after the store is gone; one may be null.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "orch/v1/fleet.pb.h"

namespace orch::hub {

// Whether a node held its stream, when it was heard, and why it went, are its presence: the fields
// presence, last_seen_us, gone_us and gone_reason.
struct FleetChange {
  std::vector<v1::Node> nodes;         // put in place of what was known of them
  std::vector<v1::Node> presences;     // only identity and presence are read; unknown nodes are left out
  std::vector<std::string> forgotten;  // unknown ones are left out
  std::vector<std::string> ddls;       // DDL texts, known by their SHA-256
  int64_t alive_us = 0;                // above 0: the hub ran at this time
};

struct StoredFleet {
  struct Node {
    v1::Node node;             // without facts until UnpackFacts
    std::string problem;       // why its facts or lists could not be read; it is known all the same
    std::string packed_facts;  // until UnpackFacts
    size_t facts_bytes = 0;    // of the facts unpacked
  };
  std::vector<Node> nodes;  // by identity
  std::vector<std::string> ddls;
  int64_t alive_us = 0;  // the latest one given
};

// Puts the facts into the node: most of what loading a fleet costs, so that its user may share it among
// threads. Pure.
void UnpackFacts(StoredFleet::Node* stored);

class NodeStore {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~NodeStore() = default;
  virtual void Apply(FleetChange change, Done done) = 0;
  // Forgets every DDL whose SHA-256 (32 bytes) is not listed.
  virtual void KeepDdls(std::vector<std::string> sha256s, Done done) = 0;
  // All of it, at the hub's start; blocks. The store's own failure is an error, a single row that
  // cannot be read is not.
  virtual absl::Status Load(StoredFleet* fleet) = 0;
};

}  // namespace orch::hub
