#include "auth/sealed_answer.h"

#include <openssl/evp.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/key.h"
#include "auth/openssl_ptr.h"
#include "base/digest.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr char kPurpose[] = "orch-login-v1";
constexpr size_t kNonceBytes = 12;

using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslDeleter<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>>;

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string* text) { return reinterpret_cast<unsigned char*>(text->data()); }

PkeyPtr PrivateKey(absl::string_view bytes) {
  return PkeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, Bytes(bytes), bytes.size()));
}

absl::Status BadKey() {
  ERR_clear_error();
  return absl::InvalidArgumentError("the other side's key for the login is no X25519 key");
}

}  // namespace

absl::StatusOr<std::string> SealedAnswer::PublicKeyOf(absl::string_view private_key) {
  const PkeyPtr key = PrivateKey(private_key);
  std::string out(kKeyBytes, '\0');
  size_t size = out.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), Bytes(&out), &size) != 1 || size != kKeyBytes) {
    return BadKey();
  }
  return out;
}

absl::StatusOr<SealedAnswer> SealedAnswer::OfHub(absl::string_view hub_private, absl::string_view asker_public) {
  ORCH_ASSIGN_OR_RETURN(const std::string hub_public, PublicKeyOf(hub_private));
  return Make(hub_private, asker_public, asker_public, hub_public);
}

absl::StatusOr<SealedAnswer> SealedAnswer::OfAsker(absl::string_view asker_private, absl::string_view hub_public) {
  ORCH_ASSIGN_OR_RETURN(const std::string asker_public, PublicKeyOf(asker_private));
  return Make(asker_private, hub_public, asker_public, hub_public);
}

absl::StatusOr<SealedAnswer> SealedAnswer::Make(absl::string_view own_private, absl::string_view other_public,
                                                absl::string_view asker_public, absl::string_view hub_public) {
  const PkeyPtr own = PrivateKey(own_private);
  const PkeyPtr other(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Bytes(other_public), other_public.size()));
  if (own == nullptr || other == nullptr) return BadKey();
  const PkeyContextPtr agreement(EVP_PKEY_CTX_new(own.get(), nullptr));
  std::string shared(kKeyBytes, '\0');
  size_t size = shared.size();
  // OpenSSL refuses a public key of small order, with which the result would be known to everybody.
  if (agreement == nullptr || EVP_PKEY_derive_init(agreement.get()) != 1 ||
      EVP_PKEY_derive_set_peer(agreement.get(), other.get()) != 1 ||
      EVP_PKEY_derive(agreement.get(), Bytes(&shared), &size) != 1 || size != kKeyBytes) {
    return BadKey();
  }
  std::string key = HkdfSha256(shared, absl::StrCat(kPurpose, asker_public, hub_public), kKeyBytes);
  Wipe(&shared);
  return SealedAnswer(std::move(key));
}

SealedAnswer::~SealedAnswer() { Wipe(&key_); }

std::string SealedAnswer::NextNonce() {
  std::string nonce(kNonceBytes, '\0');
  uint64_t count = answers_++;
  for (size_t i = kNonceBytes; count != 0; count >>= 8) nonce[--i] = static_cast<char>(count & 0xff);
  return nonce;
}

absl::StatusOr<std::string> SealedAnswer::Seal(absl::string_view answer) {
  const std::string nonce = NextNonce();
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  std::string sealed(answer.size() + kTagBytes, '\0');
  int written = 0, last = 0;
  if (cipher == nullptr ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(absl::string_view(key_)),
                         Bytes(absl::string_view(nonce))) != 1 ||
      EVP_EncryptUpdate(cipher.get(), Bytes(&sealed), &written, Bytes(answer), static_cast<int>(answer.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), Bytes(&sealed) + written, &last) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, Bytes(&sealed) + answer.size()) != 1) {
    return absl::InternalError(absl::StrCat("cannot seal an answer: ", TakeOpensslError()));
  }
  return sealed;
}

absl::StatusOr<std::string> SealedAnswer::Open(absl::string_view sealed) {
  const absl::Status refused = absl::UnauthenticatedError("the answer does not come from the hub of the login key");
  if (sealed.size() < kTagBytes) return refused;
  const absl::string_view text = sealed.substr(0, sealed.size() - kTagBytes);
  std::string tag(sealed.substr(text.size()));
  const std::string nonce = NextNonce();
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  std::string answer(text.size(), '\0');
  int written = 0, last = 0;
  if (cipher == nullptr ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(absl::string_view(key_)),
                         Bytes(absl::string_view(nonce))) != 1 ||
      EVP_DecryptUpdate(cipher.get(), Bytes(&answer), &written, Bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), Bytes(&answer) + written, &last) != 1) {
    Wipe(&answer);
    ERR_clear_error();
    return refused;
  }
  return answer;
}

}  // namespace orch::auth
