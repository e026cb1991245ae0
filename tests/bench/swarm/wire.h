// Protocol Buffers and envelopes written by hand for thousands of light nodes: it costs them less than the library
// would, and they need no more. Only what docs/PROTOCOL.md has, in the order of its fields. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::swarm {

void PutVarint(std::string* out, uint64_t value);
void PutInt(std::string* out, int field, uint64_t value);
void PutBytes(std::string* out, int field, absl::string_view bytes);

// Reads the fields of a message, which outlives it. A message that breaks off ends early.
class Fields {
 public:
  explicit Fields(absl::string_view message) : rest_(message) {}
  // False at the end. Afterwards `number` names the field, and `value` or `bytes` has what is in it.
  bool Next();
  int number = 0;
  uint64_t value = 0;
  absl::string_view bytes;

 private:
  uint64_t Varint();
  absl::string_view rest_;
};

// Key of a node's envelopes, and its id.
struct EnvelopeKey {
  std::string id;
  std::string bytes;
};
// An orch.v1.Envelope of this moment with its MAC. `direction` and `kind` are numbers of the enums there.
std::string Seal(int direction, int kind, absl::string_view attempt_id, absl::string_view identity,
                 const EnvelopeKey& key, absl::string_view body);

int64_t WallMicros();
// Seconds of a clock that only goes forward.
double SteadySeconds();
// Seconds of processor time that a process has used with all its threads; 0 without such a process.
double ProcessorSeconds(int pid);
// 16 bytes that are unlike all others; not secret.
std::string Nonce();

}  // namespace orch::swarm
