#include "cli/options/option_groups.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/options/mcollective_options.h"
#include "cli/options/option_values.h"
#include "cli/options/reply_options.h"
#include "cli/options/rollout_options.h"

namespace orch::cli {
namespace {

OptionSpec FilterOption(std::vector<std::string> names, std::string value, std::string help, filter::OptionKind kind,
                        CommonOptions* options) {
  return {std::move(names),
          std::move(value),
          std::move(help),
          "Host Filters",
          {},
          false,
          [options, kind](const std::string& text) {
            options->filter.push_back({kind, text});
            return absl::OkStatus();
          }};
}

// InvalidArgument if another output format was chosen before, so that none wins silently.
absl::Status ChooseForm(absl::string_view option, Format format, CommonOptions* options) {
  if (!options->format_option.empty() && options->format != format) {
    return WrongOption(absl::StrCat("it and ", options->format_option, " exclude each other; give one of them"));
  }
  options->format = format;
  options->format_option = std::string(option);
  return absl::OkStatus();
}

absl::StatusOr<Format> ParseJsonForm(const std::string& text) {
  if (text.empty() || text == "object") return Format::kJson;
  if (text == "array") return Format::kJsonArray;
  return WrongOption("give --json, --json=object or --json=array");
}

constexpr OptionChoice<SenderMode> kSenderModes[] = {{"ok", SenderMode::kOk},
                                                     {"failed", SenderMode::kFailed},
                                                     {"missing", SenderMode::kMissing},
                                                     {"all", SenderMode::kAll}};
constexpr OptionChoice<DisplayMode> kDisplayModes[] = {{"ok", DisplayMode::kOk},
                                                       {"failed", DisplayMode::kFailed},
                                                       {"all", DisplayMode::kAll},
                                                       {"none", DisplayMode::kNone}};
constexpr OptionChoice<LimitMethod> kLimitMethods[] = {{"first", LimitMethod::kFirst},
                                                       {"random", LimitMethod::kRandom}};

absl::StatusOr<DisplayMode> ParseDisplay(const std::string& text) {
  if (text == "always") return DisplayMode::kAll;  // MCollective's name for all
  return ParseChoice(text, kDisplayModes);
}

absl::StatusOr<uint64_t> ParseSeed(const std::string& text) {
  uint64_t seed = 0;
  if (!absl::SimpleAtoi(text, &seed) || seed == 0)
    return WrongOption(absl::StrCat("'", text, "' is no whole number above 0"));
  return seed;
}

void AddBasic(CommonOptions* options, OptionTable* table) {
  const std::string group = "Common Options";
  table->Text({"-c", "--config"}, "FILE", "Load the configuration from this file", group, &options->config_file);
  table->Text({"--hub"}, "ADDRESS", "Use this hub instead of the configured one (HOST:PORT or unix:/PATH)", group,
              &options->hub);
  table->Value({"--connection-timeout"}, "SECONDS", "Time the hub has to accept the connection (5)", group,
               &options->connection_timeout, [](const std::string& text) { return ParseSeconds(text, false); });
  table->Flag({"-v", "--verbose"}, "Be verbose", group, &options->verbose);
  table->Flag({"-q", "--quiet"}, "Print results only: no discovery line, no statistics", group, &options->quiet);
  table->Flag({"-h", "--help"}, "Display this screen", group, &options->help);
}

void AddForm(const char* name, const char* help, Format format, CommonOptions* options, OptionTable* table) {
  table->Add({{name}, "", help, "Output Options", {}, false, [options, name, format](const std::string&) {
                return ChooseForm(name, format, options);
              }});
}

void AddJson(CommonOptions* options, OptionTable* table) {
  const char* const json_help = "Print JSON; --json=array prints the bare array of MCollective";
  table->Add({{"-j", "--json"},
              "array",
              json_help,
              "Output Options",
              {},
              true,
              [options](const std::string& text) -> absl::Status {
                ORCH_ASSIGN_OR_RETURN(const Format format, ParseJsonForm(text));
                return ChooseForm("--json", format, options);
              }});
  AddForm("--jsonl", "Print one JSON object per line as results arrive", Format::kJsonLines, options, table);
  table->Text({"-o", "--output"}, "FILE", "Write the output to a file", "Output Options", &options->output_file);
}

void AddOutput(CommonOptions* options, OptionTable* table) {
  const std::string group = "Output Options";
  AddJson(options, table);
  AddForm("--table", "Print a table with one line per node", Format::kTable, options, table);
  table->Add({{"--senders"},
              "WHICH",
              "Print only the names of the nodes that succeeded; --senders=failed, missing or all selects others",
              group,
              NamesOf(kSenderModes),
              true,
              [options](const std::string& text) -> absl::Status {
                options->senders = SenderMode::kOk;
                if (!text.empty()) {
                  ORCH_ASSIGN_OR_RETURN(options->senders, ParseChoice(text, kSenderModes));
                }
                return ChooseForm("--senders", Format::kSenders, options);
              }});
  table->Flag({"--sort"}, "Sort the output by node", group, &options->sort);
  table->Flag({"--classic"}, "Print the discovery line of Puppet Enterprise 2.0", group, &options->classic);
  table->Flag({"--np", "--no-progress"}, "Do not show the progress bar", group, &options->no_progress);
}

void AddTargets(CommonOptions* options, OptionTable* table) {
  using filter::OptionKind;
  const std::string group = "Target Options";
  table->Text({"-T", "--target"}, "COLLECTIVE", "Select only nodes of this collective", group, &options->collective);
  table->Text({"--nodes"}, "FILE", "Select only the nodes listed in a text, JSON or YAML file; - is standard input",
              group, &options->nodes_file);
  table->Flag({"--no-stdin"}, "Never read a node list from standard input", group, &options->no_stdin);
  table->Value({"--limit-nodes", "--ln", "--limit"}, "COUNT", "Select at most N or N% of the nodes", group,
               &options->limit, ParseAmount);
  table->Flag({"-1", "--one"}, "Select one of the nodes", group, &options->one);
  table->Value({"--limit-method"}, "METHOD", "Choose the nodes of the limit: first by name, or random", group,
               &options->limit_method, [](const std::string& text) { return ParseChoice(text, kLimitMethods); });
  table->Value({"--limit-seed"}, "NUMBER", "Seed that makes a random choice repeatable", group, &options->limit_seed,
               ParseSeed);
  AddMCollectiveDiscovery(options, table);
  table->Add(
      FilterOption({"-W", "--with"}, "FILTER", "Combined classes and facts filter", OptionKind::kCombined, options));
  table->Add(FilterOption({"-S", "--select"}, "FILTER", "Compound filter combining facts and classes",
                          OptionKind::kCompound, options));
  table->Add(FilterOption({"-F", "--wf", "--with-fact"}, "fact=val", "Match hosts with a certain fact",
                          OptionKind::kFact, options));
  table->Add(FilterOption({"-C", "--wc", "--with-class"}, "CLASS", "Match hosts with a certain config management class",
                          OptionKind::kClass, options));
  table->Add(FilterOption({"-A", "--wa", "--with-agent", "--with-plugin"}, "PLUGIN",
                          "Match hosts with a certain plugin (agent)", OptionKind::kPlugin, options));
  table->Add(FilterOption({"-I", "--wi", "--with-identity"}, "IDENT", "Match hosts with a certain identity",
                          OptionKind::kIdentity, options));
}

void AddRun(unsigned groups, CommonOptions* options, OptionTable* table) {
  const std::string group = "Request Options";
  const auto positive = [](const std::string& text) { return ParseSeconds(text, false); };
  table->Value({"-t", "--timeout"}, "SECONDS", "Time each node has to answer", group, &options->timeout, positive);
  table->Value({"--batch"}, "SIZE", "Send the command in batches of N or N% of the nodes", group, &options->batch,
               ParseAmount);
  table->Value({"--batch-sleep"}, "SECONDS", "Pause between batches (1)", group, &options->batch_sleep,
               [](const std::string& text) { return ParseSeconds(text, true); });
  table->Value({"--concurrency"}, "COUNT", "Maximum number of nodes that work concurrently, N or N%", group,
               &options->concurrency, ParseAmount);
  table->Value({"--max-failures", "--fail-max"}, "COUNT", "Send to no more nodes when N or N% have not succeeded",
               group, &options->max_failures, ParseAmount);
  table->Value({"--display"}, "MODE", "Which replies are shown: ok, failed, all or none", group, &options->display,
               ParseDisplay, NamesOf(kDisplayModes));
  table->Value({"--reconnect"}, "SECONDS", "How long to try to follow the job again after the connection breaks (300)",
               group, &options->reconnect, [](const std::string& text) { return ParseSeconds(text, true); });
  AddMCollectiveRequest((groups & kJobOptions) != 0, options, table);
  table->Flag({"--yes"}, "Do not ask before changing all nodes", group, &options->yes);
  table->Flag({"--allow-missing"}, "Exit with 0 even if some nodes did not answer", group, &options->allow_missing);
}

}  // namespace

void AddCommonOptions(unsigned groups, CommonOptions* options, OptionTable* table) {
  if (groups & kRunOptions) AddRun(groups, options, table);
  if (groups & kInputOptions) {
    table->Text({"--input-file"}, "FILE", "Take inputs from a JSON object in a file; - is standard input",
                "Request Options", &options->input_file);
  }
  if (groups & (kJobOptions | kDryRunOptions)) {
    table->Flag({"--dry-run"}, "Show what would be done, and send nothing", "Request Options", &options->dry_run);
  }
  if (groups & kJobOptions) AddRolloutOptions(&options->rollout, table);
  if (groups & kOutputOptions) AddOutput(options, table);
  if (groups & kReplyOptions) AddReplyOptions(options, table);
  if (groups & kJsonOptions) AddJson(options, table);
  if (groups & kBasicOptions) AddBasic(options, table);
  if (groups & kTargetOptions) AddTargets(options, table);
}

}  // namespace orch::cli
