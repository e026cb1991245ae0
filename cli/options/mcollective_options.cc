#include "cli/options/mcollective_options.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::cli {
namespace {

// Adds an option that is accepted because scripts use it; a note says why it has no effect.
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

constexpr OptionChoice<DiscoveryMethod> kDiscoveryMethods[] = {
    {"mc", DiscoveryMethod::kHub}, {"flatfile", DiscoveryMethod::kFlatfile}, {"stdin", DiscoveryMethod::kStdin}};

absl::StatusOr<DiscoveryMethod> ParseMethod(const std::string& text) {
  const absl::StatusOr<DiscoveryMethod> method = ParseChoice(text, kDiscoveryMethods);
  if (method.ok()) return method;
  return WrongOption(absl::StrCat(method.status().message(), "; the hub knows its nodes, so no other source is asked"));
}

}  // namespace

void AddMCollectiveDiscovery(CommonOptions* options, OptionTable* table) {
  const char* const group = "Target Options";
  table->Value({"--dm", "--disc-method"}, "METHOD",
               "Where the nodes come from: mc (the hub), flatfile (with --do FILE) or stdin", group,
               &options->discovery_method, ParseMethod, NamesOf(kDiscoveryMethods));
  table->Text({"--do", "--disc-option"}, "FILE", "The file for --dm flatfile", group, &options->discovery_option);
  AddIgnored({"--dt", "--discovery-timeout"}, "SECONDS", "the hub knows its nodes, so discovery does not wait", group,
             options, table);
}

void AddMCollectiveRequest(bool has_ttl, CommonOptions* options, OptionTable* table) {
  AddIgnored({"--threaded"}, "", "requests and answers are always handled concurrently", "Request Options", options,
             table);
  AddIgnored({"--publish_timeout"}, "SECONDS", "the hub sends the command and sets the time a node has",
             "Request Options", options, table);
  if (!has_ttl) {
    AddIgnored({"--ttl"}, "SECONDS", "this command does not wait for nodes that are away", "Request Options", options,
               table);
  }
  table->Add({{"--reply-to"}, "TARGET", "", "Request Options", {}, false, [](const std::string&) {
                return WrongOption(
                    "replies come back to whoever asks; to read them elsewhere give --async there and "
                    "'orchctl job watch JOB' here");
              }});
}

absl::Status SettleDiscovery(CommonOptions* options) {
  const DiscoveryMethod method = std::exchange(options->discovery_method, DiscoveryMethod::kNotGiven);
  const std::string file = std::exchange(options->discovery_option, "");
  const bool flatfile = method == DiscoveryMethod::kFlatfile;
  const bool from_stdin = method == DiscoveryMethod::kStdin;
  if (!flatfile && !file.empty()) return WrongOption("--do is the file of --dm flatfile; give both, or --nodes FILE");
  if (!flatfile && !from_stdin) return absl::OkStatus();
  if (flatfile && file.empty() && options->nodes_file.empty())
    return WrongOption("--dm flatfile needs the file: --do FILE");
  if ((from_stdin || !file.empty()) && !options->nodes_file.empty()) {
    return WrongOption(
        absl::StrCat("--nodes and --dm ", flatfile ? "flatfile" : "stdin", " exclude each other; give one of them"));
  }
  if (from_stdin) options->nodes_file = "-";
  if (!file.empty()) options->nodes_file = file;
  return absl::OkStatus();
}

}  // namespace orch::cli
