// Certificates made here. Pure but for OpenSSL's random numbers.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace orch::auth {

// PEM of a self-signed certificate whose key was forgotten: stands where gRPC wants a root and
// nothing may chain to one. Valid for no time at all.
absl::StatusOr<std::string> MakeThrowawayRoot();

}  // namespace orch::auth
