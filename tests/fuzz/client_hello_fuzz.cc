// The classifier takes any bytes; the identity it finds lies within them. It is compiled here, so that it is
// instrumented.
#include <cstdint>
#include <cstdlib>

#include "auth/client_hello.cc"  // NOLINT: instrumented

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const orch::auth::ClientHello hello = orch::auth::ClassifyClientHello(bytes);
  if (hello.kind != orch::auth::ClientHello::Kind::kPsk) return 0;
  const absl::string_view identity = hello.psk_identity;
  if (identity.empty() || identity.data() < bytes.data() || identity.end() > bytes.end()) abort();
  return 0;
}
