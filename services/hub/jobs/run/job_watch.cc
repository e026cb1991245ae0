#include "services/hub/jobs/run/job_watch.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

// Protobuf strings are UTF-8: a cut must not split a character.
absl::string_view CutText(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (text[max_bytes] & 0xC0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

}  // namespace

JobWatch::~JobWatch() {
  if (flush_timer_ != 0) executor_->Cancel(flush_timer_);
}

void JobWatch::Accepted(v1::JobAccepted accepted) {
  *gathered_.mutable_accepted() = std::move(accepted);
  Flush();
}

void JobWatch::AddReply(uint64_t number, v1::Reply reply) {
  if (sink_ == nullptr || (number != 0 && number <= seen_)) return;
  if (!left_out_.empty()) {
    left_out_.erase({reply.identity(), v1::OutputChunk::STDOUT});
    left_out_.erase({reply.identity(), v1::OutputChunk::STDERR});
  }
  MakeRoom(reply.ByteSizeLong());
  *gathered_.add_replies() = std::move(reply);
  if (number != 0) seen_ = number;
  FlushSoon();
}

void JobWatch::AddProgress(const v1::TaskProgress& progress) {
  if (sink_ == nullptr) return;
  MakeRoom(progress.ByteSizeLong());
  *gathered_.add_progress() = progress;
  FlushSoon();
}

void JobWatch::AddOutput(const v1::OutputChunk& chunk) {
  if (sink_ == nullptr) return;
  LeftOut& left_out = left_out_[{chunk.identity(), static_cast<int>(chunk.stream())}];
  if (left_out.attempt != chunk.attempt()) left_out = {.attempt = chunk.attempt()};
  left_out.bytes += chunk.gap();
  // Half of the queue is kept for replies, which must not be left out.
  if (sink_->queued_bytes() > kMaxWatchBytes / 2) {
    left_out.bytes += chunk.data().size();
    return;
  }
  MakeRoom(chunk.ByteSizeLong());
  v1::OutputChunk* added = gathered_.add_output();
  *added = chunk;
  added->set_gap(std::exchange(left_out.bytes, 0));
  FlushSoon();
}

void JobWatch::AddState(v1::JobState state, absl::string_view note) {
  if (sink_ == nullptr) return;
  gathered_.set_state(state);
  gathered_.set_note(std::string(note));
  Flush();
}

void JobWatch::MakeRoom(size_t bytes) {
  // One message never grows past what a single reply may be.
  if (gathered_bytes_ > 0 && gathered_bytes_ + bytes > kFlushBytes) Flush();
  gathered_bytes_ += bytes;
}

void JobWatch::AddFiltered(absl::string_view identity, absl::string_view failure) {
  if (sink_ == nullptr) return;
  if (!failure.empty()) {
    v1::FilterFailure added;
    added.set_identity(std::string(identity));
    added.set_reason(std::string(CutText(failure, kMaxFilterFailureBytes)));
    MakeRoom(added.ByteSizeLong());
    *gathered_.add_filter_failures() = std::move(added);
  }
  gathered_.set_no_longer_targets(gathered_.no_longer_targets() + 1);
  FlushSoon();
}

void JobWatch::AddFewer(uint32_t count) {
  if (count == 0) return;
  gathered_.set_no_longer_targets(gathered_.no_longer_targets() + count);
  FlushSoon();
}

void JobWatch::Finish(const v1::JobSummary& summary) {
  *gathered_.mutable_summary() = summary;
  Flush();
  End(absl::OkStatus());
}

void JobWatch::End(const absl::Status& status) {
  if (sink_ != nullptr) sink_->End(status);
  sink_ = nullptr;
}

void JobWatch::FlushSoon() {
  if (gathered_bytes_ >= kFlushBytes) return Flush();
  if (flush_timer_ != 0 || sink_ == nullptr) return;
  flush_timer_ = executor_->PostAfter(kFlushAfter, [this] {
    flush_timer_ = 0;
    Flush();
  });
}

void JobWatch::Flush() {
  if (flush_timer_ != 0) executor_->Cancel(std::exchange(flush_timer_, 0));
  v1::InvokeResponse response;
  response.Swap(&gathered_);
  gathered_bytes_ = 0;
  if (sink_ == nullptr) return;
  if (!store_id_.empty()) response.set_cursor(MakeCursor(store_id_, seen_));
  if (sink_->TryPush(std::move(response))) return;
  End(absl::ResourceExhaustedError(absl::StrCat("the client reads too slowly: more than ", kMaxWatchBytes >> 20,
                                                " MiB of replies wait for it; the job goes on without it")));
}

std::string MakeCursor(absl::string_view store_id, uint64_t number) { return absl::StrCat(store_id, ":", number); }

absl::Status ParseCursor(absl::string_view cursor, absl::string_view store_id, uint64_t* number) {
  *number = 0;
  if (cursor.empty()) return absl::OkStatus();
  const size_t colon = cursor.rfind(':');
  if (colon == absl::string_view::npos || cursor.size() > 64 || !absl::SimpleAtoi(cursor.substr(colon + 1), number)) {
    return absl::InvalidArgumentError("cursor is none this hub gave out; leave it empty to begin at the start");
  }
  if (cursor.substr(0, colon) == store_id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "cursor is of another hub, or of a store that was replaced; leave it empty to begin at the start");
}

}  // namespace orch::hub
