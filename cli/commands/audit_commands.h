// The commands `orchctl audit ...`, and what their files share: the options that choose records, and reading them from
// the hub or from files.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/commands/command.h"

namespace orch::cli {

// Returns the rows of `orchctl audit` in the table of commands.
std::vector<CommandEntry> AuditVerbs();
std::unique_ptr<Command> MakeAuditExportCommand();
std::unique_ptr<Command> MakeAuditSearchCommand();
std::unique_ptr<Command> MakeAuditTailCommand();
std::unique_ptr<Command> MakeAuditVerifyCommand();

// Which records, and where they come from. One command owns it.
struct AuditQuery {
  std::string since;  // as ParseWhen takes it; empty: no bound
  std::string until;
  std::string caller, event, decision, job, node;
  std::string file;  // read this log and the files moved aside beside it; empty: ask the hub
  uint32_t last = 0;
  bool follow = false;

  void DeclareOptions(OptionTable* table);
};

// Passes each record, one JSON object in a line, to `on_line`, the oldest first. Returns the exit code. Prepares the
// context.
absl::StatusOr<int> ReadAuditRecords(Context* context, const AuditQuery& query,
                                     const std::function<void(absl::string_view line)>& on_line);

}  // namespace orch::cli
