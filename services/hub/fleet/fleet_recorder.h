// Keeps the node store in step with the registry, off the way of jobs and messages: it notes which nodes
// changed, and writes some of them at a time, each as it is then; the next are written once those are
// committed. So at most one of its writes waits in the store's queue, and many changes of one node become
// one. What the store does not take is tried again. On the hub's loop; owned by Hub.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "services/hub/job_store/node_store.h"
#include "services/hub/nodes/ddl_cache.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class FleetRecorder {
 public:
  // Nodes in one write, and bytes of facts from which on it is closed.
  static constexpr size_t kMaxNodesPerWrite = 32;
  static constexpr size_t kMaxBytesPerWrite = 1u << 20;
  // A node that came or went is written after this; changes of what it is are gathered for longer.
  static constexpr absl::Duration kGather = absl::Milliseconds(100);
  static constexpr absl::Duration kGatherChanges = absl::Seconds(60);
  static constexpr absl::Duration kTryAgainAfter = absl::Seconds(1);
  // How often the store is told that the hub runs: nodes that were attached when it was killed were
  // last seen then, give or take this and stale_after.
  static constexpr absl::Duration kAliveEvery = absl::Minutes(1);
  static constexpr absl::Duration kKeepDdlsEvery = absl::Hours(1);

  FleetRecorder(NodeStore* store, Registry* registry, DdlCache* ddls, const Clock* clock, Executor* executor)
      : store_(store), registry_(registry), ddls_(ddls), clock_(clock), executor_(executor) {}

  // Fills registry and DDLs with what is stored. Once, before anything else; blocks.
  absl::Status Load();

  // All of the node is written soon, or (changed) within kGatherChanges.
  void OnAttached(absl::string_view identity) { Note(identity, /*whole=*/true); }
  void OnChanged(absl::string_view identity);
  // Its presence is written soon.
  void OnPresence(absl::string_view identity) { Note(identity, /*whole=*/false); }
  void OnDdl(std::string json);
  // `done` once they are forgotten by the store, or why they are not.
  void Forget(std::vector<std::string> identities, NodeStore::Done done);
  // From a timer.
  void Tick();
  // The hub stops: hands over what is not written. What nodes do from now on is their hub's end and is
  // not recorded: the next process of the hub finds them attached, and says that they have not come back.
  void Close();

  size_t unwritten() const { return soon_.size() + later_.size(); }

 private:
  void LoadNode(StoredFleet::Node* stored, const absl::StatusOr<Json>& facts, int64_t alive_us);
  void Note(absl::string_view identity, bool whole);
  void Arm(absl::Duration after);
  void WriteSome();
  // Takes the next nodes from soon_ into `change`; their names, to note them again if it fails.
  using Batch = std::vector<std::pair<std::string, bool>>;
  Batch TakeSome(FleetChange* change);
  void OnWritten(const Batch& batch, std::vector<std::string> ddls, const absl::Status& status);
  std::vector<std::string> KnownDdls() const;

  NodeStore* const store_;
  Registry* const registry_;
  DdlCache* const ddls_;
  const Clock* const clock_;
  Executor* const executor_;
  absl::flat_hash_map<std::string, bool> soon_;                     // node → all of it, not its presence only
  absl::flat_hash_set<std::string> later_;                          // changed nodes, in later_order_ too, once each
  std::deque<std::pair<absl::Duration, std::string>> later_order_;  // by when they are due, steady
  std::vector<std::string> new_ddls_;                               // bounded by DdlCache, which asks for each once
  bool armed_ = false;
  bool writing_ = false;
  bool failing_ = false;  // and said so
  bool closed_ = false;
  absl::Duration alive_told_ = -absl::InfiniteDuration();
  absl::Duration ddls_kept_ = -absl::InfiniteDuration();
  Lifetime lifetime_;
};

}  // namespace orch::hub
