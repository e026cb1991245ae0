// Sends into one stream that the door serves. Shared by the stream's owner, on whose thread everything is called except
// OnWritten and OnEnd, and by the door's thread. Never blocks: a full stream refuses, and its owner decides what that
// means.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "services/hub/door/stream_mail.h"

namespace orch::hub {

class StreamWriter {
 public:
  // What waits until the peer reads.
  static constexpr size_t kMaxMessages = 1024;
  static constexpr size_t kMaxBytes = 16u << 20;

  StreamWriter(std::shared_ptr<StreamMail> mail, uint64_t connection, uint32_t call)
      : mail_(std::move(mail)), connection_(connection), call_(call) {}

  // False when the stream is full or has ended; then nothing is sent. An empty one takes a message of any size.
  bool Push(GrpcMessage message, bool others_follow) {
    const size_t size = message.size();
    const size_t waiting = messages_.load(std::memory_order_relaxed);
    const bool full =
        waiting > 0 && (waiting >= kMaxMessages || bytes_.load(std::memory_order_relaxed) + size > kMaxBytes);
    if (full || finished_ || ended_.load(std::memory_order_relaxed)) return false;
    messages_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(size, std::memory_order_relaxed);
    Put(StreamMail::Letter::Kind::kMessage, std::move(message), others_follow);
    return true;
  }
  // Ends the stream once everything that was pushed is written.
  void Finish() {
    if (!std::exchange(finished_, true) && !ended_) Put(StreamMail::Letter::Kind::kFinish, {}, false);
  }
  // Ends the connection of a stream that has not ended yet. Any thread.
  void CutOff() {
    if (!ended_) Put(StreamMail::Letter::Kind::kCutOff, {}, false);
  }

  // For the door.
  void OnWritten(size_t bytes) {
    messages_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  void OnEnd() { ended_ = true; }

 private:
  void Put(StreamMail::Letter::Kind kind, GrpcMessage message, bool others_follow) {
    mail_->Put({connection_, call_, kind, std::move(message)}, others_follow);
  }

  const std::shared_ptr<StreamMail> mail_;
  const uint64_t connection_;
  const uint32_t call_;
  bool finished_ = false;  // the owner's
  std::atomic<bool> ended_{false};
  std::atomic<size_t> messages_{0};
  std::atomic<size_t> bytes_{0};
};

}  // namespace orch::hub
