// TLS for hub and peers, and the hub's self-signed certificate.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/call_credential.h"
#include "base/clock.h"

namespace orch::auth {

// An ECDSA P-256 certificate for `common_name` and `alt_names` (DNS names or addresses), valid
// `valid_for` from a day before now, with its key (mode 0600). AlreadyExists when either is there.
absl::Status WriteSelfSignedCertificate(const std::string& certificate_path, const std::string& key_path,
                                        absl::string_view common_name, const std::vector<std::string>& alt_names,
                                        absl::Time now, absl::Duration valid_for);

// Hex SHA-256 of the DER of the first certificate in PEM text.
absl::StatusOr<std::string> CertificateBinding(absl::string_view pem);
// Its names: common name first, then DNS alternative names.
absl::StatusOr<std::vector<std::string>> CertificateNames(absl::string_view pem);

struct ServerTlsOptions {
  std::string certificate_file;
  std::string key_file;
  MtlsMode mtls = MtlsMode::kOff;
  std::string client_ca_file;  // for mTLS
};
struct ServerTls {
  std::shared_ptr<grpc::ServerCredentials> credentials;
  std::string binding;  // for CallVerifier
};
// FailedPrecondition/InvalidArgument names the file and what is wrong: missing, unreadable, key
// readable by others, key of another certificate, expired. A client certificate that is shown is
// verified in the handshake; that one is shown at all (kRequired) CallVerifier checks for each
// call, so that the peer reads why.
absl::StatusOr<ServerTls> LoadServerTls(const ServerTlsOptions& options, absl::Time now);

struct ChannelTlsOptions {
  bool plaintext = false;
  std::string ca_file;           // set: the hub's certificate must chain to it and fit `server_name`
  std::string server_name;       // name to expect with ca_file; empty: the host of the address
  std::string certificate_file;  // own certificate for mTLS, with key_file; both or none
  std::string key_file;
};
// Without ca_file any certificate is taken: CallSigner's binding and the hub's proof do the rest.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const ChannelTlsOptions& options);

// Ok for loopback addresses ("127.0.0.1:1", "[::1]:1", "localhost:1") and unix sockets
// ("unix:/run/orch/hub.sock"); else FailedPrecondition: plaintext is refused elsewhere.
absl::Status CheckPlaintextAddress(absl::string_view address);

absl::StatusOr<MtlsMode> ParseMtlsMode(absl::string_view text);  // off, optional, required
absl::string_view MtlsModeName(MtlsMode mode);

}  // namespace orch::auth
