#include "actions/external/agent_protocol.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kRequestSchema[] = "https://choria.io/schemas/mcorpc/external/v1/rpc_request.json";
constexpr char kActivationSchema[] = "https://choria.io/schemas/mcorpc/external/v1/activation_request.json";

// Keeps the order of members, because some programs read JSON with sed and grep.
constexpr const char* kOrder[] = {"$schema",  "protocol",   "agent", "action",  "requestid", "senderid",
                                  "callerid", "collective", "ttl",   "msgtime", "data"};

}  // namespace

Json RequestObject(const Request& request) {
  return Json{{"$schema", kRequestSchema},
              {"protocol", kRequestProtocol},
              {"agent", request.plugin},
              {"action", request.action},
              {"requestid", request.job_id},
              {"senderid", request.sender},
              {"callerid", request.caller},
              {"collective", request.collective},
              {"ttl", absl::ToInt64Seconds(request.ttl)},
              {"msgtime", absl::ToUnixSeconds(request.issued_at)},
              {"data", request.inputs.is_object() ? request.inputs : Json::object()}};
}

Json ActivationObject(absl::string_view plugin) {
  return Json{{"$schema", kActivationSchema}, {"protocol", kActivationProtocol}, {"agent", std::string(plugin)}};
}

std::string ProtocolText(const Json& message) {
  std::string text;
  for (const char* key : kOrder) {
    const auto found = message.find(key);
    if (found == message.end()) continue;
    absl::StrAppend(&text, text.empty() ? "{" : ",", "\"", key, "\":", DumpJson(*found));
  }
  return absl::StrCat(text, "}");
}

absl::StatusOr<Reply> ReadReply(absl::string_view text) {
  ORCH_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(text, "the reply", kMaxReplyFile));
  const auto code = json.find("statuscode");
  const auto message = json.find("statusmsg");
  const auto data = json.find("data");
  if (code == json.end() && data == json.end()) {
    return absl::InvalidArgumentError("the reply has neither 'statuscode' nor 'data'");
  }
  Reply reply;
  if (code != json.end()) {
    if (!code->is_number_integer() || *code < 0 || *code > kUnknownError) {
      return absl::InvalidArgumentError(absl::StrCat("the reply's 'statuscode' must be 0 to ", int{kUnknownError}));
    }
    reply.status_code = code->get<int>();
  }
  reply.status_message = reply.status_code == kOk ? "OK" : "";
  if (message != json.end() && !message->is_null()) {
    if (!message->is_string()) return absl::InvalidArgumentError("the reply's 'statusmsg' must be text");
    if (!message->get_ref<const std::string&>().empty()) reply.status_message = message->get<std::string>();
  }
  if (data != json.end() && !data->is_null()) {
    if (!data->is_object()) return absl::InvalidArgumentError("the reply's 'data' must be an object {…}");
    reply.data = *data;
  }
  return reply;
}

absl::StatusOr<bool> ReadActivation(absl::string_view text) {
  ORCH_ASSIGN_OR_RETURN(const Json json,
                        ParseJsonObject(text, "the answer to the activation request", kMaxActivationFile));
  const auto activate = json.find("activate");
  if (activate != json.end() && activate->is_boolean()) return activate->get<bool>();
  return absl::InvalidArgumentError("the answer to the activation request must be {\"activate\": true} or false");
}

}  // namespace orch::actions
