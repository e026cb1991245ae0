// The kinds of failures that the reply of an action names, and their texts. The texts are what people see and what
// the node keeps on disk; on the wire each kind has a value of orch.v1.ErrorKind, which knows more kinds: those of
// the node's gate and of the hub.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::actions {

enum class ErrorKind {
  kNone,         // the action did not fail, or its status code says all there is to say
  kTimeout,      // the action ran longer than it may, and was ended
  kCancelled,    // the job was cancelled while the action ran
  kCrash,        // the action ended without a reply: a signal, an exit code, an exception
  kProtocol,     // a program's reply is missing or malformed
  kOutputLimit,  // the action printed or returned more than it may
  kJournal,      // the node could not write down the task, so the action was not started
  kOutcomeLost,  // the action ended, and what it returned could not be kept
  kOther,        // a program gave a text of its own for the kind
};

// "timeout", "output-limit"; empty for kNone.
absl::string_view ErrorKindText(ErrorKind kind);
// The reverse, for texts from programs and files: kOther for every text that no kind has.
ErrorKind ErrorKindFromText(absl::string_view text);

}  // namespace orch::actions
