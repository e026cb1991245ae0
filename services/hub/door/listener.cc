#include "services/hub/door/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/net/dial.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr int kBacklog = 4096;
constexpr size_t kLookUpBytes = 64u << 10;  // for an entry of the user or group database

std::string Failed(const Address& address) { return absl::StrCat("cannot listen on ", address.Text()); }

bool FindGroup(const std::string& name, gid_t* gid) {
  std::vector<char> buffer(kLookUpBytes);
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return false;
  *gid = entry.gr_gid;
  return true;
}

// Removes a unix socket that no program uses any more. FailedPrecondition when a program answers at it.
absl::Status ClearPath(const Address& address, const SocketAddress& socket_address) {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.valid()) return ErrnoStatus(errno, Failed(address));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&socket_address.storage), socket_address.size) == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(Failed(address), ": another program answers there; stop it, or listen elsewhere"));
  }
  if (errno == ENOENT) return absl::OkStatus();
  if (errno != ECONNREFUSED) return ErrnoStatus(errno, Failed(address));
  struct stat there;
  if (lstat(address.path.c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(Failed(address), ": there is a file that is no socket"));
  }
  return unlink(address.path.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, Failed(address));
}

absl::Status OpenToGroup(const Address& address, const std::string& group) {
  gid_t gid = 0;
  const bool shared = !group.empty();
  if (shared && !FindGroup(group, &gid)) {
    return absl::FailedPreconditionError(
        absl::StrCat(Failed(address), ": local.group names '", group, "', which is no group of this host"));
  }
  if (shared && chown(address.path.c_str(), static_cast<uid_t>(-1), gid) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot give ", address.path, " to group ", group));
  }
  return chmod(address.path.c_str(), shared ? 0660 : 0600) == 0 ? absl::OkStatus()
                                                                : ErrnoStatus(errno, Failed(address));
}

}  // namespace

RemoteName RemoteNameOf(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const auto v4 = [&text](uint16_t port) {
    return RemoteName{absl::StrCat(text, ":", ntohs(port)), absl::StrCat("ipv4:", text, ":", ntohs(port))};
  };
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return v4(in.sin_port);
  }
  if (address.ss_family != AF_INET6) return {"local", ""};
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
    inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], text, sizeof text);
    return v4(in6.sin6_port);
  }
  inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
  const int port = ntohs(in6.sin6_port);
  return {absl::StrCat("[", text, "]:", port), absl::StrCat("ipv6:%5B", text, "%5D:", port)};
}

absl::StatusOr<Listener> ListenOn(const Address& address, const std::string& group) {
  const absl::StatusOr<std::vector<SocketAddress>> found = LookUp(address);
  if (!found.ok()) return absl::UnavailableError(absl::StrCat(Failed(address), ": ", found.status().message()));
  const SocketAddress& to = found->front();
  Listener listener;
  listener.is_unix = address.kind == Address::Kind::kUnix;
  if (listener.is_unix) ORCH_RETURN_IF_ERROR(ClearPath(address, to));
  listener.fd = UniqueFd(socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.fd.valid()) return ErrnoStatus(errno, Failed(address));
  const int on = 1;
  if (!listener.is_unix) setsockopt(listener.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener.fd.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0) {
    return ErrnoStatus(errno, Failed(address));
  }
  if (listener.is_unix) ORCH_RETURN_IF_ERROR(OpenToGroup(address, group));
  if (listen(listener.fd.get(), kBacklog) != 0) return ErrnoStatus(errno, Failed(address));
  if (listener.is_unix) {
    listener.bound = address.Text();
    return listener;
  }
  sockaddr_storage taken{};
  socklen_t size = sizeof taken;
  getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&taken), &size);
  listener.bound = RemoteNameOf(taken).text;
  return listener;
}

}  // namespace orch::hub
