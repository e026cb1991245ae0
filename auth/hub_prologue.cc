#include "auth/hub_prologue.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/clear_prologue.h"
#include "auth/names.h"
#include "base/digest.h"

namespace orch::auth {

HubPrologue::HubPrologue(const HubTls* tls, bool is_local, std::string user, std::string session, Random* random)
    : tls_(tls), is_local_(is_local), user_(std::move(user)), session_(std::move(session)), random_(random) {}

HubPrologue::State HubPrologue::Refuse(Refusal refusal, absl::string_view name, absl::string_view detail,
                                       std::string* answer) {
  *answer = absl::StrCat("no ", RefusalStatus(refusal, name, detail).message()).substr(0, kMaxPrologueLine);
  // Last, since name and detail may be views of the rejection that this replaces.
  rejection_ = {refusal, 0, std::string(name), std::string(detail)};
  return State::kRefused;
}

HubPrologue::State HubPrologue::OnLine(absl::string_view line, std::string* answer) {
  return std::exchange(first_, false) ? OnFirst(line, answer) : OnProof(line, answer);
}

HubPrologue::State HubPrologue::OnFirst(absl::string_view line, std::string* answer) {
  if (line == kPrologueUserLine) {
    if (!is_local_) return Refuse(Refusal::kNoKey, "", "only a unix socket says who its user is", answer);
    if (user_.empty()) return Refuse(Refusal::kNoKey, "", "this user may not ask the hub; see local.group", answer);
    peer_.name = user_;
    peer_.client = true;
    peer_.proof = Proof::kUser;
    *answer = absl::StrCat("ok ", session_);
    return State::kProven;
  }
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  PskIdentity identity;
  if (words.size() != 2 || !IsLowerHex(words[1], kPrologueHexDigits) || !PskIdentity::Parse(words[0], &identity)) {
    return Refuse(Refusal::kMalformed, "", "the first line is not that of an orch peer", answer);
  }
  ClientHello hello;
  hello.kind = ClientHello::Kind::kPsk;
  hello.psk_identity = words[0];
  if (!tls_->Judge(hello, &rejection_)) {
    return Refuse(rejection_.refusal, rejection_.name, rejection_.detail, answer);
  }
  absl::StatusOr<std::string> derived = tls_->KeyOf(identity);
  if (!derived.ok()) return Refuse(RefusalOfKey(derived.status()), identity.name, "", answer);
  std::string tls_key = TlsKey(*derived);
  Wipe(&*derived);
  const std::string nonce = absl::BytesToHexString(random_->Bytes(kPrologueNonceBytes));
  *answer = absl::StrCat("hub ", nonce, " ", HubProof(tls_key, words[0], words[1], nonce));
  expected_ = PeerProof(tls_key, words[0], words[1], nonce);
  peer_ = tls_->PeerWith(identity, Sha256(tls_key));
  Wipe(&tls_key);
  return State::kTalking;
}

bool HubPrologue::OnHangUp() {
  if (expected_.empty()) return false;
  rejection_ = {Refusal::kWrongKey, 0, peer_.name, absl::StrCat("key id ", peer_.key_id)};
  return true;
}

HubPrologue::State HubPrologue::OnProof(absl::string_view line, std::string* answer) {
  if (expected_.empty() || !ConstantTimeEquals(expected_, line)) {
    return Refuse(Refusal::kWrongKey, peer_.name, absl::StrCat("key id ", peer_.key_id), answer);
  }
  expected_.clear();
  // The keys may have been reloaded since the first line.
  if (const absl::Status standing = tls_->CheckStanding(peer_); !standing.ok()) {
    return Refuse(RefusalOfKey(standing), peer_.name, standing.message(), answer);
  }
  *answer = absl::StrCat("ok ", session_);
  return State::kProven;
}

}  // namespace orch::auth
