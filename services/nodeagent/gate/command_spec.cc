#include "services/nodeagent/gate/command_spec.h"

#include <algorithm>
#include <memory>

#include "services/nodeagent/tasks/splay.h"

namespace orch::nodeagent {
namespace {

absl::Duration TimeoutOf(const v1::Command& command, const actions::Catalog& catalog) {
  const std::shared_ptr<actions::Plugin> plugin = catalog.Find(command.plugin());
  if (command.timeout_ms() > 0) {
    const absl::Duration asked = std::min(absl::Milliseconds(command.timeout_ms()), kMaxTimeout);
    return plugin == nullptr ? asked : asked + plugin->Overrun();
  }
  const ddl::Action* action = plugin == nullptr ? nullptr : plugin->ddl()->FindAction(command.action());
  return action == nullptr ? kDefaultTimeout
                           : std::min(plugin->ddl()->TimeoutOf(*action), kMaxTimeout) + plugin->Overrun();
}

}  // namespace

TaskSpec MakeTaskSpec(const v1::Envelope& envelope, const v1::Command& command, const actions::Catalog& catalog,
                      absl::string_view identity, absl::Duration received) {
  TaskSpec spec;
  spec.attempt_id = command.attempt_id();
  spec.durable = command.durable();
  spec.no_reply_data = command.no_reply_data();
  spec.delay = SplayDelay(command.attempt_id(), identity, absl::Milliseconds(command.splay_ms()));
  spec.deadline = received + spec.delay + TimeoutOf(command, catalog);
  spec.request.plugin = command.plugin();
  spec.request.action = command.action();
  spec.request.caller = command.caller();
  spec.request.job_id = command.attempt_id();
  spec.request.collective = command.collective();
  spec.request.sender = "hub";
  spec.request.issued_at = absl::FromUnixMicros(envelope.issued_at_us());
  spec.request.ttl = absl::Microseconds(envelope.expires_at_us() - envelope.issued_at_us());
  return spec;
}

}  // namespace orch::nodeagent
