#include "base/streams/message_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace orch {

void MessageQueue::Push(GrpcMessage message) {
  const size_t size = message.size();
  queue_.push_back({{0, static_cast<uint8_t>(size >> 24), static_cast<uint8_t>(size >> 16),
                     static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)},
                    std::move(message)});
}

size_t MessageQueue::Copy(uint8_t* to, size_t most, absl::FunctionRef<void(size_t)> written) {
  size_t done = 0;
  while (done < most && next_ < queue_.size()) {
    const Queued& queued = queue_[next_];
    size_t before = 0;
    const auto copy = [&](const void* bytes, size_t size) {
      if (next_at_ >= before && next_at_ < before + size && done < most) {
        const size_t skip = next_at_ - before;
        const size_t fits = std::min(size - skip, most - done);
        std::memcpy(to + done, static_cast<const char*>(bytes) + skip, fits);
        done += fits;
        next_at_ += fits;
      }
      before += size;
    };
    copy(queued.prefix, sizeof queued.prefix);
    copy(queued.message.head.data(), queued.message.head.size());
    if (queued.message.rest != nullptr) copy(queued.message.rest->data(), queued.message.rest->size());
    if (next_at_ < before) break;
    written(queued.message.size());
    queue_[next_++].message = GrpcMessage();
    next_at_ = 0;
  }
  if (next_ == queue_.size()) {
    Clear();
  } else if (next_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(next_));
    next_ = 0;
  }
  return done;
}

void MessageQueue::Clear() {
  std::vector<Queued>().swap(queue_);
  next_ = next_at_ = 0;
}

}  // namespace orch
