#include "base/net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch {
namespace {

absl::Status WhyNotConnected(int error) {
  switch (error) {
    case ECONNREFUSED:
      return absl::UnavailableError(
          "nothing listens there; check that orch-hub runs (systemctl status orch-hub) and the address");
    case ENOENT:
      return absl::UnavailableError("there is no such socket; check that orch-hub runs and the path");
    case EACCES:
      return absl::UnavailableError("this user may not open the socket; ask for membership in its group");
    default:
      return absl::UnavailableError(
          absl::StrCat("it cannot be reached; check the network and the firewall (", strerrordesc_np(error), ")"));
  }
}

absl::StatusOr<UniqueFd> ConnectOne(const SocketAddress& address, const Clock& clock, absl::Duration deadline,
                                    int wake) {
  UniqueFd fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus(errno, "cannot make a socket");
  if (address.storage.ss_family != AF_UNIX) TuneTcp(fd.get());
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  if (errno != EINPROGRESS && errno != EAGAIN) return WhyNotConnected(errno);
  const absl::Status ready = AwaitSocket(fd.get(), POLLOUT, wake, clock, deadline);
  if (absl::IsDeadlineExceeded(ready)) return WhyNotConnected(ETIMEDOUT);
  ORCH_RETURN_IF_ERROR(ready);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return WhyNotConnected(error);
  return fd;
}

}  // namespace

void TuneTcp(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const unsigned limit = static_cast<unsigned>(absl::ToInt64Milliseconds(kTcpUserTimeout));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

absl::StatusOr<std::vector<SocketAddress>> LookUp(const Address& address) {
  std::vector<SocketAddress> all;
  if (address.kind == Address::Kind::kUnix) {
    auto* const un = reinterpret_cast<sockaddr_un*>(&all.emplace_back().storage);
    un->sun_family = AF_UNIX;
    std::memcpy(un->sun_path, address.path.c_str(), address.path.size() + 1);
    all.back().size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.path.size() + 1);
    return all;
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (address.kind == Address::Kind::kName ? AI_ADDRCONFIG : AI_NUMERICHOST);
  addrinfo* found = nullptr;
  int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0 && address.kind == Address::Kind::kName) {
    hints.ai_flags &= ~AI_ADDRCONFIG;  // a host with loopback only
    error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  }
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("its host name is not known here; check the name and DNS (", gai_strerror(error), ")"));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr && all.size() < kMaxDialAddresses; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    std::memcpy(&all.emplace_back().storage, one->ai_addr, one->ai_addrlen);
    all.back().size = one->ai_addrlen;
  }
  if (all.empty()) return absl::UnavailableError("its host name has no address");
  return all;
}

absl::StatusOr<UniqueFd> Connect(const std::vector<SocketAddress>& addresses, const Clock& clock,
                                 absl::Duration deadline, int wake) {
  absl::Status last = absl::UnavailableError("there is no address to connect to");
  for (size_t i = 0; i < addresses.size(); ++i) {
    // An address that never answers must leave time for the others.
    const absl::Duration left = deadline - clock.Steady();
    const absl::Duration share = left / static_cast<int64_t>(addresses.size() - i);
    absl::StatusOr<UniqueFd> fd = ConnectOne(addresses[i], clock, clock.Steady() + share, wake);
    if (fd.ok() || absl::IsCancelled(fd.status())) return fd;
    last = fd.status();
  }
  return last;
}

absl::Status AwaitSocket(int fd, int events, int wake, const Clock& clock, absl::Duration deadline) {
  while (true) {
    const int64_t left = absl::ToInt64Milliseconds(deadline - clock.Steady());
    if (left <= 0) return absl::DeadlineExceededError("the other side did not answer in time");
    pollfd both[2] = {{fd, static_cast<short>(events), 0}, {wake, POLLIN, 0}};
    const int ready = poll(both, wake >= 0 ? 2 : 1, static_cast<int>(std::min<int64_t>(left + 1, 60'000)));
    if (ready < 0 && errno != EINTR) return ErrnoStatus(errno, "cannot wait for the network");
    if (ready <= 0) continue;
    if (wake >= 0 && both[1].revents != 0) return absl::CancelledError("not wanted any more");
    if (both[0].revents != 0) return absl::OkStatus();
  }
}

}  // namespace orch
