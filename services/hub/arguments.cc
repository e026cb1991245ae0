#include "services/hub/arguments.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "base/option_table.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "services/hub/config.h"

namespace orch::hub {
namespace {

constexpr uint32_t kMaxCertificateDays = 3650;
constexpr char kGroup[] = "Options";

constexpr char kHubHelp[] =
    "The hub: knows the fleet and runs jobs on it\n"
    "\n"
    "Usage: orch-hub [options]\n"
    "       orch-hub init [options]\n"
    "       orch-hub key node|client <name> [options]\n"
    "       orch-hub key login\n"
    "\n"
    "Commands\n"
    "        init                         Write configuration, credentials and certificate for a first hub\n"
    "        key                          Print what one node or client needs to prove itself\n"
    "\n";
constexpr char kHubExamples[] =
    "\n"
    "Examples:\n"
    "  orch-hub                       serves as /etc/orch/hub.yaml says\n"
    "  orch-hub --check-config        reports errors in that file\n"
    "  orch-hub key node web1.example.com\n"
    "\n"
    "Signals: TERM stops the hub; HUP reloads keys and certificates and reopens the log file.\n";
constexpr char kInitHelp[] =
    "Write configuration, credentials and certificate for a first hub\n"
    "\n"
    "Usage: orch-hub init [options]\n"
    "\n";
constexpr char kInitExamples[] =
    "\n"
    "Examples:\n"
    "  orch-hub init                                        a first hub on this host\n"
    "  orch-hub init --client peadmin --listen 10.0.0.5     its administrator and its address\n"
    "  orch-hub init --dir /srv/test --listen 127.0.0.1:0   a hub for a test\n";
constexpr char kKeyHelp[] =
    "Print what one node or client needs to prove itself\n"
    "\n"
    "Usage: orch-hub key node|client <name> [options]\n"
    "       orch-hub key login\n"
    "\n";
constexpr char kKeyExamples[] =
    "\n"
    "Examples:\n"
    "  orch-hub key node web1.example.com     the line for /etc/orch/credentials on web1\n"
    "  orch-hub key client deploy             the same for a user or a service\n"
    "  orch-hub key client deploy --expires 90d --replace   a new key, and the old one counts no more\n"
    "  orch-hub key client deploy --pem       for gRPC clients in any language (mtls.mode: optional)\n"
    "  orch-hub key login                     login_key of every client.yaml, so that users can 'orchctl login'\n";

struct Flags {
  bool help = false;
  bool version = false;
  bool check_config = false;
};

void AddHelp(Flags* flags, OptionTable* table) {
  table->Flag({"-h", "--help"}, "Display this screen", kGroup, &flags->help);
}

void AddGeneral(Arguments* arguments, Flags* flags, OptionTable* table) {
  table->Text({"-c", "--config"}, "FILE", absl::StrCat("Configuration file (", arguments->config_file, ")"), kGroup,
              &arguments->config_file);
  table->Flag({"--check-config"}, "Check the configuration, report errors, and exit", kGroup, &flags->check_config);
  table->Flag({"--version"}, "Display the version", kGroup, &flags->version);
}

void AddInit(InitOptions* init, OptionTable* table) {
  table->Text({"--dir"}, "FOLDER", absl::StrCat("Folder to write to (", init->directory, ")"), kGroup,
              &init->directory);
  table->Text({"--identity"}, "NAME", "The hub's name (this host's)", kGroup, &init->identity);
  table->Text({"--listen"}, "ADDRESS", absl::StrCat("Address to listen on (", init->listen, ")"), kGroup,
              &init->listen);
  table->Text({"--client"}, "NAME", absl::StrCat("The administrator who gets a key (", init->client, ")"), kGroup,
              &init->client);
}

void AddKey(KeyOptions* key, OptionTable* table) {
  table->Flag({"--pem"}, "A certificate with its key and the CA, as PEM, instead of a key's line", kGroup, &key->pem);
  table->Text({"--expires"}, "TIME", "When the key ends: 90d, 12h, 2027-01-03 or 2027-01-03T12:00:00Z (never)", kGroup,
              &key->expires);
  table->Flag({"--replace"}, "Refuse the keys that were issued before for this name", kGroup, &key->replace);
  table->Number({"--days"}, "COUNT", absl::StrCat("How long the certificate is valid (", key->days, ")"), kGroup,
                &key->days, kMaxCertificateDays);
}

absl::Status Unexpected(const std::string& word) {
  return absl::InvalidArgumentError(absl::StrCat("unexpected word '", word, "'"));
}

absl::Status FillKey(const std::vector<std::string>& words, KeyOptions* key) {
  if (words.empty()) return absl::InvalidArgumentError("kind is required: node, client or login");
  if (words[0] == "login") {
    key->kind = auth::PeerKind::kLogin;
    if (words.size() > 1) return Unexpected(words[1]);
    if (key->pem || key->replace || !key->expires.empty()) {
      return absl::InvalidArgumentError("the login key has no options; it changes with the PSK for clients");
    }
    return absl::OkStatus();
  }
  if (words[0] != "node" && words[0] != "client")
    return absl::InvalidArgumentError(absl::StrCat("kind '", words[0], "' is none of node, client, login"));
  if (words.size() < 2) return absl::InvalidArgumentError("name is required: the node's identity or the client's name");
  if (words.size() > 2) return Unexpected(words[2]);
  key->kind = words[0] == "node" ? auth::PeerKind::kNode : auth::PeerKind::kClient;
  key->name = words[1];
  return absl::OkStatus();
}

// Index of the first word that is neither an option nor an option's value.
size_t IndexOfCommand(const OptionTable& table, const std::vector<std::string>& words) {
  size_t i = 0;
  while (i < words.size() && words[i].size() > 1 && words[i][0] == '-')
    i += std::max<size_t>(1, table.WordsOfOption(words, i));
  return std::min(i, words.size());
}

Arguments Show(std::string text) {
  Arguments arguments;
  arguments.mode = Arguments::Mode::kShowText;
  arguments.text = std::move(text);
  return arguments;
}

}  // namespace

absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words) {
  Arguments arguments;
  arguments.config_file = kDefaultConfigFile;
  Flags flags;
  OptionTable general;
  AddGeneral(&arguments, &flags, &general);
  AddHelp(&flags, &general);
  const auto command = words.begin() + static_cast<std::ptrdiff_t>(IndexOfCommand(general, words));
  ORCH_RETURN_IF_ERROR(general.Parse({words.begin(), command}).status());
  const auto version = absl::StrCat("orch-hub ", kVersion, "\n");
  if (flags.help) return Show(absl::StrCat(kHubHelp, general.Help(), kHubExamples));
  if (flags.version) return Show(version);
  if (command == words.end()) {
    if (flags.check_config) arguments.mode = Arguments::Mode::kCheckConfig;
    return arguments;
  }
  const bool init = *command == "init";
  if (!init && *command != "key") return Unexpected(*command);
  OptionTable table;
  AddHelp(&flags, &table);
  if (init) {
    AddInit(&arguments.init, &table);
  } else {
    AddKey(&arguments.key, &table);
    AddGeneral(&arguments, &flags, &table);  // -c may stand behind `key` too
  }
  const std::string help = absl::StrCat(init ? kInitHelp : kKeyHelp, table.Help(), init ? kInitExamples : kKeyExamples);
  ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> rest, table.Parse({command + 1, words.end()}));
  if (flags.help) return Show(help);
  if (flags.version) return Show(version);
  arguments.mode = init ? Arguments::Mode::kInit : Arguments::Mode::kKey;
  if (!init) {
    ORCH_RETURN_IF_ERROR(FillKey(rest, &arguments.key));
    if (arguments.key.pem && (arguments.key.replace || !arguments.key.expires.empty())) {
      return absl::InvalidArgumentError("--pem excludes --expires and --replace: --days says how long it is valid");
    }
  } else if (!rest.empty()) {
    return Unexpected(rest[0]);
  }
  return arguments;
}

}  // namespace orch::hub
