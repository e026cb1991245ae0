// Keeps small records of the hub beside jobs and fleet: tokens, keys, bans, labels, approvals. A record is bytes under
// a kind and an id; what the bytes mean is the owner's affair. Implemented in memory and in SQLite; every
// implementation passes one conformance suite (tests/hub). Owned by the hub. Called on the hub's loop and never blocks
// it, except Load. Changes are applied in the order of the calls, each as a whole or not at all. OK means that the
// change is committed. ResourceExhausted (a full queue, a full disk) is worth another try later. The store has no
// limit: the owners of records bound their number. A callback may be null, and none is called after the store is
// destroyed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::hub {

struct RecordKey {
  std::string kind;  // "token", "node-key"
  std::string id;
};

struct RecordChange {
  struct Put {
    RecordKey key;
    std::string bytes;
  };
  std::vector<Put> puts;          // replace what was there
  std::vector<RecordKey> erases;  // unknown ones are ignored
};

class RecordStore {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~RecordStore() = default;
  virtual void Apply(RecordChange change, Done done) = 0;
  // Gives every record of the kind to `take`, by id. Called at the hub's start; blocks.
  virtual absl::Status Load(absl::string_view kind,
                            const std::function<void(const std::string& id, const std::string& bytes)>& take) = 0;
  // Whether the records survive the hub's process.
  virtual bool durable() const = 0;
};

}  // namespace orch::hub
