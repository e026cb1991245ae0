// Runs the program of a plugin once, with bounded time and output, in a private folder with request, facts, settings
// and reply file. Blocks; thread-safe. When it returns, the folder is removed and all descendants of the program have
// ended.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"

namespace orch::actions {

// Bytes that one call may print to each of standard output and error; more ends the program.
inline constexpr size_t kMaxProgramOutput = 1u << 20;
inline constexpr absl::Duration kProgramKillGrace = absl::Milliseconds(200);

struct ProgramCall {
  // kChoria: the arguments are request, reply and protocol; the environment has PATH, LANG, LC_ALL=C.UTF-8 and, with
  // the prefixes CHORIA_EXTERNAL_ and ORCH_EXTERNAL_, REQUEST, REPLY, PROTOCOL, CONFIG and FACTS. kMcollective: the
  // arguments are request and reply; the environment has PATH, LANG, LC_ALL=C.UTF-8, HOME, MCOLLECTIVE_REQUEST_FILE and
  // MCOLLECTIVE_REPLY_FILE.
  enum class Style { kChoria, kMcollective };
  Style style = Style::kChoria;
  std::string what;  // name of the call in log and messages: "parrot#echo"
  std::string program;
  std::string protocol;  // for kChoria
  std::string request;   // JSON
  std::string settings;  // "key = value" lines
  std::shared_ptr<const Json> facts;
  absl::Duration timeout;
  size_t max_reply = 0;  // bytes; a larger reply is an error
  bool streams = false;  // may print without limit; only kMaxProgramOutput is kept
  const CancelToken* cancel = nullptr;
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;  // gets output at once; may be null
};

struct ProgramAnswer {
  int exit_code = 0;
  std::string reply;       // contents of the reply file; empty if there is none
  std::string error_text;  // the beginning of standard error
  std::string last_lines;  // of both outputs
};

// Any exit code is an answer. Errors: DeadlineExceeded, Cancelled, ResourceExhausted (it printed too much, or its reply
// is too large), Unavailable (a signal ended it), NotFound and PermissionDenied (the program), InvalidArgument (its
// reply is no file). The message has the last lines that it printed.
absl::StatusOr<ProgramAnswer> CallProgram(const ProgramCall& call, const Clock& clock);

// Returns `status` with the last lines in its message; they may be empty.
absl::Status WithLastLines(const absl::Status& status, const std::string& last_lines);

}  // namespace orch::actions
