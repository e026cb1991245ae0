#include "services/hub/keys/token_table.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/names.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr char kTokenKind[] = "token";
constexpr size_t kHashBytes = 32;
constexpr size_t kMaxLabelNameBytes = 63;
constexpr size_t kMaxLabelValueBytes = 255;

bool Fits(const std::string& pattern, const std::string& identity) {
  RE2::Options quiet(RE2::Quiet);
  quiet.set_max_mem(1 << 20);
  const RE2 re(pattern, quiet);
  return re.ok() && RE2::FullMatch(identity, re);
}

absl::Status CheckTokenLabels(const google::protobuf::Map<std::string, std::string>& labels) {
  static const RE2* const name_form = new RE2("[a-z][a-z0-9_]*");
  if (labels.size() > TokenTable::kMaxLabels) {
    return absl::InvalidArgumentError(absl::StrCat("a node has at most ", TokenTable::kMaxLabels, " labels"));
  }
  for (const auto& [name, value] : labels) {
    if (name.size() <= kMaxLabelNameBytes && value.size() <= kMaxLabelValueBytes && RE2::FullMatch(name, *name_form)) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat("label '", absl::CHexEscape(name.substr(0, 80)),
                                                   "': names are a-z, 0-9 and _ and begin with a letter, at most ",
                                                   kMaxLabelNameBytes, "; values have at most ", kMaxLabelValueBytes,
                                                   " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckTokenRequest(const v1::CreateTokenRequest& request) {
  if (!request.name().empty() && !request.pattern().empty()) {
    return absl::InvalidArgumentError("a token is for one name or for a pattern of names; leave one out");
  }
  if (!request.name().empty() && !auth::IsPeerName(auth::PeerKind::kNode, request.name())) {
    return absl::InvalidArgumentError(
        "the name of the token cannot be a node's: use letters, digits, '_', '.' and '-'");
  }
  RE2::Options quiet(RE2::Quiet);
  quiet.set_max_mem(1 << 20);
  if (request.pattern().size() > TokenTable::kMaxPatternBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the pattern has more than ", TokenTable::kMaxPatternBytes, " bytes"));
  }
  if (const RE2 re(request.pattern(), quiet); !re.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("the pattern is no regular expression (RE2): ", re.error()));
  }
  const absl::Duration ttl = absl::Microseconds(request.ttl_us());
  if (request.ttl_us() != 0 && (ttl < TokenTable::kMinTtl || ttl > TokenTable::kMaxTtl)) {
    return absl::InvalidArgumentError("a token lives from 1 minute to 30 days");
  }
  if (request.uses() > TokenTable::kMaxUses) {
    return absl::InvalidArgumentError(absl::StrCat("a token has at most ", TokenTable::kMaxUses, " uses"));
  }
  if (!request.name().empty() && request.uses() > 1) {
    return absl::InvalidArgumentError("a token for one name has one use; give a pattern for several nodes");
  }
  return CheckTokenLabels(request.labels());
}

}  // namespace

std::string TokenTable::BytesOf(const Stored& stored) {
  return absl::StrCat(stored.hash, stored.token.SerializeAsString());
}

absl::Status TokenTable::Load(RecordStore* store) {
  return store->Load(kTokenKind, [this](const std::string& id, const std::string& bytes) {
    Stored stored;
    if (bytes.size() < kHashBytes || !stored.token.ParseFromString(bytes.substr(kHashBytes)) ||
        stored.token.id() != id) {
      LogError("a stored token cannot be read and no longer counts", {{"token", absl::CHexEscape(id)}});
      return;
    }
    stored.hash = bytes.substr(0, kHashBytes);
    Add({stored.token, stored.hash, ""});
  });
}

absl::StatusOr<TokenTable::Made> TokenTable::Make(const v1::CreateTokenRequest& request, const std::string& caller,
                                                  RecordChange* change) {
  ORCH_RETURN_IF_ERROR(CheckTokenRequest(request));
  if (tokens_.size() >= kMaxTokens) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the hub keeps at most ", kMaxTokens, " tokens; revoke some: orchctl node tokens lists them"));
  }
  const auth::Token fresh = auth::NewToken(random_);
  Made made;
  made.hash = auth::TokenHash(fresh.secret);
  made.secret = fresh.Text();
  v1::Token& token = made.token;
  token.set_id(fresh.id);
  token.set_name(request.name());
  token.set_pattern(request.pattern());
  token.set_created_us(NowUs());
  token.set_expires_us(token.created_us() +
                       (request.ttl_us() == 0 ? absl::ToInt64Microseconds(kDefaultTtl) : request.ttl_us()));
  token.set_uses(std::max<uint32_t>(1, request.uses()));
  *token.mutable_labels() = request.labels();
  token.set_created_by(caller);
  change->puts.push_back({{kTokenKind, token.id()}, BytesOf({token, made.hash})});
  return made;
}

void TokenTable::Add(const Made& made) {
  const std::string& id = made.token.id();
  view_->SetToken(id, auth::Key(auth::kTokenKeyId, auth::KeyOfTokenHash(made.hash, id)), made.token.expires_us());
  tokens_[id] = {made.token, made.hash};
}

absl::Status TokenTable::Revoke(const std::string& id, RecordChange* change) const {
  if (!tokens_.contains(id)) {
    return absl::NotFoundError(
        absl::StrCat("there is no token '", absl::CHexEscape(id.substr(0, 80)), "'; orchctl node tokens lists them"));
  }
  change->erases.push_back({kTokenKind, id});
  return absl::OkStatus();
}

void TokenTable::Remove(const std::string& id) {
  view_->EraseToken(id);
  tokens_.erase(id);
}

absl::Status TokenTable::Check(const std::string& id, const std::string& identity) const {
  const auto found = tokens_.find(id);
  if (found == tokens_.end() || found->second.token.expires_us() <= NowUs()) {
    return absl::NotFoundError(absl::StrCat("token ", id, " has ended or was revoked; ask for a new one"));
  }
  const v1::Token& token = found->second.token;
  if (!token.name().empty() && token.name() != identity) {
    return absl::PermissionDeniedError(absl::StrCat("token ", id, " is for node '", token.name(), "', not for '",
                                                    identity,
                                                    "'; name the node with --identity, or ask for another token"));
  }
  if (!token.pattern().empty() && !Fits(token.pattern(), identity)) {
    return absl::PermissionDeniedError(
        absl::StrCat("token ", id, " is for other nodes: '", identity, "' does not match its pattern"));
  }
  return absl::OkStatus();
}

absl::Status TokenTable::TakeUse(const std::string& id) {
  Stored& stored = tokens_.at(id);
  if (stored.token.used() >= stored.token.uses()) {
    return absl::ResourceExhaustedError(absl::StrCat("token ", id, " is used up (", stored.token.uses(),
                                                     stored.token.uses() == 1 ? " use" : " uses",
                                                     "); ask for a new one: orchctl node token"));
  }
  stored.token.set_used(stored.token.used() + 1);
  return absl::OkStatus();
}

void TokenTable::RecordUses(const std::string& id, RecordChange* change) const {
  const auto found = tokens_.find(id);
  if (found != tokens_.end()) change->puts.push_back({{kTokenKind, id}, BytesOf(found->second)});
}

void TokenTable::GiveBack(const std::string& id) {
  const auto found = tokens_.find(id);
  if (found != tokens_.end() && found->second.token.used() > 0) {
    found->second.token.set_used(found->second.token.used() - 1);
  }
}

void TokenTable::Expire(RecordChange* change) {
  std::vector<std::string> over;
  for (const auto& [id, stored] : tokens_) {
    if (stored.token.expires_us() <= NowUs()) over.push_back(id);
  }
  for (const std::string& id : over) {
    change->erases.push_back({kTokenKind, id});
    Remove(id);
  }
}

const v1::Token* TokenTable::Find(const std::string& id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second.token;
}

std::vector<v1::Token> TokenTable::List() const {
  std::vector<v1::Token> all;
  for (const auto& [id, stored] : tokens_) all.push_back(stored.token);
  std::sort(all.begin(), all.end(),
            [](const v1::Token& a, const v1::Token& b) { return a.created_us() < b.created_us(); });
  return all;
}

}  // namespace orch::hub
