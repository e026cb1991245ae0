#include "cli/session/context.h"

#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/options/mcollective_options.h"
#include "cli/options/name_range.h"
#include "cli/session/last_job.h"
#include "cli/session/node_list.h"
#include "cli/terminal/ask.h"
#include "filter/wire.h"

namespace orch::cli {
namespace {

constexpr absl::Duration kLongAsking =
    absl::Seconds(20);  // shorter than the time after which a hub closes an idle connection

// A hub accepts few filter options but long lists of nodes, so the names of ranges become a list.
absl::Status MoveIdentitiesToList(filter::Filter* filter, std::vector<std::string>* names, bool* listed) {
  if (filter->literal_identities().empty() || *listed) {
    return absl::InvalidArgumentError(absl::StrCat("the filter has ", filter->options().size(),
                                                   " options, name ranges written out; beside a regex "
                                                   "in -I or a node list at most ",
                                                   kMaxFilterOptions, " are taken. Give the nodes with --nodes FILE"));
  }
  std::set<std::string> seen;
  for (const std::string& name : filter->literal_identities()) {
    if (seen.insert(name).second) names->push_back(name);
  }
  *listed = true;
  std::vector<filter::Option> others = filter->options();
  std::erase_if(others, [](const filter::Option& option) { return option.kind == filter::OptionKind::kIdentity; });
  ORCH_ASSIGN_OR_RETURN(*filter, filter::Filter::Parse(others));
  return absl::OkStatus();
}

}  // namespace

Context::~Context() {
  if (hub_ != nullptr && env_->until_exit != nullptr) env_->until_exit->emplace_back(std::move(hub_));
}

absl::Status Context::ReadConfig() {
  ORCH_ASSIGN_OR_RETURN(config_, LoadClientConfig(*env_, options_.config_file, options_.hub));
  return absl::OkStatus();
}

absl::Status Context::Prepare() {
  ORCH_RETURN_IF_ERROR(SettleDiscovery(&options_));
  ORCH_RETURN_IF_ERROR(CheckCommonOptions(options_));
  ORCH_RETURN_IF_ERROR(ParseFilter().status());  // before a question is asked
  ORCH_RETURN_IF_ERROR(ReadConfig());
  const bool wanted =
      config_->color == ColorMode::kAlways || (config_->color == ColorMode::kAuto && env_->out_is_terminal &&
                                               env_->Variable("NO_COLOR").empty() && env_->Variable("TERM") != "dumb");
  style_.color = wanted && options_.output_file.empty();
  if (options_.collective.empty()) options_.collective = config_->collective;
  if (options_.timeout == absl::ZeroDuration()) options_.timeout = config_->timeout;
  if (options_.rollout.ttl > absl::ZeroDuration() && !options_.rollout.queue)
    Note("orchctl: --ttl is ignored without --queue: no node that is away is waited for\n");
  for (const std::string& why : options_.ignored) Note(absl::StrCat("orchctl: ", why, "\n"));
  return absl::OkStatus();
}

absl::StatusOr<HubClient*> Context::Hub() {
  if (hub_ == nullptr) {
    ORCH_ASSIGN_OR_RETURN(hub_, HubClient::Connect(*config_, *env_, Patience()));
  }
  return hub_.get();
}

void Context::JobAccepted(const std::string& job_id) {
  if (std::exchange(remember_job_, false)) RememberLastJob(*config_, job_id);
}

absl::StatusOr<HubClient*> Context::Reconnect() {
  if (hub_ != nullptr && env_->until_exit != nullptr) env_->until_exit->emplace_back(std::move(hub_));
  hub_.reset();
  return Hub();
}

absl::StatusOr<std::vector<std::string>> Context::ListedNodes(bool* given, bool literal_identities) {
  *given = true;
  if (options_.nodes_file == "-") return ReadNodesFromStdin(*env_);
  if (!options_.nodes_file.empty()) return ReadNodeFile(options_.nodes_file);
  if (!options_.no_stdin && !stdin_taken_ && options_.input_file != "-" && !literal_identities && StdinIsList(*env_))
    return ReadNodesFromStdin(*env_);
  *given = false;
  return std::vector<std::string>();
}

absl::Status Context::TakeStdin(absl::string_view what) {
  if (stdin_taken_ || options_.nodes_file == "-") {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": standard input can be read for one thing only; give the others a file"));
  }
  stdin_taken_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::string> Context::AskLine(absl::string_view question, bool secret) {
  env_->out->Flush();
  Note(question);
  env_->err->Flush();
  const absl::Duration before = env_->clock->Steady();
  absl::StatusOr<std::string> line = ReadTerminalLine(*env_, secret);
  asking_ += env_->clock->Steady() - before;
  if (secret || !line.ok()) Note("\n");  // the typed newline was not echoed
  env_->err->Flush();
  return line;
}

absl::Status Context::ReconnectAfterAsking() {
  if (asking_ < kLongAsking || hub_ == nullptr) return absl::OkStatus();
  asking_ = absl::ZeroDuration();
  return Reconnect().status();
}

void Context::SetLimits(v1::Target* target) const {
  target->set_limit(options_.one ? 1 : options_.limit.count);
  target->set_limit_percent(options_.limit.percent);
  target->set_limit_random(options_.limit_method == LimitMethod::kRandom || options_.limit_seed != 0);
  target->set_limit_seed(options_.limit_seed);
}

absl::StatusOr<filter::Filter> Context::ParseFilter() const {
  ORCH_ASSIGN_OR_RETURN(const std::vector<filter::Option> written, ExpandFilter(options_.filter));
  ORCH_ASSIGN_OR_RETURN(filter::Filter parsed, filter::Filter::Parse(written));
  ORCH_RETURN_IF_ERROR(filter::CheckIdentityNames(written));
  return parsed;
}

absl::StatusOr<Targets> Context::MakeTargets() {
  Targets targets;
  ORCH_ASSIGN_OR_RETURN(targets.filter, ParseFilter());
  const bool literal = !targets.filter.literal_identities().empty();
  bool listed = false;
  ORCH_ASSIGN_OR_RETURN(std::vector<std::string> names, ListedNodes(&listed, literal));
  if (targets.filter.options().size() > kMaxFilterOptions)
    ORCH_RETURN_IF_ERROR(MoveIdentitiesToList(&targets.filter, &names, &listed));
  filter::ToWire(targets.filter, targets.wire.mutable_filter());
  targets.wire.set_has_identities(listed);
  for (const std::string& name : names) targets.wire.add_identities(name);
  targets.wire.set_collective(options_.collective);
  SetLimits(&targets.wire);
  targets.named = listed || literal;
  targets.restricted = listed || !targets.filter.empty();
  return targets;
}

absl::Status Context::ConfirmUnfiltered(const Targets& targets, absl::string_view what) {
  if (targets.restricted || options_.yes) return absl::OkStatus();
  if (!CanAsk()) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, " would change every node and there is no terminal to ask; give a filter, or --yes. Nothing is sent"));
  }
  ORCH_ASSIGN_OR_RETURN(const std::string line,
                        AskLine(absl::StrCat("Do you really want to ", what, " unfiltered? (y/n): "), false));
  const std::string answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(line));
  if (answer == "y" || answer == "yes") return absl::OkStatus();
  return absl::FailedPreconditionError("not confirmed; nothing is sent");
}

}  // namespace orch::cli
