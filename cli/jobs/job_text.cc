#include "cli/jobs/job_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/enum_text.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"

namespace orch::cli {
namespace {

std::string ByShare(const Style& style, size_t answered, size_t asked, size_t number) {
  const std::string text = absl::StrCat(number);
  if (answered == asked) return style.Green(text);
  return answered == 0 ? style.Red(text) : style.Yellow(text);
}

// Returns a heading and names below it in columns; empty without names.
std::string NamesBlock(const std::string& heading, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  size_t width = 30;
  for (const std::string& name : names) width = std::max(width, DisplayWidth(Printable(name)));
  return absl::StrCat(heading, "\n\n", InColumns(names, 4, width, 3), "\n");
}

}  // namespace

std::string DiscoveryLine(size_t targets, bool classic) {
  return absl::StrCat(classic ? "Determining the amount of hosts matching filter for 2 seconds .... "
                              : "Discovering hosts using the index method .... ",
                      targets, "\n");
}

std::string AnsweredOfAsked(size_t answered, size_t asked, const Style& style) {
  return absl::StrCat(ByShare(style, answered, asked, answered), " / ", ByShare(style, answered, asked, asked));
}

std::string FinishedLine(size_t answered, size_t asked, absl::Duration took, const Style& style) {
  return absl::StrCat("Finished processing ", AnsweredOfAsked(answered, asked, style), " hosts in ", Milliseconds(took),
                      " ms\n");
}

std::string StatsBlock(absl::string_view name, const JobEnd& end, const Style& style) {
  const std::string started = absl::FormatTime("%Y-%m-%d %H:%M:%S %z", end.started, absl::LocalTimeZone());
  return absl::StrCat(style.Yellow(absl::StrCat("---- ", name, " stats ----")), "\n",                   //
                      "           Nodes: ", AnsweredOfAsked(end.answered(), end.asked(), style), "\n",  //
                      "     Pass / Fail: ", end.tally.ok, " / ", end.tally.failed, "\n",                //
                      end.not_sent.empty() ? "" : absl::StrCat("        Not Sent: ", end.not_sent.size(), "\n"),
                      "      Start Time: ", started, "\n",                              //
                      "  Discovery Time: ", Milliseconds(end.start.discovery), "ms\n",  //
                      "      Agent Time: ", Milliseconds(end.agent_time), "ms\n",       //
                      "      Total Time: ", Milliseconds(end.total_time), "ms\n");
}

std::string MissingText(const JobEnd& end, const Style& style) {
  std::vector<std::string> names = end.silent;
  names.insert(names.end(), end.start.unknown.begin(), end.start.unknown.end());
  std::sort(names.begin(), names.end());
  const std::string why = end.ended_early.empty() ? "" : absl::StrCat(" (", Printable(end.ended_early), ")");
  return absl::StrCat(NamesBlock(style.Red(absl::StrCat("Not sent the command", why, ":")), end.not_sent),
                      NamesBlock(style.Red("No response from:"), names),
                      NamesBlock(style.Red("Unknown to the hub:"), end.start.unknown));
}

std::string FilterFailuresText(const JobEnd& end) {
  std::string text;
  for (const FilterFailure& failure : end.filter_failures) {
    absl::StrAppend(&text, "orchctl: ", Printable(failure.identity), " does not match: ", Printable(failure.reason),
                    "\n");
  }
  return text;
}

std::string StopReasonText(v1::StopReason reason) {
  if (reason == v1::STOP_REASON_UNSPECIFIED) return "";
  return EnumText(v1::StopReason_Name(reason), "STOP_REASON_");
}

std::string ErrorKindText(v1::ErrorKind kind) {
  if (kind == v1::ERROR_KIND_UNSPECIFIED) return "";
  return EnumText(v1::ErrorKind_Name(kind), "ERROR_KIND_");
}

std::string CutShortText(const JobEnd& end) {
  const size_t settled = end.settled();
  const std::string& id = end.start.job_id;
  const std::string in_job = id.empty() ? "" : absl::StrCat(" in job ", id);
  const std::string way_back = absl::StrCat("orchctl: the job goes on; 'orchctl job watch ", id, "' shows the rest\n");
  if (end.interrupted && !end.accepted)
    return "orchctl: interrupted before the hub had answered; whether it took the job is not known\n";
  if (end.interrupted) {
    return absl::StrCat("orchctl: interrupted after ", settled, " of ", end.start.targets, " nodes", in_job,
                        end.start.durable ? absl::StrCat("\n", way_back) : "; what was sent is not taken back\n");
  }
  if (!end.error.ok()) {
    const std::string rest =
        end.start.durable ? absl::StrCat("\n", way_back) : "; the outcome on the others is not known\n";
    return absl::StrCat("orchctl: ", Printable(end.error.message()), "\norchctl: ", settled, " of ", end.start.targets,
                        " nodes had answered", in_job, rest);
  }
  if (end.ended_early.empty()) return "";
  return absl::StrCat("orchctl: the job", in_job.empty() ? "" : absl::StrCat(" ", id),
                      " was ended early: ", Printable(end.ended_early), "\n");
}

std::string StatusText(const Answer& answer, const Style& style) {
  if (answer.ok()) return "";
  if (answer.missing()) return style.Red("No Response");
  if (answer.not_sent) return style.Red("Not Sent");
  if (answer.state == v1::CANCELLED) return style.Red("Request Cancelled");
  switch (answer.code) {
    case 1:
      return style.Red("Request Aborted");
    case 2:
      return style.Yellow("Unknown Action");
    case 3:
      return style.Yellow("Missing Request Data");
    case 4:
      return style.Yellow("Invalid Request Data");
    default:
      return answer.state == v1::DENIED ? style.Red("Request Denied") : style.Red("Unknown Request Status");
  }
}

std::string Milliseconds(absl::Duration duration) {
  return absl::StrFormat("%.2f", absl::ToDoubleMilliseconds(duration));
}

}  // namespace orch::cli
