// The messages of Choria's external agent protocol, version 1, between the node and the program of a plugin. Pure.
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

// Returns {"$schema", "protocol", "agent", "action", "requestid", "senderid", "callerid", "collective", "ttl",
// "msgtime", "data"}, with ttl in seconds and msgtime in seconds since 1970.
Json RequestObject(const Request& request);
Json ActivationObject(absl::string_view plugin);
// Returns the message on one line, with the members in the order of Choria's implementation.
std::string ProtocolText(const Json& message);

// Reads {"statuscode", "statusmsg", "data"}. Absent members default to 0, "OK" and {}; unknown members are ignored.
// InvalidArgument tells the fault.
absl::StatusOr<Reply> ReadReply(absl::string_view text);
// Reads {"activate": true or false}.
absl::StatusOr<bool> ReadActivation(absl::string_view text);

}  // namespace orch::actions
