// Values that one thread changes while others read them as they were: a copy costs one count, and
// the first change after it copies the part that changes. The copies may be read and destroyed on any
// thread; one object is used by one thread at a time, as any value is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace orch::hub {

// A T that copies share until one of them is written to. Never null, but after it was moved from.
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
  // To change it; other copies keep what they have.
  T& Write() {
    // What the last other holder read has been read before its count went: hence acquire.
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

// A vector in chunks of kChunk elements: a change after a copy copies one chunk and the list of chunks.
template <typename T, size_t kChunk>
class ChunkedVector {
 public:
  size_t size() const { return size_; }
  const T& operator[](size_t index) const { return (*(*chunks_)[index / kChunk])[index % kChunk]; }
  T& Write(size_t index) { return chunks_.Write()[index / kChunk].Write()[index % kChunk]; }
  void Append(T value) {
    if (size_ % kChunk == 0) chunks_.Write().emplace_back();
    chunks_.Write().back().Write().push_back(std::move(value));
    ++size_;
  }
  // Grows to `size` at least.
  void Grow(size_t size, const T& value) {
    while (size_ < size) Append(value);
  }
  void Clear() { *this = ChunkedVector(); }

  // Elements [n * kChunk, (n + 1) * kChunk) as far as they are there.
  size_t chunks() const { return chunks_->size(); }
  const std::vector<T>& chunk(size_t n) const { return *(*chunks_)[n]; }

 private:
  CopyOnWrite<std::vector<CopyOnWrite<std::vector<T>>>> chunks_;
  size_t size_ = 0;
};

}  // namespace orch::hub
