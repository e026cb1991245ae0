// The messages that a stream has yet to write, bounded in number and bytes. Owned by the stream's reactor, whose lock
// guards it. Never blocks: a full outbox refuses, and its owner decides what that means.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

namespace orch {

template <typename Message>
class BoundedOutbox {
 public:
  BoundedOutbox(size_t max_messages, size_t max_bytes) : max_messages_(max_messages), max_bytes_(max_bytes) {}

  // Returns false if the message would exceed a bound. An empty outbox takes a message of any size.
  bool Push(Message message, size_t bytes) {
    if (!queue_.empty() && (queue_.size() >= max_messages_ || bytes_ + bytes > max_bytes_)) return false;
    queue_.push_back({std::move(message), bytes});
    bytes_ += bytes;
    return true;
  }
  // The front stays in place until Pop, so that a write in flight may use its memory.
  Message& front() { return queue_.front().message; }
  void Pop() {
    bytes_ -= queue_.front().bytes;
    queue_.pop_front();
  }
  // Drops all but the first `count` messages.
  void KeepFirst(size_t count) {
    while (queue_.size() > count) {
      bytes_ -= queue_.back().bytes;
      queue_.pop_back();
    }
  }

  bool empty() const { return queue_.empty(); }
  size_t size() const { return queue_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Queued {
    Message message;
    size_t bytes;
  };

  const size_t max_messages_;
  const size_t max_bytes_;
  std::deque<Queued> queue_;
  size_t bytes_ = 0;
};

}  // namespace orch
