#include "services/hub/door/share_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

absl::Status Exceeded(absl::string_view what, size_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat("this identity has ", limit, " ", what,
                                                   " open, which is its share; end one of them, or try again shortly"));
}

}  // namespace

ShareTable::ShareTable(const Clock* clock, size_t max_calls)
    : clock_(clock), max_calls_(max_calls), reserve_(std::min(max_calls / 2, std::max(kMinReserve, max_calls / 10))) {}

std::shared_ptr<Share> ShareTable::Of(const std::string& identity, ShareLimits limits) {
  const absl::Duration now = clock_->Steady();
  MutexLock lock(&mu_);
  if (now - swept_ > kKeepIdle || shares_.size() > 2 * kMaxIdle) SweepLocked(now);
  std::shared_ptr<Share>& share = shares_[identity];
  if (share == nullptr) share = std::make_shared<Share>(limits);
  return share;
}

void ShareTable::SweepLocked(absl::Duration now) {
  swept_ = now;
  const bool crowded = shares_.size() > kMaxIdle;
  absl::erase_if(shares_, [&](const auto& entry) {
    const Share& share = *entry.second;
    return entry.second.use_count() == 1 && share.connections_ == 0 && share.calls_ == 0 && share.finishing_ == 0 &&
           (crowded || now - share.idle_since_ > kKeepIdle);
  });
}

absl::Status ShareTable::BeginConnection(Share* share) {
  MutexLock lock(&mu_);
  if (share->connections_ >= share->limits_.connections) return Exceeded("connections", share->limits_.connections);
  ++share->connections_;
  return absl::OkStatus();
}

void ShareTable::EndConnection(Share* share) {
  const absl::Duration now = clock_->Steady();
  MutexLock lock(&mu_);
  if (--share->connections_ == 0) share->idle_since_ = now;
}

absl::Status ShareTable::BeginCall(Share* share, CallSort sort, bool administrator) {
  const absl::Duration now = clock_->Steady();
  const bool of_client = sort != CallSort::kAttach;
  MutexLock lock(&mu_);
  const ShareLimits& limits = share->limits_;
  if (share->calls_ >= limits.calls) return Exceeded("calls", limits.calls);
  if (sort == CallSort::kWatch && share->watches_ >= limits.watches) return Exceeded("watches", limits.watches);
  if (of_client && open_calls_ >= max_calls_ - (administrator ? 0 : reserve_)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the hub serves ", open_calls_, " calls, its limit (limits.clients); try again shortly"));
  }
  if (!share->call_rate_.TryTake(1, now)) {
    return absl::ResourceExhaustedError(absl::StrCat("this identity makes more than ", limits.calls_per_second,
                                                     " calls a second, its share; make fewer, or try again shortly"));
  }
  ++share->calls_;
  if (of_client) ++open_calls_;
  if (sort == CallSort::kWatch) ++share->watches_;
  return absl::OkStatus();
}

void ShareTable::EndCall(Share* share, CallSort sort) {
  MutexLock lock(&mu_);
  LeaveLocked(share, sort);
}

bool ShareTable::FinishCall(Share* share, CallSort sort) {
  MutexLock lock(&mu_);
  if (share->finishing_ >= share->limits_.calls) return false;
  ++share->finishing_;
  LeaveLocked(share, sort);
  return true;
}

void ShareTable::EndFinished(Share* share) {
  MutexLock lock(&mu_);
  --share->finishing_;
}

void ShareTable::LeaveLocked(Share* share, CallSort sort) {
  --share->calls_;
  if (sort != CallSort::kAttach) --open_calls_;
  if (sort == CallSort::kWatch) --share->watches_;
}

size_t ShareTable::open_calls() const {
  MutexLock lock(&mu_);
  return open_calls_;
}

}  // namespace orch::hub
