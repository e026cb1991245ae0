#include "services/hub/api/login_service.h"

#include <memory>
#include <string>
#include <utility>

#include "auth/login_key.h"
#include "auth/sealed_answer.h"
#include "base/status_macros.h"
#include "services/hub/door/client_stream.h"

namespace orch::hub {
namespace {

constexpr char kLogInMethod[] = "/orch.v1.Login/LogIn";
using Stream = ClientStream<v1::LogInResponse>;

// The seal of the answers, with the login key that the peer has proved.
absl::StatusOr<auth::SealedAnswer> SealFor(const auth::Keyring& keyring, const auth::Peer& peer,
                                           const v1::LogInRequest& request) {
  ORCH_ASSIGN_OR_RETURN(std::string hub_private, auth::HubPrivateKey(keyring, peer.key_id));
  absl::StatusOr<auth::SealedAnswer> seal = auth::SealedAnswer::OfHub(hub_private, request.public_key());
  auth::Wipe(&hub_private);
  return seal;
}

void Send(const std::shared_ptr<Stream>& stream, auth::SealedAnswer* seal, const v1::LoginStep& step) {
  std::string text = step.SerializeAsString();
  absl::StatusOr<std::string> sealed = seal->Seal(text);
  auth::Wipe(&text);
  if (!sealed.ok()) return stream->End(sealed.status());
  v1::LogInResponse response;
  response.set_sealed(*std::move(sealed));
  stream->TryPush(std::move(response));
}

// The reason goes sealed: somebody in between shall not put words into the hub's mouth.
void End(const std::shared_ptr<Stream>& stream, auth::SealedAnswer* seal, const absl::Status& status) {
  if (status.ok()) return stream->End(status);
  v1::LoginStep step;
  step.mutable_failure()->set_code(static_cast<uint32_t>(status.code()));
  step.mutable_failure()->set_message(std::string(status.message()));
  Send(stream, seal, step);
  stream->End(absl::OkStatus());
}

// What is known of one call, on the loop.
struct Call {
  std::shared_ptr<const Admission> admission;
  uint64_t attempt = 0;
};

}  // namespace

grpc::ServerWriteReactor<v1::LogInResponse>* LoginService::LogIn(grpc::CallbackServerContext* context,
                                                                 const v1::LogInRequest* request) {
  absl::StatusOr<Admission> admitted =
      reception_->Admit(*context, auth::PeerKind::kLogin, CallSort::kWatch, kLogInMethod);
  auto call = std::make_shared<Call>();
  const std::shared_ptr<Stream> stream = Stream::Create(loop_, [desk = desk_, call] {
    if (call->attempt != 0) desk->Cancel(call->attempt);
  });
  Stream* const reactor = stream.get();
  if (!admitted.ok()) {
    stream->End(admitted.status());
    return reactor;
  }
  call->admission = std::make_shared<const Admission>(*std::move(admitted));
  absl::StatusOr<auth::SealedAnswer> made = SealFor(*keyring_, call->admission->peer(), *request);
  if (!made.ok()) {
    stream->End(made.status());
    return reactor;
  }
  auto seal = std::make_shared<auth::SealedAnswer>(*std::move(made));
  loop_->Post([desk = desk_, call, stream, seal] {
    if (stream->closed()) return;  // the asker is gone already
    const Visitor& visitor = call->admission->visitor();
    call->attempt = desk->Begin({visitor.address, visitor.address.substr(0, visitor.address.rfind(':')),
                                 [stream, seal](const v1::LoginStep& step) { Send(stream, seal.get(), step); },
                                 [stream, seal](const absl::Status& status) { End(stream, seal.get(), status); }});
  });
  return reactor;
}

}  // namespace orch::hub
