// Where chance comes from. Passed in; only base/ asks the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace orch {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  // `size` unpredictable bytes, fit for keys and nonces.
  virtual std::string Bytes(size_t size) = 0;
  // Uniform in [0, 1).
  double Uniform();
  uint64_t Uint64();
};

// getrandom(2).
class SystemRandom final : public Random {
 public:
  std::string Bytes(size_t size) override;
};

}  // namespace orch
