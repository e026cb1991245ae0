#include "services/hub/login/login_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::hub {

absl::Status LoginDesk::CheckRoom(const std::string& host) {
  if (deps_.provider == nullptr) {
    return absl::FailedPreconditionError(
        "nobody can log in to this hub; its administrator sets security.login in hub.yaml (docs/KEYS.md)");
  }
  const auto same_host = std::count_if(attempts_.begin(), attempts_.end(),
                                       [&host](const auto& attempt) { return attempt.second.asker.host == host; });
  if (attempts_.size() >= kMaxAttempts || asked_ >= kMaxAttempts ||
      same_host >= static_cast<std::ptrdiff_t>(kMaxAttemptsOfHost)) {
    return absl::ResourceExhaustedError("too many logins are under way; try again in a minute");
  }
  if (!begins_.TryTake(1, deps_.clock->Steady())) {
    return absl::ResourceExhaustedError("too many logins begin at once; try again in a few seconds");
  }
  return absl::OkStatus();
}

template <typename T>
void LoginDesk::AskProvider(uint64_t attempt, std::function<absl::StatusOr<T>(OpenIdProvider*)> ask,
                            std::function<void(Attempt*, absl::StatusOr<T>)> then) {
  ++asked_;
  const std::weak_ptr<const bool> asker = attempts_.find(attempt)->second.alive;
  deps_.blocking->Post([this, alive = lifetime_.watch(), provider = deps_.provider, loop = deps_.loop, attempt, asker,
                        ask = std::move(ask), then = std::move(then)]() mutable {
    absl::StatusOr<T> answer = absl::CancelledError("nobody waits for this login");
    if (!asker.expired()) answer = ask(provider.get());
    loop->Post([this, alive, attempt, answer = std::move(answer), then = std::move(then)]() mutable {
      if (alive.ended()) return;
      --asked_;
      const auto found = attempts_.find(attempt);
      if (found != attempts_.end()) then(&found->second, std::move(answer));
    });
  });
}

uint64_t LoginDesk::Begin(Asker asker) {
  if (const absl::Status room = CheckRoom(asker.host); !room.ok()) {
    asker.end(room);
    return 0;
  }
  const uint64_t id = ++last_;
  attempts_[id].asker = std::move(asker);
  AskProvider<OpenIdProvider::Device>(
      id, [](OpenIdProvider* provider) { return provider->BeginDevice(); },
      [this, id](Attempt* attempt, absl::StatusOr<OpenIdProvider::Device> device) {
        OnDevice(id, attempt, std::move(device));
      });
  return id;
}

void LoginDesk::OnDevice(uint64_t id, Attempt* attempt, absl::StatusOr<OpenIdProvider::Device> device) {
  if (!device.ok()) return Fail(id, device.status());
  attempt->device = *std::move(device);
  attempt->ends = deps_.clock->Steady() + attempt->device.expires_in;
  v1::LoginStep step;
  v1::LoginStep::Prompt* const prompt = step.mutable_prompt();
  prompt->set_user_code(attempt->device.user_code);
  prompt->set_verification_uri(attempt->device.verification_uri);
  prompt->set_verification_uri_complete(attempt->device.verification_uri_complete);
  prompt->set_expires_in_ms(absl::ToInt64Milliseconds(attempt->device.expires_in));
  attempt->asker.step(step);
  PollLater(id, *attempt);
}

void LoginDesk::PollLater(uint64_t id, const Attempt& attempt) {
  deps_.loop->PostAfter(attempt.device.interval, [this, alive = lifetime_.watch(), id] {
    if (!alive.ended()) Poll(id);
  });
}

void LoginDesk::Poll(uint64_t id) {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;
  if (deps_.clock->Steady() >= found->second.ends) {
    return Fail(id, absl::DeadlineExceededError("the code was not entered in time; log in again"));
  }
  if (!found->second.id_token.empty()) return AskForClaims(id, found->second);
  AskProvider<OpenIdProvider::Poll>(
      id, [code = found->second.device.device_code](OpenIdProvider* provider) { return provider->Ask(code); },
      [this, id](Attempt* attempt, const absl::StatusOr<OpenIdProvider::Poll>& poll) { OnPoll(id, attempt, poll); });
}

void LoginDesk::OnPoll(uint64_t id, Attempt* attempt, const absl::StatusOr<OpenIdProvider::Poll>& poll) {
  // A provider that is away for a moment does not end a login.
  if (absl::IsUnavailable(poll.status())) return PollLater(id, *attempt);
  if (!poll.ok()) return Fail(id, poll.status());
  switch (poll->progress) {
    case OpenIdProvider::Progress::kSlowDown:
      attempt->device.interval += kSlowDownBy;
      [[fallthrough]];
    case OpenIdProvider::Progress::kPending:
      return PollLater(id, *attempt);
    case OpenIdProvider::Progress::kToken:
      break;
  }
  attempt->id_token = poll->id_token;
  AskForClaims(id, *attempt);
}

void LoginDesk::AskForClaims(uint64_t id, const Attempt& attempt) {
  AskProvider<Json>(
      id, [token = attempt.id_token](OpenIdProvider* provider) { return provider->Claims(token); },
      [this, id](Attempt* of_token, const absl::StatusOr<Json>& claims) { OnClaims(id, of_token, claims); });
}

void LoginDesk::OnClaims(uint64_t id, Attempt* attempt, const absl::StatusOr<Json>& claims) {
  if (absl::IsUnavailable(claims.status())) return PollLater(id, *attempt);  // its keys; the token is here
  if (!claims.ok()) return Fail(id, claims.status());
  const absl::StatusOr<auth::LoginIdentity> identity =
      auth::LoginIdentityOf(*claims, deps_.settings.name_claim, deps_.settings.groups_claim);
  if (!identity.ok()) return Fail(id, identity.status());
  if (deps_.keyring->IsBanned(auth::PeerKind::kOidc, identity->name)) {
    return Fail(id, absl::PermissionDeniedError(absl::StrCat("oidc=", identity->name, " is banned on this hub")));
  }
  if (const absl::Status group = CheckGroup(*identity); !group.ok()) return Fail(id, group);
  const absl::Status noted =
      Note("allowed", *attempt, absl::StrCat("oidc=", identity->name), "", {{"groups", identity->groups}});
  if (!noted.ok()) return Fail(id, noted);
  Grant(id, *identity);
}

absl::Status LoginDesk::CheckGroup(const auth::LoginIdentity& identity) const {
  const std::string& group = deps_.settings.required_group;
  if (group.empty() || std::find(identity.groups.begin(), identity.groups.end(), group) != identity.groups.end()) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(absl::StrCat("oidc=", identity.name, " is not in the group ", group,
                                                  ", which this hub demands (security.login.required_group)"));
}

void LoginDesk::EndAll(const absl::Status& why) {
  for (auto& [id, attempt] : std::exchange(attempts_, {})) attempt.asker.end(why);
}

void LoginDesk::Grant(uint64_t id, const auth::LoginIdentity& identity) {
  const absl::Time now = deps_.clock->Now();
  const int64_t expires_s = absl::ToUnixSeconds(now + deps_.settings.key_lifetime);
  absl::StatusOr<auth::Key> key = deps_.keyring->NewKey(
      auth::PeerKind::kOidc, identity.name, auth::KeyTerms{deps_.book->GenerationOf(identity.name), expires_s});
  if (!key.ok()) return Fail(id, key.status());
  LoginBook::Login login;
  login.set_name(identity.name);
  login.mutable_groups()->Assign(identity.groups.begin(), identity.groups.end());
  login.set_since_us(absl::ToUnixMicros(now));
  login.set_generation(key->terms.generation);
  login.set_expires_us(absl::ToUnixMicros(absl::FromUnixSeconds(expires_s)));
  v1::LoginStep step;
  v1::LoginStep::Key* const given = step.mutable_key();
  given->set_name(identity.name);
  given->set_key_id(key->id);
  given->set_key(key->bytes);
  given->set_generation(key->terms.generation);
  given->set_expires_s(expires_s);
  *given->mutable_groups() = login.groups();
  deps_.book->Enter(std::move(login), [this, alive = lifetime_.watch(), id, step](const absl::Status& entered) {
    if (alive.ended()) return;
    const auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    if (!entered.ok()) return Fail(id, entered);
    const Asker asker = std::move(found->second.asker);
    attempts_.erase(found);
    LogInfo("a user has logged in", {{"name", step.key().name()}, {"address", asker.address}});
    asker.step(step);
    asker.end(absl::OkStatus());
  });
}

absl::Status LoginDesk::Note(const char* decision, const Attempt& attempt, const std::string& caller,
                             absl::string_view reason, Json details) const {
  if (deps_.audit == nullptr) return absl::OkStatus();
  details["address"] = attempt.asker.address;
  const absl::Status written = deps_.audit->Write({"login", decision, caller, std::string(reason), std::move(details)});
  return deps_.audit->required() ? written : absl::OkStatus();
}

void LoginDesk::Fail(uint64_t id, const absl::Status& why) {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;
  Note("refused", found->second, "", why.message(), Json::object()).IgnoreError();  // nothing is done
  LogWarning("a login has failed", {{"address", found->second.asker.address}, {"reason", std::string(why.message())}});
  const Asker asker = std::move(found->second.asker);
  attempts_.erase(found);
  asker.end(why);
}

}  // namespace orch::hub
