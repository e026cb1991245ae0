#include "services/hub/login/login_book.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::hub {
namespace {

constexpr char kLoginKind[] = "login";

std::vector<std::string> LoginGroups(const LoginBook::Login& login) {
  return {login.groups().begin(), login.groups().end()};
}

}  // namespace

absl::Status LoginBook::Load() {
  return store_->Load(kLoginKind, [this](const std::string& id, const std::string& bytes) {
    Login login;
    if (!login.ParseFromString(bytes) || login.name() != id) {
      return LogError("a stored login cannot be read; its user has to log in again", {{"name", absl::CHexEscape(id)}});
    }
    if (login.issuer() != issuer_) {
      // Its keys do not count either when the present provider knows somebody of that name.
      login.set_ended(true);
      login.set_generation(login.generation() + 1);
    }
    Set(login);
  });
}

void LoginBook::Set(const Login& login) {
  logins_[login.name()] = login;
  if (login.ended()) {
    view_->EraseLogin(login.name());
  } else {
    view_->SetLogin(login.name(), LoginGroups(login), login.generation());
  }
}

const LoginBook::Login* LoginBook::Find(const std::string& name) const {
  const auto found = logins_.find(name);
  return found == logins_.end() || found->second.ended() ? nullptr : &found->second;
}

uint32_t LoginBook::GenerationOf(const std::string& name) const {
  const auto found = logins_.find(name);
  return found == logins_.end() ? 0 : found->second.generation();
}

void LoginBook::Enter(Login login, std::function<void(const absl::Status&)> done) {
  const auto before = logins_.find(login.name());
  if (before == logins_.end() && logins_.size() >= kMaxLogins) {
    return done(absl::ResourceExhaustedError(
        absl::StrCat("the hub keeps ", kMaxLogins, " logins, its limit; try again when some have ended")));
  }
  login.set_issuer(issuer_);
  if (before != logins_.end()) login.set_expires_us(std::max(login.expires_us(), before->second.expires_us()));
  RecordChange change;
  change.puts.push_back({{kLoginKind, login.name()}, login.SerializeAsString()});
  entering_.insert(login.name());
  store_->Apply(std::move(change), [this, alive = lifetime_.watch(), login = std::move(login),
                                    done = std::move(done)](const absl::Status& stored) {
    if (alive.ended()) return;
    entering_.erase(entering_.find(login.name()));
    if (!stored.ok()) return done(stored);
    const Login* const earlier = Find(login.name());
    const bool other_groups = earlier != nullptr && LoginGroups(*earlier) != LoginGroups(login);
    // A ban may have come in between.
    const auto now = logins_.find(login.name());
    if (now != logins_.end() && now->second.generation() > login.generation()) {
      return done(absl::PermissionDeniedError("the login was ended while it began; log in again"));
    }
    Set(login);
    if (other_groups && changed_ != nullptr) changed_();
    done(absl::OkStatus());
  });
}

void LoginBook::End(const std::string& name) {
  const auto found = logins_.find(name);
  if (found == logins_.end()) return;
  Login login = found->second;
  login.set_ended(true);
  login.set_generation(login.generation() + 1);
  Set(login);
  RecordChange change;
  change.puts.push_back({{kLoginKind, name}, login.SerializeAsString()});
  store_->Apply(std::move(change), [name](const absl::Status& stored) {
    if (stored.ok()) return;
    LogError("the end of a login is not stored; it counts again after a restart, unless its user is banned",
             {{"name", name}, {"reason", std::string(stored.message())}});
  });
  if (changed_ != nullptr) changed_();
}

void LoginBook::Tick() {
  const absl::Duration now = clock_->Steady();
  if (now - swept_ < kSweepEvery) return;
  swept_ = now;
  const int64_t kept_since_us = absl::ToUnixMicros(clock_->Now() - kKeepEnded);
  RecordChange change;
  for (auto login = logins_.begin(); login != logins_.end();) {
    if (login->second.expires_us() > kept_since_us || entering_.contains(login->first)) {
      ++login;
      continue;
    }
    change.erases.push_back({kLoginKind, login->first});
    view_->EraseLogin(login->first);
    login = logins_.erase(login);
  }
  if (!change.erases.empty())
    store_->Apply(std::move(change), nullptr);  // after an error, the next process tries again
}

}  // namespace orch::hub
