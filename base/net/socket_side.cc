#include "base/net/socket_side.h"

#include <errno.h>
#include <sys/socket.h>

namespace orch {
namespace {

bool MustWait() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void SocketSide::OnReady(bool readable, bool writable, bool hang_up) {
  readable_ |= readable || hang_up;
  writable_ |= writable;
  hung_up_ |= hang_up;
}

SocketSide::Received SocketSide::Receive(char* bytes, size_t most, size_t* size) {
  const ssize_t got = recv(fd_.get(), bytes, most, 0);
  if (got < 0) {
    readable_ = false;
    return MustWait() ? Received::kNothing : Received::kError;
  }
  *size = static_cast<size_t>(got);
  if (*size < most && !hung_up_) readable_ = false;  // an edge tells of more
  if (got > 0) return Received::kBytes;
  ended_ = true;
  return Received::kEnd;
}

bool SocketSide::Send(absl::string_view bytes) {
  if (!unsent_.empty()) {
    unsent_.append(bytes.data(), bytes.size());
    return true;
  }
  size_t done = 0;
  if (writable_) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && !MustWait()) return false;
    done = sent > 0 ? static_cast<size_t>(sent) : 0;
    if (done < bytes.size()) writable_ = false;
  }
  if (done < bytes.size()) unsent_.assign(bytes.data() + done, bytes.size() - done);
  return true;
}

bool SocketSide::Flush() {
  if (unsent_.empty() || !writable_) return true;
  const ssize_t sent = send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    writable_ = false;
    return MustWait();
  }
  unsent_.erase(0, static_cast<size_t>(sent));
  if (!unsent_.empty()) {
    writable_ = false;
  } else {
    std::string().swap(unsent_);  // an idle side holds no memory
  }
  return true;
}

void SocketSide::EndSending() { shutdown(fd_.get(), SHUT_WR); }

}  // namespace orch
