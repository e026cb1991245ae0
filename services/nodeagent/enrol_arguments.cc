#include "absl/strings/str_cat.h"
#include "base/option_table.h"
#include "base/status_macros.h"
#include "services/nodeagent/enrol.h"

namespace orch::nodeagent {
namespace {

constexpr char kEnrolGroup[] = "Options";
constexpr char kEnrolUsage[] =
    "Give this node a key of its own\n"
    "\n"
    "Usage: orch-nodeagent enrol [options]\n"
    "\n"
    "On the hub, 'orchctl node token' makes the token and prints the whole line to run here. A node with a\n"
    "certificate (tls.certificate in agent.yaml) needs no token.\n"
    "\n";
constexpr char kEnrolExamples[] =
    "\n"
    "Examples:\n"
    "  orch-nodeagent enrol --hub hub.example.com:61613 --token-file -   the token on standard input\n"
    "  orch-nodeagent enrol --hub hub.example.com:61613 --token 0a1b…    visible in ps while it runs\n"
    "  orch-nodeagent enrol --token-file token --wait                    hub from agent.yaml; until approved\n"
    "\n"
    "Exit codes: 0 enrolled, 1 error, 3 the node waits for approval (orchctl node approve).\n";

OptionTable EnrolTable(EnrolOptions* options) {
  OptionTable table;
  table.Text({"--hub"}, "ADDRESS", "The hub (as the configuration says)", kEnrolGroup, &options->hub);
  table.Text({"--token"}, "TOKEN", "The token; other users of this host can see it", kEnrolGroup, &options->token);
  table.Text({"--token-file"}, "FILE", "Read the token from a file, or from standard input (-)", kEnrolGroup,
             &options->token_file);
  table.Text({"--identity"}, "NAME", "The node's name (as the configuration says, else this host's)", kEnrolGroup,
             &options->identity);
  table.Flag({"--wait"}, "Wait for the hub, and until the node is approved", kEnrolGroup, &options->wait);
  table.Text({"-c", "--config"}, "FILE", absl::StrCat("Configuration, made if missing (", options->config, ")"),
             kEnrolGroup, &options->config);
  table.Flag({"-h", "--help"}, "Display this screen", kEnrolGroup, &options->help);
  return table;
}

}  // namespace

absl::StatusOr<EnrolOptions> ParseEnrolArguments(const std::vector<std::string>& words,
                                                 const std::string& default_config) {
  EnrolOptions options;
  options.config = default_config;
  OptionTable table = EnrolTable(&options);
  ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> rest, table.Parse(words));
  if (!rest.empty()) return absl::InvalidArgumentError("enrol takes options only; --help tells which");
  if (!options.token.empty() && !options.token_file.empty()) {
    return absl::InvalidArgumentError("--token and --token-file exclude each other");
  }
  return options;
}

std::string EnrolHelp() {
  EnrolOptions options;
  options.config = "/etc/orch/agent.yaml";
  return absl::StrCat(kEnrolUsage, EnrolTable(&options).Help(), kEnrolExamples);
}

}  // namespace orch::nodeagent
