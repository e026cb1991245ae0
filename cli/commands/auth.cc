// The commands `orchctl auth status`, `ban`, `unban` and `rotate`.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cli/commands/key_commands.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

constexpr char kAuthOptions[] = "Application Options";
using Status = v1::GetAuthStatusResponse;

Json AuthStatusJson(const Status& status) {
  Json json = {{"keys", Json::array()},
               {"waiting", Json::array()},
               {"bans", Json::array()},
               {"expiring", Json::array()},
               {"logins", Json::array()},
               {"node_psk", status.node_psk()},
               {"enrolled_nodes", status.enrolled_nodes()},
               {"whole_psk", NamesOf(status.whole_psk())}};
  for (const Status::KeyUse& key : status.keys()) {
    json["keys"].push_back({{"kind", key.kind()},
                            {"key_id", key.key_id()},
                            {"connected", key.connected()},
                            {"known", key.known()},
                            {"names", NamesOf(key.names())},
                            {"first", key.first()}});
  }
  for (const Status::Waiting& waiting : status.waiting()) {
    json["waiting"].push_back({{"node", waiting.identity()},
                               {"since", TimeText(waiting.since_us())},
                               {"address", waiting.address()},
                               {"token", waiting.token_id()},
                               {"why", waiting.why()}});
  }
  for (const Status::Ban& ban : status.bans()) {
    json["bans"].push_back({{"kind", ban.kind()}, {"name", ban.name()}, {"by", ban.by()}, {"reason", ban.reason()}});
  }
  for (const Status::Login& login : status.logins()) {
    json["logins"].push_back({{"name", login.name()},
                              {"groups", NamesOf(login.groups())},
                              {"since", TimeText(login.since_us())},
                              {"expires", TimeText(login.expires_us())}});
  }
  for (const Status::Expiring& key : status.expiring()) {
    json["expiring"].push_back({{"caller", key.caller()}, {"expires", TimeText(key.expires_us())}});
  }
  return json;
}

std::string AuthStatusText(const Status& status, int columns) {
  std::vector<std::vector<std::string>> rows = {{"Key", "Of", "Connected", "Known", "New keys", "Used by"}};
  for (const Status::KeyUse& key : status.keys()) {
    rows.push_back({key.key_id(), key.kind(), absl::StrCat(key.connected()),
                    key.kind() == "node" ? absl::StrCat(key.known()) : "", key.first() ? "yes" : "no",
                    Printable(absl::StrJoin(key.names(), " "))});
  }
  std::string text = TextTable(rows, columns);
  absl::StrAppend(&text, "\nNodes with a key of their own: ", status.enrolled_nodes(), "\n");
  for (const std::string& caller : status.whole_psk()) {
    absl::StrAppend(&text, "Holds a whole pre-shared key: ", Printable(caller), "\n");
  }
  for (const Status::Login& login : status.logins()) {
    absl::StrAppend(
        &text, "Logged in: oidc=", Printable(login.name()), " until ", TimeText(login.expires_us()),
        login.groups_size() == 0 ? "" : absl::StrCat(" (groups ", Printable(absl::StrJoin(login.groups(), ", ")), ")"),
        "\n");
  }
  for (const Status::Expiring& key : status.expiring()) {
    absl::StrAppend(&text, "Ends soon: the key of ", Printable(key.caller()), ", ", TimeText(key.expires_us()), "\n");
  }
  for (const Status::Waiting& waiting : status.waiting()) {
    absl::StrAppend(&text, "Waits for approval: ", Printable(waiting.identity()), " from ",
                    Printable(waiting.address()), " since ", TimeText(waiting.since_us()), " (token ",
                    Printable(waiting.token_id()), "; ", Printable(waiting.why()), ")\n");
  }
  for (const Status::Ban& ban : status.bans()) {
    absl::StrAppend(&text, "Banned: ", Printable(ban.kind()), " ", Printable(ban.name()), " by ", Printable(ban.by()),
                    ban.reason().empty() ? "" : absl::StrCat(" (", Printable(ban.reason()), ")"), "\n");
  }
  return text;
}

class AuthStatusCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "auth status"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const Status status, hub->GetAuthStatus());
    context->Print(context->options().format == Format::kHuman
                       ? AuthStatusText(status, context->env().OutputColumns())
                       : JsonText(AuthStatusJson(status), context->env().out_is_terminal));
    return kExitOk;
  }
};

template <bool kBan>
class AuthBanCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    if (kBan) table->Text({"--reason"}, "TEXT", "Why, for the list of bans and the audit log", kAuthOptions, &reason_);
  }
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.size() < 2 || (words[0] != "client" && words[0] != "node" && words[0] != "oidc")) {
      return WrongOption(absl::StrCat("usage: orchctl auth ", kBan ? "ban" : "unban", " client|node|oidc <name> ..."));
    }
    return BanPeers(context, words[0], {words.begin() + 1, words.end()}, kBan, reason_);
  }

 private:
  std::string reason_;
};

class AuthRotateCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--kind"}, "KIND", "Whose keys: node or client (node)", kAuthOptions, &kind_);
    table->Text({"--key"}, "KEY_ID", "The key to retire", kAuthOptions, &key_);
    table->Flag({"--force"}, "Retire the key even if peers still use it", kAuthOptions, &force_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "auth rotate [add|move|retire] [--kind node|client] [--key <key id>]"));
    v1::RotateKeysRequest request;
    request.set_kind(kind_);
    request.set_key_id(key_);
    request.set_force(force_);
    const std::string step = words.empty() ? "" : words[0];
    if (!step.empty() && step != "add" && step != "move" && step != "retire") {
      return WrongOption(absl::StrCat("'", step.substr(0, 40), "' is none of add, move, retire"));
    }
    if (step == "retire" && key_.empty()) return WrongOption("retire needs --key <key id>");
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    if (step.empty()) {
      ORCH_ASSIGN_OR_RETURN(request, NextStep(hub, request));
      if (request.step() == v1::RotateKeysRequest::STEP_UNSPECIFIED) {
        context->Note(absl::StrCat("Clients get new keys by hand: orch-hub key client NAME. Then: orchctl auth rotate ",
                                   "retire --kind client --key ", request.key_id(), "\n"));
        return kExitOk;
      }
    } else {
      request.set_step(step == "add"    ? v1::RotateKeysRequest::ADD
                       : step == "move" ? v1::RotateKeysRequest::MOVE
                                        : v1::RotateKeysRequest::RETIRE);
    }
    ORCH_ASSIGN_OR_RETURN(const v1::RotateKeysResponse response, hub->RotateKeys(request));
    Show(context, request, response);
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return words.empty() ? NextWord::Words({"add", "move", "retire"}) : NextWord{};
  }

 private:
  // What a rotation needs next: a second key, then nodes that move, then the end of the old key.
  static absl::StatusOr<v1::RotateKeysRequest> NextStep(HubClient* hub, v1::RotateKeysRequest request) {
    ORCH_ASSIGN_OR_RETURN(const Status status, hub->GetAuthStatus());
    const Status::KeyUse* old = nullptr;
    for (const Status::KeyUse& key : status.keys()) {
      if (key.kind() == request.kind() && !key.first()) old = &key;
    }
    if (old == nullptr) {
      request.set_step(v1::RotateKeysRequest::ADD);
    } else if (request.kind() == "node" && old->known() > 0) {
      request.set_step(v1::RotateKeysRequest::MOVE);
    } else if (old->connected() == 0 && request.kind() == "node") {
      request.set_step(v1::RotateKeysRequest::RETIRE);
      request.set_key_id(old->key_id());
    } else {
      request.set_key_id(old->key_id());
    }
    return request;
  }

  static void Show(Context* context, const v1::RotateKeysRequest& request, const v1::RotateKeysResponse& response) {
    if (context->options().format != Format::kHuman) {
      return context->Print(JsonText({{"step", v1::RotateKeysRequest::Step_Name(request.step())},
                                      {"key_id", response.key_id()},
                                      {"moved", response.moved()},
                                      {"told", response.told()},
                                      {"left", NamesOf(response.left())},
                                      {"left_count", response.left_count()}},
                                     context->env().out_is_terminal));
    }
    const std::string key = Printable(response.key_id());
    switch (request.step()) {
      case v1::RotateKeysRequest::ADD:
        context->Print(absl::StrCat("Key ", key, " added; new keys come from it, and the old ones still count.\n"));
        context->Note(request.kind() == "node" ? "Next: orchctl auth rotate move\n"
                                               : "Next: a new key for each client: orch-hub key client NAME\n");
        return;
      case v1::RotateKeysRequest::MOVE:
        context->Print(absl::StrCat(response.moved(), " connected nodes use key ", key, ", ", response.told(),
                                    " were sent it just now, ", response.left_count(),
                                    " known nodes still use another one", response.left_count() == 0 ? "" : ": ",
                                    Printable(absl::StrJoin(response.left(), " ")), "\n"));
        context->Note(response.left_count() == 0
                          ? "Next: orchctl auth rotate retire --key OLD\n"
                          : "Nodes that were sent the key use it within seconds; repeat this step.\n");
        return;
      default:
        context->Print(absl::StrCat("Key ", key, " retired\n"));
    }
  }

  std::string kind_ = "node", key_;
  bool force_ = false;
};

}  // namespace

std::vector<CommandEntry> AuthVerbs() {
  constexpr unsigned kGroups = kBasicOptions | kJsonOptions;
  return {
      {"auth status",
       {},
       "Show which keys exist, who uses them, who waits for approval and who is banned",
       {"auth status [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<AuthStatusCommand>(); }},
      {"auth ban",
       {},
       "Refuse peers whatever key they hold, and cut their connections",
       {"auth ban client|node <name> ... [--reason <text>] [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<AuthBanCommand<true>>(); }},
      {"auth unban",
       {},
       "End the ban of peers",
       {"auth unban client|node <name> ... [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<AuthBanCommand<false>>(); }},
      {"auth rotate",
       {},
       "Replace a pre-shared key, step by step",
       {"auth rotate [--kind node|client] [-j]", "auth rotate add|move [--kind node|client] [-j]",
        "auth rotate retire --key <key id> [--kind node|client] [--force] [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<AuthRotateCommand>(); }},
  };
}

}  // namespace orch::cli
