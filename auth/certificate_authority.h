// The hub's own certificate authority, for sites that have none. `orch-hub init` makes it once; it signs the
// certificate of the hub and those that `orch-hub key … --pem` makes for peers. Keys are ECDSA P-256. It never uses a
// network. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "auth/openssl_ptr.h"

namespace orch::auth {

struct IssuedCertificate {
  std::string certificate_pem;
  std::string key_pem;  // PKCS#8; wipe it after use
};

class CertificateAuthority {
 public:
  // Makes a new authority and writes its certificate and its key (mode 0600). AlreadyExists if either file exists.
  static absl::Status WriteNew(const std::string& certificate_file, const std::string& key_file,
                               absl::string_view hub_identity, absl::Time now);
  // Errors name the file and the fault.
  static absl::StatusOr<CertificateAuthority> Load(const std::string& certificate_file, const std::string& key_file,
                                                   absl::Time now);

  // Issues a certificate for a hub that peers reach by these names and addresses.
  absl::StatusOr<IssuedCertificate> IssueForHub(absl::string_view identity, const std::vector<std::string>& names,
                                                absl::Time now, absl::Duration valid_for) const;
  // Issues a certificate that is valid only for a peer of that kind and name.
  absl::StatusOr<IssuedCertificate> IssueForPeer(PeerKind kind, absl::string_view name, absl::Time now,
                                                 absl::Duration valid_for) const;
  const std::string& certificate_pem() const { return certificate_pem_; }

 private:
  CertificateAuthority(X509Ptr certificate, PkeyPtr key, std::string certificate_pem)
      : certificate_(std::move(certificate)), key_(std::move(key)), certificate_pem_(std::move(certificate_pem)) {}

  X509Ptr certificate_;
  PkeyPtr key_;
  std::string certificate_pem_;
};

// Writes a certificate and its key (mode 0600): both files or none.
absl::Status WriteCertificate(const IssuedCertificate& issued, const std::string& certificate_file,
                              const std::string& key_file);

}  // namespace orch::auth
