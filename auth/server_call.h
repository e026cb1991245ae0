// Takes from a gRPC server context what CallVerifier needs. The one place that knows how.
#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/call_credential.h"

namespace orch::auth {

absl::StatusOr<Caller> VerifyCall(const CallVerifier& verifier, PeerKind expected, absl::string_view method,
                                  const grpc::ServerContextBase& context);

}  // namespace orch::auth
