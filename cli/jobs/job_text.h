// Texts about a job that all human views share. Pure.
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

// The note that replaces the output of a job without targets.
inline constexpr char kNoNodesNote[] = "No request sent, we did not discover any nodes.\n";

// Returns "Discovering hosts using the index method .... 6", or with `classic` the line of the PE
// 2.0 guide.
std::string DiscoveryLine(size_t targets, bool classic);

// Returns "2 / 2", coloured by the share of nodes that answered.
std::string AnsweredOfAsked(size_t answered, size_t asked, const Style& style);

// Returns "Finished processing 2 / 2 hosts in 105.29 ms".
std::string FinishedLine(size_t answered, size_t asked, absl::Duration took, const Style& style);

// Returns the block "---- NAME stats ----" of -v.
std::string StatsBlock(absl::string_view name, const JobEnd& end, const Style& style);

// Returns the blocks "Not sent the command", "No response from" and "Unknown to the hub"; names of
// the last block are in the second one too. Returns an empty text if all nodes answered.
std::string MissingText(const JobEnd& end, const Style& style);

// Returns one line per node on which a data function of the filter failed.
std::string FilterFailuresText(const JobEnd& end);

// Returns why a job released no more tasks, such as "max-failures"; empty if it released all.
std::string StopReasonText(v1::StopReason reason);
// "output-limit"; empty for ERROR_KIND_UNSPECIFIED.
std::string ErrorKindText(v1::ErrorKind kind);

// Returns why a job was cut short, for standard error; empty if it was not.
std::string CutShortText(const JobEnd& end);

// Returns "Request Aborted" and the like; empty for an answer that is OK.
std::string StatusText(const Answer& answer, const Style& style);

// Returns milliseconds as "105.29".
std::string Milliseconds(absl::Duration duration);

}  // namespace orch::cli
