// The DDLs of the fleet by hash, who announces them, and which text is still to be fetched. Nodes
// announce hashes; each text is asked for once, from one node, and asked again elsewhere when no
// answer came. On the hub's loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/ddl/ddl.h"
#include "base/clock.h"
#include "base/executor.h"
#include "orch/v1/action.pb.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

class DdlCache {
 public:
  // Bounds: known hashes, bytes of texts, callers that wait for a text.
  static constexpr size_t kMaxDdls = 4096;
  static constexpr size_t kMaxDdlTextBytes = 64u << 20;
  static constexpr size_t kMaxWaiters = 1024;
  // A node that was asked has so long before another one is asked.
  static constexpr absl::Duration kAskAgainAfter = absl::Seconds(5);

  DdlCache(const Clock* clock, Executor* executor) : clock_(clock), executor_(executor) {}

  // A node that is away announced these: they may be asked for by name, and their texts be learned.
  void Know(const std::vector<PluginAnnouncement>& plugins);
  // One attached node more, or less, announces these.
  void Announce(const std::vector<PluginAnnouncement>& plugins);
  void Withdraw(const std::vector<PluginAnnouncement>& plugins);
  // Of these, the texts to ask the node for now; they count as asked.
  std::vector<std::string> Wanted(const std::vector<PluginAnnouncement>& plugins);
  // Announced texts that nobody delivered in time.
  bool HasOverdue() const;
  // A text from a node. InvalidArgument when it was not asked for or is too large; a text that is
  // no good DDL is remembered as such and not asked for again.
  absl::Status Learn(absl::string_view json);

  struct Entry {
    std::string name;
    std::string version;
    std::string sha256;
    uint32_t nodes = 0;                         // attached ones
    std::shared_ptr<const ddl::Plugin> plugin;  // null until the text came
    std::string problem;                        // why the text cannot be used
    absl::Duration asked_at = -absl::InfiniteDuration();
  };
  const Entry* Find(absl::string_view sha256) const;
  // Those attached nodes announce, most nodes first; where there are none, those of nodes now gone.
  std::vector<const Entry*> Named(absl::string_view name) const;
  std::vector<const Entry*> All() const;  // by name, then version
  std::vector<std::string> Names() const;

  // Posts `then` once the text of `sha256` was learned or `limit` is over. False when too many wait.
  bool Await(absl::string_view sha256, absl::Duration limit, Task then);

 private:
  struct Waiter {
    TimerId timer;
    std::shared_ptr<Task> then;
  };

  Entry* Put(const PluginAnnouncement& plugin);
  // Forgets an entry no attached node announces, to make room.
  void DropUnused();
  void Wake(const std::string& sha256);

  const Clock* const clock_;
  Executor* const executor_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> by_hash_;
  std::map<std::string, std::vector<Entry*>, std::less<>> by_name_;
  std::multimap<std::string, Waiter> waiters_;
  size_t text_bytes_ = 0;
};

}  // namespace orch::hub
