#include "services/hub/door/refusals.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::hub {
namespace {

constexpr size_t kMaxLoggedBytes = 300;

}  // namespace

void Refusals::Note(auth::Refusal refusal, absl::string_view name, absl::string_view address, absl::string_view what,
                    absl::string_view detail) {
  counters_.Count(refusal);
  if (listener_ != nullptr) listener_->OnRefused(refusal, name, address, what, detail);
  const absl::Duration now = clock_->Steady();
  int unlogged = 0;
  {
    MutexLock lock(&mu_);
    if (now - second_ >= absl::Seconds(1)) {
      second_ = now;
      logged_ = 0;
    }
    if (logged_ >= kMaxLogsPerSecond) {
      ++unlogged_;
      return;
    }
    ++logged_;
    unlogged = std::exchange(unlogged_, 0);
  }
  LogFields fields = {{"reason", std::string(auth::RefusalName(refusal))},
                      {"name", absl::CHexEscape(name.substr(0, kMaxLoggedBytes))},
                      {"peer", std::string(address)},
                      {"at", std::string(what)}};
  if (!detail.empty()) fields.emplace_back("detail", absl::CHexEscape(detail.substr(0, kMaxLoggedBytes)));
  if (unlogged > 0) fields.emplace_back("more_not_logged", absl::StrCat(unlogged));
  LogWarning("peer refused", fields);
}

}  // namespace orch::hub
