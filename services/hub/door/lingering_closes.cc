#include "services/hub/door/lingering_closes.h"

#include <sys/socket.h>

#include <utility>

namespace orch::hub {

void LingeringCloses::Add(UniqueFd fd, absl::Duration now) {
  shutdown(fd.get(), SHUT_WR);
  lingering_.push_back({std::move(fd), now + kLinger});
}

void LingeringCloses::Sweep(absl::Duration now) {
  if (lingering_.empty() || now - looked_ < kLookEvery) return;
  looked_ = now;
  char discarded[4096];
  for (const Lingerer& lingerer : lingering_) {
    for (int i = 0; i < kReadsALook; ++i) {
      if (recv(lingerer.fd.get(), discarded, sizeof discarded, MSG_DONTWAIT) <= 0) break;
    }
  }
  while (!lingering_.empty() && lingering_.front().until <= now) lingering_.pop_front();
}

}  // namespace orch::hub
