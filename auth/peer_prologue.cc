#include "auth/peer_prologue.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "auth/clear_prologue.h"
#include "auth/names.h"
#include "base/digest.h"

namespace orch::auth {
namespace {

absl::Status NoHub() {
  return absl::FailedPreconditionError(
      "what listens there is no orch hub without TLS; check the port, or set tls.mode to on");
}

}  // namespace

PeerPrologue::PeerPrologue(PskIdentity identity, absl::string_view derived_key, Random* random)
    : by_user_(false),
      identity_(std::move(identity)),
      tls_key_(TlsKey(derived_key)),
      nonce_(absl::BytesToHexString(random->Bytes(kPrologueNonceBytes))),
      state_(State::kAwaitProof) {}

PeerPrologue::PeerPrologue(absl::string_view) : by_user_(true), state_(State::kAwaitOk) {}

std::string PeerPrologue::FirstLine() const {
  return by_user_ ? std::string(kPrologueUserLine) : absl::StrCat(identity_.Text(), " ", nonce_);
}

absl::StatusOr<PeerPrologue::Step> PeerPrologue::OnLine(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "no ")) return absl::UnauthenticatedError(absl::CHexEscape(line));
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  Step step;
  if (state_ == State::kAwaitProof) {
    if (words.size() != 3 || words[0] != "hub" || !IsLowerHex(words[1], kPrologueHexDigits)) return NoHub();
    const std::string identity = identity_.Text();
    if (!ConstantTimeEquals(HubProof(tls_key_, identity, nonce_, words[1]), words[2])) {
      return absl::UnauthenticatedError(absl::StrCat("the hub did not prove that it holds the key of '", identity_.name,
                                                     "' (key id ", identity_.key_id,
                                                     "): the keys differ, or another program listens at its address"));
    }
    state_ = State::kAwaitOk;
    step.say = PeerProof(tls_key_, identity, nonce_, words[1]);
    Wipe(&tls_key_);
    return step;
  }
  if (state_ != State::kAwaitOk || words.size() != 2 || words[0] != "ok") return NoHub();
  if (!IsLowerHex(words[1], kPrologueHexDigits)) return NoHub();
  state_ = State::kDone;
  step.done = true;
  step.session = std::string(words[1]);
  return step;
}

}  // namespace orch::auth
