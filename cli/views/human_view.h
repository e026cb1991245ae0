// What people see of an invocation: discovery line, progress bar, a block for each node with the
// DDL's labels, summaries, the last line. The shapes are MCollective's.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actions/ddl/aggregator.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"
#include "cli/views/data_layout.h"
#include "cli/views/human_frame.h"
#include "cli/views/reply_groups.h"

namespace orch::cli {

class HumanView final : public JobView {
 public:
  HumanView(Context* context, const Invocation& invocation);
  void OnStart(const JobStart& start) override;
  bool OnAnswer(const Answer& answer) override;
  void OnProgress(size_t done, size_t targets) override;
  void OnEnd(const JobEnd& end) override;

 private:
  // What stands behind the node's name.
  std::string Said(const Answer& answer) const;
  void PrintHeld();

  Context* const context_;
  const Invocation& invocation_;
  const std::unique_ptr<DataLayout> layout_;
  HumanFrame frame_;
  ddl::Aggregator aggregator_;
  bool grouped_ = false;
  ReplyGroups groups_;
  std::vector<std::pair<std::string, std::string>> held_;  // name and what is said, while they cannot be shown
};

}  // namespace orch::cli
