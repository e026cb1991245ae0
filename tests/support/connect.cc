#include "tests/support/connect.h"

#include <grpcpp/create_channel_posix.h>

#include <utility>

#include "auth/clear_prologue.h"
#include "base/mutex.h"
#include "base/net/address.h"
#include "base/status_macros.h"

namespace orch {

void Connection::Prepare(grpc::ClientContext* context) const {
  if (!session.empty()) context->AddMetadata(auth::kSessionHeader, session);
}

absl::StatusOr<Connection> ConnectTo(const std::string& hub, const auth::PeerTlsOptions& tls,
                                     auth::PeerCredential credential, const Clock* clock, Random* random) {
  ORCH_ASSIGN_OR_RETURN(const Address address, ParseAddress(hub));
  ORCH_ASSIGN_OR_RETURN(auto security, auth::MakePeerSecurity(tls, std::move(credential), address, random));
  struct Answer {
    Mutex mu;
    CondVar changed;
    bool come ABSL_GUARDED_BY(mu) = false;
    absl::StatusOr<Tunnel::Opened> opened ABSL_GUARDED_BY(mu) = absl::UnknownError("");
  };
  auto answer = std::make_shared<Answer>();
  Connection connection;
  connection.tunnel = Tunnel::Start(address, std::move(security), clock, absl::Seconds(20),
                                    [answer](absl::StatusOr<Tunnel::Opened> opened) {
                                      MutexLock lock(&answer->mu);
                                      answer->opened = std::move(opened);
                                      answer->come = true;
                                      answer->changed.SignalAll();
                                    });
  MutexLock lock(&answer->mu);
  while (!answer->come) answer->changed.Wait(&answer->mu);
  ORCH_RETURN_IF_ERROR(answer->opened.status());
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  connection.session = answer->opened->session;
  connection.channel = grpc::CreateCustomInsecureChannelFromFd("hub", answer->opened->channel.Release(), arguments);
  return connection;
}

}  // namespace orch
