#include "services/hub/job_watch.h"

#include <utility>

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

void JobWatch::AddReply(v1::Reply reply) {
  if (sink_ == nullptr) return;
  MakeRoom(reply.ByteSizeLong());
  *gathered_.add_replies() = std::move(reply);
  FlushSoon();
}

void JobWatch::AddProgress(v1::TaskProgress progress) {
  if (sink_ == nullptr) return;
  MakeRoom(progress.ByteSizeLong());
  *gathered_.add_progress() = std::move(progress);
  FlushSoon();
}

void JobWatch::MakeRoom(size_t bytes) {
  // One message never grows past what a single reply may be.
  if (gathered_bytes_ > 0 && gathered_bytes_ + bytes > kFlushBytes) Flush();
  gathered_bytes_ += bytes;
}

void JobWatch::AddFiltered(absl::string_view identity, absl::string_view failure) {
  gathered_.set_no_longer_targets(gathered_.no_longer_targets() + 1);
  if (!failure.empty() && sink_ != nullptr) {
    v1::FilterFailure* const added = gathered_.add_filter_failures();
    added->set_identity(std::string(identity));
    added->set_reason(std::string(CutText(failure, kMaxFilterFailureBytes)));
    gathered_bytes_ += added->ByteSizeLong();
  }
  if (gathered_bytes_ >= kFlushBytes) return Flush();
  FlushSoon();
}

void JobWatch::Finish(const v1::JobSummary& summary) {
  *gathered_.mutable_summary() = summary;
  Flush();
  if (sink_ != nullptr) sink_->End(absl::OkStatus());
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
  if (sink_ == nullptr || sink_->TryPush(std::move(response))) return;
  sink_->End(absl::ResourceExhaustedError(
      absl::StrCat("the client reads too slowly: more than ", kMaxWatchBytes >> 20,
                   " MiB of replies wait for it; the job goes on without it")));
  sink_ = nullptr;
}

}  // namespace orch::hub
