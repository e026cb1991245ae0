#include "auth/fast_hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace orch::auth {
namespace {

constexpr size_t kBlockBytes = 64;

// A fetched algorithm and a reusable context for each thread.
class Sha256Context {
 public:
  Sha256Context() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (algorithm_ == nullptr || context_ == nullptr) std::abort();  // out of memory, or an OpenSSL without SHA-256
  }
  ~Sha256Context() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Digest32 Hash(std::initializer_list<absl::string_view> parts) {
    Digest32 out;
    unsigned int size = 0;
    bool ok = EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1;
    for (const absl::string_view part : parts) ok = ok && EVP_DigestUpdate(context_, part.data(), part.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(out.data()), &size) == 1;
    if (!ok) std::abort();
    return out;
  }

 private:
  EVP_MD* const algorithm_;
  EVP_MD_CTX* const context_;
};

Sha256Context& Context() {
  thread_local Sha256Context context;
  return context;
}

}  // namespace

Digest32 FastSha256(absl::string_view bytes) { return Context().Hash({bytes}); }

Digest32 FastHmacSha256(absl::string_view key, absl::string_view bytes) {
  if (key.size() > kBlockBytes) return FastHmacSha256(View(FastSha256(key)), bytes);
  char inner[kBlockBytes];
  char outer[kBlockBytes];
  std::memset(inner, 0x36, kBlockBytes);
  std::memset(outer, 0x5c, kBlockBytes);
  for (size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  Sha256Context& context = Context();
  const Digest32 first = context.Hash({absl::string_view(inner, kBlockBytes), bytes});
  const Digest32 mac = context.Hash({absl::string_view(outer, kBlockBytes), View(first)});
  // Both tell the key.
  OPENSSL_cleanse(inner, sizeof inner);
  OPENSSL_cleanse(outer, sizeof outer);
  return mac;
}

}  // namespace orch::auth
