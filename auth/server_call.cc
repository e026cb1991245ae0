#include "auth/server_call.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

namespace orch::auth {
namespace {

absl::string_view ToView(grpc::string_ref text) { return {text.data(), text.size()}; }

// The common name, or the first DNS name of a certificate without one. A certificate that is
// there was verified by the handshake (LoadServerTls asks for no other mode).
std::string CertificateName(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  for (const char* property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME}) {
    for (const grpc::string_ref& name : auth->FindPropertyValues(property)) {
      if (!name.empty()) return std::string(ToView(name));
    }
  }
  // A verified certificate without a usable name fits nobody.
  return "(no name)";
}

}  // namespace

absl::StatusOr<Caller> VerifyCall(const CallVerifier& verifier, PeerKind expected, absl::string_view method,
                                  const grpc::ServerContextBase& context) {
  absl::string_view header;
  // Two credentials count as none: which one would be meant?
  if (context.client_metadata().count(kCredentialHeader) == 1) {
    header = ToView(context.client_metadata().find(kCredentialHeader)->second);
  }
  return verifier.Verify(expected, method, header, CertificateName(context), context.peer());
}

}  // namespace orch::auth
