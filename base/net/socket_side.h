// One socket of a pump: its readiness, as epoll reports it edge by edge, and the bytes that it has not taken yet. Owned
// by the pump; one thread at a time. Never blocks and never polls.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/net/inner_side.h"
#include "base/unique_fd.h"

namespace orch {

class SocketSide {
 public:
  SocketSide() = default;
  // `fd`: non-blocking.
  explicit SocketSide(UniqueFd fd) : fd_(std::move(fd)) {}

  // The socket became ready, as epoll reports it.
  void OnReady(bool readable, bool writable, bool hang_up);

  using Received = InnerSide::Taken;
  // Receives at most `most` bytes, and sets `*size` for kBytes. After kEnd `ended` is true.
  Received Receive(char* bytes, size_t most, size_t* size);
  // Sends after the unsent bytes; what the socket does not take is kept. False when the socket failed: then the bytes
  // are lost, and nothing of them is kept.
  bool Send(absl::string_view bytes);
  // Sends unsent bytes. False when the socket failed.
  bool Flush();
  void DropUnsent() { unsent_.clear(); }
  // Tells the other side that nothing more comes.
  void EndSending();

  bool readable() const { return readable_; }
  bool writable() const { return writable_; }
  // Nothing more can be received.
  bool ended() const { return ended_; }
  void SetEnded() { ended_ = true; }
  size_t unsent() const { return unsent_.size(); }
  // For poll(2): whether the socket is waited for.
  bool AwaitsRead() const { return !readable_ && !ended_; }
  bool AwaitsWrite() const { return !writable_; }

  int fd() const { return fd_.get(); }
  UniqueFd Take() { return std::move(fd_); }

 private:
  UniqueFd fd_;
  bool readable_ = false;
  bool writable_ = true;
  bool hung_up_ = false;  // to be read until the end shows
  bool ended_ = false;
  std::string unsent_;
};

}  // namespace orch
