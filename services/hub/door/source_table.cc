#include "services/hub/door/source_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace orch::hub {
namespace {

constexpr char kLoopback[] = "loopback";
constexpr char kLocal[] = "local";

std::string NetworkOfV4(const unsigned char* bytes) {
  return bytes[0] == 127 ? kLoopback : absl::StrFormat("%d.%d.%d.0/24", int{bytes[0]}, int{bytes[1]}, int{bytes[2]});
}

}  // namespace

std::string SourceTable::NetworkOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return NetworkOfV4(reinterpret_cast<const unsigned char*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr));
  }
  if (address.ss_family != AF_INET6) return kLocal;
  in6_addr v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return NetworkOfV4(&v6.s6_addr[12]);
  if (IN6_IS_ADDR_LOOPBACK(&v6)) return kLoopback;
  std::memset(&v6.s6_addr[8], 0, 8);
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &v6, text, sizeof text);
  return absl::StrCat(text, "/64");
}

bool SourceTable::MayKnock(const std::string& network, absl::Duration now) const {
  if (network == kLoopback || network == kLocal) return true;
  const auto found = sources_.find(network);
  if (found == sources_.end()) return true;
  const Source& source = found->second;
  return source.proven_until > now || source.penalty_until - now < kPenaltyAfter;
}

SourceTable::Source& SourceTable::Touch(const std::string& network, absl::Duration now) {
  if (sources_.size() >= kMaxSources && !sources_.contains(network)) MakeRoom(now);
  Source& source = sources_[network];
  source.last = now;
  return source;
}

// Half of the networks are forgotten at once, so that a flood from many networks costs little each time: first those
// from which nobody has proved himself, the least recent of them first.
void SourceTable::MakeRoom(absl::Duration now) {
  using Rank = std::pair<bool, absl::Duration>;
  const auto rank = [now](const Source& source) { return Rank(source.proven_until > now, source.last); };
  std::vector<Rank> ranks;
  ranks.reserve(sources_.size());
  for (const auto& [network, source] : sources_) ranks.push_back(rank(source));
  const size_t surplus = ranks.size() / 2;
  const auto last_to_go = ranks.begin() + static_cast<std::ptrdiff_t>(surplus);
  std::nth_element(ranks.begin(), last_to_go, ranks.end());
  const Rank limit = *last_to_go;
  const auto below = std::count_if(ranks.begin(), last_to_go, [&](const Rank& each) { return each < limit; });
  size_t equals = surplus - static_cast<size_t>(below);  // how many of the same rank are forgotten too
  absl::erase_if(sources_, [&](const auto& entry) {
    const Rank own = rank(entry.second);
    if (own != limit || equals == 0) return own < limit;
    --equals;
    return true;
  });
}

void SourceTable::OnFailure(const std::string& network, double weight, absl::Duration now) {
  if (network == kLocal) return;
  Source& source = Touch(network, now);
  const absl::Duration until = std::max(source.penalty_until, now) + weight * kPenaltyPerFailure;
  source.penalty_until = std::min(until, now + kMaxPenalty);
}

void SourceTable::OnProven(const std::string& network, absl::Duration now) {
  Touch(network, now).proven_until = now + kProvenFor;
}

bool SourceTable::IsProven(const std::string& network, absl::Duration now) const {
  const auto found = sources_.find(network);
  return found != sources_.end() && found->second.proven_until > now;
}

size_t SourceTable::penalised(absl::Duration now) const {
  size_t count = 0;
  for (const auto& [network, source] : sources_) count += MayKnock(network, now) ? 0 : 1;
  return count;
}

}  // namespace orch::hub
