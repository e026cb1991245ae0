#include "services/hub/audit/audit_feed.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/audit/audit_chain.h"
#include "auth/audit/audit_cursor.h"

namespace orch::hub {

using auth::AuditCursor;

// Used by one thread at a time: by the pool while `reading`, else by the loop.
struct AuditFeeds::Feed {
  Feed(const auth::AuditFilter& filter, std::string caller, std::shared_ptr<Sink> sink,
       std::shared_ptr<std::atomic<int>> open)
      : filter(filter), matcher(filter), caller(std::move(caller)), sink(std::move(sink)), open(std::move(open)) {
    ++*this->open;
  }
  ~Feed() { --*open; }

  // Reads the next piece. On the pool.
  void ReadPiece(const std::string& path, uint64_t head);
  absl::Status Begin(const std::string& path, uint64_t head);

  const auth::AuditFilter filter;
  const auth::AuditMatcher matcher;
  const std::string caller;
  const std::shared_ptr<Sink> sink;
  const std::shared_ptr<std::atomic<int>> open;
  size_t last = 0;  // only the last so many, at first
  bool follow = false;
  std::unique_ptr<AuditCursor> cursor;
  std::deque<std::string> found;  // of the last ones, to be sent first
  v1::ReadAuditResponse piece;
  bool at_end = false;
  absl::Status failed;
  bool reading = false;
  absl::Duration refused_since = absl::InfiniteDuration();  // the client's queue has been full since
};

absl::StatusOr<auth::AuditFilter> FilterOf(const v1::ReadAuditRequest& request) {
  auth::AuditFilter filter;
  if (request.since_us() < 0) return absl::InvalidArgumentError("since_us must not be negative");
  if (request.until_us() < 0) return absl::InvalidArgumentError("until_us must not be negative");
  if (request.since_us() > 0) filter.since = absl::FromUnixMicros(request.since_us());
  if (request.until_us() > 0) filter.until = absl::FromUnixMicros(request.until_us());
  if (request.last() > auth::kMaxLast) {
    return absl::InvalidArgumentError(
        absl::StrCat("last must be at most ", auth::kMaxLast, "; leave it out to read all records"));
  }
  for (const std::string* text :
       {&request.caller(), &request.event(), &request.decision(), &request.job_id(), &request.identity()}) {
    if (text->size() > 512) return absl::InvalidArgumentError("a filter may have at most 512 bytes");
  }
  filter.caller = request.caller();
  filter.event = request.event();
  filter.decision = request.decision();
  filter.job = request.job_id();
  filter.node = request.identity();
  return filter;
}

absl::Status AuditFeeds::Feed::Begin(const std::string& path, uint64_t head) {
  uint64_t after = 0;
  if (last > 0) {
    auto records = auth::ReadLastRecords(path, filter, last);
    if (!records.ok()) return records.status();
    found = *std::move(records);
    after = head;
    uint64_t seq = 0;
    absl::string_view time;
    if (!found.empty() && auth::ReadAuditStart(found.back(), &seq, &time)) after = std::max(after, seq);
  }
  auto opened = AuditCursor::Open(path, after);
  if (!opened.ok()) return opened.status();
  cursor = *std::move(opened);
  return absl::OkStatus();
}

void AuditFeeds::Feed::ReadPiece(const std::string& path, uint64_t head) {
  if (cursor == nullptr) failed = Begin(path, head);
  size_t bytes = 0;
  while (failed.ok() && bytes < kMaxPieceBytes && !found.empty()) {
    bytes += found.front().size();
    piece.add_lines(std::move(found.front()));
    found.pop_front();
  }
  if (!failed.ok() || !found.empty()) return;
  for (int lines = 0; lines < kMaxPieceLines && bytes < kMaxPieceBytes; ++lines) {
    const auto line = cursor->Next();
    if (!line.ok()) failed = line.status();
    at_end = line.ok() && !line->has_value();
    if (!line.ok() || at_end) return;
    if (!matcher.Matches(**line)) continue;
    bytes += (*line)->size();
    piece.add_lines(std::string(**line));
  }
}

absl::Status AuditFeeds::CheckHasLog() const {
  if (log_ != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError("this hub keeps no audit log (audit.file is none)");
}

void AuditFeeds::Read(const v1::ReadAuditRequest& request, const std::string& caller, std::shared_ptr<Sink> sink) {
  if (const absl::Status has = CheckHasLog(); !has.ok()) return sink->End(has);
  const absl::StatusOr<auth::AuditFilter> filter = FilterOf(request);
  if (!filter.ok()) return sink->End(filter.status());
  if (*open_ >= static_cast<int>(kMaxFeeds)) {
    return sink->End(absl::ResourceExhaustedError(
        absl::StrCat("the hub already sends its audit log to ", kMaxFeeds, " clients, its limit; try again later")));
  }
  auto feed = std::make_shared<Feed>(*filter, caller, sink, open_);
  feed->last = request.last();
  feed->follow = request.follow();
  sink->SetOnDrained([this, weak = std::weak_ptr<Feed>(feed)] {
    if (const std::shared_ptr<Feed> drained = weak.lock()) Retry(drained);
  });
  Step(feed);
}

void AuditFeeds::Step(const std::shared_ptr<Feed>& feed) {
  if (feed->sink->closed() || feed->reading) return;
  auto place = pool_->Enter(feed->caller);
  if (!place.ok()) return feed->sink->End(place.status());
  feed->reading = true;
  pool_->Run(*place, [this, feed, loop = loop_, path = log_->path(), head = log_->head().seq]() mutable {
    feed->ReadPiece(path, head);
    loop->Post([this, feed] {
      feed->reading = false;
      OnPiece(feed);
    });
  });
}

void AuditFeeds::OnPiece(const std::shared_ptr<Feed>& feed) {
  if (!feed->failed.ok()) return feed->sink->End(feed->failed);
  if (feed->piece.lines_size() > 0) {
    if (!feed->sink->TryPush(feed->piece)) {
      if (feed->sink->closed()) return;
      if (feed->refused_since == absl::InfiniteDuration()) {
        feed->refused_since = clock_->Steady();
        WatchSlow(feed);
      }
      return;  // Retry goes on once the queue is empty
    }
    feed->refused_since = absl::InfiniteDuration();
    feed->piece.Clear();
  }
  if (!feed->at_end) return Step(feed);
  if (!feed->follow) return feed->sink->End(absl::OkStatus());
  loop_->PostAfter(kFollowEvery, [this, feed] { Step(feed); });
}

void AuditFeeds::Retry(const std::shared_ptr<Feed>& feed) {
  if (!feed->reading && feed->refused_since != absl::InfiniteDuration()) OnPiece(feed);
}

// Holds the feed as long as its piece waits.
void AuditFeeds::WatchSlow(const std::shared_ptr<Feed>& feed) {
  loop_->PostAfter(kSlowClient, [feed, since = feed->refused_since] {
    if (feed->refused_since != since) return;
    feed->sink->End(absl::ResourceExhaustedError(absl::StrCat("the client did not read the audit log for ",
                                                              absl::FormatDuration(kSlowClient), " and was cut off")));
  });
}

void AuditFeeds::Verify(const std::string& caller, v1::VerifyAuditResponse* response,
                        std::function<void(absl::Status)> done) {
  if (const absl::Status has = CheckHasLog(); !has.ok()) return done(has);
  if (verifying_) {
    return done(absl::ResourceExhaustedError("another check of the audit log is running; try again when it has ended"));
  }
  auto place = pool_->Enter(caller);
  if (!place.ok()) return done(place.status());
  verifying_ = true;
  pool_->Run(*place, [this, loop = loop_, path = log_->path(), head = log_->head(), response,
                      done = std::move(done)]() mutable {
    auth::AuditChain chain;
    chain.Expect(head);
    absl::Status read = chain.ReadLog(path, /*live=*/true);
    chain.Finish();
    response->set_intact(read.ok() && chain.intact());
    response->set_records(chain.records());
    response->set_first_seq(chain.first_seq());
    response->set_last_seq(chain.head().seq);
    if (chain.records() > 0)
      response->set_head(auth::AuditHeadText(chain.head()).substr(absl::StrCat(chain.head().seq, ":").size()));
    for (const std::string& problem : chain.problems()) response->add_problems(problem);
    loop->Post([this, read, response, done = std::move(done)] {
      verifying_ = false;
      heads_->Fill(response);
      done(read);
    });
  });
}

}  // namespace orch::hub
