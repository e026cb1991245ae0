// Keeps the node store in step with the registry without delaying jobs or messages. Notes which nodes have changed and
// writes a few of them at a time, each in its state at that moment; the next ones are written once these are committed.
// Therefore at most one of its writes waits in the store's queue, and many changes of one node become one. Repeats
// writes that the store refuses. Owned by the hub; its loop only.
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
  // Limits of one write: its nodes, and the bytes of facts from which on no node is added.
  static constexpr size_t kMaxNodesPerWrite = 32;
  static constexpr size_t kMaxBytesPerWrite = 1u << 20;
  // Facts that are kept as nodes have sent them until they are written, of all nodes. Those of further nodes are read
  // from the registry again.
  static constexpr size_t kMaxKeptFacts = 64u << 20;
  // A node that has come or gone is written after kGather; other changes are gathered for longer.
  static constexpr absl::Duration kGather = absl::Milliseconds(100);
  static constexpr absl::Duration kGatherChanges = absl::Seconds(60);
  static constexpr absl::Duration kTryAgainAfter = absl::Seconds(1);
  // How often the store is told that the hub runs. For nodes that were attached when the hub was killed, this is the
  // time when they were last seen, up to this interval and stale_after.
  static constexpr absl::Duration kAliveEvery = absl::Minutes(1);
  static constexpr absl::Duration kKeepDdlsEvery = absl::Hours(1);

  FleetRecorder(NodeStore* store, Registry* registry, DdlCache* ddls, const Clock* clock, Executor* executor)
      : store_(store), registry_(registry), ddls_(ddls), clock_(clock), executor_(executor) {}

  // Fills the registry and the DDLs with what is stored. Once, before anything else; blocks.
  absl::Status Load();

  // The whole node is written: after kGather when it has attached, within kGatherChanges when it has changed.
  void OnAttached(absl::string_view identity) { Note(identity, What::kWhole); }
  // The same, with the facts as the node has sent them, which are written as they are.
  void OnAttached(absl::string_view identity, const std::string& facts_json);
  // The node has attached with facts, classes and plugins that are stored: these are not written again.
  void OnBack(absl::string_view identity) { Note(identity, What::kRest); }
  void OnChanged(absl::string_view identity);
  // The presence of the node is written after kGather.
  void OnPresence(absl::string_view identity) { Note(identity, What::kPresence); }
  void OnDdl(std::string json);
  // Calls `done` once the store has forgotten them, or with its error.
  void Forget(std::vector<std::string> identities, NodeStore::Done done);
  // Writes what is due. Called from a timer.
  void Tick();
  // The hub stops: gives everything that is not yet written to the store. Nodes that leave from now on leave because
  // the hub stops; this is not recorded, so that the next hub process finds them attached and knows that they may
  // return.
  void Close();

  size_t unwritten() const { return soon_.size() + later_.size(); }

 private:
  void LoadNode(StoredFleet::Node* stored, const absl::StatusOr<Json>& facts, int64_t alive_us);
  enum class What { kPresence, kRest, kWhole };  // each includes those before it
  struct Soon {
    What what = What::kPresence;
    std::string facts_json;  // of a whole node, as it has sent them; empty: as the registry has them
  };
  // What is noted for the node, or null when the hub stops.
  Soon* Note(absl::string_view identity, What what);
  void Arm(absl::Duration after);
  void WriteSome();
  // Moves the next nodes from soon_ into `change`. Returns their names, to note them again if the write fails.
  using Batch = std::vector<std::pair<std::string, What>>;
  Batch TakeSome(FleetChange* change);
  v1::Node DescribeWhole(const NodeRecord& record, std::string facts_json) const;
  void OnWritten(const Batch& batch, std::vector<std::string> ddls, const absl::Status& status);
  std::vector<std::string> KnownDdls() const;

  NodeStore* const store_;
  Registry* const registry_;
  DdlCache* const ddls_;
  const Clock* const clock_;
  Executor* const executor_;
  absl::flat_hash_map<std::string, Soon> soon_;                     // by node
  size_t kept_facts_ = 0;                                           // bytes of facts_json in soon_
  absl::flat_hash_set<std::string> later_;                          // changed nodes; each is in later_order_ once
  std::deque<std::pair<absl::Duration, std::string>> later_order_;  // in the order in which they are due, steady
  std::vector<std::string> new_ddls_;                               // bounded, because DdlCache asks for each text once
  bool armed_ = false;
  bool writing_ = false;
  bool failing_ = false;  // and this was logged
  bool closed_ = false;
  absl::Duration alive_told_ = -absl::InfiniteDuration();
  absl::Duration ddls_kept_ = -absl::InfiniteDuration();
  Lifetime lifetime_;
};

}  // namespace orch::hub
