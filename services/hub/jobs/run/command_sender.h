// What one run says to nodes: commands, questions about them, cancellations, acknowledgements. Changes no task. On the
// hub's loop; owned by JobRun.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/hub/jobs/run/run_state.h"
#include "services/hub/nodes/node_channel.h"

namespace orch::hub {

class CommandSender {
 public:
  // `first`: the command body of the first attempt; later ones are made when they are needed.
  CommandSender(const RunState* state, std::shared_ptr<const CommandBody> first)
      : state_(state), bodies_{std::move(first)} {}

  bool IsAttached(size_t task) const { return Channel(task) != nullptr; }
  // The command of the task's present attempt. False when nothing was sent: the node is away, or its outbox is full.
  bool Send(size_t task);
  // Asks what became of that command. False as for Send.
  bool Ask(size_t task);
  void Cancel(size_t task, absl::string_view reason);
  // The outcome of `attempt` is stored: the node may forget it. Nothing happens for a job that is not recorded.
  void Acknowledge(size_t task, uint32_t attempt);

 private:
  NodeChannel* Channel(size_t task) const;
  const std::shared_ptr<const CommandBody>& BodyOf(uint32_t attempt);

  const RunState* const state_;
  std::vector<std::shared_ptr<const CommandBody>> bodies_;  // by attempt, from 1
};

}  // namespace orch::hub
