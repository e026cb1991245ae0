#include "auth/call_signer.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/tls.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kNonceBytes = 16;

// What all calls of a signer share. gRPC may hold it longer than the signer lives.
class SignerState {
 public:
  SignerState(PeerKind kind, std::string name, Key key, bool plaintext, bool ca_verified, const Clock* clock,
              Random* random)
      : kind_(kind),
        name_(std::move(name)),
        key_(std::move(key)),
        plaintext_(plaintext),
        ca_verified_(ca_verified),
        clock_(clock),
        random_(random) {}

  const std::string& key_bytes() const { return key_.bytes; }
  const std::string& key_id() const { return key_.id; }
  const std::string& name() const { return name_; }
  bool plaintext() const { return plaintext_; }

  // Digest of the certificate this connection was shown. One certificate is the usual case, so
  // the last answer is kept.
  absl::StatusOr<std::string> BindingOf(const grpc::AuthContext& connection) {
    if (plaintext_) return kPlaintextBinding;
    const std::vector<grpc::string_ref> shown = connection.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (shown.size() != 1) {
      return absl::FailedPreconditionError("the connection shows no TLS certificate; is the hub's address plaintext?");
    }
    const absl::string_view pem(shown[0].data(), shown[0].size());
    MutexLock lock(&mu_);
    if (pem != last_pem_) {
      ORCH_ASSIGN_OR_RETURN(last_binding_, CertificateBinding(pem));
      last_pem_ = std::string(pem);
    }
    return last_binding_;
  }

  absl::Status CheckBinding(absl::string_view binding, bool first) {
    if (first) return absl::OkStatus();
    MutexLock lock(&mu_);
    if (proven_ == binding || (proven_.empty() && ca_verified_)) return absl::OkStatus();
    if (proven_.empty()) {
      return absl::FailedPreconditionError(
          "the hub has not yet proved that it holds the key; nothing was sent. Call Hello (or Attach) first");
    }
    return absl::FailedPreconditionError(
        "the connection now ends at another TLS certificate than the one the hub proved to be its own; nothing was "
        "sent. If the hub was restarted with a new certificate, connect again; if not, somebody sits in between");
  }

  CallCredential MakeCredential(absl::string_view method, std::string binding) {
    CallCredential credential;
    credential.kind = kind_;
    credential.name = name_;
    credential.key_id = key_.id;
    credential.at_us = absl::ToUnixMicros(clock_->Now());
    credential.nonce_hex = absl::BytesToHexString(random_->Bytes(kNonceBytes));
    credential.binding = std::move(binding);
    credential.mac_hex = CredentialMacHex(key_.bytes, credential, method);
    return credential;
  }

  void SetProven(const std::string& binding) {
    MutexLock lock(&mu_);
    proven_ = binding;
  }

 private:
  const PeerKind kind_;
  const std::string name_;
  const Key key_;
  const bool plaintext_;
  const bool ca_verified_;
  const Clock* const clock_;
  Random* const random_;

  Mutex mu_;
  std::string last_pem_ ABSL_GUARDED_BY(mu_);
  std::string last_binding_ ABSL_GUARDED_BY(mu_);
  std::string proven_ ABSL_GUARDED_BY(mu_);  // empty: nothing yet
};

class SignedCallImpl final : public SignedCall {
 public:
  SignedCallImpl(std::shared_ptr<SignerState> state, absl::string_view method, bool first)
      : state_(std::move(state)), method_(method), first_(first) {}

  // Once per attempt to start the call: gRPC may repeat one that no server has seen.
  absl::StatusOr<std::string> MakeHeader(const grpc::AuthContext& connection) {
    ORCH_ASSIGN_OR_RETURN(const std::string binding, state_->BindingOf(connection));
    ORCH_RETURN_IF_ERROR(state_->CheckBinding(binding, first_));
    const CallCredential credential = state_->MakeCredential(method_, binding);
    MutexLock lock(&mu_);
    nonce_hex_ = credential.nonce_hex;
    binding_ = credential.binding;
    return FormatCredential(credential);
  }

  absl::Status CheckProof(absl::string_view proof_hex) override {
    std::string nonce_hex;
    std::string binding;
    {
      MutexLock lock(&mu_);
      nonce_hex = nonce_hex_;
      binding = binding_;
    }
    if (nonce_hex.empty()) return absl::FailedPreconditionError("the call was not sent, so there is no proof to check");
    if (!ConstantTimeEquals(HubProofHex(state_->key_bytes(), nonce_hex, binding), proof_hex)) {
      return absl::UnauthenticatedError(
          absl::StrCat("the hub did not prove that it holds the key of '", state_->name(), "' (key id ",
                       state_->key_id(), "): its pre-shared key differs (compare /etc/orch/credentials on both), or ",
                       state_->plaintext() ? "another program listens at its address"
                                           : "somebody with another TLS certificate sits in between"));
    }
    state_->SetProven(binding);
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<SignerState> state_;
  const std::string method_;
  const bool first_;
  Mutex mu_;
  std::string nonce_hex_ ABSL_GUARDED_BY(mu_);  // of the last attempt
  std::string binding_ ABSL_GUARDED_BY(mu_);
};

// gRPC asks it when the call has its connection, on a thread that must not wait: all it does is
// one HMAC and, for a certificate not seen before, one digest.
class SigningPlugin final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit SigningPlugin(std::shared_ptr<SignedCallImpl> call) : call_(std::move(call)) {}
  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return "orch"; }
  // The default prints nothing of the state either; said here so that it stays so.
  grpc::string DebugString() override { return "orch call credential"; }

  grpc::Status GetMetadata(grpc::string_ref, grpc::string_ref, const grpc::AuthContext& connection,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    absl::StatusOr<std::string> header = call_->MakeHeader(connection);
    if (!header.ok()) return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(header.status().message()));
    metadata->emplace(kCredentialHeader, *std::move(header));
    return grpc::Status::OK;
  }

 private:
  const std::shared_ptr<SignedCallImpl> call_;
};

class CallSignerImpl final : public CallSigner {
 public:
  explicit CallSignerImpl(std::shared_ptr<SignerState> state) : state_(std::move(state)) {}

  std::shared_ptr<SignedCall> Sign(absl::string_view method, bool first, grpc::ClientContext* context) override {
    auto call = std::make_shared<SignedCallImpl>(state_, method, first);
    context->set_credentials(grpc::experimental::MetadataCredentialsFromPlugin(
        std::make_unique<SigningPlugin>(call), state_->plaintext() ? GRPC_SECURITY_NONE : GRPC_PRIVACY_AND_INTEGRITY));
    return call;
  }

 private:
  const std::shared_ptr<SignerState> state_;
};

}  // namespace

std::unique_ptr<CallSigner> CallSigner::Create(PeerKind kind, std::string name, Key key, bool plaintext,
                                               bool ca_verified, const Clock* clock, Random* random) {
  return std::make_unique<CallSignerImpl>(
      std::make_shared<SignerState>(kind, std::move(name), std::move(key), plaintext, ca_verified, clock, random));
}

}  // namespace orch::auth
