// The sockets the hub listens on, and one descriptor in reserve, so that a peer can be turned away when descriptors
// run out. Owned by the door; once the door serves, its thread only. Never blocks, and decides nothing about peers.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/net/address.h"
#include "base/unique_fd.h"
#include "services/hub/door/listener.h"

namespace orch::hub {

class Acceptor {
 public:
  Acceptor() = default;
  ~Acceptor() { Remove(); }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Once: binds every address. Errors name the address and the reason. `group` may open unix sockets.
  absl::Status Open(const std::vector<Address>& addresses, const std::string& group);
  const std::vector<Listener>& listeners() const { return listeners_; }

  enum class Outcome {
    kAccepted,
    kLost,          // one peer less waits, but there is no connection; another may wait
    kNobody,        // nobody waits
    kNotNow,        // failed for the moment: the same call is worth another try later
    kNoDescriptor,  // no descriptor is left for the peer that waits
  };
  struct Newcomer {
    UniqueFd fd;  // non-blocking
    sockaddr_storage from{};
  };
  Outcome Accept(const Listener& listener, Newcomer* newcomer);
  // Accepts one peer by means of the descriptor in reserve and closes the connection at once.
  Outcome TurnAwayOne(const Listener& listener);

  // Closes the listening sockets. The files of unix sockets stay until Remove.
  void Close();
  // Closes the listening sockets and removes the files of unix sockets.
  void Remove();

 private:
  std::vector<Listener> listeners_;
  UniqueFd spare_;
};

}  // namespace orch::hub
