// One run of a plugin's program: a private folder with request, facts and settings; the program,
// bounded in time and output; and its reply file. Blocks; thread-safe. The folder, and all that
// descends from the program, are gone when it returns.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process/process.h"

namespace orch::actions {

// Printed by one call to each of standard output and error; more ends it.
inline constexpr size_t kMaxProgramOutput = 1u << 20;
inline constexpr absl::Duration kProgramKillGrace = absl::Milliseconds(200);

struct ProgramCall {
  // kChoria: argv program, request, reply, protocol; environment PATH, LANG, LC_ALL=C.UTF-8 and {CHORIA,ORCH}_EXTERNAL_
  // REQUEST, REPLY, PROTOCOL, CONFIG and FACTS. kMcollective: argv program, request, reply;
  // environment PATH, LANG, LC_ALL=C.UTF-8, HOME and MCOLLECTIVE_REQUEST_FILE, MCOLLECTIVE_REPLY_FILE.
  enum class Style { kChoria, kMcollective };
  Style style = Style::kChoria;
  std::string what;  // whose call, in log and messages: "parrot#echo"
  std::string program;
  std::string protocol;  // for kChoria
  std::string request;   // JSON
  std::string settings;  // "key = value" lines
  std::shared_ptr<const Json> facts;
  absl::Duration timeout;
  size_t max_reply = 0;  // one that writes more is ended
  bool streams = false;  // may print without end: what is beyond kMaxProgramOutput is not kept
  const CancelToken* cancel = nullptr;
  std::function<void(ProcessStream stream, absl::string_view piece)> on_output;  // as it is printed; may be null
};

struct ProgramAnswer {
  int exit_code = 0;
  std::string reply;       // of its reply file; empty when there is none, or nothing in it
  std::string error_text;  // its standard error, the beginning
  std::string last_lines;  // of all it printed
};

// Any exit code is an answer. DeadlineExceeded, Cancelled, ResourceExhausted (printed too much, or its
// reply is too large), Unavailable (a signal ended it), NotFound and PermissionDenied (the program),
// InvalidArgument (its reply is no file). The message says what it printed last.
absl::StatusOr<ProgramAnswer> CallProgram(const ProgramCall& call, const Clock& clock);

// `status` with the last lines in its message; they may be empty.
absl::Status WithLastLines(const absl::Status& status, const std::string& last_lines);

}  // namespace orch::actions
