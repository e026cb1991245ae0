#include "tests/bench/swarm/wire.h"

#include <sys/types.h>
#include <time.h>

#include <random>

#include "auth/fast_hmac.h"

namespace orch::swarm {
namespace {

constexpr uint64_t kEnvelopeLifetimeUs = 60'000'000;

double Seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void AddCounted(std::string* text, absl::string_view bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) *text += static_cast<char>(bytes.size() >> shift);
  text->append(bytes.data(), bytes.size());
}

void AddNumber(std::string* text, uint64_t number) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (56 - 8 * i));
  AddCounted(text, {bytes, sizeof bytes});
}

}  // namespace

void PutVarint(std::string* out, uint64_t value) {
  for (; value > 127; value >>= 7) *out += static_cast<char>(value | 128);
  *out += static_cast<char>(value);
}

void PutInt(std::string* out, int field, uint64_t value) {
  PutVarint(out, static_cast<uint64_t>(field) << 3);
  PutVarint(out, value);
}

void PutBytes(std::string* out, int field, absl::string_view bytes) {
  PutVarint(out, static_cast<uint64_t>(field) << 3 | 2);
  PutVarint(out, bytes.size());
  out->append(bytes.data(), bytes.size());
}

bool Fields::Next() {
  if (rest_.empty()) return false;
  const uint64_t tag = Varint();
  number = static_cast<int>(tag >> 3);
  if ((tag & 7) == 0) {
    value = Varint();
  } else {  // this project's messages have no fields of fixed size
    const uint64_t size = Varint();
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(bytes.size());
  }
  return true;
}

uint64_t Fields::Varint() {
  uint64_t result = 0;
  for (int shift = 0; !rest_.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    result |= uint64_t{byte & 127u} << shift;
    if (byte < 128) break;
  }
  return result;
}

std::string Seal(int direction, int kind, absl::string_view attempt_id, absl::string_view identity,
                 const EnvelopeKey& key, absl::string_view body) {
  const auto now = static_cast<uint64_t>(WallMicros());
  const std::string nonce = Nonce();
  std::string text = "orch-envelope-v1\n";
  AddNumber(&text, static_cast<uint64_t>(direction));
  AddNumber(&text, static_cast<uint64_t>(kind));
  AddCounted(&text, attempt_id);
  AddCounted(&text, identity);
  AddCounted(&text, key.id);
  AddNumber(&text, now);
  AddNumber(&text, now + kEnvelopeLifetimeUs);
  AddCounted(&text, nonce);
  AddCounted(&text, auth::View(auth::FastSha256(body)));
  std::string out;
  out.reserve(192 + identity.size() + body.size());
  PutInt(&out, 1, static_cast<uint64_t>(direction));
  PutBytes(&out, 2, attempt_id);
  PutBytes(&out, 3, identity);
  PutBytes(&out, 4, key.id);
  PutInt(&out, 5, now);
  PutInt(&out, 6, now + kEnvelopeLifetimeUs);
  PutBytes(&out, 7, nonce);
  PutBytes(&out, 8, body);
  PutBytes(&out, 9, auth::View(auth::FastHmacSha256(key.bytes, text)));
  PutInt(&out, 10, static_cast<uint64_t>(kind));
  return out;
}

int64_t WallMicros() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * int64_t{1'000'000} + time.tv_nsec / 1000;
}

double SteadySeconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Seconds(time);
}

double ProcessorSeconds(int pid) {
  clockid_t clock;
  timespec time;
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return Seconds(time);
}

std::string Nonce() {
  static std::mt19937_64 random{std::random_device{}()};
  const uint64_t words[2] = {random(), random()};
  return std::string(reinterpret_cast<const char*>(words), sizeof words);
}

}  // namespace orch::swarm
