#include "services/hub/nodes/node_watch.h"

#include <utility>

#include "base/status_macros.h"

namespace orch::hub {
namespace {

bool IsEveryNode(const TargetQuery& query) {
  return query.filter.empty() && !query.has_identities && query.collective.empty() && query.visible == nullptr;
}

v1::WatchNodesResponse MakeEvent(v1::WatchNodesResponse::Kind kind, absl::string_view identity, int64_t time_us) {
  v1::WatchNodesResponse event;
  event.set_kind(kind);
  event.set_identity(std::string(identity));
  event.set_time_us(time_us);
  return event;
}

// A parsed filter grows its caches while it searches, and a watch lives long: a fresh copy is destroyed with
// the question.
TargetQuery FreshlyParsed(const TargetQuery& query) {
  TargetQuery fresh = query;
  if (auto filter = filter::Filter::Parse(query.filter.options()); filter.ok()) fresh.filter = *std::move(filter);
  return fresh;
}

}  // namespace

NodeWatch::WatchId NodeWatch::Add(TargetQuery query, std::string caller, bool present_first,
                                  std::shared_ptr<Sink> sink) {
  const WatchId id = next_id_++;
  Watcher& watcher = watchers_[id];
  watcher.takes_all = IsEveryNode(query);
  watcher.query = std::make_shared<const TargetQuery>(std::move(query));
  watcher.caller = std::move(caller);
  watcher.sink = std::move(sink);
  if (present_first) TellPresent(id, &watcher);
  return id;
}

// The list goes to the client from where it is made; what happens after it was frozen waits.
void NodeWatch::TellPresent(WatchId id, Watcher* watcher) {
  watcher->asking = true;
  auto left_out = std::make_shared<uint32_t>(0);
  Questions::Question question;
  question.caller = watcher->caller;
  question.cancelled = [sink = watcher->sink] { return sink->closed(); };
  question.read = [query = watcher->query](ColumnNames* names) {
    *names = query->columns;
    return absl::OkStatus();
  };
  // The list contains the events before it.
  question.on_loop = [this, id] {
    if (const auto found = watchers_.find(id); found != watchers_.end()) found->second.pending.clear();
    return absl::OkStatus();
  };
  question.answer = [query = watcher->query, sink = watcher->sink, left_out, now = absl::ToUnixMicros(clock_->Now())](
                        const FleetSnapshot& fleet, StepBudget* budget) {
    ChooseOptions options;
    options.sorted = true;
    const auto chosen = Choose(FreshlyParsed(*query), fleet, options, budget);
    if (!chosen.ok()) return chosen.status();
    for (const Slot slot : chosen->nodes) {
      auto event = MakeEvent(v1::WatchNodesResponse::PRESENT, fleet.facts.names().identity(slot), now);
      if (!sink->TryPush(std::move(event))) ++*left_out;
    }
    if (!sink->TryPush(MakeEvent(v1::WatchNodesResponse::PRESENT_END, "", now))) ++*left_out;
    return absl::OkStatus();
  };
  question.done = [this, id, left_out](const absl::Status& status) {
    loop_->Post([this, id, left_out, status] {
      const auto found = watchers_.find(id);
      if (found == watchers_.end()) return;
      found->second.dropped += *left_out;
      OnMatched(id, {}, status.ok() ? absl::StatusOr<Verdicts>(Verdicts()) : status);
    });
  };
  questions_->Ask(std::move(question));
}

void NodeWatch::Notify(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note) {
  if (listener_) listener_(kind, identity, note);
  if (watchers_.empty()) return;
  const NodeRecord* record = registry_->Find(identity);
  if (record == nullptr) return;
  const Event event{kind, std::string(identity), record->slot, absl::ToUnixMicros(clock_->Now()), nullptr};
  for (auto& [id, watcher] : watchers_) {
    if (watcher.takes_all && !watcher.asking) {
      Send(&watcher, event);
    } else if (watcher.pending.size() >= kMaxPending) {
      ++watcher.dropped;
    } else {
      watcher.pending.push_back(event);
      if (kind == v1::WatchNodesResponse::NODE_FORGOTTEN) {
        watcher.pending.back().before =
            std::make_shared<const FleetSnapshot>(registry_->Freeze(watcher.query->columns));
      }
      AskPending(id, &watcher);
    }
  }
}

void NodeWatch::AskPending(WatchId id, Watcher* watcher) {
  if (watcher->asking || watcher->pending.empty()) return;
  watcher->asking = true;
  auto events = std::make_shared<std::vector<Event>>();
  auto verdicts = std::make_shared<Verdicts>();
  Questions::Question question;
  question.caller = watcher->caller;
  question.cancelled = [sink = watcher->sink] { return sink->closed(); };
  question.read = [query = watcher->query](ColumnNames* names) {
    *names = query->columns;
    return absl::OkStatus();
  };
  question.on_loop = [this, id, events] {
    const auto found = watchers_.find(id);
    if (found == watchers_.end()) return absl::CancelledError("the watch is over");
    events->swap(found->second.pending);
    return absl::OkStatus();
  };
  question.answer = [query = watcher->query, events, verdicts](const FleetSnapshot& fleet, StepBudget* budget) {
    auto judged = Judge(FreshlyParsed(*query), *events, fleet, budget);
    if (!judged.ok()) return judged.status();
    *verdicts = *std::move(judged);
    return absl::OkStatus();
  };
  question.done = [this, id, events, verdicts](const absl::Status& status) {
    loop_->Post([this, id, events, verdicts, status] {
      // The question was refused before it began, so the events still wait.
      if (absl::IsResourceExhausted(status) && events->empty()) return AskLater(id);
      OnMatched(id, *events, status.ok() ? absl::StatusOr<Verdicts>(*verdicts) : status);
    });
  };
  questions_->Ask(std::move(question));
}

void NodeWatch::AskLater(WatchId id) {
  loop_->PostAfter(kAskAgainAfter, [this, id] {
    const auto found = watchers_.find(id);
    if (found == watchers_.end()) return;
    found->second.asking = false;
    AskPending(id, &found->second);
  });
}

absl::StatusOr<NodeWatch::Verdicts> NodeWatch::Judge(const TargetQuery& query, const std::vector<Event>& events,
                                                     const FleetSnapshot& fleet, StepBudget* budget) {
  const auto is_there = [&fleet](const Event& event) {
    return event.before == nullptr && fleet.facts.names().Find(event.identity) == event.slot;
  };
  SlotSet nodes(fleet.facts.names().slots());
  for (const Event& event : events)
    if (is_there(event)) nodes.Insert(event.slot);
  ORCH_ASSIGN_OR_RETURN(const SlotSet matching, Matching(query, fleet, nodes, budget));
  Verdicts verdicts;
  for (const Event& event : events) {
    bool told = is_there(event) && matching.contains(event.slot);
    if (event.before != nullptr) {
      SlotSet one;
      one.Insert(event.slot);
      ORCH_ASSIGN_OR_RETURN(const SlotSet found, Matching(query, *event.before, one, budget));
      told = !found.empty();
    }
    verdicts.push_back(told);
  }
  return verdicts;
}

void NodeWatch::OnMatched(WatchId id, const std::vector<Event>& events, const absl::StatusOr<Verdicts>& verdicts) {
  const auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  Watcher& watcher = found->second;
  watcher.asking = false;
  if (!verdicts.ok()) {
    watcher.sink->End(verdicts.status());
    watchers_.erase(found);
    return;
  }
  for (size_t i = 0; i < events.size(); ++i) {
    if ((*verdicts)[i]) Send(&watcher, events[i]);
  }
  if (!watcher.takes_all) return AskPending(id, &watcher);
  for (const Event& event : std::exchange(watcher.pending, {})) Send(&watcher, event);
}

void NodeWatch::OnDrained(WatchId watch) {
  const auto found = watchers_.find(watch);
  if (found != watchers_.end()) TellDropped(&found->second);
}

bool NodeWatch::TellDropped(Watcher* watcher) {
  if (watcher->dropped == 0) return true;
  v1::WatchNodesResponse event;
  event.set_kind(v1::WatchNodesResponse::DROPPED);
  event.set_time_us(absl::ToUnixMicros(clock_->Now()));
  event.set_dropped(watcher->dropped);
  if (!watcher->sink->TryPush(std::move(event))) return false;
  watcher->dropped = 0;
  return true;
}

void NodeWatch::Send(Watcher* watcher, const Event& event) {
  if (!TellDropped(watcher) || !watcher->sink->TryPush(MakeEvent(event.kind, event.identity, event.time_us))) {
    ++watcher->dropped;
  }
}

void NodeWatch::EndAll(const absl::Status& status) {
  for (auto& [id, watcher] : watchers_) watcher.sink->End(status);
  watchers_.clear();
}

}  // namespace orch::hub
