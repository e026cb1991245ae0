// What people see of an invocation: discovery line, progress bar, a block for each node with the
// DDL's labels, summaries, the last line. The shapes are MCollective's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/ddl/aggregate.h"
#include "cli/jobs/invocation.h"
#include "cli/jobs/job_view.h"
#include "cli/session/context.h"
#include "cli/terminal/progress_bar.h"
#include "cli/views/reply_groups.h"

namespace orch::cli {

// Text of one node's data, without its name. Pure.
class DataLayout {
 public:
  virtual ~DataLayout() = default;
  virtual std::string Text(const Answer& answer, const ddl::Action& action) const = 0;
};
// Sorted keys, labels right-aligned, lists and hashes pretty.
class LabelLayout final : public DataLayout {
 public:
  std::string Text(const Answer& answer, const ddl::Action& action) const override;
};
// Outdated packages as the guide shows them: one line a package, then exit code and manager.
class UpdatesLayout final : public DataLayout {
 public:
  std::string Text(const Answer& answer, const ddl::Action& action) const override;
};
// Puppet resources as the guide shows them: one line a key, and below "parameters" and "Resource" the
// nested hash. Names of properties are symbols, as are the values of `ensure` and `returns` that are
// words; times stand without quotes.
class ResourceLayout final : public DataLayout {
 public:
  std::string Text(const Answer& answer, const ddl::Action& action) const override;
};
std::unique_ptr<DataLayout> LayoutFor(const Invocation& invocation);

// Which answers are shown.
bool IsShown(const Answer& answer, DisplayMode mode, ddl::Display ddl_display);

// The parts that every human view of a job has around its answers: discovery line and bar.
class HumanFrame {
 public:
  HumanFrame(Context* context, bool discovery_line);
  void Start(const JobStart& start);
  void Progress(size_t done, size_t targets);
  // True while a bar is on the screen: answers have to wait.
  bool bar() const { return bar_shown_; }
  // Leaves the bar on its line; `after` follows it.
  void End(absl::string_view after);

 private:
  Context* const context_;
  const bool discovery_line_;
  const bool bar_wanted_;
  bool bar_shown_ = false;
  ProgressBar bar_;
};

// The block "Summary of X:" for each aggregate.
std::string SummariesText(const ddl::Aggregator& aggregator, const Style& style);

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
