// One end of a socket pair as the inner side of a pump; its other end is gRPC's. The pump's owner reports readiness.
#pragma once

#include <utility>

#include "base/net/inner_side.h"
#include "base/net/socket_side.h"

namespace orch {

class PairSide final : public InnerSide {
 public:
  // `fd`: non-blocking.
  explicit PairSide(UniqueFd fd) : socket_(std::move(fd)) {}

  // When gRPC has closed its end, what it has sent before is still taken and passed on.
  absl::Status Put(absl::string_view bytes) override {
    (void)socket_.Send(bytes);
    return absl::OkStatus();
  }
  void EndPutting() override { socket_.EndSending(); }
  size_t unsent() const override { return socket_.unsent(); }
  // A failure is that of gRPC's end: nobody reads there any more.
  void Flush() override {
    if (!socket_.Flush()) socket_.DropUnsent();
  }
  Taken Take(char* bytes, size_t most, size_t* size) override { return socket_.Receive(bytes, most, size); }
  bool readable() const override { return socket_.readable(); }
  bool ended() const override { return socket_.ended(); }

  // The readiness of the socket, as epoll reports it.
  void OnReady(bool readable, bool writable, bool hang_up) { socket_.OnReady(readable, writable, hang_up); }
  int fd() const { return socket_.fd(); }
  // For poll(2): whether the socket is waited for.
  bool AwaitsRead() const { return socket_.AwaitsRead(); }
  bool AwaitsWrite() const { return socket_.AwaitsWrite(); }

 private:
  SocketSide socket_;
};

}  // namespace orch
