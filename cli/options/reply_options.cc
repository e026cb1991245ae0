#include "cli/options/reply_options.h"

#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace orch::cli {

void AddReplyOptions(CommonOptions* options, OptionTable* table) {
  const std::string group = "Output Options";
  for (const bool on : {true, false}) {
    const char* const help = on ? "One block for all nodes that replied the same" : "A block for each node";
    table->Add({{on ? "--group" : "--no-group"}, "", help, group, {}, false, [options, on](const std::string&) {
                  options->group = on;
                  return absl::OkStatus();
                }});
  }
  table->Add({{"--columns"},
              "LIST",
              "Only these fields of the replies' data, as ensure,os.family",
              group,
              {},
              false,
              [options](const std::string& text) -> absl::Status {
                for (const absl::string_view name : absl::StrSplit(text, ',')) {
                  if (name.empty()) return Wrong("give the names of fields with commas between them");
                  options->columns.emplace_back(name);
                }
                return absl::OkStatus();
              }});
  table->Add({{"--reply-filter"},
              "FILTER",
              "Only replies whose data match, as \"ensure=present and not version=1\"",
              group,
              {},
              false,
              [options](const std::string& text) -> absl::Status {
                ORCH_ASSIGN_OR_RETURN(options->reply_filter, ReplyFilter::Parse(text));
                return absl::OkStatus();
              }});
}

}  // namespace orch::cli
