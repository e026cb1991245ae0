#include "services/hub/jobs/run/command_body.h"

#include "base/digest.h"
#include "orch/v1/node_service.pb.h"

namespace orch::hub {

std::shared_ptr<const CommandBody> MakeCommandBody(absl::string_view attempt_id, const JobRequest& request) {
  const v1::JobSpec& spec = request.spec;
  v1::Command command;
  command.set_attempt_id(std::string(attempt_id));
  command.set_plugin(spec.plugin());
  command.set_action(spec.action());
  command.set_inputs_json(spec.inputs_json());
  command.set_caller(request.caller);
  *command.mutable_filter() = spec.target().filter();
  command.set_collective(spec.target().collective());
  command.set_timeout_ms(absl::ToInt64Milliseconds(request.run_limit));
  command.set_no_reply_data(spec.no_reply_data());
  command.set_durable(request.recorded);
  command.set_live_output(spec.live_output());
  command.set_splay_ms(spec.splay_ms());
  *command.mutable_ddl_sha256() = spec.ddl_sha256();
  auto body = std::make_shared<CommandBody>();
  body->bytes = command.SerializeAsString();
  body->sha256 = Sha256(body->bytes);
  return body;
}

}  // namespace orch::hub
