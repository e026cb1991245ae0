#include "services/hub/api/enrolment_service.h"

#include <memory>
#include <utility>

#include "services/hub/door/grpc_status.h"

namespace orch::hub {
namespace {

constexpr char kEnrolMethod[] = "/orch.v1.Enrolment/Enrol";

}  // namespace

grpc::ServerUnaryReactor* EnrolmentService::Enrol(grpc::CallbackServerContext* context, const v1::EnrolRequest* request,
                                                  v1::EnrolResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  absl::StatusOr<Admission> admitted =
      reception_->Admit(*context, auth::PeerKind::kToken, CallSort::kShort, kEnrolMethod);
  if (!admitted.ok()) {
    reactor->Finish(ToGrpcStatus(admitted.status()));
    return reactor;
  }
  // The call keeps its place in the share until it is answered.
  auto admission = std::make_shared<const Admission>(*std::move(admitted));
  loop_->Post([desk = desk_, admission, reactor, request, response] {
    desk->Enrol(admission->peer(), admission->visitor().address, *request,
                [admission, reactor, response](absl::StatusOr<v1::EnrolResponse> answer) {
                  const absl::Status status = answer.status();
                  if (answer.ok()) *response = *std::move(answer);
                  reactor->Finish(ToGrpcStatus(status));
                });
  });
  return reactor;
}

}  // namespace orch::hub
