// The command `orchctl package`.
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cli/commands/app_words.h"
#include "cli/commands/command.h"
#include "cli/commands/run_invocation.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/value_text.h"
#include "cli/views/answer_text.h"
#include "cli/views/human_view.h"
#include "cli/views/line_view.h"

namespace orch::cli {
namespace {

// Prints "node   version = name-1.2" for each node, and counts the versions at the end.
class PackageView final : public LineView {
 public:
  using LineView::LineView;

 protected:
  void Count(const Answer& answer) override {
    if (!HasSeveral(answer)) {
      if (answer.ok()) ++versions_[Version(answer.data)];
      return;
    }
    for (const Json& one : answer.data["results"]) {
      if (one.is_object() && !Failed(one)) ++versions_[Version(one)];
    }
  }
  std::string LineOf(const Answer& answer) const override {
    return IsShown(answer, context()->options().display, ddl::Display::kAlways) ? Line(answer) : "";
  }
  std::string Summary(const JobEnd& end) const override {
    std::vector<std::string> versions;
    for (const auto& [version, count] : versions_) versions.push_back(absl::StrCat(count, " * ", version));
    return absl::StrFormat("---- package agent summary ----\nNodes: %s\nVersions: %s\nElapsed Time: %.2f s\n",
                           AnsweredOfAsked(end.answered(), end.asked(), context()->style()),
                           absl::StrJoin(versions, ", "), absl::ToDoubleSeconds(end.total_time));
  }

 private:
  static bool HasSeveral(const Answer& answer) {
    return answer.data.contains("results") && answer.data["results"].is_array() && !answer.data["results"].empty();
  }
  static bool Failed(const Json& one) { return one.contains("ok") && one["ok"] == false; }

  static std::string Field(const Json& data, const char* key) {
    return data.contains(key) && !data[key].is_structured() ? DisplayValue(data[key]) : std::string();
  }
  static std::string Version(const Json& data) {
    const std::string ensure = Field(data, "ensure");
    return ensure.empty() ? "unknown" : ensure;
  }

  std::string Line(const Answer& answer) const {
    const std::string node = Printable(answer.identity);
    if (HasSeveral(answer)) {
      std::string lines;
      for (const Json& one : answer.data["results"]) {
        if (one.is_object()) lines += ResultLine(node, one);
      }
      return lines;
    }
    if (!answer.ok()) {
      return absl::StrFormat("%-40s %s: %s\n", node, StatusText(answer, context()->style()), Printable(answer.message));
    }
    return VersionLine(node, answer.data, "");
  }
  // The line of one of several packages; it names the package also if that is not installed.
  std::string ResultLine(const std::string& node, const Json& one) const {
    if (Failed(one)) {
      return absl::StrFormat("%-40s %s: %s\n", node, context()->style().Red(Field(one, "package")),
                             Field(one, "message"));
    }
    return VersionLine(node, one, absl::StrCat(Field(one, "package"), " "));
  }
  static std::string VersionLine(const std::string& node, const Json& data, const std::string& package) {
    const std::string version = Version(data);
    const std::string name = Field(data, "name");
    const bool there = version != "absent" && version != "purged" && version != "unknown";
    return absl::StrFormat("%-40s version = %s%s\n", node,
                           there ? (name.empty() ? "" : absl::StrCat(name, "-")) : package, version);
  }

  std::map<std::string, size_t> versions_;
};

class PackageCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--version"}, "VERSION", "Version to install", "Application Options", &version_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(RequireWords(words, 1, "package <package> <action>"));
    Arguments further;
    if (!version_.empty()) further.emplace_back("version", version_);
    ORCH_ASSIGN_OR_RETURN(const AppCall call, MakeAppCall(context, "package", words, further));
    if (call.invocation.action->FindOutput("ensure") == nullptr) {
      HumanView view(context, call.invocation);
      return RunInvocation(context, call.invocation, call.targets, call.what, &view);
    }
    PackageView view(context);
    return RunInvocation(context, call.invocation, call.targets, call.what, &view);
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return words.size() < 2 ? NextWord::Actions("package") : NextWord::InputsOfOne("package", words);
  }

 private:
  std::string version_;
};

}  // namespace

std::unique_ptr<Command> MakePackageCommand() { return std::make_unique<PackageCommand>(); }

}  // namespace orch::cli
