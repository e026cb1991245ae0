#include "auth/openid/login_identity.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/names.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr char kEmail[] = "email";

bool IsGroupName(absl::string_view name) {
  return !name.empty() && name.size() <= LoginIdentity::kMaxGroupBytes &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

// A provider may leave the groups out of a token that would become too long (OpenID Connect Core, section 5.6.2).
bool AreElsewhere(const Json& claims, const std::string& groups_claim) {
  const auto names = claims.find("_claim_names");
  return names != claims.end() && names->is_object() && names->contains(groups_claim);
}

absl::Status CannotTake(const std::string& groups_claim, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "the groups of this account (claim '", groups_claim, "') cannot be taken: ", why,
      "; at the provider, let the token list fewer of them, or on the hub set another security.login.groups_claim"));
}

absl::StatusOr<std::vector<std::string>> GroupsOfClaims(const Json& claims, const std::string& groups_claim) {
  if (AreElsewhere(claims, groups_claim)) return CannotTake(groups_claim, "the provider has left them out");
  const auto groups = claims.find(groups_claim);
  if (groups == claims.end()) return std::vector<std::string>();
  if (!groups->is_array()) return CannotTake(groups_claim, "it is no list");
  std::set<std::string> names;
  for (const Json& group : *groups) {
    if (!group.is_string()) return CannotTake(groups_claim, "one of them is no text");
    const std::string text = group.get<std::string>();
    const absl::string_view name = absl::StripPrefix(text, "/");
    if (!IsGroupName(name)) return CannotTake(groups_claim, "the name of one is empty, too long or unprintable");
    names.emplace(name);
  }
  if (names.size() > LoginIdentity::kMaxGroups) {
    return CannotTake(groups_claim, absl::StrCat("there are more than ", LoginIdentity::kMaxGroups));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

bool IsVerifiedEmail(const Json& claims) {
  const auto verified = claims.find("email_verified");
  return verified != claims.end() && verified->is_boolean() && verified->get<bool>();
}

}  // namespace

absl::StatusOr<LoginIdentity> LoginIdentityOf(const Json& claims, const std::string& name_claim,
                                              const std::string& groups_claim) {
  LoginIdentity identity;
  const auto name = claims.find(name_claim);
  if (name == claims.end() || !name->is_string()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the provider does not tell the claim '", name_claim,
                     "'; on the hub, set security.login.name_claim or ask for it in security.login.scopes"));
  }
  identity.name = name->get<std::string>();
  if (name_claim == kEmail) identity.name = absl::AsciiStrToLower(identity.name);
  if (!IsPeerName(PeerKind::kOidc, identity.name)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the claim '", name_claim,
        "' cannot be a caller's name here: it needs letters, digits, '_', '.', '-', '@', '+', '|' and ':'; "
        "on the hub, choose another security.login.name_claim"));
  }
  if (name_claim == kEmail && !IsVerifiedEmail(claims)) {
    return absl::FailedPreconditionError(
        "the provider has not verified the address of this account (claim 'email_verified'), so it names nobody");
  }
  ORCH_ASSIGN_OR_RETURN(identity.groups, GroupsOfClaims(claims, groups_claim));
  return identity;
}

}  // namespace orch::auth
