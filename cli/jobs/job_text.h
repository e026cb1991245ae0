// Text about a job that all human views share.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/options/common_options.h"
#include "cli/terminal/style.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

// "Discovering hosts using the index method .... 6", or with --classic the line of the PE 2.0 guide.
std::string DiscoveryLine(size_t targets, bool classic);

// "2 / 2", coloured by how many of those asked answered.
std::string AnsweredOfAsked(size_t answered, size_t asked, const Style& style);

// "Finished processing 2 / 2 hosts in 105.29 ms".
std::string FinishedLine(size_t answered, size_t asked, absl::Duration took, const Style& style);

// The block "---- NAME stats ----" of -v.
std::string StatsBlock(absl::string_view name, const JobEnd& end, const Style& style);

// Who was not sent the command, "No response from:", and names the hub does not know, which stand in that
// list too; empty when all answered.
std::string MissingText(const JobEnd& end, const Style& style);

// One line a node where a data function of the filter failed; empty when there is none.
std::string FilterFailuresText(const JobEnd& end);

// "max-failures": why a job released no more tasks; empty when it released all.
std::string StopReasonText(v1::StopReason reason);
// "output-limit"; empty for ERROR_KIND_UNSPECIFIED.
std::string ErrorKindText(v1::ErrorKind kind);

// Why a job was cut short, for standard error; empty when it was not.
std::string CutShortText(const JobEnd& end);

// "Request Aborted" and so on; empty for an answer that is OK.
std::string StatusText(const Answer& answer, const Style& style);

// "105.29" milliseconds.
std::string Milliseconds(absl::Duration duration);

}  // namespace orch::cli
