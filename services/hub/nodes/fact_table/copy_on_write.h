// A value that one thread changes while others read it as it was: a copy costs one count, and the first change after
// the copy duplicates the value. Copies may be read and destroyed on any thread; one object is used by one thread at a
// time, as any value is.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace orch::hub {

// A T that copies share until one of them is written to. Never null, except after it was moved from.
template <typename T>
class CopyOnWrite {
 public:
  CopyOnWrite() : held_(new Held{{1}, T()}) {}
  CopyOnWrite(const CopyOnWrite& other) : held_(other.held_) { held_->holders.fetch_add(1, std::memory_order_relaxed); }
  CopyOnWrite(CopyOnWrite&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  CopyOnWrite& operator=(CopyOnWrite other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~CopyOnWrite() { Drop(); }

  const T& operator*() const { return held_->value; }
  const T* operator->() const { return &held_->value; }
  // The value, to be changed; other copies keep the value as it was.
  T& Write() {
    // Acquire: all that the last other holder has read was read before it gave its count back.
    if (held_->holders.load(std::memory_order_acquire) != 1) {
      Held* const own = new Held{{1}, held_->value};
      Drop();
      held_ = own;
    }
    return held_->value;
  }

 private:
  struct Held {
    std::atomic<uint32_t> holders;
    T value;
  };
  void Drop() {
    if (held_ != nullptr && held_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete held_;
  }

  Held* held_;
};

}  // namespace orch::hub
