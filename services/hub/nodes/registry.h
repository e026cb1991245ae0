// Every node the hub knows: who is attached, since when, last heard when, and through the fact
// table what each is. Owned by the hub, on its loop. Sends nothing and decides nothing about jobs.
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

namespace orch::hub {

struct PluginAnnouncement {
  std::string name;
  std::string version;
  std::string sha256;  // 32 bytes
};

struct NodeRecord {
  std::string identity;
  Slot slot = kNoSlot;
  v1::Presence presence = v1::DISCONNECTED;
  absl::Time last_seen;       // wall, to show
  absl::Duration last_heard;  // steady, to compare
  absl::Time connected_since;
  NodeChannel* channel = nullptr;  // null when disconnected
  std::string main_collective;
  std::vector<PluginAnnouncement> plugins;
  std::vector<std::string> problems;
  std::vector<v1::PluginProblem> plugin_problems;
  std::string version;
  std::string peer;
  std::string key_id;
  absl::Duration clock_skew;  // its clock minus the hub's, as last heard
};

class Registry final : public NodeDirectory {
 public:
  struct Options {
    size_t max_nodes = 20'000;
    absl::Duration stale_after = absl::Seconds(90);
  };
  Registry(const Clock* clock, Options options) : clock_(clock), options_(options) {}

  struct Attached {
    NodeChannel* replaced = nullptr;              // the stream it had until now
    std::vector<PluginAnnouncement> old_plugins;  // what it announced before
    bool was_known = false;
  };
  // A node registered on `channel`. On error (a bound, malformed facts) what was known stays as it was.
  // When the table is full the node that has been gone longest is forgotten; `*forgotten` gets it.
  absl::StatusOr<Attached> Attach(const v1::Node& node, NodeChannel* channel, absl::string_view peer,
                                  absl::string_view key_id, std::vector<NodeRecord>* forgotten);
  // All of it or, on error, nothing. `*old_plugins` is set when the delta has plugins.
  absl::Status Apply(absl::string_view identity, const v1::Delta& delta, std::vector<PluginAnnouncement>* old_plugins);
  // True when the node was stale.
  bool Heard(absl::string_view identity);
  // True when it was `channel` that the node held.
  bool Detach(absl::string_view identity, const NodeChannel* channel);
  // Marks who was not heard of within the limit; returns those.
  std::vector<std::string> MarkStale();

  NodeChannel* ChannelOf(absl::string_view identity) const override;
  const NodeRecord* Find(absl::string_view identity) const;
  const NodeRecord& At(Slot slot) const { return *by_slot_[slot]; }
  const FactTable& facts() const { return facts_; }
  const SlotSet& attached() const { return attached_; }
  v1::Node Describe(const NodeRecord& record) const;

  struct Counts {
    uint32_t connected = 0;
    uint32_t stale = 0;
    uint32_t disconnected = 0;
  };
  Counts counts() const;
  std::map<std::string, uint32_t> AttachedByKey() const;

  // What the node says of its time: its clock minus the hub's.
  void SetClockSkew(absl::string_view identity, absl::Duration skew);
  // Attached nodes whose clock is kNotableSkew or more off, at most kMaxSkewsNamed.
  std::map<std::string, absl::Duration> ClockSkews() const;
  static constexpr absl::Duration kNotableSkew = absl::Seconds(5);
  static constexpr size_t kMaxSkewsNamed = 20;

 private:
  NodeRecord* FindMutable(absl::string_view identity);
  // Makes room for one more; ResourceExhausted when all known nodes are attached.
  absl::Status MakeRoom(std::vector<NodeRecord>* forgotten);
  absl::Status ApplyLists(Slot slot, const v1::Delta& delta);

  const Clock* const clock_;
  const Options options_;
  FactTable facts_;
  SlotSet attached_;
  absl::flat_hash_map<std::string, std::unique_ptr<NodeRecord>> by_identity_;
  std::vector<NodeRecord*> by_slot_;
};

std::vector<PluginAnnouncement> PluginsOf(const google::protobuf::RepeatedPtrField<v1::PluginRef>& plugins);

}  // namespace orch::hub
