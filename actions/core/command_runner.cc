#include "actions/core/command_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/duration_text.h"
#include "base/process/find_program.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kSystemPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr absl::Duration kGrace = absl::Seconds(2);
constexpr absl::Duration kEndReserve = absl::Milliseconds(200);  // to see the last of it ended, and to say so

}  // namespace

std::string CommandOutput::Text() const {
  std::string text = out;
  if (!text.empty() && !err.empty() && text.back() != '\n') text += '\n';
  text += err;
  if (truncated) absl::StrAppend(&text, "\n(output beyond ", kMaxCommandOutput, " bytes was dropped)\n");
  return text;
}

CommandRunner::CommandRunner(const Context& context, std::string path)
    : context_(context),
      path_(path.empty() ? kSystemPath : std::move(path)),
      deadline_(context.clock->Steady() + context.timeout) {}

bool CommandRunner::Has(absl::string_view program) const {
  for (absl::string_view folder : absl::StrSplit(path_, ':', absl::SkipEmpty())) {
    if (FindProgram(absl::StrCat(folder, "/", program)).ok()) return true;
  }
  return false;
}

CommandRunner CommandRunner::Leaving() const {
  CommandRunner leaving = *this;
  leaving.leaves_ = true;
  return leaving;
}

absl::StatusOr<CommandOutput> CommandRunner::Run(const std::vector<std::string>& argv,
                                                 const std::map<std::string, std::string>& env) const {
  const absl::Duration left = Left();
  if (left <= absl::ZeroDuration()) {
    return absl::DeadlineExceededError(absl::StrCat("timed out before ", argv[0], " could be run"));
  }
  ProcessSpec spec;
  spec.argv = argv;
  spec.env = env;
  spec.env["PATH"] = path_;
  spec.kill_grace = std::min(kGrace, left / 4);
  spec.timeout = left - spec.kill_grace - std::min(kEndReserve, left / 10);
  spec.leaves = leaves_;
  spec.max_output = kMaxCommandOutput;
  spec.cancel = context_.cancel;
  spec.on_output = context_.on_output;
  ORCH_ASSIGN_OR_RETURN(ProcessResult result, RunProcess(spec, *context_.clock));
  switch (result.end) {
    case ProcessResult::End::kTimedOut:
      return absl::DeadlineExceededError(
          absl::StrCat(argv[0], " timed out after ", DurationText(result.wall), " and was ended"));
    case ProcessResult::End::kCancelled:
      return absl::CancelledError(absl::StrCat(argv[0], " was ended: the job was cancelled"));
    case ProcessResult::End::kSignalled:
      return absl::AbortedError(absl::StrCat(argv[0], " was ended by signal ", result.signal));
    default:
      break;
  }
  CommandOutput output;
  output.exit_code = result.exit_code;
  output.out = std::move(result.out);
  output.err = std::move(result.err);
  output.truncated = result.out_truncated || result.err_truncated;
  return output;
}

}  // namespace orch::actions
