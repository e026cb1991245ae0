#include "cli/options/option_groups.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/options/option_values.h"
#include "cli/options/reply_options.h"
#include "cli/options/rollout_options.h"

namespace orch::cli {
namespace {

// An option whose value is parsed by `parse` into `target`.
template <typename T, typename Parse>
OptionSpec Parsed(std::vector<std::string> names, std::string value, std::string help, std::string group, T* target,
                  Parse parse) {
  return {std::move(names),
          std::move(value),
          std::move(help),
          std::move(group),
          {},
          false,
          [target, parse](const std::string& text) -> absl::Status {
            ORCH_ASSIGN_OR_RETURN(*target, parse(text));
            return absl::OkStatus();
          }};
}

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

// One form only: of two options neither may win unsaid.
absl::Status ChooseForm(absl::string_view option, Format format, CommonOptions* options) {
  if (!options->format_option.empty() && options->format != format) {
    return Wrong(absl::StrCat("it and ", options->format_option, " exclude each other; give one of them"));
  }
  options->format = format;
  options->format_option = std::string(option);
  return absl::OkStatus();
}

absl::StatusOr<Format> ParseJsonForm(const std::string& text) {
  if (text.empty() || text == "object") return Format::kJson;
  if (text == "array") return Format::kJsonArray;
  return Wrong("give --json, --json=object or --json=array");
}

absl::StatusOr<SenderMode> ParseSenders(const std::string& text) {
  if (text.empty() || text == "ok") return SenderMode::kOk;
  if (text == "failed") return SenderMode::kFailed;
  if (text == "missing") return SenderMode::kMissing;
  if (text == "all") return SenderMode::kAll;
  return Wrong(absl::StrCat("'", text, "' is none of ok, failed, missing, all"));
}

absl::StatusOr<DisplayMode> ParseDisplay(const std::string& text) {
  if (text == "ok") return DisplayMode::kOk;
  if (text == "failed") return DisplayMode::kFailed;
  if (text == "all" || text == "always") return DisplayMode::kAll;
  if (text == "none") return DisplayMode::kNone;
  return Wrong(absl::StrCat("'", text, "' is none of ok, failed, all, none"));
}

absl::StatusOr<uint64_t> ParseSeed(const std::string& text) {
  uint64_t seed = 0;
  if (!absl::SimpleAtoi(text, &seed) || seed == 0)
    return Wrong(absl::StrCat("'", text, "' is no whole number above 0"));
  return seed;
}

void AddBasic(CommonOptions* options, OptionTable* table) {
  const std::string group = "Common Options";
  table->Text({"-c", "--config"}, "FILE", "Load configuration from file rather than default", group,
              &options->config_file);
  table->Text({"--hub"}, "ADDRESS", "Ask this hub instead of the configured one (HOST:PORT or unix:/PATH)", group,
              &options->hub);
  table->Add(Parsed({"--connection-timeout"}, "SECONDS", "Time the hub has to take the connection (5)", group,
                    &options->connection_timeout, [](const std::string& text) { return ParseSeconds(text, false); }));
  table->Flag({"-v", "--verbose"}, "Be verbose", group, &options->verbose);
  table->Flag({"-q", "--quiet"}, "Results only: no discovery line, no statistics", group, &options->quiet);
  table->Flag({"-h", "--help"}, "Display this screen", group, &options->help);
}

void AddForm(const char* name, const char* help, Format format, CommonOptions* options, OptionTable* table) {
  table->Add({{name}, "", help, "Output Options", {}, false, [options, name, format](const std::string&) {
                return ChooseForm(name, format, options);
              }});
}

void AddJson(CommonOptions* options, OptionTable* table) {
  const char* const json_help = "Produce JSON; --json=array gives the bare array of MCollective";
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
  AddForm("--jsonl", "Produce one JSON object a line, as results come in", Format::kJsonLines, options, table);
  table->Text({"-o", "--output"}, "FILE", "Write the output to a file", "Output Options", &options->output_file);
}

void AddOutput(CommonOptions* options, OptionTable* table) {
  const std::string group = "Output Options";
  AddJson(options, table);
  AddForm("--table", "Produce a table, one line a node", Format::kTable, options, table);
  table->Add({{"--senders"},
              "WHICH",
              "Produce only the names of nodes: those that succeeded, or with --senders=failed, missing or all",
              group,
              {"ok", "failed", "missing", "all"},
              true,
              [options](const std::string& text) -> absl::Status {
                ORCH_ASSIGN_OR_RETURN(options->senders, ParseSenders(text));
                return ChooseForm("--senders", Format::kSenders, options);
              }});
  table->Flag({"--sort"}, "Sort the output by node", group, &options->sort);
  table->Flag({"--classic"}, "Show the discovery line of Puppet Enterprise 2.0", group, &options->classic);
  table->Flag({"--np", "--no-progress"}, "Do not show the progress bar", group, &options->no_progress);
}

void AddTargets(CommonOptions* options, OptionTable* table) {
  using filter::OptionKind;
  const std::string group = "Target Options";
  table->Text({"-T", "--target"}, "COLLECTIVE", "Only nodes of this collective", group, &options->collective);
  table->Text({"--nodes"}, "FILE", "Only the nodes listed in a text, JSON or YAML file; - is standard input", group,
              &options->nodes_file);
  table->Flag({"--no-stdin"}, "Never read a node list from standard input", group, &options->no_stdin);
  table->Add(Parsed({"--limit-nodes", "--ln", "--limit"}, "COUNT", "Only a subset of the nodes, N or N%", group,
                    &options->limit, ParseAmount));
  table->Flag({"-1", "--one"}, "Only one of the nodes", group, &options->one);
  table->Add(Parsed({"--limit-method"}, "METHOD", "Take the first nodes by name, or random ones (first, random)", group,
                    &options->limit_random, [](const std::string& text) -> absl::StatusOr<bool> {
                      if (text == "first" || text == "random") return text == "random";
                      return Wrong(absl::StrCat("'", text, "' is none of first, random"));
                    }));
  table->Add(Parsed({"--limit-seed"}, "NUMBER", "Seed for a random subset that can be repeated", group,
                    &options->limit_seed, ParseSeed));
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
  table->Add(
      Parsed({"-t", "--timeout"}, "SECONDS", "Time each node has to answer", group, &options->timeout, positive));
  table->Add(
      Parsed({"--batch"}, "SIZE", "Send to so many nodes at a time, N or N%", group, &options->batch, ParseAmount));
  table->Add(Parsed({"--batch-sleep"}, "SECONDS", "Pause between batches (1)", group, &options->batch_sleep,
                    [](const std::string& text) { return ParseSeconds(text, true); }));
  table->Add(Parsed({"--concurrency"}, "COUNT", "At most so many nodes at work at a time, N or N%", group,
                    &options->concurrency, ParseAmount));
  table->Add(Parsed({"--max-failures", "--fail-max"}, "COUNT",
                    "Send to no more nodes once so many have not succeeded, N or N%", group, &options->max_failures,
                    ParseAmount));
  OptionSpec display = Parsed({"--display"}, "MODE", "Which replies are shown: ok, failed, all or none", group,
                              &options->display, ParseDisplay);
  display.choices = {"ok", "failed", "all", "none"};
  table->Add(std::move(display));
  table->Add(Parsed({"--reconnect"}, "SECONDS", "Follow the job again when the connection breaks, for so long (300)",
                    group, &options->reconnect, [](const std::string& text) { return ParseSeconds(text, true); }));
  AddMCollectiveRequest((groups & kJobOptions) != 0, options, table);
  table->Flag({"--yes"}, "Do not ask before changing all nodes", group, &options->yes);
  table->Flag({"--allow-missing"}, "Exit 0 also when some nodes did not answer", group, &options->allow_missing);
}

}  // namespace

void AddCommonOptions(unsigned groups, CommonOptions* options, OptionTable* table) {
  if (groups & kRunOptions) AddRun(groups, options, table);
  if (groups & kInputOptions) {
    table->Text({"--input-file"}, "FILE", "Inputs from a JSON object in a file; - is standard input", "Request Options",
                &options->input_file);
  }
  if (groups & (kJobOptions | kDryRunOptions)) {
    table->Flag({"--dry-run"}, "Say what would be done, and send nothing", "Request Options", &options->dry_run);
  }
  if (groups & kJobOptions) AddRolloutOptions(&options->rollout, table);
  if (groups & kOutputOptions) AddOutput(options, table);
  if (groups & kReplyOptions) AddReplyOptions(options, table);
  if (groups & kJsonOptions) AddJson(options, table);
  if (groups & kBasicOptions) AddBasic(options, table);
  if (groups & kTargetOptions) AddTargets(options, table);
}

}  // namespace orch::cli
