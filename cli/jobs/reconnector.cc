#include "cli/jobs/reconnector.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/interrupt.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

}  // namespace

Reconnector::Reconnector(Context* context)
    : context_(context), backoff_(kFirstPause, kLongestPause, context->env().random) {
  Reset();
}

void Reconnector::Reset() {
  give_up_ = context_->env().clock->Steady() + context_->options().reconnect;
  backoff_.Reset();
  noted_ = false;
}

bool Reconnector::Retry(const std::string& what, StreamEnd* end) {
  const Environment& env = context_->env();
  if (!noted_) {
    const std::string reason = end->status.ok() ? "it ended" : std::string(end->status.message());
    context_->Note(absl::StrCat("\norchctl: the connection to the hub broke (", Printable(reason), "); ", what,
                                " goes on. Trying again for up to ",
                                absl::FormatDuration(context_->options().reconnect), "\n"));
    noted_ = true;
  }
  env.err->Flush();
  while (env.clock->Steady() < give_up_) {
    if (!PauseFor(std::min(backoff_.Next(), give_up_ - env.clock->Steady()), *env.clock, env.interrupt)) {
      end->interrupted = true;
      return false;
    }
    const absl::Status status = context_->Reconnect().status();
    if (status.ok()) return true;
    end->status = status;
    if (ExitCodeOf(status) != kExitNoHub) return false;
  }
  if (end->status.ok())
    end->status = WithExitCode(absl::UnavailableError("the hub ends the connection again and again"), kExitNoHub);
  return false;
}

}  // namespace orch::cli
