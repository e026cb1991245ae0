#include "services/hub/door/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/log.h"

namespace orch::hub {
namespace {

// An event's tag: its side in the two lowest bits, its number above.
constexpr int kSideBits = 2;
constexpr uint64_t kSideMask = (1u << kSideBits) - 1;
constexpr uint64_t kWakeTag = ~uint64_t{0};

uint32_t EventsOf(Poller::Interest interest) {
  switch (interest) {
    case Poller::Interest::kAll:
      return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    case Poller::Interest::kIncoming:
      return EPOLLIN | EPOLLRDHUP | EPOLLET;
    case Poller::Interest::kEnd:
      return EPOLLRDHUP | EPOLLET;
  }
  return 0;
}

uint64_t TagOf(uint64_t number, Poller::Side side) { return number << kSideBits | static_cast<uint64_t>(side); }

}  // namespace

absl::Status Poller::Open() {
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.valid() || !wake_.valid()) return ErrnoStatus(errno, "cannot prepare to listen");
  Control(EPOLL_CTL_ADD, wake_.get(), kWakeTag, EPOLLIN);
  return absl::OkStatus();
}

void Poller::Control(int operation, int fd, uint64_t tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (epoll_ctl(epoll_.get(), operation, fd, &event) != 0) LogError("the door cannot watch a socket");
}

void Poller::WatchSocket(int fd, Side side, uint64_t number, Interest interest) {
  Control(EPOLL_CTL_ADD, fd, TagOf(number, side), EventsOf(interest));
}

void Poller::ChangeInterest(int fd, Side side, uint64_t number, Interest interest) {
  Control(EPOLL_CTL_MOD, fd, TagOf(number, side), EventsOf(interest));
}

void Poller::WatchListener(int fd, uint64_t number) {
  Control(EPOLL_CTL_ADD, fd, TagOf(number, Side::kListener), EPOLLIN | EPOLLET);
}

void Poller::Forget(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

const std::vector<Poller::Event>& Poller::Wait(absl::Duration wait) {
  epoll_event ready[kEventsATurn];
  const auto milliseconds = static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1))));
  const int count = epoll_wait(epoll_.get(), ready, kEventsATurn, milliseconds);
  events_.clear();
  for (int i = 0; i < count; ++i) {
    const uint64_t tag = ready[i].data.u64;
    const uint32_t what = ready[i].events;
    if (tag == kWakeTag) {
      TakeWake();
      continue;
    }
    events_.push_back({static_cast<Side>(tag & kSideMask), tag >> kSideBits, (what & EPOLLIN) != 0,
                       (what & EPOLLOUT) != 0, (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0});
  }
  return events_;
}

void Poller::TakeWake() {
  uint64_t count;
  (void)!read(wake_.get(), &count, sizeof count);
}

void Poller::Wake() {
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

}  // namespace orch::hub
