// The commands `orchctl puppet` and `puppetd`.
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/validate.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/commands/puppet_runall.h"
#include "cli/commands/run_invocation.h"
#include "cli/jobs/invocation.h"
#include "cli/options/option_values.h"
#include "cli/options/words.h"
#include "cli/session/plugin_source.h"
#include "cli/views/human_view.h"
#include "cli/views/puppet_view.h"
#include "cli/views/puppet_views.h"

namespace orch::cli {
namespace {

constexpr uint32_t kMaxConcurrency = 1'000'000;

// The options for Puppet runs.
struct RunOptions {
  bool force = false;
  std::vector<std::string> tags, skip_tags;
  std::string environment, server, splaylimit;
  std::optional<bool> noop, splay, cached, schedules;

  bool HasOthersThanForce() const {
    return !tags.empty() || !skip_tags.empty() || !environment.empty() || !server.empty() || !splaylimit.empty() ||
           noop || splay || cached || schedules;
  }
  Arguments ToArguments() const {
    Arguments arguments;
    const auto add = [&arguments](const char* name, const std::string& text) {
      if (!text.empty()) arguments.emplace_back(name, text);
    };
    const auto add_switch = [&arguments](const char* name, const std::optional<bool>& value) {
      if (value) arguments.emplace_back(name, *value ? "true" : "false");
    };
    if (force) arguments.emplace_back("force", "true");
    add("tags", absl::StrJoin(tags, ","));
    add("skip_tags", absl::StrJoin(skip_tags, ","));
    add("environment", environment);
    add("server", server);
    add("splaylimit", splaylimit);
    add_switch("noop", noop);
    add_switch("splay", splay);
    add_switch("use_cached_catalog", cached);
    add_switch("ignoreschedules", schedules);
    return arguments;
  }
};

class PuppetCommand : public Command {
 public:
  explicit PuppetCommand(const char* plugin) : plugin_(plugin) {}

  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Flag({"-f", "--force"}, "Run at once, without splay", group, &run_options_.force);
    table->Value({"--rerun"}, "SECONDS", "With runall: repeat, each round taking at least this time", group,
                 &order_.rerun, [](const std::string& text) { return ParseSeconds(text, false); });
    if (is_puppetd()) return;
    AddSwitch(table, "noop", "Show what would be changed, and change nothing", &run_options_.noop);
    AddSwitch(table, "splay", "Wait a random time first", &run_options_.splay);
    AddSwitch(table, "use-cached-catalog", "Apply the cached catalog", &run_options_.cached);
    AddSwitch(table, "ignoreschedules", "Ignore the schedules of resources", &run_options_.schedules);
    table->Text({"--splaylimit"}, "SECONDS", "Limit of the splay", group, &run_options_.splaylimit);
    table->Texts({"--tags", "--tag"}, "TAG", "Apply only resources with this tag; may be repeated", group,
                 &run_options_.tags);
    table->Texts({"--skip-tags", "--skip-tag"}, "TAG", "Skip resources with this tag; may be repeated", group,
                 &run_options_.skip_tags);
    table->Text({"--environment"}, "NAME", "Use the catalog of this environment", group, &run_options_.environment);
    table->Text({"--server"}, "HOST", "Use the catalog of this server, HOST or HOST:PORT; nodes must allow it", group,
                &run_options_.server);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("no action given; usage: orchctl ", plugin_,
                                                     " count|disable|enable|", is_puppetd() ? "" : "resource|",
                                                     "runall|runonce|status|summary"));
    }
    const std::string& verb = words[0];
    if (verb == "runall") return RunAll(context, words);
    if (verb != "disable" && verb != "resource" && words.size() > 1 && TakesNoWords(verb)) {
      return AtMostWords(words, 1, absl::StrCat(plugin_, " ", verb));
    }
    if (verb == "runonce") {
      ORCH_ASSIGN_OR_RETURN(const Arguments arguments, RunArguments());
      return RunPlain(context, "runonce", arguments);
    }
    if (run_options_.force || run_options_.HasOthersThanForce() || order_.rerun > absl::ZeroDuration()) {
      return absl::InvalidArgumentError("options about runs go with runonce and runall only");
    }
    if (verb == "status") return RunWithView(context, "status", MakePuppetStatusView);
    if (verb == "count") return RunWithView(context, "status", MakePuppetCountView);
    if (verb == "summary") return RunWithView(context, "last_run_summary", MakePuppetSummaryView);
    if (verb == "disable" && words.size() > 1) return Disable(context, words);
    if (verb == "resource" && !is_puppetd()) return Resource(context, words);
    return RunPlain(context, verb, std::nullopt, words);
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    if (!words.empty()) return {};
    std::vector<std::string> verbs = {"count", "disable", "enable", "runall", "runonce", "status", "summary"};
    if (!is_puppetd()) verbs.emplace_back("resource");
    return NextWord::Words(std::move(verbs));
  }

 private:
  using MakeView = std::unique_ptr<PuppetView> (*)(Context* context, const Invocation& invocation);

  bool is_puppetd() const { return plugin_ == "puppetd"; }
  static bool TakesNoWords(absl::string_view verb) {
    return verb == "count" || verb == "enable" || verb == "runonce" || verb == "status" || verb == "summary";
  }

  static void AddSwitch(OptionTable* table, const std::string& name, const std::string& help,
                        std::optional<bool>* target) {
    table->Switch(name, help, absl::StrCat("The opposite of --", name), "Application Options", target);
  }

  absl::StatusOr<Arguments> RunArguments() const {
    if (run_options_.force && (run_options_.splay.value_or(false) || !run_options_.splaylimit.empty())) {
      return absl::InvalidArgumentError("--force and --splay exclude each other; give one of them");
    }
    if (!is_puppetd()) return run_options_.ToArguments();
    return run_options_.force ? Arguments{{"forcerun", "true"}} : Arguments{};
  }

  absl::StatusOr<Invocation> MakeCall(Context* context, const std::string& action, const Arguments& arguments) {
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(auto plugin, FetchPlugin(context, plugin_));
    ORCH_ASSIGN_OR_RETURN(Invocation invocation, MakeInvocation(context, std::move(plugin), action, arguments));
    ORCH_ASSIGN_OR_RETURN(targets_, context->MakeTargets());
    return invocation;
  }

  absl::StatusOr<int> RunWithView(Context* context, const std::string& action, MakeView make) {
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeCall(context, action, {}));
    const std::unique_ptr<PuppetView> view = make(context, invocation);
    return RunInvocation(context, invocation, *targets_, absl::StrCat(action, " ", plugin_), view.get());
  }

  // Runs an action of the plugin, with key=value words if there are no arguments.
  absl::StatusOr<int> RunPlain(Context* context, const std::string& action, std::optional<Arguments> arguments,
                               const std::vector<std::string>& words = {}) {
    if (!arguments) {
      ORCH_ASSIGN_OR_RETURN(arguments, SplitArguments(absl::MakeConstSpan(words).subspan(1)));
    }
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeCall(context, action, *arguments));
    HumanView view(context, invocation);
    return RunInvocation(context, invocation, *targets_, absl::StrCat(action, " ", plugin_), &view);
  }

  absl::StatusOr<int> Disable(Context* context, const std::vector<std::string>& words) {
    if (is_puppetd()) return AtMostWords(words, 1, "puppetd disable");
    const std::string message = absl::StrJoin(words.begin() + 1, words.end(), " ");
    return RunPlain(context, "disable", Arguments{{"message", message}});
  }

  absl::StatusOr<int> Resource(Context* context, const std::vector<std::string>& words) {
    if (words.size() < 3) {
      return absl::InvalidArgumentError("usage: orchctl puppet resource <type> <name> [<property=val> ...]");
    }
    ORCH_ASSIGN_OR_RETURN(Arguments arguments, SplitArguments(absl::MakeConstSpan(words).subspan(3)));
    arguments.insert(arguments.begin(), {{"type", words[1]}, {"name", words[2]}});
    return RunPlain(context, "resource", arguments);
  }

  // Refuses job options that runall cannot honour: it is two jobs, or many with --rerun, and runs only while it is
  // watched.
  static absl::Status CheckRunAllOptions(const RolloutOptions& options) {
    RolloutOptions other = options;
    other.lock.clear();
    other.record = false;
    v1::JobSpec spec;
    FillRollout(other, &spec);
    if (!other.async && spec.ByteSizeLong() == 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "runall is one window over nodes that is watched to its end: of the job options only --lock, --record and "
        "--max-failures go with it");
  }

  absl::StatusOr<int> RunAll(Context* context, const std::vector<std::string>& words) {
    const std::string usage = absl::StrCat(plugin_, " runall <concurrency>");
    if (words.size() < 2)
      return absl::InvalidArgumentError(absl::StrCat("no concurrency given; usage: orchctl ", usage));
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 2, usage));
    int64_t concurrency = 0;
    if (!absl::SimpleAtoi(words[1], &concurrency)) {
      return absl::InvalidArgumentError(absl::StrCat("'", words[1], "' is no whole number; usage: orchctl ", usage));
    }
    if (concurrency < 1 || concurrency > kMaxConcurrency) {
      return absl::InvalidArgumentError(absl::StrCat("Concurrency is ", concurrency, "; not running any nodes"));
    }
    if (run_options_.splay.value_or(false) || !run_options_.splaylimit.empty()) {
      return absl::InvalidArgumentError(
          "runall runs each node when its turn comes: --splay and --splaylimit do not go with it");
    }
    if (context->options().batch.set() || context->options().concurrency.set()) {
      return absl::InvalidArgumentError(
          "runall says how many nodes run at once: --batch and --concurrency do not go with it");
    }
    ORCH_RETURN_IF_ERROR(CheckRunAllOptions(context->options().rollout));
    order_.concurrency = static_cast<uint32_t>(concurrency);
    run_options_.force = true;
    ORCH_ASSIGN_OR_RETURN(Arguments arguments, RunArguments());
    arguments.emplace_back("wait", "true");
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeCall(context, "runonce", arguments));
    return RunPuppetOnAll(context, invocation, order_);
  }

  const std::string plugin_;
  RunOptions run_options_;
  RunAllOrder order_;
  std::optional<Targets> targets_;
};

}  // namespace

std::unique_ptr<Command> MakePuppetCommand() { return std::make_unique<PuppetCommand>("puppet"); }
std::unique_ptr<Command> MakePuppetdCommand() { return std::make_unique<PuppetCommand>("puppetd"); }

}  // namespace orch::cli
