#include "services/nodeagent/tasks/output_relay.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/failpoint.h"
#include "base/lifetime.h"
#include "base/process/process_spec.h"
#include "base/utf8.h"

namespace orch::nodeagent {
namespace {

size_t IndexOf(ProcessStream stream) { return stream == ProcessStream::kOut ? 0 : 1; }

}  // namespace

void OutputRelay::SetAllowed(bool allowed) {
  MutexLock lock(&mu_);
  allowed_ = allowed;
  if (allowed_ && HasReadyLocked()) ScheduleLocked(absl::ZeroDuration());
}

void OutputRelay::Begin(const std::string& attempt_id, bool taken_over) {
  MutexLock lock(&mu_);
  tasks_[attempt_id].taken_over = taken_over;
}

void OutputRelay::Add(const std::string& attempt_id, ProcessStream stream, absl::string_view piece) {
  MutexLock lock(&mu_);
  const auto found = tasks_.find(attempt_id);
  if (found == tasks_.end()) return;
  Stream& added_to = found->second.streams[IndexOf(stream)];
  AddLocked(&found->second, &added_to, added_to.printed, piece);
}

void OutputRelay::AddAt(const std::string& attempt_id, ProcessStream stream, uint64_t offset, absl::string_view piece) {
  MutexLock lock(&mu_);
  const auto found = tasks_.find(attempt_id);
  if (found == tasks_.end()) return;
  AddLocked(&found->second, &found->second.streams[IndexOf(stream)], offset, piece);
}

void OutputRelay::AddLocked(Task* task, Stream* stream, uint64_t offset, absl::string_view piece) {
  if (offset < stream->printed) return;  // this output is known
  stream->printed = offset + piece.size();
  if (piece.empty()) return;
  const bool takes_over = !std::exchange(stream->any, true) && task->taken_over;
  if (offset != stream->start + stream->bytes.size()) {
    // The rest of a character is missing on either side of a gap.
    if (UnfinishedTail(stream->bytes) == stream->bytes.size()) {
      held_ -= stream->bytes.size();
      stream->bytes.clear();
    }
    // A gap is reported with the chunk after it, so output from before the gap must be sent first.
    if (!stream->bytes.empty()) return;
    const size_t head = OrphanedHead(piece);
    piece.remove_prefix(head);
    offset += head;
    if (piece.empty()) return;
  }
  if (takes_over) stream->sent = offset;
  stream->gives_up_waiting = false;
  if (stream->bytes.size() + piece.size() > kMaxStreamBytes || held_ + piece.size() > kMaxBytes) return;
  if (stream->bytes.empty()) stream->start = offset;
  stream->bytes.append(piece.data(), piece.size());
  held_ += piece.size();
  ScheduleLocked(absl::ZeroDuration());
}

Printed OutputRelay::End(const std::string& attempt_id) {
  MutexLock in_order(&send_mu_);
  std::vector<v1::OutputChunk> chunks;
  Printed printed = {};
  {
    MutexLock lock(&mu_);
    const auto found = tasks_.find(attempt_id);
    if (found == tasks_.end()) return {};
    for (size_t index = 0; index < found->second.streams.size(); ++index) {
      Stream& stream = found->second.streams[index];
      stream.gives_up_waiting = true;
      while (!stream.bytes.empty()) chunks.push_back(CutLocked(index, Ready(stream), &stream));
      stream.start = stream.printed;
      if (stream.sent < stream.printed) chunks.push_back(CutLocked(index, 0, &stream));  // only says the gap
      printed[index] = stream.printed;
    }
    tasks_.erase(found);
  }
  for (v1::OutputChunk& chunk : chunks) send_(attempt_id, std::move(chunk));
  return printed;
}

void OutputRelay::ScheduleLocked(absl::Duration delay) {
  if (std::exchange(scheduled_, true)) return;
  Lifetime::Watch alive = lifetime_.watch();
  executor_->PostAfter(delay, [this, alive] {
    if (!alive.ended()) Pump();
  });
}

void OutputRelay::ScheduleLookLocked() {
  if (std::exchange(look_scheduled_, true)) return;
  Lifetime::Watch alive = lifetime_.watch();
  executor_->PostAfter(kSilence, [this, alive] {
    if (!alive.ended()) LookForSilence();
  });
}

void OutputRelay::LookForSilence() {
  MutexLock lock(&mu_);
  look_scheduled_ = false;
  for (auto& [attempt_id, task] : tasks_) {
    for (Stream& stream : task.streams) {
      if (stream.bytes.empty() || Ready(stream) > 0) continue;
      stream.gives_up_waiting = std::exchange(stream.silent_since, stream.printed) == stream.printed;
      if (!stream.gives_up_waiting) ScheduleLookLocked();
    }
  }
  if (HasReadyLocked()) ScheduleLocked(absl::ZeroDuration());
}

bool OutputRelay::HasReadyLocked() const {
  for (const auto& [attempt_id, task] : tasks_) {
    for (const Stream& stream : task.streams) {
      if (Ready(stream) > 0) return true;
    }
  }
  return false;
}

size_t OutputRelay::Ready(const Stream& stream) {
  const absl::string_view chunk = absl::string_view(stream.bytes).substr(0, kMaxChunkBytes);
  const bool is_last = chunk.size() == stream.bytes.size();
  return is_last && stream.gives_up_waiting ? chunk.size() : chunk.size() - UnfinishedTail(chunk);
}

void OutputRelay::Pump() {
  {
    MutexLock lock(&mu_);
    scheduled_ = false;
  }
  std::string attempt_id;
  for (size_t sent = 0; sent < kBurstBytes;) {
    v1::OutputChunk chunk;
    MutexLock in_order(&send_mu_);
    if (!TakeChunk(&attempt_id, &chunk)) break;
    sent += chunk.data().size();
    ORCH_FAILPOINT("agent.output.before_send");
    send_(attempt_id, std::move(chunk));
  }
  MutexLock lock(&mu_);
  if (held_ == 0) return;
  if (!HasReadyLocked()) {
    ScheduleLookLocked();
  } else if (allowed_) {
    ScheduleLocked(kPause);
  }
}

// Takes turns: takes a chunk of the first task after `*attempt_id` that has one.
bool OutputRelay::TakeChunk(std::string* attempt_id, v1::OutputChunk* chunk) {
  MutexLock lock(&mu_);
  if (!allowed_) return false;
  auto next = tasks_.upper_bound(*attempt_id);
  for (size_t looked = 0; looked < tasks_.size(); ++looked, ++next) {
    if (next == tasks_.end()) next = tasks_.begin();
    for (size_t index = 0; index < next->second.streams.size(); ++index) {
      Stream& stream = next->second.streams[index];
      const size_t ready = Ready(stream);
      if (ready == 0) continue;
      *attempt_id = next->first;
      *chunk = CutLocked(index, ready, &stream);
      return true;
    }
  }
  return false;
}

v1::OutputChunk OutputRelay::CutLocked(size_t index, size_t size, Stream* stream) {
  v1::OutputChunk chunk;
  chunk.set_stream(index == 0 ? v1::OutputChunk::STDOUT : v1::OutputChunk::STDERR);
  chunk.set_offset(stream->start);
  chunk.set_data(stream->bytes.substr(0, size));
  chunk.set_gap(stream->start - stream->sent);
  stream->bytes.erase(0, size);
  stream->start += size;
  stream->sent = stream->start;
  held_ -= size;
  return chunk;
}

size_t OutputRelay::held() const {
  MutexLock lock(&mu_);
  return held_;
}

}  // namespace orch::nodeagent
