// The command `orchctl describe-filter`.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "filter/node_view.h"

namespace orch::cli {
namespace {

// What the hub knows of one node, as the view that a filter evaluates.
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

class DescribeFilterCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--node"}, "NODE", "Explain why this node matches or not", "Application Options", &node_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "describe-filter <filters>"));
    ORCH_ASSIGN_OR_RETURN(const filter::Filter parsed, context->ParseFilter());
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
    Show(context, filter::Explain(parsed, view, nullptr));
    switch (filter::Narrow(parsed, view)) {
      case filter::Verdict::kYes:
        return kExitOk;
      case filter::Verdict::kNo:
        return kExitError;
      case filter::Verdict::kAskNode:
        context->Note("orchctl: 'orchctl find' with this filter asks the nodes\n");
        return kExitSomeFailed;
    }
    return absl::InternalError("a verdict without an exit code");
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
