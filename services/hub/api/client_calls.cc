#include "services/hub/api/client_calls.h"

#include <atomic>

#include "base/status_macros.h"
#include "services/hub/door/grpc_status.h"

namespace orch::hub {
namespace {

class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(Admission admission, ClientCalls::Size size) : admission_(std::move(admission)), size_(size) {}
  explicit UnaryCall(const absl::Status& refused) { Finish(ToGrpcStatus(refused)); }
  // The asker may be used after the call has ended.
  Asker asker() const {
    const auth::Peer& peer = admission_.peer();
    return {auth::CallerOf(peer), std::string(auth::ProofName(peer.proof)), peer.key_expires_us,
            [flag = cancelled_] { return flag->load(); }};
  }
  ClientCalls::Done done() {
    return [this](const absl::Status& status) {
      if (size_ == ClientCalls::Size::kSmall) admission_.Finish();
      Finish(ToGrpcStatus(status));
    };
  }
  void OnCancel() override { cancelled_->store(true); }
  void OnDone() override { delete this; }

 private:
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  Admission admission_;
  const ClientCalls::Size size_ = ClientCalls::Size::kSmall;
};

}  // namespace

absl::StatusOr<Admission> ClientCalls::Admit(const Method& method, const grpc::CallbackServerContext& context) const {
  ORCH_ASSIGN_OR_RETURN(Admission admission,
                        reception_->Admit(context, auth::PeerKind::kClient, method.sort, method.name));
  ORCH_RETURN_IF_ERROR(
      access_->Check(auth::CallerOf(admission.peer()), method.verb, method.name, method.trace == Trace::kRecorded));
  return admission;
}

absl::Status ClientCalls::CheckStanding(const Method& method, const auth::Caller& caller) const {
  ORCH_RETURN_IF_ERROR(access_->Check(caller, method.verb, method.name, /*audited=*/false));
  if (method.sort != CallSort::kWatch || access_->SeesEveryNode(caller)) return absl::OkStatus();
  return absl::UnavailableError("the access rules have changed; begin again to see what you may see now");
}

grpc::ServerUnaryReactor* ClientCalls::Answer(Method method, grpc::CallbackServerContext* context, Work work) const {
  absl::StatusOr<Admission> admission = Admit(method, *context);
  if (!admission.ok()) return new UnaryCall(admission.status());
  auto* const call = new UnaryCall(*std::move(admission), method.size);
  loop_->Post([call, work = std::move(work)] {
    const Asker asker = call->asker();
    if (asker.cancelled()) return call->done()(absl::CancelledError("the client ended the call"));
    work(asker, call->done());
  });
  return call;
}

grpc::ServerUnaryReactor* ClientCalls::AnswerOffLoop(Method method, grpc::CallbackServerContext* context,
                                                     const Work& work) const {
  absl::StatusOr<Admission> admission = Admit(method, *context);
  if (!admission.ok()) return new UnaryCall(admission.status());
  auto* const call = new UnaryCall(*std::move(admission), method.size);
  work(call->asker(), call->done());
  return call;
}

}  // namespace orch::hub
