// The commands `orchctl plugin list` and `plugin doc`.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "cli/commands/built_in_doc.h"
#include "cli/commands/command.h"
#include "cli/options/words.h"
#include "cli/session/plugin_source.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"
#include "cli/views/plugin_text.h"

namespace orch::cli {
namespace {

std::string FailedText(const v1::ListPluginsResponse::Failed& failed) {
  std::string text =
      absl::StrFormat("  %-25s %s\n", Printable(failed.problem().plugin()), Printable(failed.problem().reason()));
  absl::StrAppendFormat(
      &text, "  %25s on %s%s\n", "", Printable(absl::StrJoin(failed.identities(), ", ")),
      failed.node_count() > static_cast<uint32_t>(failed.identities_size())
          ? absl::StrFormat(" and %d more", static_cast<int>(failed.node_count()) - failed.identities_size())
          : "");
  return text;
}

Json PluginJson(const v1::Plugin& plugin) {
  return {{"name", plugin.name()},
          {"version", plugin.version()},
          {"description", plugin.description()},
          {"nodes", plugin.node_count()},
          {"ddl_sha256", absl::BytesToHexString(plugin.ddl_sha256())}};
}

Json FailedJson(const v1::ListPluginsResponse::Failed& failed) {
  return {{"name", failed.problem().plugin()},
          {"failed", failed.problem().reason()},
          {"nodes", failed.node_count()},
          {"identities", std::vector<std::string>(failed.identities().begin(), failed.identities().end())}};
}

Json PluginsJson(const v1::ListPluginsResponse& response) {
  Json list = Json::array();
  for (const v1::Plugin& plugin : response.plugins()) list.push_back(PluginJson(plugin));
  for (const auto& failed : response.failed()) list.push_back(FailedJson(failed));
  return list;
}

std::string PluginsText(const v1::ListPluginsResponse& response) {
  std::string text = "Agents:\n";
  for (const v1::Plugin& plugin : response.plugins()) {
    absl::StrAppendFormat(&text, "  %-25s %-10s %5d nodes  %s\n", Printable(plugin.name()), Printable(plugin.version()),
                          plugin.node_count(), Printable(plugin.description()));
  }
  if (response.plugins().empty()) text += "  none; no node is connected\n";
  if (!response.failed().empty()) text += "\nCould not be loaded:\n";
  for (const auto& failed : response.failed()) text += FailedText(failed);
  return text;
}

class PluginListCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "plugin list"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::ListPluginsResponse response, hub->ListPlugins());
    context->Print(context->options().format == Format::kHuman
                       ? PluginsText(response)
                       : JsonText(PluginsJson(response), context->env().out_is_terminal));
    return kExitOk;
  }
};

class PluginDocCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "plugin doc <plugin>"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    if (words.size() == 1) return Doc(context, words[0]);
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::ListPluginsResponse response, hub->ListPlugins());
    if (context->options().format == Format::kHuman) {
      context->Print(
          absl::StrCat("Please specify a plugin. Available plugins are:\n\n", PluginsText(response), BuiltInText()));
      return kExitOk;
    }
    Json all = BuiltInJson();
    all["plugins"] = PluginsJson(response);
    context->Print(JsonText(all, context->env().out_is_terminal));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kPlugins, words);
  }

 private:
  static absl::StatusOr<int> Doc(Context* context, absl::string_view name) {
    const bool human = context->options().format == Format::kHuman;
    const std::string built_in = BuiltInDoc(name);
    if (!built_in.empty()) {
      context->Print(human ? built_in : JsonText(BuiltInDocJson(name), context->env().out_is_terminal));
      return kExitOk;
    }
    absl::ConsumePrefix(&name, "agent/");
    absl::ConsumePrefix(&name, "plugin/");
    ORCH_RETURN_IF_ERROR(CheckPluginName(std::string(name)));
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    PluginSource source(hub, context->config().cache_dir);
    ORCH_ASSIGN_OR_RETURN(const PluginSource::Loaded loaded, source.Get(std::string(name)));
    if (loaded.response.plugin().node_count() == 0) {
      context->Note(absl::StrCat("orchctl: no attached node offers the plugin ", name,
                                 " any more; this is what nodes that had it said\n"));
    }
    if (!human) {
      ORCH_ASSIGN_OR_RETURN(const Json ddl, ParseJsonObject(loaded.plugin->json, "DDL from the hub"));
      context->Print(JsonText(ddl, context->env().out_is_terminal));
      return kExitOk;
    }
    context->Print(PluginText(*loaded.plugin));
    for (const v1::Plugin& other : loaded.response.others()) {
      context->Note(absl::StrCat("orchctl: ", other.node_count(), " nodes have version ", Printable(other.version()),
                                 " of this plugin with another DDL\n"));
    }
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakePluginListCommand() { return std::make_unique<PluginListCommand>(); }
std::unique_ptr<Command> MakePluginDocCommand() { return std::make_unique<PluginDocCommand>(); }

}  // namespace orch::cli
