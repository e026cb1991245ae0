#include "cli/session/context.h"

#include <errno.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/session/node_list.h"
#include "filter/wire.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxAnswerBytes = 64;

// One line from the terminal.
std::string ReadAnswer(int fd) {
  std::string line;
  char c = 0;
  while (line.size() < kMaxAnswerBytes) {
    const ssize_t n = ::read(fd, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || c == '\n') break;
    line += c;
  }
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(line));
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
  ORCH_RETURN_IF_ERROR(CheckCommonOptions(options_));
  ORCH_RETURN_IF_ERROR(ReadConfig());
  const bool wanted =
      config_->color == "always" || (config_->color == "auto" && env_->out_is_terminal &&
                                     env_->Variable("NO_COLOR").empty() && env_->Variable("TERM") != "dumb");
  style_.color = wanted && options_.output_file.empty();
  if (options_.collective.empty()) options_.collective = config_->collective;
  if (options_.timeout == absl::ZeroDuration()) options_.timeout = config_->timeout;
  if (options_.discovery_timeout_given)
    Note("orchctl: --dt is ignored: the hub knows its nodes and waits for nobody\n");
  return absl::OkStatus();
}

absl::StatusOr<HubClient*> Context::Hub() {
  if (hub_ == nullptr) {
    ORCH_ASSIGN_OR_RETURN(hub_, HubClient::Connect(*config_, *env_, hub_patience_));
  }
  return hub_.get();
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
  if (!options_.no_stdin && !literal_identities && StdinIsList(*env_)) return ReadNodesFromStdin(*env_);
  *given = false;
  return std::vector<std::string>();
}

void Context::SetLimits(v1::Target* target) const {
  target->set_limit(options_.one ? 1 : options_.limit.count);
  target->set_limit_percent(options_.limit.percent);
  target->set_limit_random(options_.limit_random || options_.limit_seed != 0);
  target->set_limit_seed(options_.limit_seed);
}

absl::StatusOr<Targets> Context::MakeTargets() {
  Targets targets;
  ORCH_ASSIGN_OR_RETURN(targets.filter, filter::Filter::Parse(options_.filter));
  ORCH_RETURN_IF_ERROR(filter::CheckIdentityNames(options_.filter));
  const bool literal = !targets.filter.literal_identities().empty();
  bool listed = false;
  ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListedNodes(&listed, literal));
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
  if (!env_->stdin_is_terminal || !env_->err_is_terminal) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, " would change every node and there is no terminal to ask; give a filter, or --yes. Nothing is sent"));
  }
  Note(absl::StrCat("Do you really want to ", what, " unfiltered? (y/n): "));
  env_->err->Flush();
  const std::string answer = ReadAnswer(env_->stdin_fd);
  if (answer == "y" || answer == "yes") return absl::OkStatus();
  return absl::FailedPreconditionError("not confirmed; nothing is sent");
}

}  // namespace orch::cli
