#include "services/hub/door/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr int kBacklog = 4096;

absl::Status SplitAddress(const std::string& address, std::string* host, std::string* port) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return absl::InvalidArgumentError(absl::StrCat("listen address ", address, " has no port; write 0.0.0.0:61613"));
  }
  *host = address.substr(0, colon);
  *port = address.substr(colon + 1);
  if (host->size() >= 2 && host->front() == '[' && host->back() == ']') *host = host->substr(1, host->size() - 2);
  return absl::OkStatus();
}

}  // namespace

PeerName PeerNameOf(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return {absl::StrCat("ipv4:", text, ":", ntohs(in.sin_port)), text};
  }
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
    inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], text, sizeof text);
    return {absl::StrCat("ipv4:", text, ":", ntohs(in6.sin6_port)), text};
  }
  inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
  return {absl::StrCat("ipv6:[", text, "]:", ntohs(in6.sin6_port)), text};
}

absl::StatusOr<int> ListenOn(const std::string& address, std::string* bound) {
  std::string host, port;
  ORCH_RETURN_IF_ERROR(SplitAddress(address, &host, &port));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoStatus(errno, absl::StrCat("cannot listen on ", address));
  absl::Cleanup close_it = [fd] { close(fd); };
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot listen on ", address));
  }
  sockaddr_storage taken{};
  socklen_t size = sizeof taken;
  getsockname(fd, reinterpret_cast<sockaddr*>(&taken), &size);
  *bound = PeerNameOf(taken).peer.substr(5);
  std::move(close_it).Cancel();
  return fd;
}

}  // namespace orch::hub
