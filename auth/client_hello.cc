#include "auth/client_hello.h"

#include <cstdint>

namespace orch::auth {
namespace {

constexpr size_t kRecordHeaderBytes = 5;
constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kClientHelloMessage = 1;
constexpr size_t kRandomBytes = 32;
constexpr uint16_t kPreSharedKeyExtension = 41;  // RFC 8446, section 4.2.11

// A position in the message. Every read is checked; after the first failure all further reads fail.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}

  size_t Number(int size) {
    const absl::string_view bytes = Bytes(static_cast<size_t>(size));
    size_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }
  absl::string_view Bytes(size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = absl::string_view();
      return absl::string_view();
    }
    const absl::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  // Reads a vector whose length precedes it in `size` bytes.
  absl::string_view Vector(int size) { return Bytes(Number(size)); }

  bool good() const { return good_; }
  bool empty() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
  bool good_ = true;
};

ClientHello Garbage() { return {ClientHello::Kind::kGarbage}; }

// PreSharedKeyExtension: identities<7..2^16-1>, each opaque identity<1..2^16-1> and a uint32, then binders.
ClientHello FirstIdentity(absl::string_view extension, uint64_t mark) {
  Reader reader(extension);
  Reader identities(reader.Vector(2));
  const absl::string_view identity = identities.Vector(2);
  identities.Bytes(4);
  if (!reader.good() || !identities.good() || identity.empty()) return Garbage();
  return {ClientHello::Kind::kPsk, identity, mark};
}

ClientHello ReadMessage(absl::string_view message) {
  Reader record(message);
  if (record.Number(1) != kClientHelloMessage) return Garbage();
  Reader hello(record.Vector(3));
  hello.Number(2);  // legacy version
  const uint64_t mark = hello.Number(sizeof(uint64_t));
  hello.Bytes(kRandomBytes - sizeof mark);
  hello.Vector(1);  // legacy session id
  hello.Vector(2);  // cipher suites
  hello.Vector(1);  // compression methods
  if (!record.good() || !hello.good()) return Garbage();
  if (hello.empty()) return {ClientHello::Kind::kCertificate};
  Reader extensions(hello.Vector(2));
  while (hello.good() && extensions.good() && !extensions.empty()) {
    const size_t type = extensions.Number(2);
    const absl::string_view extension = extensions.Vector(2);
    if (extensions.good() && type == kPreSharedKeyExtension) return FirstIdentity(extension, mark);
  }
  if (!hello.good() || !extensions.good()) return Garbage();
  return {ClientHello::Kind::kCertificate};
}

}  // namespace

ClientHello ClassifyClientHello(absl::string_view bytes) {
  const auto byte = [bytes](size_t at) { return static_cast<uint8_t>(bytes[at]); };
  if (!bytes.empty() && byte(0) != kHandshakeRecord) return Garbage();
  if (bytes.size() > 1 && byte(1) != 3) return Garbage();
  if (bytes.size() < kRecordHeaderBytes) return {};
  const size_t size = static_cast<size_t>(byte(3)) << 8 | byte(4);
  if (size < 4 || kRecordHeaderBytes + size > kMaxClientHelloBytes) return Garbage();
  if (bytes.size() > kRecordHeaderBytes && byte(kRecordHeaderBytes) != kClientHelloMessage) return Garbage();
  if (bytes.size() < kRecordHeaderBytes + size) return {};
  return ReadMessage(bytes.substr(kRecordHeaderBytes, size));
}

}  // namespace orch::auth
