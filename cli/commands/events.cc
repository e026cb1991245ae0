// The command `orchctl events`.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "cli/jobs/reconnector.h"
#include "cli/options/option_values.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/job_record_text.h"

namespace orch::cli {
namespace {

class EventsCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Flag({"-f", "--follow"}, "Show new events until interrupted; without --since, new events only", group,
                &follow_);
    table->Flag({"--nodes"}, "Show only events of nodes", group, &nodes_);
    table->Flag({"--jobs"}, "Show only events of jobs", group, &jobs_);
    table->Text({"--since"}, "CURSOR", "Show only events after this one; --json shows cursors", group, &cursor_);
    table->Number({"-n", "--max"}, "COUNT", "Exit after this number of events", group, &most_);
    table->Value({"--reconnect"}, "SECONDS",
                 "How long to try to connect again after the connection breaks (300); 0 turns this off", group,
                 &reconnect_, [](const std::string& text) { return ParseSeconds(text, /*zero_allowed=*/true); });
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "events [options]"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    context->options().reconnect = reconnect_;
    ORCH_RETURN_IF_ERROR(context->Hub().status());
    if (cursor_.empty() && !follow_) cursor_ = "first";
    Reconnector reconnector(context);
    while (true) {
      const size_t before = seen_;
      StreamEnd end = Once(context);
      if (end.enough) return kExitOk;
      if (end.interrupted) return kExitInterrupted;
      if (!end.status.ok() && ExitCodeOf(end.status) != kExitNoHub) return end.status;
      if (seen_ > before) reconnector.Reset();
      if (reconnect_ == absl::ZeroDuration() || !reconnector.Retry("the watch", &end)) {
        if (end.interrupted) return kExitInterrupted;
        if (!end.status.ok()) return end.status;
        return WithExitCode(absl::UnavailableError("the hub ended the watch"), kExitNoHub);
      }
    }
  }

 private:
  StreamEnd Once(Context* context) {
    StreamEnd end;
    const absl::StatusOr<HubClient*> hub = context->Hub();
    if (!hub.ok()) {
      end.status = hub.status();
      return end;
    }
    v1::WatchEventsRequest request;
    request.set_cursor(cursor_);
    request.set_nodes(nodes_);
    request.set_jobs(jobs_);
    return (*hub)->WatchEvents(request, [this, context](const v1::WatchEventsResponse& event) {
      if (!event.cursor().empty()) cursor_ = event.cursor();
      return event.kind() == v1::WatchEventsResponse::KIND_UNSPECIFIED ? OnCaughtUp(context) : OnEvent(context, event);
    });
  }

  // OnEvent and OnCaughtUp return false if enough events were shown.
  bool OnEvent(Context* context, const v1::WatchEventsResponse& event) {
    ++seen_;
    context->Print(absl::StrCat(
        context->options().format == Format::kHuman ? EventLine(event) : PrintableJson(EventJson(event)), "\n"));
    context->env().out->Push();
    return most_ == 0 || seen_ < most_;
  }
  bool OnCaughtUp(Context* context) {
    if (context->options().format != Format::kHuman) {
      context->Print(absl::StrCat(PrintableJson({{"kind", "cursor"}, {"cursor", cursor_}}), "\n"));
      context->env().out->Push();
    }
    return follow_;
  }

  bool follow_ = false;
  bool nodes_ = false;
  bool jobs_ = false;
  std::string cursor_;
  uint32_t most_ = 0;
  size_t seen_ = 0;
  absl::Duration reconnect_ = absl::Minutes(5);
};

}  // namespace

std::unique_ptr<Command> MakeEventsCommand() { return std::make_unique<EventsCommand>(); }

}  // namespace orch::cli
