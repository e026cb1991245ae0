// Seals what a hub answers on a connection for logging in, so that only the asker can read it and only the hub can have
// written it: X25519 between a new key of the asker and the hub's key that the asker knows beforehand, HKDF-SHA256,
// AES-256-GCM with a count of the answers as nonce. Many hold the key of such a connection; each of them could stand
// between an asker and the hub, but would have nothing to show to the asker. One side of one connection; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

class SealedAnswer {
 public:
  static constexpr size_t kKeyBytes = 32;  // of every key, here and below
  static constexpr size_t kTagBytes = 16;  // that a sealed answer is longer

  // The public key of an X25519 private key.
  static absl::StatusOr<std::string> PublicKeyOf(absl::string_view private_key);

  // InvalidArgument: the public key of the other side is none.
  static absl::StatusOr<SealedAnswer> OfHub(absl::string_view hub_private, absl::string_view asker_public);
  static absl::StatusOr<SealedAnswer> OfAsker(absl::string_view asker_private, absl::string_view hub_public);

  ~SealedAnswer();
  SealedAnswer(SealedAnswer&&) = default;
  SealedAnswer& operator=(SealedAnswer&&) = default;

  absl::StatusOr<std::string> Seal(absl::string_view answer);
  // Unauthenticated: this is not the hub's next answer.
  absl::StatusOr<std::string> Open(absl::string_view sealed);

 private:
  explicit SealedAnswer(std::string key) : key_(std::move(key)) {}
  static absl::StatusOr<SealedAnswer> Make(absl::string_view own_private, absl::string_view other_public,
                                           absl::string_view asker_public, absl::string_view hub_public);
  std::string NextNonce();

  std::string key_;
  uint64_t answers_ = 0;
};

}  // namespace orch::auth
