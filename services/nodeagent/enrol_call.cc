#include "services/nodeagent/enrol_call.h"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"
#include "base/latch.h"
#include "base/net/tunnel.h"
#include "base/status_macros.h"
#include "orch/v1/access_service.grpc.pb.h"

namespace orch::nodeagent {
namespace {

constexpr int kMaxEnrolAnswerBytes = 64 << 10;

// What the tunnel's thread leaves for the caller's.
struct Awaited {
  Latch latch;
  absl::StatusOr<Tunnel::Opened> opened = absl::UnknownError("");
};

absl::Status FromGrpc(const grpc::Status& status, const absl::Status& tunnel, const Address& hub) {
  if (status.ok()) return absl::OkStatus();
  if (!tunnel.ok()) return tunnel;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::UnimplementedError(
        absl::StrCat("the hub at ", hub.Text(), " is too old to enrol nodes; upgrade it, or use 'orch-hub key node'"));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace

absl::StatusOr<v1::EnrolResponse> CallEnrol(const Address& hub, const auth::PeerTlsOptions& tls,
                                            auth::PeerCredential credential, const v1::EnrolRequest& request,
                                            const Clock* clock, Random* random) {
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<TunnelSecurity> security,
                        auth::MakePeerSecurity(tls, std::move(credential), hub, random));
  auto awaited = std::make_shared<Awaited>();
  const std::unique_ptr<Tunnel> tunnel = Tunnel::Start(hub, std::move(security), clock, kEnrolConnectLimit,
                                                       [awaited](absl::StatusOr<Tunnel::Opened> opened) {
                                                         awaited->opened = std::move(opened);
                                                         awaited->latch.Open();
                                                       });
  awaited->latch.Wait();
  ORCH_RETURN_IF_ERROR(awaited->opened.status());
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  args.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  args.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "hub");
  args.SetMaxReceiveMessageSize(kMaxEnrolAnswerBytes);
  const auto stub =
      v1::Enrolment::NewStub(grpc::CreateCustomInsecureChannelFromFd("hub", awaited->opened->channel.Release(), args));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(clock->Now() + kEnrolCallLimit));
  if (!awaited->opened->session.empty()) context.AddMetadata(auth::kSessionHeader, awaited->opened->session);
  v1::EnrolResponse response;
  const grpc::Status status = stub->Enrol(&context, request, &response);
  ORCH_RETURN_IF_ERROR(FromGrpc(status, tunnel->reason(), hub));
  return response;
}

}  // namespace orch::nodeagent
