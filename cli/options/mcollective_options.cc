#include "cli/options/mcollective_options.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::cli {
namespace {

// Taken because people's fingers and scripts know it; a note says why it decides nothing.
void AddIgnored(std::vector<std::string> names, const char* value, const char* why, const char* group,
                CommonOptions* options, OptionTable* table) {
  const std::string name = names.front();
  table->Add({std::move(names),
              value,
              absl::StrCat("Accepted and ignored: ", why),
              group,
              {},
              false,
              [options, name, why](const std::string&) {
                options->ignored.push_back(absl::StrCat(name, " is ignored: ", why));
                return absl::OkStatus();
              }});
}

}  // namespace

void AddMCollectiveDiscovery(CommonOptions* options, OptionTable* table) {
  const char* const group = "Target Options";
  table->Add({{"--dm", "--disc-method"},
              "METHOD",
              "Where the nodes come from: mc (the hub), flatfile (with --do FILE) or stdin",
              group,
              {"mc", "flatfile", "stdin"},
              false,
              [options](const std::string& text) {
                if (text != "mc" && text != "flatfile" && text != "stdin")
                  return Wrong(absl::StrCat("'", text,
                                            "' is none of mc, flatfile, stdin; the hub knows its nodes, so no "
                                            "other source is asked"));
                options->discovery_method = text;
                return absl::OkStatus();
              }});
  table->Text({"--do", "--disc-option"}, "FILE", "The file for --dm flatfile", group, &options->discovery_option);
  AddIgnored({"--dt", "--discovery-timeout"}, "SECONDS", "the hub knows its nodes and waits for nobody", group, options,
             table);
}

void AddMCollectiveRequest(bool has_ttl, CommonOptions* options, OptionTable* table) {
  AddIgnored({"--threaded"}, "", "requests are always sent and answers taken at the same time", "Request Options",
             options, table);
  AddIgnored({"--publish_timeout"}, "SECONDS", "the hub sends, and says how long a node has", "Request Options",
             options, table);
  if (!has_ttl) {
    AddIgnored({"--ttl"}, "SECONDS", "this command waits for no node that is away", "Request Options", options, table);
  }
  table->Add({{"--reply-to"}, "TARGET", "", "Request Options", {}, false, [](const std::string&) {
                return Wrong(
                    "replies come back to whoever asks; to read them elsewhere give --async there and "
                    "'orchctl job watch JOB' here");
              }});
}

absl::Status SettleDiscovery(CommonOptions* options) {
  const std::string method = std::exchange(options->discovery_method, "");
  const std::string file = std::exchange(options->discovery_option, "");
  if (method != "flatfile" && !file.empty())
    return Wrong("--do is the file of --dm flatfile; give both, or --nodes FILE");
  if (method.empty() || method == "mc") return absl::OkStatus();
  if (method == "flatfile" && file.empty() && options->nodes_file.empty())
    return Wrong("--dm flatfile needs the file: --do FILE");
  if ((method == "stdin" || !file.empty()) && !options->nodes_file.empty())
    return Wrong(absl::StrCat("--nodes and --dm ", method, " exclude each other; give one of them"));
  if (method == "stdin") options->nodes_file = "-";
  if (!file.empty()) options->nodes_file = file;
  return absl::OkStatus();
}

}  // namespace orch::cli
