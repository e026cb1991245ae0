// The DDLs of the fleet: which nodes announce them, and their texts. Nodes announce a name and a SHA-256; each text is
// requested from one node, and from another one when no answer comes. Announcements are not trusted: a DDL has the name
// that its text says, and an input that one DDL of a plugin calls sensitive is sensitive in all DDLs of that plugin.
// Owned by the hub; its loop only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/ddl/ddl.h"
#include "base/clock.h"
#include "base/executor.h"
#include "services/hub/nodes/ddl_waiters.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/plugin_announcement.h"

namespace orch::hub {

// How long a call waits for a DDL that a node is still sending.
inline constexpr absl::Duration kAwaitDdl = absl::Seconds(5);

class DdlCache {
 public:
  // Bounds: pairs of a name and a hash, bytes of texts.
  static constexpr size_t kMaxDdls = 4096;
  static constexpr size_t kMaxDdlTextBytes = 64u << 20;
  // How long a node that was asked for a text has, before another node is asked.
  static constexpr absl::Duration kAskAgainAfter = absl::Seconds(5);

  DdlCache(const Clock* clock, Executor* executor) : clock_(clock), waiters_(executor) {}

  // The attached node in `slot` announces `plugins` from now on, and no longer those of `before` that are not in
  // `plugins`. Repeating the call changes nothing.
  void Announce(Slot slot, const std::vector<PluginAnnouncement>& before,
                const std::vector<PluginAnnouncement>& plugins);
  // A node that is away has announced these: they can be found by name, and their texts can be learned.
  void Know(const std::vector<PluginAnnouncement>& plugins);
  // The node in `slot` is gone. Ignores plugins that the node has not announced.
  void Withdraw(Slot slot, const std::vector<PluginAnnouncement>& plugins);
  // The SHA-256 of those of `plugins` whose texts the node in `slot` is to be asked for now; they count as asked for.
  std::vector<std::string> Wanted(Slot slot, const std::vector<PluginAnnouncement>& plugins);
  // The texts that did not come in time, each with the node that is to be asked next: the announcers take turns.
  std::vector<std::pair<Slot, std::string>> TakeOverdue();
  // Takes a text from a node. InvalidArgument when it was not asked for or is too large. A text that is no valid DDL is
  // remembered as such and not asked for again.
  absl::Status Learn(absl::string_view json);

  struct Entry {
    std::string name;     // as announced
    std::string version;  // as announced
    std::string sha256;
    SlotSet announcers;                         // attached nodes
    uint32_t nodes = 0;                         // the number of announcers
    std::shared_ptr<const ddl::Plugin> plugin;  // null until the text has come
    std::string problem;                        // why the text cannot be used; empty when it can, or has not come
  };
  const Entry* Find(absl::string_view name, absl::string_view sha256) const;
  // Whether the text with this hash is here and valid.
  bool HasText(absl::string_view sha256) const;
  // The DDLs of `name` that attached nodes announce, the one with the most nodes first; if there are none, the DDLs of
  // nodes that are away.
  std::vector<const Entry*> Named(absl::string_view name) const;
  std::vector<const Entry*> All() const;  // by name, then version
  std::vector<std::string> Names() const;
  // The inputs of `action` that any known DDL of the plugin calls sensitive.
  std::set<std::string> SensitiveInputs(absl::string_view name, absl::string_view action) const;

  // NotFound, with the nearest name that the fleet has.
  absl::Status NoSuchPlugin(absl::string_view name) const;
  // FailedPrecondition when the text of `entry` cannot be used, Unavailable when it has not come yet.
  static absl::Status CheckText(const Entry& entry);
  // Calls `then` with the DDLs of `name`, as Named lists them: at once, or when a text of the first one that is on its
  // way has come or `limit` is over. Errors: NoSuchPlugin, CheckText.
  using Required = absl::AnyInvocable<void(const absl::StatusOr<std::vector<const Entry*>>& entries)>;
  void Require(const std::string& name, absl::Duration limit, Required then);
  // Posts `then` once the text with this hash has come or `limit` is over. False when too many callers wait.
  bool Await(absl::string_view sha256, absl::Duration limit, Closure then) {
    return waiters_.Add(sha256, limit, std::move(then));
  }

 private:
  // Everything that is known about one hash, under all names with which it is announced.
  struct Text {
    std::vector<Entry*> entries;
    std::shared_ptr<const ddl::Plugin> plugin;
    std::string problem;
    absl::Duration asked_at = -absl::InfiniteDuration();
    Slot asked_of = kNoSlot;
    bool settled() const { return plugin != nullptr || !problem.empty(); }
  };
  struct OfName {
    std::vector<std::unique_ptr<Entry>> entries;
    std::map<std::string, std::set<std::string>, std::less<>> sensitive;  // by action
  };

  absl::StatusOr<std::vector<const Entry*>> Usable(absl::string_view name) const;
  Entry* FindMutable(absl::string_view name, absl::string_view sha256) const;
  Entry* Put(const PluginAnnouncement& plugin);
  // Copies into the entry what is known about its text.
  void Settle(Entry* entry, const Text& text);
  static void NoteSensitive(const Entry& entry, OfName* named);
  // Forgets entries that no attached node announces, to make room.
  void DropUnused();
  void ForgetText(Entry* entry);
  static Slot NextAnnouncer(const Text& text);

  const Clock* const clock_;
  absl::flat_hash_map<std::string, Text> texts_;  // by hash
  std::map<std::string, OfName, std::less<>> by_name_;
  size_t entries_ = 0;
  size_t text_bytes_ = 0;
  DdlWaiters waiters_;
};

}  // namespace orch::hub
