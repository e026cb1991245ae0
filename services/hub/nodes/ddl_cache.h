// The DDLs of the fleet: who announces which, and the texts. Nodes announce name and SHA-256; each
// text is asked of one node, and of another when no answer came. What a node announces is not
// trusted: a DDL has the name its text says, and an input that one DDL of a plugin calls sensitive
// is sensitive in all of them. On the hub's loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/ddl/ddl.h"
#include "base/clock.h"
#include "base/executor.h"
#include "services/hub/nodes/fact_table/slot_set.h"
#include "services/hub/nodes/plugin_announcement.h"

namespace orch::hub {

class DdlCache {
 public:
  // Bounds: pairs of a name and a hash, bytes of texts, callers that wait for a text.
  static constexpr size_t kMaxDdls = 4096;
  static constexpr size_t kMaxDdlTextBytes = 64u << 20;
  static constexpr size_t kMaxWaiters = 1024;
  // A node that was asked has so long before another one is asked.
  static constexpr absl::Duration kAskAgainAfter = absl::Seconds(5);

  DdlCache(const Clock* clock, Executor* executor) : clock_(clock), executor_(executor) {}

  // The attached node in `slot` announces these from now on, and of `before` those alone that are in
  // `plugins` too. Repeating it changes nothing.
  void Announce(Slot slot, const std::vector<PluginAnnouncement>& before,
                const std::vector<PluginAnnouncement>& plugins);
  // A node that is away announced these: they may be asked for by name, and their texts be learned.
  void Know(const std::vector<PluginAnnouncement>& plugins);
  // The node in `slot` is gone. Does nothing for what it did not announce.
  void Withdraw(Slot slot, const std::vector<PluginAnnouncement>& plugins);
  // Of these, the texts to ask the node in `slot` for now; they count as asked.
  std::vector<std::string> Wanted(Slot slot, const std::vector<PluginAnnouncement>& plugins);
  // Texts that nobody delivered in time, each with the node to ask now: the announcers take turns.
  std::vector<std::pair<Slot, std::string>> TakeOverdue();
  // A text from a node. InvalidArgument when it was not asked for or is too large; a text that is
  // no good DDL is remembered as such and not asked for again.
  absl::Status Learn(absl::string_view json);

  struct Entry {
    std::string name;     // as announced
    std::string version;  // as announced
    std::string sha256;
    SlotSet announcers;                         // attached nodes
    uint32_t nodes = 0;                         // how many these are
    std::shared_ptr<const ddl::Plugin> plugin;  // null until the text came
    std::string problem;                        // why the text cannot be used
  };
  const Entry* Find(absl::string_view name, absl::string_view sha256) const;
  // Whether the text of that hash is here and good.
  bool HasText(absl::string_view sha256) const;
  // Those attached nodes announce, most nodes first; where there are none, those of nodes now gone.
  std::vector<const Entry*> Named(absl::string_view name) const;
  std::vector<const Entry*> All() const;  // by name, then version
  std::vector<std::string> Names() const;
  // Names of the inputs of that action which any known DDL of the plugin calls sensitive.
  std::set<std::string> SensitiveInputs(absl::string_view name, absl::string_view action) const;

  // Posts `then` once the text of `sha256` was learned or `limit` is over. False when too many wait.
  bool Await(absl::string_view sha256, absl::Duration limit, Closure then);

 private:
  struct Waiter {
    TimerId timer;
    std::shared_ptr<Closure> then;
  };
  // What is known of one hash, under whatever names it is announced.
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

  Entry* FindMutable(absl::string_view name, absl::string_view sha256) const;
  Entry* Put(const PluginAnnouncement& plugin);
  // Takes over what is known of its text.
  void Settle(Entry* entry, const Text& text);
  static void NoteSensitive(const Entry& entry, OfName* named);
  // Forgets entries no attached node announces, to make room.
  void DropUnused();
  void ForgetText(Entry* entry);
  static Slot NextAnnouncer(const Text& text);
  void Wake(const std::string& sha256);

  const Clock* const clock_;
  Executor* const executor_;
  absl::flat_hash_map<std::string, Text> texts_;  // by hash
  std::map<std::string, OfName, std::less<>> by_name_;
  size_t entries_ = 0;
  size_t text_bytes_ = 0;
  std::multimap<std::string, Waiter> waiters_;
};

}  // namespace orch::hub
