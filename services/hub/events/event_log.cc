#include "services/hub/events/event_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr int kStartBits = 40;  // numbers of one hub process: a trillion events

EventLog::Event::Kind KindOf(v1::WatchNodesResponse::Kind kind) {
  switch (kind) {
    case v1::WatchNodesResponse::NODE_CONNECTED:
      return EventLog::Event::NODE_CONNECTED;
    case v1::WatchNodesResponse::NODE_STALE:
      return EventLog::Event::NODE_STALE;
    case v1::WatchNodesResponse::NODE_DISCONNECTED:
      return EventLog::Event::NODE_GONE;
    case v1::WatchNodesResponse::NODE_CHANGED:
      return EventLog::Event::NODE_CHANGED;
    case v1::WatchNodesResponse::NODE_CONFLICT:
      return EventLog::Event::NODE_CONFLICT;
    case v1::WatchNodesResponse::NODE_FORGOTTEN:
      return EventLog::Event::NODE_FORGOTTEN;
    default:
      return EventLog::Event::KIND_UNSPECIFIED;
  }
}

}  // namespace

v1::JobSpec StripForEvent(v1::JobSpec spec) {
  spec.clear_inputs_json();
  if (spec.ByteSizeLong() > kMaxEventSpecBytes) spec.clear_target();
  return spec;
}

EventLog::EventLog(const Clock* clock, std::string store_id, uint64_t starts)
    : clock_(clock), store_id_(std::move(store_id)), base_(starts << kStartBits), first_(base_ + 1) {}

void EventLog::OnNode(v1::WatchNodesResponse::Kind kind, absl::string_view identity, absl::string_view note) {
  Event event;
  event.set_kind(KindOf(kind));
  if (event.kind() == Event::KIND_UNSPECIFIED) return;
  event.set_identity(std::string(identity));
  event.set_note(std::string(note));
  Append(std::move(event));
}

void EventLog::OnAlarm(absl::string_view identity, absl::string_view note) {
  Event event;
  event.set_kind(Event::ALARM);
  event.set_identity(std::string(identity));
  event.set_note(std::string(note));
  Append(std::move(event));
}

void EventLog::OnJob(Event::Kind kind, absl::string_view job_id, const std::function<v1::Job()>& job) {
  if (kind == Event::JOB_FINISHED) {
    progress_told_.erase(job_id);
  } else if (kind == Event::JOB_PROGRESS) {
    const absl::Duration now = clock_->Steady();
    const auto [told, is_new] = progress_told_.try_emplace(std::string(job_id), now);
    if (!is_new && now - told->second < kProgressEvery) return;
    told->second = now;
  }
  Event event;
  event.set_kind(kind);
  *event.mutable_job() = job();
  Append(std::move(event));
}

void EventLog::Append(Event event) {
  event.set_time_us(absl::ToUnixMicros(clock_->Now()));
  event.set_cursor(CursorOf(last() + 1));
  events_.push_back(std::move(event));
  if (events_.size() > kMaxEvents) {
    events_.pop_front();
    ++first_;
  }
  for (auto& [id, watcher] : watchers_) Pump(&watcher);
}

absl::StatusOr<EventLog::WatchId> EventLog::Add(const v1::WatchEventsRequest& request, std::shared_ptr<Sink> sink,
                                                Wanted wanted) {
  Watcher watcher;
  watcher.sink = std::move(sink);
  watcher.wanted = std::move(wanted);
  watcher.next = last() + 1;
  watcher.nodes = request.nodes() || !request.jobs();
  watcher.jobs = request.jobs() || !request.nodes();
  if (!request.cursor().empty()) ORCH_RETURN_IF_ERROR(ReadCursor(request.cursor(), &watcher));
  const WatchId id = next_id_++;
  Pump(&(watchers_[id] = std::move(watcher)));
  return id;
}

absl::Status EventLog::ReadCursor(absl::string_view cursor, Watcher* watcher) const {
  if (cursor == kFirstEvent) {
    watcher->next = first_;
    return absl::OkStatus();
  }
  uint64_t number = 0;
  const bool ours = absl::ConsumePrefix(&cursor, absl::StrCat(store_id_, ":"));
  if (!ours || !absl::SimpleAtoi(cursor, &number) || number > last()) {
    return absl::InvalidArgumentError(
        "cursor is not one of this hub's events: it is another hub's, or of a job store that was replaced; "
        "begin without a cursor");
  }
  watcher->next = number + 1;
  watcher->gap_of_unknown_size = number < base_;  // the number is one of an earlier hub process
  return absl::OkStatus();
}

void EventLog::Pump(Watcher* watcher) {
  if (watcher->next < first_ && !TellGap(watcher)) return;
  for (; watcher->next <= last(); ++watcher->next) {
    const Event& event = events_[watcher->next - first_];
    if (!(event.has_job() ? watcher->jobs : watcher->nodes)) continue;
    if (watcher->wanted != nullptr && !watcher->wanted(event)) continue;
    if (!watcher->sink->TryPush(event)) return;
  }
  if (!watcher->caught_up) TellCaughtUp(watcher);
}

void EventLog::TellCaughtUp(Watcher* watcher) {
  Event event;
  event.set_time_us(absl::ToUnixMicros(clock_->Now()));
  event.set_cursor(CursorOf(last()));
  watcher->caught_up = watcher->sink->TryPush(std::move(event));
}

bool EventLog::TellGap(Watcher* watcher) {
  Event gap;
  gap.set_kind(Event::GAP);
  gap.set_time_us(absl::ToUnixMicros(clock_->Now()));
  gap.set_cursor(CursorOf(first_ - 1));
  if (!watcher->gap_of_unknown_size) gap.set_lost(first_ - watcher->next);
  if (!watcher->sink->TryPush(std::move(gap))) return false;
  watcher->next = first_;
  watcher->gap_of_unknown_size = false;
  return true;
}

void EventLog::OnDrained(WatchId watch) {
  const auto found = watchers_.find(watch);
  if (found != watchers_.end()) Pump(&found->second);
}

void EventLog::EndAll(const absl::Status& status) {
  for (auto& [id, watcher] : watchers_) watcher.sink->End(status);
  watchers_.clear();
}

std::string EventLog::CursorOf(uint64_t number) const { return absl::StrCat(store_id_, ":", number); }

}  // namespace orch::hub
