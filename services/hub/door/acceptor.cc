#include "services/hub/door/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

absl::Status Acceptor::Open(const std::vector<Address>& addresses, const std::string& group) {
  spare_ = UniqueFd(OpenSpare());
  if (!spare_.valid()) return ErrnoStatus(errno, "cannot prepare to listen");
  for (const Address& address : addresses) {
    ORCH_ASSIGN_OR_RETURN(Listener listener, ListenOn(address, group));
    listeners_.push_back(std::move(listener));
  }
  return absl::OkStatus();
}

Acceptor::Outcome Acceptor::Accept(const Listener& listener, Newcomer* newcomer) {
  socklen_t size = sizeof newcomer->from;
  newcomer->fd = UniqueFd(
      accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&newcomer->from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (newcomer->fd.valid()) return Outcome::kAccepted;
  switch (errno) {
    case EMFILE:
    case ENFILE:
      return Outcome::kNoDescriptor;
    case EINTR:
    case ECONNABORTED:
      return Outcome::kLost;
    case EAGAIN:
      return Outcome::kNobody;
    default:
      return Outcome::kNotNow;
  }
}

Acceptor::Outcome Acceptor::TurnAwayOne(const Listener& listener) {
  spare_.Reset();
  UniqueFd surplus(accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const Outcome outcome = surplus.valid() ? Outcome::kLost : errno == EAGAIN ? Outcome::kNobody : Outcome::kNotNow;
  surplus.Reset();
  spare_.Reset(OpenSpare());
  return outcome;
}

void Acceptor::Close() {
  for (Listener& listener : listeners_) listener.fd.Reset();
}

void Acceptor::Remove() {
  for (const Listener& listener : listeners_) {
    if (listener.is_unix) unlink(listener.bound.substr(sizeof "unix:" - 1).c_str());
  }
  listeners_.clear();
}

}  // namespace orch::hub
