// orchctl plugin.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json_view.h"
#include "cli/plugin_source.h"
#include "cli/plugin_text.h"
#include "cli/words.h"

namespace orch::cli {
namespace {

class PluginCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty() || (words[0] != "list" && words[0] != "doc")) {
      return absl::InvalidArgumentError("usage: orchctl plugin list, or orchctl plugin doc <plugin>");
    }
    const bool list = words[0] == "list";
    ORCH_RETURN_IF_ERROR(AtMostWords(words, list ? 1 : 2, list ? "plugin list" : "plugin doc <plugin>"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    if (words.size() == 2) return Doc(context, words[1]);
    if (!list) context->Print("Please specify a plugin. Available plugins are:\n\n");
    return List(context);
  }

 private:
  static absl::StatusOr<int> List(Context* context) {
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::ListPluginsResponse response, hub->ListPlugins());
    const bool human = context->options().format == Format::kHuman;
    Json list = Json::array();
    std::string text = "Agents:\n";
    for (const v1::Plugin& plugin : response.plugins()) {
      absl::StrAppendFormat(&text, "  %-25s %s\n", Printable(plugin.name()), Printable(plugin.description()));
      if (context->options().verbose) {
        absl::StrAppendFormat(&text, "  %25s version %s on %d nodes\n", "", Printable(plugin.version()),
                              plugin.node_count());
      }
      list.push_back({{"name", plugin.name()},
                      {"version", plugin.version()},
                      {"description", plugin.description()},
                      {"nodes", plugin.node_count()},
                      {"ddl_sha256", absl::BytesToHexString(plugin.ddl_sha256())}});
    }
    if (response.plugins().empty()) text += "  none; no node is connected\n";
    context->Print(human ? text : JsonText(list, context->env().out_is_terminal));
    return kExitOk;
  }

  static absl::StatusOr<int> Doc(Context* context, absl::string_view name) {
    absl::ConsumePrefix(&name, "agent/");
    absl::ConsumePrefix(&name, "plugin/");
    ORCH_RETURN_IF_ERROR(CheckPluginName(std::string(name)));
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    PluginSource source(hub, context->config().cache_dir);
    ORCH_ASSIGN_OR_RETURN(const PluginSource::Loaded loaded, source.Get(std::string(name)));
    if (context->options().format != Format::kHuman) {
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

std::unique_ptr<Command> MakePluginCommand() { return std::make_unique<PluginCommand>(); }

}  // namespace orch::cli
