// orchctl describe-filter.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"

namespace orch::cli {
namespace {

// What the hub knows of one node, as the filter asks for it.
class HubNodeView final : public filter::NodeView {
 public:
  static absl::StatusOr<HubNodeView> Make(const v1::Node& node) {
    HubNodeView view;
    view.identity_ = node.identity();
    ORCH_ASSIGN_OR_RETURN(view.facts_, ParseJsonObject(node.facts_json(), "facts from the hub"));
    view.classes_.assign(node.classes().begin(), node.classes().end());
    for (const v1::PluginRef& plugin : node.plugins()) view.plugins_.push_back(plugin.name());
    return view;
  }
  absl::string_view identity() const override { return identity_; }
  const Json& facts() const override { return facts_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  const std::vector<std::string>& plugins() const override { return plugins_; }

 private:
  std::string identity_;
  Json facts_;
  std::vector<std::string> classes_;
  std::vector<std::string> plugins_;
};

// Data functions are asked of the node, not of us.
class NoDataFunctions final : public filter::DataFunctions {
 public:
  absl::StatusOr<Json> Call(absl::string_view function, const std::vector<std::string>&) override {
    return absl::UnavailableError(absl::StrCat(function, " is only known on the node"));
  }
};

class DescribeFilterCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--node"}, "NODE", "Explain why this node matches or not", "Application Options", &node_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "describe-filter <filters>"));
    ORCH_ASSIGN_OR_RETURN(const filter::Filter parsed, filter::Filter::Parse(context->options().filter));
    ORCH_RETURN_IF_ERROR(filter::CheckIdentityNames(context->options().filter));
    if (node_.empty()) {
      Show(context, filter::Describe(parsed));
      return kExitOk;
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::GetNodeRequest request;
    request.set_identity(node_);
    ORCH_ASSIGN_OR_RETURN(const v1::GetNodeResponse response, hub->GetNode(request));
    ORCH_ASSIGN_OR_RETURN(const HubNodeView view, HubNodeView::Make(response.node()));
    NoDataFunctions functions;
    Show(context, filter::Explain(parsed, view, &functions));
    if (parsed.has_data_functions()) {
      context->Note("orchctl: the filter calls data functions; only the node itself can answer them\n");
    }
    return filter::Matches(parsed, view, &functions) ? kExitOk : kExitError;
  }

 private:
  static void Show(Context* context, const std::string& text) {
    context->Print(absl::StrCat(PrintableBlock(text, 0), "\n"));
  }

  std::string node_;
};

}  // namespace

std::unique_ptr<Command> MakeDescribeFilterCommand() { return std::make_unique<DescribeFilterCommand>(); }

}  // namespace orch::cli
