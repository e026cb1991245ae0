// Every node that the hub knows: whether it is attached, since when, when it was last heard, why it went, and through
// the fact table what it is. A node that goes away stays known until it is forgotten by name. Owned by the hub; its
// loop only. Sends nothing, stores nothing and decides nothing about jobs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "orch/v1/fleet.pb.h"
#include "orch/v1/node_service.pb.h"
#include "services/hub/nodes/fact_table/fact_table.h"
#include "services/hub/nodes/node_channel.h"
#include "services/hub/nodes/node_directory.h"
#include "services/hub/nodes/node_standings.h"
#include "services/hub/nodes/plugin_announcement.h"

namespace orch::hub {

struct NodeRecord {
  std::string identity;
  Slot slot = kNoSlot;
  v1::Presence presence = v1::DISCONNECTED;
  absl::Time last_seen;       // wall, to show
  absl::Duration last_heard;  // steady, to compare
  absl::Time connected_since;
  absl::Time first_seen;
  absl::Time gone = absl::InfinitePast();        // when its last stream ended
  std::string gone_reason;                       // why that stream ended
  std::string conflict;                          // text about a second agent with this identity; empty: none
  NodeChannel* channel = nullptr;                // null when disconnected
  std::vector<std::string> named_collectives;    // by the node itself
  std::vector<std::string> claimed_collectives;  // those of them that the hub does not grant
  std::string main_collective;
  std::vector<PluginAnnouncement> plugins;
  std::vector<std::string> problems;
  std::vector<v1::PluginProblem> plugin_problems;
  std::string version;
  std::string peer;
  std::string instance;  // the run of its agent
  std::string key_id;
  absl::Duration clock_skew;  // its clock minus the hub's, by its last message
  uint64_t changed = 0;       // Registry::change() when the node last described itself
  uint64_t own_mark = 0;      // a hash of the facts, classes and plugins as the node sent them; 0: unknown
};

// For how long after its start the hub says that nodes may be on their way back.
inline constexpr absl::Duration kReturnWithin = absl::Seconds(90);

// What the hub knew about its fleet at one moment, for one question. Cheap to make on the loop; then read on any one
// thread.
struct FleetSnapshot {
  FactSnapshot facts;
  SlotSet attached;
  SlotSet returning;    // nodes on their way back
  uint64_t change = 0;  // Registry::change()
};

// What the hub knew about one node at one moment.
struct NodeSnapshot {
  v1::Node head;  // everything except facts and classes
  NodeFacts facts;
  std::vector<std::string> named_collectives;
  // The whole node. May take some milliseconds.
  v1::Node Describe() const;
  // The node by its own words, for the store: what the hub says of it may be different the next time.
  v1::Node DescribeOwn() const;
  // The same without the facts.
  v1::Node DescribeOwnRest() const;
};

class Registry final : public NodeDirectory {
 public:
  struct Options {
    size_t max_nodes = 20'000;  // known nodes, attached or not
    absl::Duration stale_after = absl::Seconds(90);
  };
  // `standings`: what the hub says of nodes; null: nothing.
  Registry(const Clock* clock, Options options, const NodeStandings* standings = nullptr)
      : clock_(clock), options_(options), standings_(standings), started_(clock->Steady()) {}

  struct Attached {
    NodeChannel* replaced = nullptr;              // the stream that the node had until now
    std::vector<PluginAnnouncement> old_plugins;  // what the node announced before
    bool was_known = false;
    bool as_before = false;  // facts, classes and plugins are those that were known
  };
  // A node has registered on `channel`. On an error (a bound, malformed facts) everything known about it stays as it
  // was. ResourceExhausted for a new node when the table is full: no known node is forgotten in its favour.
  absl::StatusOr<Attached> Attach(const v1::Node& node, NodeChannel* channel, absl::string_view peer,
                                  absl::string_view key_id, absl::string_view instance = {});
  // Adds a node that a previous hub process knew, as DescribeOwn has returned it; the node is away. `facts`: the result
  // of CheckStored; when it is an error, the node is known without facts and lists. This error, or a `problem`, is
  // added to the problems of the node.
  void Restore(const v1::Node& node, const absl::StatusOr<Json>& facts, absl::string_view problem);
  // The facts of a stored node, or why they are refused. Pure; any thread.
  static absl::StatusOr<Json> CheckStored(const v1::Node& node);
  // Applies all of the delta or, on an error, nothing. Sets `*old_plugins` when the delta has plugins.
  absl::Status Apply(absl::string_view identity, const v1::Delta& delta, std::vector<PluginAnnouncement>* old_plugins);
  // Asks again what the hub says of the node. True when the node is known and something has changed.
  bool Restand(absl::string_view identity);
  // What the hub says of the node, as the node is told.
  v1::NodeStanding StandingOf(const NodeRecord& record) const;
  // A message of the node has come. True when the node was stale.
  bool Heard(absl::string_view identity);
  // The stream `channel` has ended. True when it was the stream of the node.
  bool Detach(absl::string_view identity, const NodeChannel* channel, absl::string_view reason);
  // Forgets the node. False when it is unknown or attached; then nothing is changed.
  bool Forget(absl::string_view identity);
  // The nodes without a stream that were last heard longer ago than `limit`.
  std::vector<std::string> AwayLongerThan(absl::Duration limit) const;
  void SetConflict(absl::string_view identity, std::string text);
  // Marks the nodes that were not heard within stale_after, and returns those that it has marked.
  std::vector<std::string> MarkStale();

  NodeChannel* ChannelOf(absl::string_view identity) const override;
  bool ChangedSince(absl::string_view identity, uint64_t change) const override;
  // A number that grows each time a node describes itself; from 1.
  uint64_t change() const { return change_; }
  const NodeRecord* Find(absl::string_view identity) const;
  const NodeRecord& At(Slot slot) const { return *by_slot_[slot]; }
  const FactTable& facts() const { return facts_; }
  const SlotSet& attached() const { return attached_; }
  FleetSnapshot Freeze(const ColumnNames& columns) const;
  NodeSnapshot FreezeNode(const NodeRecord& record) const;
  v1::Node Describe(const NodeRecord& record) const { return FreezeNode(record).Describe(); }
  v1::Node DescribeOwn(const NodeRecord& record) const { return FreezeNode(record).DescribeOwn(); }
  v1::Node DescribeOwnRest(const NodeRecord& record) const { return FreezeNode(record).DescribeOwnRest(); }
  // The node without plugins, classes, facts and problems.
  v1::Node DescribePresence(const NodeRecord& record) const;

  struct Counts {
    uint32_t connected = 0;
    uint32_t stale = 0;
    uint32_t disconnected = 0;
  };
  Counts counts() const;
  // Whether the hub was started so recently that nodes may be on their way back.
  bool NodesMayReturn() const { return clock_->Steady() - started_ < kReturnWithin; }
  // The number of nodes on their way back; 0 once NodesMayReturn is over.
  uint32_t returning() const;
  std::map<std::string, uint32_t> AttachedByKey() const;
  // Which nodes, attached or not, used each key last.
  struct KeyUse {
    uint32_t attached = 0;
    uint32_t known = 0;
    std::vector<std::string> names;  // some of them, at most kMaxKeyUsers
  };
  static constexpr size_t kMaxKeyUsers = 20;
  std::map<std::string, KeyUse> KeyUses() const;  // by key id

  // Notes the node's clock minus the hub's.
  void SetClockSkew(absl::string_view identity, absl::Duration skew);
  // The attached nodes whose clock differs by kNotableSkew or more, at most kMaxSkewsNamed of them.
  std::map<std::string, absl::Duration> ClockSkews() const;
  static constexpr absl::Duration kNotableSkew = absl::Seconds(5);
  static constexpr size_t kMaxSkewsNamed = 20;

 private:
  NodeRecord* FindMutable(absl::string_view identity);
  absl::Status CheckRoom() const;
  NodeRecord* Add(absl::string_view identity, Slot slot);
  // Puts what the node says of itself into the fact table, unless it is there already.
  absl::StatusOr<Slot> TakeOwn(const v1::Node& node, const NodeRecord* record, uint64_t mark,
                               const std::vector<std::string>& collectives);
  absl::Status ApplyLists(NodeRecord* record, const v1::Delta& delta);
  NodeStandings::Collectives CollectivesOf(absl::string_view identity, const std::vector<std::string>& named) const;
  // The labels of the node as a fact; null: none.
  Json TrustedOf(absl::string_view identity) const;

  const Clock* const clock_;
  const Options options_;
  const NodeStandings* const standings_;
  const absl::Duration started_;  // steady
  FactTable facts_;
  SlotSet attached_;
  SlotSet returning_;
  uint64_t change_ = 1;
  absl::flat_hash_map<std::string, std::unique_ptr<NodeRecord>> by_identity_;
  std::vector<NodeRecord*> by_slot_;
};

std::vector<PluginAnnouncement> PluginsOf(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins);

}  // namespace orch::hub
