#include "cli/jobs/job_end.h"

namespace orch::cli {

void JobEnd::Count(const Answer& answer) {
  if (answer.not_sent) {
    not_sent.push_back(answer.identity);
    tally.not_sent = not_sent.size();
  } else if (answer.missing()) {
    silent.push_back(answer.identity);
  } else {
    ++(answer.ok() ? tally.ok : tally.failed);
  }
}

}  // namespace orch::cli
