// Connects to an address: looks up its name, then tries the results in order. All functions block. Thread-safe.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/net/address.h"
#include "base/unique_fd.h"

namespace orch {

inline constexpr size_t kMaxDialAddresses = 8;  // tried for one name

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
// Returns the socket addresses of `address`, at least one. Asks the resolver for a name, which cannot be interrupted.
// Unavailable if the name is unknown.
absl::StatusOr<std::vector<SocketAddress>> LookUp(const Address& address);

// Returns a connected, non-blocking socket, tuned by TuneTcp. `deadline` is a time of Clock::Steady. Unavailable tells
// what to check; Cancelled if `wake` became readable.
absl::StatusOr<UniqueFd> Connect(const std::vector<SocketAddress>& addresses, const Clock& clock,
                                 absl::Duration deadline, int wake);

// Waits with poll(2) until `fd` is ready for one of `events`. DeadlineExceeded, or Cancelled if `wake` became readable.
absl::Status AwaitSocket(int fd, int events, int wake, const Clock& clock, absl::Duration deadline);

// Turns off the delay of small packets, and ends a connection whose other side acknowledges nothing for
// kTcpUserTimeout.
inline constexpr absl::Duration kTcpUserTimeout = absl::Seconds(30);
void TuneTcp(int fd);

}  // namespace orch
