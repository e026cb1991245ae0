#include "services/nodeagent/gate/command_gate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "auth/message_mac.h"
#include "auth/names.h"
#include "base/log.h"
#include "base/mutex.h"
#include "filter/wire.h"
#include "services/nodeagent/gate/admission.h"
#include "services/nodeagent/gate/command_spec.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {
namespace {

absl::Duration ReplayWindow() { return auth::kMessageTtl + 2 * auth::kAllowedSkew; }

bool IsAttemptId(absl::string_view id) {
  return id.size() == 32 && std::all_of(id.begin(), id.end(), [](char c) { return absl::ascii_isxdigit(c); });
}

}  // namespace

CommandGate::CommandGate(std::string identity, TaskRunner::Options tasks, Dependencies dependencies, UpdateSink sink)
    : identity_(std::move(identity)),
      deps_(dependencies),
      sink_(std::move(sink)),
      refusals_(dependencies.clock),
      audit_(dependencies.audit, dependencies.clock),
      replay_guard_(dependencies.clock, ReplayWindow(), kMaxReplayNonces),
      sealer_(identity_, dependencies.clock, dependencies.random),
      delivery_(dependencies.journal, dependencies.executor,
                [this](const std::string& attempt_id, v1::TaskUpdate update) { Send(attempt_id, std::move(update)); }),
      output_(dependencies.executor,
              [this](const std::string& attempt_id, v1::OutputChunk chunk) {
                v1::TaskUpdate update;
                update.set_kind(v1::TaskUpdate::OUTPUT);
                *update.mutable_output() = std::move(chunk);
                Send(attempt_id, std::move(update));
              }),
      outside_({dependencies.clock, dependencies.journal, dependencies.processes, dependencies.task_file, &output_,
                &delivery_, &runner_}),
      runner_(tasks, dependencies.clock, dependencies.executor, dependencies.state,
              [this](const std::string& attempt_id, v1::TaskUpdate update, bool durable) {
                Report(attempt_id, std::move(update), durable);
              }) {}

void CommandGate::Handle(const v1::Envelope& envelope) {
  Counters& counters = deps_.state->counters();
  ++counters.total;
  auth::Refusal refusal;
  if (const absl::Status opened = Open(envelope, &refusal); !opened.ok()) return OnRefused(envelope, refusal, opened);
  ++counters.validated;
  switch (envelope.kind()) {
    case v1::Envelope::COMMAND:
      return OnCommand(envelope);
    case v1::Envelope::CANCEL:
      return OnCancel(envelope);
    case v1::Envelope::ACK:
      return OnAck(envelope);
    case v1::Envelope::QUERY:
      return OnQuery(envelope.attempt_id());
    case v1::Envelope::NEW_KEY:
      return OnNewKey(envelope);
    case v1::Envelope::STANDING:
      return OnStanding(envelope);
    default:
      LogWarning("signed message of a kind for nodes unknown", {{"job", envelope.attempt_id()}});
  }
}

absl::Status CommandGate::Open(const v1::Envelope& envelope, auth::Refusal* refusal) {
  *refusal = auth::Refusal::kMalformed;
  if (envelope.ByteSizeLong() > kMaxEnvelopeBytes) return absl::InvalidArgumentError("the message is too large");
  *refusal = auth::Refusal::kUnknownKey;
  const std::shared_ptr<const auth::Key> key = sealer_.key();
  if (key == nullptr) return absl::FailedPreconditionError("no key is loaded");
  return auth::OpenEnvelope(envelope, *key,
                            {.direction = v1::Envelope::TO_NODE, .identity = identity_, .replay_guard = &replay_guard_},
                            deps_.clock->Now(), refusal);
}

void CommandGate::OnRefused(const v1::Envelope& envelope, auth::Refusal refusal, const absl::Status& why) {
  Counters& counters = deps_.state->counters();
  ++counters.unvalidated;
  refusals_.Add(envelope, refusal, why);
  audit_.OnRefused(envelope, refusal, why.message());
  const bool stale = refusal == auth::Refusal::kStaleClock;
  if (stale) ++counters.ttl_expired;
  // Only these two are found after the MAC was verified. An attempt that was accepted before answers for itself.
  if ((stale || refusal == auth::Refusal::kOverloaded) && envelope.kind() == v1::Envelope::COMMAND &&
      IsAttemptId(envelope.attempt_id()) && !Knows(envelope.attempt_id())) {
    Deny(envelope.attempt_id(), v1::ERROR_KIND_DENIED, why.message(), /*durable=*/false);
  }
}

void CommandGate::OnCommand(const v1::Envelope& envelope) {
  const absl::Duration received = deps_.clock->Steady();
  if (!IsAttemptId(envelope.attempt_id())) {
    LogWarning("refused a command without a job id of 32 hex digits", {});
    return;
  }
  auto command = std::make_shared<v1::Command>();
  const bool readable = command->ParseFromString(envelope.body()) && command->attempt_id() == envelope.attempt_id();
  if (!AcceptOnce(envelope, readable ? command.get() : nullptr)) return;
  if (!readable) {
    return Deny(envelope.attempt_id(), v1::ERROR_KIND_PROTOCOL,
                "the command cannot be read; hub and node are of versions that do not fit", /*durable=*/false);
  }
  absl::StatusOr<filter::Filter> filter = filter::FromWire(command->filter());
  if (!filter.ok())
    return Deny(envelope.attempt_id(), v1::ERROR_KIND_DENIED, filter.status().message(), command->durable());
  TaskSpec spec = MakeTaskSpec(envelope, *command, *deps_.state->now().catalog, identity_, received);
  PrepareTask(*command, &spec);
  AdmitAndSubmit(std::move(command), *std::move(filter), std::move(spec));
}

void CommandGate::PrepareTask(const v1::Command& command, TaskSpec* spec) {
  if (spec->durable && deps_.journal != nullptr) {
    spec->accept = [journal = deps_.journal, attempt_id = spec->attempt_id] { return journal->Accept(attempt_id); };
  }
  if (!command.live_output()) return;
  spec->on_output = [this, attempt_id = spec->attempt_id](ProcessStream stream, absl::string_view piece) {
    output_.Add(attempt_id, stream, piece);
  };
  output_.Begin(spec->attempt_id);  // ended by the task's final update, which every way from here has
}

void CommandGate::AdmitAndSubmit(std::shared_ptr<const v1::Command> command, filter::Filter filter, TaskSpec spec) {
  if (deps_.policy != nullptr) deps_.policy->Look();
  const bool policy_may_block = deps_.policy != nullptr && deps_.policy->MayBlock(command->plugin());
  if (filter.has_data_functions() || policy_may_block) {  // on a worker
    spec.admit = [this, command = std::move(command), filter = std::move(filter)](TaskSpec* admitted) {
      return Admit(*command, filter, admitted);
    };
  } else if (std::optional<v1::TaskUpdate> ended = Admit(*command, filter, &spec)) {
    return Report(spec.attempt_id, *std::move(ended), spec.durable);
  }
  Submit(std::move(spec));
}

std::optional<v1::TaskUpdate> CommandGate::Admit(const v1::Command& command, const filter::Filter& filter,
                                                 TaskSpec* spec) {
  std::optional<v1::TaskUpdate> ended = AdmitCommand(command, filter, deps_.state, deps_.policy, spec);
  const std::shared_ptr<const actions::Catalog> catalog = deps_.state->now().catalog;
  if (ended.has_value()) {
    audit_.OnDenied(command, *ended, catalog);
    return ended;
  }
  if (const absl::Status recorded = audit_.OnAdmitted(command, catalog); !recorded.ok()) {
    return EndedUpdate(v1::DENIED, actions::kAborted, v1::ERROR_KIND_DENIED, recorded.message());
  }
  outside_.MoveOutside(spec);
  return std::nullopt;
}

bool CommandGate::Knows(const std::string& attempt_id) const {
  return seen_.Contains(attempt_id) || runner_.Find(attempt_id) != TaskRunner::Where::kNowhere ||
         (deps_.journal != nullptr && deps_.journal->Find(attempt_id) != Journal::State::kUnknown);
}

bool CommandGate::AcceptOnce(const v1::Envelope& envelope, const v1::Command* command) {
  const std::string& attempt_id = envelope.attempt_id();
  const bool journalled = command != nullptr && command->durable() && deps_.journal != nullptr;
  // A durable attempt that is neither in the journal nor waiting has not started, so it is accepted again.
  const bool known = journalled ? deps_.journal->Find(attempt_id) != Journal::State::kUnknown ||
                                      runner_.Find(attempt_id) != TaskRunner::Where::kNowhere
                                : !seen_.Insert(attempt_id);
  if (!known) return true;
  ++deps_.state->counters().duplicates;
  LogInfo("a job this node has already taken on was sent again; not run", {{"job", attempt_id}});
  if (journalled) OnQuery(attempt_id);
  return false;
}

void CommandGate::Submit(TaskSpec spec) {
  const std::string attempt_id = spec.attempt_id;
  const bool durable = spec.durable;
  switch (runner_.Submit(std::move(spec))) {
    case TaskRunner::Submitted::kAccepted:
      return;
    case TaskRunner::Submitted::kBusy:
      return Report(attempt_id,
                    EndedUpdate(v1::FAILED, actions::kUnknownError, v1::ERROR_KIND_BUSY,
                                "the node has as many tasks waiting as its queue holds; try again later"),
                    durable);
    case TaskRunner::Submitted::kClosed:
      return Deny(attempt_id, v1::ERROR_KIND_SHUTDOWN, "the node agent is stopping", durable);
  }
}

void CommandGate::Deny(const std::string& attempt_id, v1::ErrorKind kind, absl::string_view message, bool durable) {
  audit_.OnDenied(attempt_id, message);
  Report(attempt_id, EndedUpdate(v1::DENIED, actions::kAborted, kind, message), durable);
}

void CommandGate::OnCancel(const v1::Envelope& envelope) {
  v1::CancelTask cancel;
  if (!cancel.ParseFromString(envelope.body()) || cancel.attempt_id() != envelope.attempt_id()) {
    LogWarning("a cancel message cannot be read", {{"job", envelope.attempt_id()}});
    return;
  }
  // The hub's reason says who cancelled: "cancelled by client=peadmin: wrong nodes".
  const std::string why = cancel.reason().empty() ? "cancelled by the hub" : cancel.reason();
  if (!runner_.Cancel(cancel.attempt_id(), v1::ERROR_KIND_CANCELLED, why)) {
    LogDebug("cancel for a task that is not here (any more)", {{"job", cancel.attempt_id()}});
  }
}

void CommandGate::OnAck(const v1::Envelope& envelope) {
  v1::Acknowledgement ack;
  if (!ack.ParseFromString(envelope.body())) return LogWarning("an acknowledgement cannot be read", {});
  for (const std::string& attempt_id : ack.attempt_ids()) delivery_.OnAcknowledged(attempt_id);
}

void CommandGate::OnNewKey(const v1::Envelope& envelope) {
  v1::NewKey next;
  if (!next.ParseFromString(envelope.body()) || !auth::IsKeyId(next.key_id()) || next.key().size() != auth::kKeyBytes ||
      next.generation() > auth::kMaxGeneration) {
    LogWarning("a new key of the hub cannot be read", {});
    return;
  }
  if (deps_.new_key != nullptr) deps_.new_key(auth::Key(next.key_id(), next.key(), {next.generation(), 0}));
  auth::Wipe(next.mutable_key());
}

void CommandGate::OnQuery(const std::string& attempt_id) {
  if (IsAttemptId(attempt_id)) delivery_.Answer(attempt_id, runner_.Find(attempt_id), seen_.Contains(attempt_id));
}

void CommandGate::OnStanding(const v1::Envelope& envelope) {
  v1::NodeStanding standing;
  if (!standing.ParseFromString(envelope.body())) {
    return LogWarning("what the hub says of this node cannot be read; hub and node are of versions that do not fit",
                      {});
  }
  if (deps_.standing != nullptr) deps_.standing(standing, envelope.issued_at_us());
}

void CommandGate::OnAttached(bool attached) {
  if (attached) {
    delivery_.OnRegistered();
  } else {
    delivery_.OnDetached();
  }
}

CommandGate::~CommandGate() { outside_.Detach(); }

void CommandGate::Recover() {
  outside_.Recover([this](TaskSpec spec) { Submit(std::move(spec)); });
}

void CommandGate::Drain(absl::AnyInvocable<void()> idle) {
  outside_.Detach();
  runner_.Close();
  runner_.WhenIdle(std::move(idle));
}

void CommandGate::CancelAll(const std::string& why) { runner_.CancelAll(v1::ERROR_KIND_SHUTDOWN, why); }

void CommandGate::Report(const std::string& attempt_id, v1::TaskUpdate update, bool durable) {
  audit_.OnEnded(attempt_id, update);
  if (update.kind() == v1::TaskUpdate::FINISHED) ++deps_.state->counters().replies;
  if (update.kind() != v1::TaskUpdate::STARTED) {
    const Printed printed = output_.End(attempt_id);
    if (update.has_reply()) SetPrinted(printed, update.mutable_reply());
  }
  delivery_.Report(attempt_id, std::move(update), durable);
}

void CommandGate::Send(const std::string& attempt_id, v1::TaskUpdate update) {
  if (update.kind() == v1::TaskUpdate::FINISHED) update.mutable_reply()->set_identity(identity_);
  if (std::optional<v1::Envelope> envelope = sealer_.Seal(attempt_id, update)) sink_(*std::move(envelope));
}

}  // namespace orch::nodeagent
