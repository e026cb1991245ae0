// Every node the hub knows: who is attached, since when, last heard when, why who is away went, and
// through the fact table what each is. A node that goes stays known until it is forgotten by name.
// Owned by the hub, on its loop. Sends nothing, stores nothing and decides nothing about jobs.
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
  absl::Time gone = absl::InfinitePast();  // when its stream ended
  std::string gone_reason;                 // why it did
  std::string conflict;                    // what is known of a second agent with this identity
  NodeChannel* channel = nullptr;          // null when disconnected
  std::string main_collective;
  std::vector<PluginAnnouncement> plugins;
  std::vector<std::string> problems;
  std::vector<v1::PluginProblem> plugin_problems;
  std::string version;
  std::string peer;
  std::string key_id;
  absl::Duration clock_skew;  // its clock minus the hub's, as last heard
  uint64_t changed = 0;       // Registry::change() when the node last said what it is
};

// How long a hub that was started says of nodes that they may be on their way back.
inline constexpr absl::Duration kReturnWithin = absl::Seconds(90);

// What the hub knew of its fleet at one moment, for one question. Made on the loop for little; read on
// any one thread.
struct FleetSnapshot {
  FactSnapshot facts;
  SlotSet attached;
  SlotSet returning;    // nodes on their way back
  uint64_t change = 0;  // Registry::change()
};

// The same of one node.
struct NodeSnapshot {
  v1::Node head;  // all but facts and classes
  NodeFacts facts;
  // The whole node; may take some milliseconds.
  v1::Node Describe() const;
};

class Registry final : public NodeDirectory {
 public:
  struct Options {
    size_t max_nodes = 20'000;  // known ones, attached or not
    absl::Duration stale_after = absl::Seconds(90);
  };
  Registry(const Clock* clock, Options options) : clock_(clock), options_(options), started_(clock->Steady()) {}

  struct Attached {
    NodeChannel* replaced = nullptr;              // the stream it had until now
    std::vector<PluginAnnouncement> old_plugins;  // what it announced before
    bool was_known = false;
  };
  // A node registered on `channel`. On error (a bound, malformed facts) what was known stays as it was.
  // ResourceExhausted for a new node when the table is full: no known node is forgotten for it.
  absl::StatusOr<Attached> Attach(const v1::Node& node, NodeChannel* channel, absl::string_view peer,
                                  absl::string_view key_id);
  // A node that an earlier process of this hub knew, as Describe gave it; it is away. `facts`: as CheckStored
  // gave them; when they are refused the node is known without facts and lists. Then, and with a
  // `problem`, it has one more problem that says so.
  void Restore(const v1::Node& node, const absl::StatusOr<Json>& facts, absl::string_view problem);
  // Pure, any thread.
  static absl::StatusOr<Json> CheckStored(const v1::Node& node);
  // All of it or, on error, nothing. `*old_plugins` is set when the delta has plugins.
  absl::Status Apply(absl::string_view identity, const v1::Delta& delta, std::vector<PluginAnnouncement>* old_plugins);
  // True when the node was stale.
  bool Heard(absl::string_view identity);
  // True when it was `channel` that the node held.
  bool Detach(absl::string_view identity, const NodeChannel* channel, absl::string_view reason);
  // False when it is unknown or attached: then nothing is changed.
  bool Forget(absl::string_view identity);
  // Nodes without a stream that were not heard of for longer than this.
  std::vector<std::string> AwayLongerThan(absl::Duration limit) const;
  void SetConflict(absl::string_view identity, std::string text);
  // Marks who was not heard of within the limit; returns those.
  std::vector<std::string> MarkStale();

  NodeChannel* ChannelOf(absl::string_view identity) const override;
  bool ChangedSince(absl::string_view identity, uint64_t change) const override;
  // A number that grows with whatever nodes say of themselves; from 1.
  uint64_t change() const { return change_; }
  const NodeRecord* Find(absl::string_view identity) const;
  const NodeRecord& At(Slot slot) const { return *by_slot_[slot]; }
  const FactTable& facts() const { return facts_; }
  const SlotSet& attached() const { return attached_; }
  FleetSnapshot Freeze(const ColumnNames& columns) const;
  NodeSnapshot FreezeNode(const NodeRecord& record) const;
  v1::Node Describe(const NodeRecord& record) const { return FreezeNode(record).Describe(); }
  // The same without plugins, classes, facts and problems.
  v1::Node DescribePresence(const NodeRecord& record) const;

  struct Counts {
    uint32_t connected = 0;
    uint32_t stale = 0;
    uint32_t disconnected = 0;
  };
  Counts counts() const;
  // The hub was started so lately that nodes may be on their way back.
  bool NodesMayReturn() const { return clock_->Steady() - started_ < kReturnWithin; }
  // Nodes on their way back; 0 once NodesMayReturn is over.
  uint32_t returning() const;
  std::map<std::string, uint32_t> AttachedByKey() const;

  // What the node says of its time: its clock minus the hub's.
  void SetClockSkew(absl::string_view identity, absl::Duration skew);
  // Attached nodes whose clock is kNotableSkew or more off, at most kMaxSkewsNamed.
  std::map<std::string, absl::Duration> ClockSkews() const;
  static constexpr absl::Duration kNotableSkew = absl::Seconds(5);
  static constexpr size_t kMaxSkewsNamed = 20;

 private:
  NodeRecord* FindMutable(absl::string_view identity);
  absl::Status CheckRoom() const;
  NodeRecord* Add(absl::string_view identity, Slot slot);
  absl::Status ApplyLists(Slot slot, const v1::Delta& delta);

  const Clock* const clock_;
  const Options options_;
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
