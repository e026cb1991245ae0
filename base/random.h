// The source of randomness. main makes one and passes it to whatever needs it; only base/ asks the system. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace orch {

class Random {
 public:
  virtual ~Random() = default;
  // Returns `size` unpredictable bytes, which are good enough for keys and nonces.
  virtual std::string Bytes(size_t size) = 0;
  // Uniform in [0, 1).
  double Uniform();
  uint64_t Uint64();
};

// Asks getrandom(2), for small requests in blocks: a system call costs more than the message that a nonce protects.
// Each thread has a block; what was given out is erased from it, and a child process does not use its parent's.
class SystemRandom final : public Random {
 public:
  static constexpr size_t kBlockBytes = 512;
  static constexpr size_t kMostFromBlock = 64;  // larger requests ask the system themselves

  std::string Bytes(size_t size) override;
};

}  // namespace orch
