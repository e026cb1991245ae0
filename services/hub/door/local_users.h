// Who is at the other end of a unix socket: the name of the user and his groups. The databases of the host may be on
// the network and slow, so they are asked on a thread of its own, one user after the other, and delay nobody else at
// the door. Owned by the door. Everything is called on the door's thread, except what `LookUp` and `wake` are.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/loop_executor.h"
#include "base/mutex.h"

namespace orch::hub {

struct LocalUser {
  std::string name;                 // empty: this user may not use the hub
  std::vector<std::string> groups;  // by name, each once, sorted
};

class LocalUsers {
 public:
  static constexpr size_t kMaxAsked = 64;   // users whose answer is not taken
  static constexpr size_t kMaxGroups = 64;  // of one user; further ones are left out, with a line in the log

  // On the thread of the databases.
  using LookUp = std::function<LocalUser(const ucred& who)>;
  // `wake`: any thread; called when there is an answer to take.
  LocalUsers(const Clock* clock, LookUp look_up, std::function<void()> wake)
      : look_up_(std::move(look_up)), wake_(std::move(wake)), thread_(clock, "local-users") {}
  // Waits for the look-up that is running.
  ~LocalUsers() { thread_.Stop(); }

  // Asks about the peer of this socket. False when too many wait, or the kernel does not name the peer.
  bool Ask(uint64_t connection, int fd);

  struct Answer {
    uint64_t connection;
    LocalUser user;
  };
  std::vector<Answer> Take();

 private:
  const LookUp look_up_;
  const std::function<void()> wake_;
  size_t asked_ = 0;
  Mutex mu_;
  std::vector<Answer> answers_ ABSL_GUARDED_BY(mu_);
  LoopExecutor thread_;  // last: it uses all of the above
};

// Looks the user up in the databases of this host. He may use the hub if he is root, the hub's own user, or a member of
// `group`. Blocks.
LocalUser LookUpLocalUser(const ucred& who, const std::string& group);

}  // namespace orch::hub
