// Choria's external agent protocol, version 1: the texts that go between the node and a plugin's
// program. Pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/action.h"
#include "base/json.h"

namespace orch::actions {

inline constexpr char kRequestProtocol[] = "io.choria.mcorpc.external.v1.rpc_request";
inline constexpr char kActivationProtocol[] = "io.choria.mcorpc.external.v1.activation_request";
inline constexpr size_t kMaxReplyFile = kMaxJsonBytes;
inline constexpr size_t kMaxActivationFile = 64u << 10;

// {"$schema", "protocol", "agent", "action", "requestid", "senderid", "callerid", "collective", "ttl",
// "msgtime", "data"}: ttl in seconds, msgtime in seconds since 1970.
Json RequestObject(const Request& request);
Json ActivationObject(absl::string_view plugin);
// The members in the order of the protocol's own implementation, on one line.
std::string ProtocolText(const Json& message);

// {"statuscode", "statusmsg", "data"}. What is absent is 0, "OK" and {}; members unknown here are left
// alone. InvalidArgument says what is wrong with it.
absl::StatusOr<Reply> ReadReply(absl::string_view text);
// {"activate": true or false}.
absl::StatusOr<bool> ReadActivation(absl::string_view text);

}  // namespace orch::actions
