// A vector in chunks of kChunk elements, for readers of copies: a copy costs one count, and a change after the copy
// duplicates one chunk and the list of chunks. Threads: as for CopyOnWrite.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "services/hub/nodes/fact_table/copy_on_write.h"

namespace orch::hub {

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
  // Grows to at least `size` elements, with copies of `value`.
  void Grow(size_t size, const T& value) {
    while (size_ < size) Append(value);
  }
  void Clear() { *this = ChunkedVector(); }

  // Chunk n has the elements from n * kChunk on, at most kChunk of them.
  size_t chunks() const { return chunks_->size(); }
  const std::vector<T>& chunk(size_t n) const { return *(*chunks_)[n]; }

 private:
  CopyOnWrite<std::vector<CopyOnWrite<std::vector<T>>>> chunks_;
  size_t size_ = 0;
};

}  // namespace orch::hub
