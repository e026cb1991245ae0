#include "cli/options/reply_options.h"

#include "absl/strings/str_split.h"

namespace orch::cli {

void AddReplyOptions(CommonOptions* options, OptionTable* table) {
  const std::string group = "Output Options";
  table->Switch("group", "Print one block for all nodes with equal replies", "Print one block for each node", group,
                &options->group);
  table->Add({{"--columns"},
              "LIST",
              "Show only these fields of the replies' data, such as ensure,os.family",
              group,
              {},
              false,
              [options](const std::string& text) -> absl::Status {
                for (const absl::string_view name : absl::StrSplit(text, ',')) {
                  if (name.empty()) return WrongOption("give the names of fields with commas between them");
                  options->columns.emplace_back(name);
                }
                return absl::OkStatus();
              }});
  table->Value({"--reply-filter"}, "FILTER",
               "Show only replies whose data match, such as \"ensure=present and not version=1\"", group,
               &options->reply_filter, ReplyFilter::Parse);
}

}  // namespace orch::cli
