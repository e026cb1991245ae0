// The commands `orchctl node token`, `tokens`, `approve`, `ban` and `unban`: who may join the fleet, and under which
// key.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "cli/commands/key_commands.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

constexpr char kKeyOptions[] = "Application Options";
constexpr uint32_t kMaxTokenUses = 100'000;

// "30m", "1h", "7d".
absl::StatusOr<absl::Duration> ParseTtl(const std::string& text) {
  absl::Duration ttl;
  uint32_t days = 0;
  if (text.size() > 1 && text.back() == 'd' && absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    ttl = absl::Hours(24) * days;
  } else if (!absl::ParseDuration(text, &ttl)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text.substr(0, 40), "' is no time; write 30m, 1h or 7d"));
  }
  if (ttl < absl::Minutes(1) || ttl > absl::Hours(24 * 30)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text.substr(0, 40), "' is not from 1m to 30d"));
  }
  return ttl;
}

std::string ForWhom(const v1::Token& token) {
  return !token.name().empty()      ? token.name()
         : !token.pattern().empty() ? absl::StrCat("/", token.pattern(), "/")
                                    : "any node";
}

Json TokenJson(const v1::Token& token) {
  return {{"id", token.id()},
          {"name", token.name()},
          {"pattern", token.pattern()},
          {"expires", TimeText(token.expires_us())},
          {"uses", token.uses()},
          {"used", token.used()},
          {"labels", std::map<std::string, std::string>(token.labels().begin(), token.labels().end())},
          {"created_by", token.created_by()},
          {"created", TimeText(token.created_us())}};
}

class NodeTokenCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--name"}, "NODE", "The token is for this node alone", kKeyOptions, &name_);
    table->Text({"--pattern"}, "REGEX", "The token is for nodes whose whole name matches", kKeyOptions, &pattern_);
    table->Value({"--ttl"}, "TIME", "How long the token is good: 30m, 1h, 7d (1h)", kKeyOptions, &ttl_, ParseTtl);
    table->Number({"--uses"}, "COUNT", "For how many nodes it is good (1)", kKeyOptions, &uses_, kMaxTokenUses);
    table->Texts({"--label"}, "NAME=VALUE", "A label of the nodes that enrol with it; may be repeated", kKeyOptions,
                 &labels_);
    table->Text({"--revoke"}, "ID", "Revoke this token, and drop the keys that wait because of it", kKeyOptions,
                &revoke_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "node token [--name <node>|--pattern <regex>] [options]"));
    v1::CreateTokenRequest request;
    request.set_name(name_);
    request.set_pattern(pattern_);
    request.set_ttl_us(absl::ToInt64Microseconds(ttl_));
    request.set_uses(uses_);
    for (const std::string& label : labels_) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(label, absl::MaxSplits('=', 1));
      if (parts.first.empty() || label.find('=') == std::string::npos) {
        return WrongOption(absl::StrCat("--label '", label.substr(0, 80), "' is not NAME=VALUE"));
      }
      (*request.mutable_labels())[parts.first] = parts.second;
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    if (!revoke_.empty()) return Revoke(context, hub);
    ORCH_ASSIGN_OR_RETURN(const v1::CreateTokenResponse response, hub->CreateToken(request));
    Show(context, response);
    return kExitOk;
  }

 private:
  absl::StatusOr<int> Revoke(Context* context, HubClient* hub) {
    v1::RevokeTokenRequest request;
    request.set_id(revoke_.substr(0, revoke_.find('.')));  // a whole token is taken too
    ORCH_RETURN_IF_ERROR(hub->RevokeToken(request).status());
    context->Print(context->options().format == Format::kHuman
                       ? absl::StrCat("Token ", request.id(), " revoked\n")
                       : JsonText({{"revoked", request.id()}}, context->env().out_is_terminal));
    return kExitOk;
  }

  static void Show(Context* context, const v1::CreateTokenResponse& response) {
    const v1::Token& token = response.token();
    const std::string address = response.hub_address().empty() ? "HUB:61613" : response.hub_address();
    // A builtin of the shell keeps the token out of the list of processes.
    const std::string line =
        absl::StrCat("echo ", response.secret(), " | orch-nodeagent enrol --hub ", address, " --token-file -",
                     token.name().empty() ? "" : absl::StrCat(" --identity ", token.name()));
    if (context->options().format != Format::kHuman) {
      Json json = TokenJson(token);
      json["token"] = response.secret();
      json["hub"] = response.hub_address();
      json["line"] = line;
      return context->Print(JsonText(json, context->env().out_is_terminal));
    }
    context->Note("Run this on the node, as root:\n");
    context->Print(absl::StrCat(line, "\n"));
    context->Note(absl::StrCat("The token is for ", ForWhom(token), ", ends at ", TimeText(token.expires_us()),
                               ", is good for ", token.uses(), token.uses() == 1 ? " node" : " nodes",
                               " and is not shown again.\n"));
  }

  std::string name_, pattern_, revoke_;
  absl::Duration ttl_;
  uint32_t uses_ = 0;
  std::vector<std::string> labels_;
};

class NodeTokensCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "node tokens"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::ListTokensResponse response, hub->ListTokens());
    if (context->options().format != Format::kHuman) {
      Json list = Json::array();
      for (const v1::Token& token : response.tokens()) list.push_back(TokenJson(token));
      context->Print(JsonText(list, context->env().out_is_terminal));
      return kExitOk;
    }
    if (response.tokens().empty()) {
      context->Note("There is no token; orchctl node token makes one.\n");
      return kExitOk;
    }
    std::vector<std::vector<std::string>> rows = {{"Token", "For", "Used", "Ends", "Made by", "Labels"}};
    for (const v1::Token& token : response.tokens()) {
      const std::map<std::string, std::string> labels(token.labels().begin(), token.labels().end());
      rows.push_back({token.id(), Printable(ForWhom(token)), absl::StrCat(token.used(), "/", token.uses()),
                      TimeText(token.expires_us()), Printable(token.created_by()),
                      Printable(absl::StrJoin(labels, " ", absl::PairFormatter("=")))});
    }
    context->Print(TextTable(rows, context->env().OutputColumns()));
    return kExitOk;
  }
};

class NodeApproveCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) return WrongOption("no node named; usage: orchctl node approve <node> ...");
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::ApproveNodesResponse all;
    for (size_t first = 0; first < words.size(); first += kMaxNamesACall) {
      v1::ApproveNodesRequest request;
      for (size_t i = first; i < std::min(words.size(), first + kMaxNamesACall); ++i) {
        request.add_identities(words[i]);
      }
      ORCH_ASSIGN_OR_RETURN(const v1::ApproveNodesResponse part, hub->ApproveNodes(request));
      all.MergeFrom(part);
    }
    if (context->options().format == Format::kHuman) {
      for (const std::string& name : all.approved()) context->Print(absl::StrCat(Printable(name), " approved\n"));
      for (const std::string& name : all.not_waiting()) {
        context->Note(absl::StrCat("orchctl: ", Printable(name), " does not wait for approval\n"));
      }
    } else {
      context->Print(JsonText({{"approved", NamesOf(all.approved())}, {"not_waiting", NamesOf(all.not_waiting())}},
                              context->env().out_is_terminal));
    }
    return all.approved().empty() ? kExitError : all.not_waiting().empty() ? kExitOk : kExitSomeFailed;
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kNodes}; }
};

template <bool kBan>
class NodeBanCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    if (kBan) table->Text({"--reason"}, "TEXT", "Why, for the list of bans and the audit log", kKeyOptions, &reason_);
  }
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) {
      return WrongOption(absl::StrCat("no node named; usage: orchctl node ", kBan ? "ban" : "unban", " <node> ..."));
    }
    return BanPeers(context, "node", words, kBan, reason_);
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kNodes}; }

 private:
  std::string reason_;
};

}  // namespace

std::string TimeText(int64_t us) {
  return us == 0 ? "never" : absl::FormatTime("%Y-%m-%d %H:%M:%S %z", absl::FromUnixMicros(us), absl::LocalTimeZone());
}

absl::StatusOr<int> BanPeers(Context* context, const std::string& kind, const std::vector<std::string>& names, bool ban,
                             const std::string& reason) {
  ORCH_RETURN_IF_ERROR(context->Prepare());
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  v1::BanPeersResponse all;
  for (size_t first = 0; first < names.size(); first += kMaxNamesACall) {
    v1::BanPeersRequest request;
    request.set_kind(kind);
    request.set_end_ban(!ban);
    request.set_reason(reason);
    for (size_t i = first; i < std::min(names.size(), first + kMaxNamesACall); ++i) request.add_names(names[i]);
    ORCH_ASSIGN_OR_RETURN(const v1::BanPeersResponse part, hub->BanPeers(request));
    all.MergeFrom(part);
  }
  if (context->options().format == Format::kHuman) {
    for (const std::string& name : all.changed()) {
      context->Print(absl::StrCat(Printable(name), ban ? " banned\n" : " is banned no more\n"));
    }
    for (const std::string& name : all.unchanged()) {
      context->Note(absl::StrCat(
          "orchctl: ", Printable(name),
          ban ? " is banned already\n" : " is not banned here; a line of the hub's credentials file stays as it is\n"));
    }
  } else {
    context->Print(
        JsonText({{ban ? "banned" : "unbanned", NamesOf(all.changed())}, {"unchanged", NamesOf(all.unchanged())}},
                 context->env().out_is_terminal));
  }
  return all.changed().empty() ? kExitError : all.unchanged().empty() ? kExitOk : kExitSomeFailed;
}

std::vector<CommandEntry> NodeKeyVerbs() {
  constexpr unsigned kGroups = kBasicOptions | kJsonOptions;
  return {
      {"node token",
       {},
       "Make a token with which nodes enrol, or revoke one",
       {"node token [--name <node>|--pattern <regex>] [--ttl <time>] [--uses <count>] [--label <name=value> ...] [-j]",
        "node token --revoke <id>"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeTokenCommand>(); }},
      {"node tokens",
       {},
       "List the tokens that are in force",
       {"node tokens [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeTokensCommand>(); }},
      {"node approve",
       {},
       "Admit nodes whose new key waits for approval",
       {"node approve <node> ... [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeApproveCommand>(); }},
      {"node ban",
       {},
       "Refuse nodes whatever key they hold, and cut their connections",
       {"node ban <node> ... [--reason <text>] [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeBanCommand<true>>(); }},
      {"node unban",
       {},
       "End the ban of nodes",
       {"node unban <node> ... [-j]"},
       kGroups,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeBanCommand<false>>(); }},
  };
}

}  // namespace orch::cli
