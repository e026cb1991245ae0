#include "base/daemon/system_journal.h"

#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace orch {

absl::Status SendToJournal(absl::string_view program, absl::string_view message) {
  // sd_journal_sendv reports success where no journal runs.
  if (access("/run/systemd/journal/socket", F_OK) != 0) {
    return absl::UnavailableError("systemd's journal does not run here (/run/systemd/journal/socket is missing)");
  }
  std::string fields[] = {absl::StrCat("MESSAGE=", message), absl::StrCat("SYSLOG_IDENTIFIER=", program), "PRIORITY=5"};
  iovec parts[std::size(fields)];
  for (size_t i = 0; i < std::size(fields); ++i) parts[i] = {fields[i].data(), fields[i].size()};
  const int result = sd_journal_sendv(parts, std::size(parts));
  if (result == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("systemd's journal does not take an entry: ", strerrordesc_np(-result)));
}

}  // namespace orch
