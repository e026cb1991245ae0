// Shows an invocation to people, in MCollective's layout: discovery line, progress bar, a block
// with the DDL's labels for each node, summaries, and the last line. The command owns it; one
// thread.
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
  // Returns the text that follows the node's name.
  std::string TextOf(const Answer& answer) const;
  // Prints the answers that were held back because of the bar, the sorting or the groups.
  void PrintHeld();

  Context* const context_;
  const Invocation& invocation_;
  const std::unique_ptr<DataLayout> layout_;
  HumanFrame frame_;
  ddl::Aggregator aggregator_;
  bool grouped_ = false;
  ReplyGroups groups_;
  std::vector<std::pair<std::string, std::string>> held_;  // name and text of answers that cannot be shown yet
};

}  // namespace orch::cli
