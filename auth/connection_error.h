// Turns what gRPC says about a call that never reached the hub into what to check. gRPC's own
// text ("Ssl handshake failed: ... wrong version number") names the symptom only.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth/tls.h"

namespace orch::auth {

// For a call that failed. Unavailable with the address tried when there was no connection,
// Unauthenticated when CallSigner refused to send; what the hub itself answered is passed on as it is.
absl::Status ExplainCallError(const grpc::Status& status, absl::string_view address, const ChannelTlsOptions& tls);

}  // namespace orch::auth
