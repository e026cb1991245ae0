#include "auth/message_mac.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "auth/fast_hmac.h"
#include "auth/names.h"
#include "base/digest.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kVersionTag = "orch-envelope-v1\n";
constexpr size_t kMaxJobIdBytes = 64;

// The input of the MAC, which is on the stack for every message that passes CheckShape.
class MacInput {
 public:
  MacInput() { Append(kVersionTag); }
  void AddNumber(int64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(static_cast<uint64_t>(value) >> (56 - 8 * i));
    AddBytes(absl::string_view(bytes, sizeof(bytes)));
  }
  void AddBytes(absl::string_view bytes) {
    const uint32_t size = static_cast<uint32_t>(bytes.size());
    const char length[4] = {static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                            static_cast<char>(size)};
    Append(absl::string_view(length, sizeof(length)));
    Append(bytes);
  }
  absl::string_view view() const {
    return overflow_.empty() ? absl::string_view(bytes_, size_) : absl::string_view(overflow_);
  }

 private:
  void Append(absl::string_view bytes) {
    if (overflow_.empty() && bytes.size() <= sizeof bytes_ - size_) {
      std::memcpy(bytes_ + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
      return;
    }
    if (overflow_.empty()) overflow_.assign(bytes_, size_);
    overflow_.append(bytes.data(), bytes.size());
  }
  char bytes_[640];
  size_t size_ = 0;
  std::string overflow_;  // everything, once it does not fit
};

Digest32 EnvelopeMac(const Key& key, absl::string_view body_sha256, const v1::Envelope& envelope) {
  MacInput input;
  input.AddNumber(envelope.direction());
  input.AddNumber(envelope.kind());
  input.AddBytes(envelope.attempt_id());
  input.AddBytes(envelope.identity());
  input.AddBytes(envelope.key_id());
  input.AddNumber(envelope.issued_at_us());
  input.AddNumber(envelope.expires_at_us());
  input.AddBytes(envelope.nonce());
  input.AddBytes(body_sha256);
  return FastHmacSha256(key.bytes, input.view());
}

std::string Describe(const EnvelopeExpectation& expected) {
  return expected.direction == v1::Envelope::TO_NODE
             ? absl::StrCat("a message from the hub to '", expected.identity, "'")
             : absl::StrCat("a message from '", expected.identity, "' to the hub");
}

struct Verdict {
  Refusal refusal = Refusal::kCount;  // kCount: none
  std::string text;
};

Verdict CheckShape(const v1::Envelope& envelope, const EnvelopeExpectation& expected) {
  if (envelope.kind() < v1::Envelope::COMMAND || envelope.kind() > v1::Envelope::NEW_KEY) {
    return {Refusal::kMalformed, "its kind is unset or unknown; upgrade the older side"};
  }
  if (envelope.direction() != expected.direction) {
    return {Refusal::kMalformed, "it is made for the other direction: a message was sent back to its sender"};
  }
  if (envelope.attempt_id().size() > kMaxJobIdBytes || envelope.key_id().size() > kMaxKeyIdBytes ||
      envelope.nonce().size() != 16 || envelope.mac().size() != 32) {
    return {Refusal::kMalformed, "a field has a length it cannot have"};
  }
  if (envelope.identity() != expected.identity) {
    return {Refusal::kIdentityMismatch, "it names another node; check that no two nodes share one identity"};
  }
  return {};
}

Verdict CheckTimes(const v1::Envelope& envelope, absl::Time now) {
  const absl::Time issued = absl::FromUnixMicros(envelope.issued_at_us());
  const absl::Time expires = absl::FromUnixMicros(envelope.expires_at_us());
  if (expires <= issued || expires - issued > kMessageTtl) {
    return {Refusal::kMalformed, absl::StrCat("its lifetime is not within ", absl::FormatDuration(kMessageTtl))};
  }
  if (issued - now > kAllowedSkew) {
    return {Refusal::kStaleClock,
            absl::StrFormat("it was made %.0f s in the future; check NTP on hub and node (timedatectl status)",
                            std::ceil(absl::ToDoubleSeconds(issued - now)))};
  }
  if (now - expires > kAllowedSkew) {
    return {
        Refusal::kStaleClock,
        absl::StrFormat("it was made %.0f s ago and has expired; check NTP on hub and node (timedatectl status), or "
                        "the message was held up on its way",
                        std::ceil(absl::ToDoubleSeconds(now - issued)))};
  }
  return {};
}

Verdict CheckReplay(const v1::Envelope& envelope, const EnvelopeExpectation& expected) {
  if (expected.replay_guard == nullptr) return {};
  switch (expected.replay_guard->Check(envelope.nonce())) {
    case ReplayGuard::Seen::kNew:
      return {};
    case ReplayGuard::Seen::kReplay:
      return {Refusal::kReplay, "the same message came before"};
    case ReplayGuard::Seen::kFull:
      break;
  }
  return {Refusal::kOverloaded, "too many messages within two minutes to tell repeats apart; try again in a minute"};
}

Verdict CheckEnvelope(const v1::Envelope& envelope, const Key& key, const EnvelopeExpectation& expected,
                      absl::Time now) {
  if (Verdict shape = CheckShape(envelope, expected); shape.refusal != Refusal::kCount) return shape;
  if (envelope.key_id() != key.id) {
    return {Refusal::kUnknownKey, absl::StrCat("it is signed with another key than this stream's, '", key.id, "'")};
  }
  const Digest32 mac = EnvelopeMac(key, View(FastSha256(envelope.body())), envelope);
  if (!ConstantTimeEquals(View(mac), envelope.mac())) {
    return {Refusal::kWrongKey,
            absl::StrCat("its MAC does not fit key '", key.id,
                         "'; compare /etc/orch/credentials on both, or the message was changed on its way")};
  }
  if (Verdict times = CheckTimes(envelope, now); times.refusal != Refusal::kCount) return times;
  return CheckReplay(envelope, expected);
}

}  // namespace

void SealEnvelope(const Key& key, absl::string_view body_sha256, absl::Time now, absl::Duration ttl, Random* random,
                  v1::Envelope* envelope) {
  envelope->set_key_id(key.id);
  envelope->set_issued_at_us(absl::ToUnixMicros(now));
  envelope->set_expires_at_us(absl::ToUnixMicros(now + std::min(ttl, kMessageTtl)));
  envelope->set_nonce(random->Bytes(16));
  const Digest32 mac = EnvelopeMac(key, body_sha256, *envelope);
  envelope->set_mac(mac.data(), mac.size());
}

absl::Status OpenEnvelope(const v1::Envelope& envelope, const Key& key, const EnvelopeExpectation& expected,
                          absl::Time now, Refusal* refusal) {
  const Verdict verdict = CheckEnvelope(envelope, key, expected, now);
  if (verdict.refusal == Refusal::kCount) return absl::OkStatus();
  if (refusal != nullptr) *refusal = verdict.refusal;
  return absl::UnauthenticatedError(
      absl::StrCat("refused (", RefusalName(verdict.refusal), "): ", Describe(expected), ": ", verdict.text));
}

}  // namespace orch::auth
