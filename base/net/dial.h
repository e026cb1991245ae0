// Connects to an address: first its name is looked up, then what that gives is tried in order. Blocks.
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

inline constexpr size_t kMaxDialAddresses = 8;  // of one name that are tried

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
// Where the address leads; not empty. Asks the resolver for a name, which cannot be interrupted. Unavailable when the
// name is not known.
absl::StatusOr<std::vector<SocketAddress>> LookUp(const Address& address);

// A connected, non-blocking socket, tuned by TuneTcp. `deadline`: Clock::Steady. Unavailable says what to look at;
// Cancelled when `wake` became readable.
absl::StatusOr<UniqueFd> Connect(const std::vector<SocketAddress>& addresses, const Clock& clock,
                                 absl::Duration deadline, int wake);

// poll(2) until `fd` is ready for one of `events`. DeadlineExceeded, or Cancelled when `wake` became readable.
absl::Status AwaitSocket(int fd, int events, int wake, const Clock& clock, absl::Duration deadline);

// Sends small messages at once, and ends a connection whose other side acknowledges nothing for kTcpUserTimeout.
inline constexpr absl::Duration kTcpUserTimeout = absl::Seconds(30);
void TuneTcp(int fd);

}  // namespace orch
