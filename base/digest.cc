#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include <cstdlib>

namespace orch {
namespace {

// Fetched once: OpenSSL looks for it at every use of EVP_sha256(), which takes longer than a short digest.
const EVP_MD* FetchedSha256() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched != nullptr ? fetched : EVP_sha256();
}

std::string Digest(const EVP_MD* kind, absl::string_view bytes) {
  std::string out(EVP_MD_size(kind), '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, kind, nullptr) != 1) {
    std::abort();  // out of memory, or an OpenSSL without the digest
  }
  return out;
}

}  // namespace

std::string Sha256(absl::string_view bytes) { return Digest(FetchedSha256(), bytes); }

std::string Md5(absl::string_view bytes) { return Digest(EVP_md5(), bytes); }

std::string HmacSha256(absl::string_view key, absl::string_view bytes) {
  std::string out(32, '\0');
  unsigned int size = 0;
  if (HMAC(FetchedSha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr) {
    std::abort();
  }
  return out;
}

std::string HkdfSha256(absl::string_view secret, absl::string_view info, size_t size) {
  std::string out(size, '\0');
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
  size_t made = size;
  const bool ok = context != nullptr && EVP_PKEY_derive_init(context) == 1 &&
                  EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1 &&
                  EVP_PKEY_CTX_set1_hkdf_key(context, reinterpret_cast<const unsigned char*>(secret.data()),
                                             static_cast<int>(secret.size())) == 1 &&
                  EVP_PKEY_CTX_add1_hkdf_info(context, reinterpret_cast<const unsigned char*>(info.data()),
                                              static_cast<int>(info.size())) == 1 &&
                  EVP_PKEY_derive(context, reinterpret_cast<unsigned char*>(out.data()), &made) == 1 && made == size;
  EVP_PKEY_CTX_free(context);
  if (!ok) std::abort();
  return out;
}

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace orch
