// orchctl puppet and orchctl puppetd.
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

// What runs are to be like.
struct RunWishes {
  bool force = false;
  std::vector<std::string> tags, skip_tags;
  std::string environment, server, splaylimit;
  std::optional<bool> noop, splay, cached, schedules;

  bool AnyButForce() const {
    return !tags.empty() || !skip_tags.empty() || !environment.empty() || !server.empty() || !splaylimit.empty() ||
           noop || splay || cached || schedules;
  }
  Arguments ForPuppet() const {
    Arguments arguments;
    const auto add = [&arguments](const char* name, const std::string& text) {
      if (!text.empty()) arguments.emplace_back(name, text);
    };
    const auto add_switch = [&arguments](const char* name, const std::optional<bool>& wish) {
      if (wish) arguments.emplace_back(name, *wish ? "true" : "false");
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
    table->Flag({"-f", "--force"}, "Run at once, without splay", group, &wishes_.force);
    table->Add({{"--rerun"},
                "SECONDS",
                "With runall: begin again, each round taking at least so long",
                group,
                {},
                false,
                [this](const std::string& text) -> absl::Status {
                  ORCH_ASSIGN_OR_RETURN(order_.rerun, ParseSeconds(text, false));
                  return absl::OkStatus();
                }});
    if (old()) return;
    AddSwitch(table, "noop", "Only say what would be changed", &wishes_.noop);
    AddSwitch(table, "splay", "Wait a random time first", &wishes_.splay);
    AddSwitch(table, "use-cached-catalog", "Apply the catalog of last time", &wishes_.cached);
    AddSwitch(table, "ignoreschedules", "Apply resources outside their schedule too", &wishes_.schedules);
    table->Text({"--splaylimit"}, "SECONDS", "Wait at most so long first", group, &wishes_.splaylimit);
    AddList(table, {"--tags", "--tag"}, "Only resources with this tag; may be repeated", &wishes_.tags);
    AddList(table, {"--skip-tags", "--skip-tag"}, "No resources with this tag; may be repeated", &wishes_.skip_tags);
    table->Text({"--environment"}, "NAME", "Take the catalog of this environment", group, &wishes_.environment);
    table->Text({"--server"}, "HOST", "Take the catalog from this server, HOST or HOST:PORT; nodes must allow it",
                group, &wishes_.server);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("no action given; usage: orchctl ", plugin_,
                                                     " count|disable|enable|", old() ? "" : "resource|",
                                                     "runall|runonce|status|summary"));
    }
    const std::string& verb = words[0];
    if (verb == "runall") return RunAll(context, words);
    if (verb != "disable" && verb != "resource" && words.size() > 1 && IsOwn(verb)) {
      return AtMostWords(words, 1, absl::StrCat(plugin_, " ", verb));
    }
    if (verb == "runonce") {
      ORCH_ASSIGN_OR_RETURN(const Arguments arguments, RunArguments());
      return Plain(context, "runonce", arguments);
    }
    if (wishes_.force || wishes_.AnyButForce() || order_.rerun > absl::ZeroDuration()) {
      return absl::InvalidArgumentError("options about runs go with runonce and runall only");
    }
    if (verb == "status") return Shown(context, "status", MakePuppetStatusView);
    if (verb == "count") return Shown(context, "status", MakePuppetCountView);
    if (verb == "summary") return Shown(context, "last_run_summary", MakePuppetSummaryView);
    if (verb == "disable" && words.size() > 1) return Disable(context, words);
    if (verb == "resource" && !old()) return Resource(context, words);
    return Plain(context, verb, std::nullopt, words);
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    if (!words.empty()) return {};
    std::vector<std::string> verbs = {"count", "disable", "enable", "runall", "runonce", "status", "summary"};
    if (!old()) verbs.emplace_back("resource");
    return NextWord::Words(std::move(verbs));
  }

 private:
  using MakeView = std::unique_ptr<PuppetView> (*)(Context* context, const Invocation& invocation);

  bool old() const { return plugin_ == "puppetd"; }
  static bool IsOwn(absl::string_view verb) {
    return verb == "count" || verb == "enable" || verb == "runonce" || verb == "status" || verb == "summary";
  }

  static void AddSwitch(OptionTable* table, const std::string& name, const std::string& help,
                        std::optional<bool>* target) {
    for (const bool on : {true, false}) {
      table->Add({{absl::StrCat(on ? "--" : "--no-", name)},
                  "",
                  on ? help : absl::StrCat("The opposite of --", name),
                  "Application Options",
                  {},
                  false,
                  [target, on](const std::string&) {
                    *target = on;
                    return absl::OkStatus();
                  }});
    }
  }
  static void AddList(OptionTable* table, std::vector<std::string> names, const char* help,
                      std::vector<std::string>* target) {
    table->Add({std::move(names), "TAG", help, "Application Options", {}, false, [target](const std::string& text) {
                  target->push_back(text);
                  return absl::OkStatus();
                }});
  }

  absl::StatusOr<Arguments> RunArguments() const {
    if (wishes_.force && (wishes_.splay.value_or(false) || !wishes_.splaylimit.empty())) {
      return absl::InvalidArgumentError("--force and --splay exclude each other; give one of them");
    }
    if (!old()) return wishes_.ForPuppet();
    return wishes_.force ? Arguments{{"forcerun", "true"}} : Arguments{};
  }

  absl::StatusOr<Invocation> Prepared(Context* context, const std::string& action, const Arguments& arguments) {
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(auto plugin, FetchPlugin(context, plugin_));
    ORCH_ASSIGN_OR_RETURN(Invocation invocation, MakeInvocation(context, std::move(plugin), action, arguments));
    ORCH_ASSIGN_OR_RETURN(targets_, context->MakeTargets());
    return invocation;
  }

  absl::StatusOr<int> Shown(Context* context, const std::string& action, MakeView make) {
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, Prepared(context, action, {}));
    const std::unique_ptr<PuppetView> view = make(context, invocation);
    return RunInvocation(context, invocation, *targets_, absl::StrCat(action, " ", plugin_), view.get());
  }

  // An action of the plugin, with key=value words when no arguments are given.
  absl::StatusOr<int> Plain(Context* context, const std::string& action, std::optional<Arguments> arguments,
                            const std::vector<std::string>& words = {}) {
    if (!arguments) {
      arguments.emplace();
      for (size_t i = 1; i < words.size(); ++i) {
        ORCH_ASSIGN_OR_RETURN(auto pair, ddl::SplitArgument(words[i]));
        arguments->push_back(std::move(pair));
      }
    }
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, Prepared(context, action, *arguments));
    HumanView view(context, invocation);
    return RunInvocation(context, invocation, *targets_, absl::StrCat(action, " ", plugin_), &view);
  }

  absl::StatusOr<int> Disable(Context* context, const std::vector<std::string>& words) {
    if (old()) return AtMostWords(words, 1, "puppetd disable");
    const std::string message = absl::StrJoin(words.begin() + 1, words.end(), " ");
    return Plain(context, "disable", Arguments{{"message", message}});
  }

  absl::StatusOr<int> Resource(Context* context, const std::vector<std::string>& words) {
    if (words.size() < 3) {
      return absl::InvalidArgumentError("usage: orchctl puppet resource <type> <name> [<property=val> ...]");
    }
    Arguments arguments = {{"type", words[1]}, {"name", words[2]}};
    for (size_t i = 3; i < words.size(); ++i) {
      ORCH_ASSIGN_OR_RETURN(auto pair, ddl::SplitArgument(words[i]));
      arguments.push_back(std::move(pair));
    }
    return Plain(context, "resource", arguments);
  }

  // It is two jobs, or many with --rerun, and goes on while its caller looks.
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
    if (wishes_.splay.value_or(false) || !wishes_.splaylimit.empty()) {
      return absl::InvalidArgumentError(
          "runall runs each node when its turn comes: --splay and --splaylimit do not go with it");
    }
    if (context->options().batch.set() || context->options().concurrency.set()) {
      return absl::InvalidArgumentError(
          "runall says how many nodes run at once: --batch and --concurrency do not go with it");
    }
    ORCH_RETURN_IF_ERROR(CheckRunAllOptions(context->options().rollout));
    order_.concurrency = static_cast<uint32_t>(concurrency);
    wishes_.force = true;
    ORCH_ASSIGN_OR_RETURN(Arguments arguments, RunArguments());
    arguments.emplace_back("wait", "true");
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, Prepared(context, "runonce", arguments));
    return RunPuppetOnAll(context, invocation, order_);
  }

  const std::string plugin_;
  RunWishes wishes_;
  RunAllOrder order_;
  std::optional<Targets> targets_;
};

}  // namespace

std::unique_ptr<Command> MakePuppetCommand() { return std::make_unique<PuppetCommand>("puppet"); }
std::unique_ptr<Command> MakePuppetdCommand() { return std::make_unique<PuppetCommand>("puppetd"); }

}  // namespace orch::cli
