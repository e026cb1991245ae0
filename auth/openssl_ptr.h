// Owning pointers for the objects of OpenSSL, and its last error as text. Thread-safe.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::auth {

template <typename T, void (*kFree)(T*)>
struct OpensslDeleter {
  void operator()(T* object) const { kFree(object); }
};
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<X509, X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY, EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO, BIO_free_all>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES, GENERAL_NAMES_free>>;

// Returns a BIO that reads from `text`, which must outlive it.
inline BioPtr BioOver(absl::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Returns the first error of this thread's queue and empties the queue, so that other users of OpenSSL do not find it.
inline std::string TakeOpensslError() {
  const unsigned long code = ERR_get_error();  // NOLINT: OpenSSL's type
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown OpenSSL error" : reason;
}

}  // namespace orch::auth
