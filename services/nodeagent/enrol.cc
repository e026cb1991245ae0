#include "services/nodeagent/enrol.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "auth/credentials_editor.h"
#include "auth/credentials_file.h"
#include "auth/new_file.h"
#include "auth/token.h"
#include "base/durable_file.h"
#include "base/latch.h"
#include "base/net/address.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/enrol_call.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxTokenText = 1024;
constexpr char kOwnKeyPrefix[] = "own-";

// What the command works with.
struct Plan {
  std::string config;
  bool make_config = false;
  Address hub;
  std::string identity;
  std::string credentials;
  std::string pending;  // credentials file with the key until the hub has taken it
  auth::PeerTlsOptions tls;
  std::optional<auth::Token> token;
};

absl::StatusOr<std::string> ReadTokenText(const EnrolOptions& options) {
  if (options.token_file.empty()) return options.token;
  if (options.token_file != "-") return ReadFile(options.token_file, kMaxTokenText);
  std::string text;
  char buffer[kMaxTokenText];
  while (text.size() <= kMaxTokenText) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "cannot read the token from standard input");
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

absl::Status ReadToken(const EnrolOptions& options, Plan* plan) {
  if (options.token.empty() && options.token_file.empty()) {
    if (plan->tls.by_certificate()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "a token is needed: 'orchctl node token' on the hub's side prints the whole line (--token, --token-file)");
  }
  ORCH_ASSIGN_OR_RETURN(std::string text, ReadTokenText(options));
  absl::StatusOr<auth::Token> token = auth::ParseToken(absl::StripAsciiWhitespace(text));
  auth::Wipe(&text);
  ORCH_RETURN_IF_ERROR(token.status());
  plan->token = *std::move(token);
  // The token proves both sides; what the configuration says of certificates is for later.
  plan->tls = auth::PeerTlsOptions{.plaintext = plan->tls.plaintext};
  return absl::OkStatus();
}

absl::Status UseConfig(const EnrolOptions& options, const std::string& host_name, Plan* plan) {
  ORCH_ASSIGN_OR_RETURN(const AgentConfig config, LoadAgentConfig(options.config, host_name));
  plan->hub = config.hubs.front();
  plan->identity = config.identity;
  plan->credentials = config.credentials;
  plan->tls = config.tls;
  if (!options.hub.empty()) {
    ORCH_ASSIGN_OR_RETURN(const Address hub, ParseAddress(options.hub));
    bool listed = false;
    for (const Address& known : config.hubs) listed = listed || known.Text() == hub.Text();
    if (!listed) {
      return absl::InvalidArgumentError(absl::StrCat(options.config, " names another hub, ", plan->hub.Text(),
                                                     "; correct it there, or leave --hub out"));
    }
    plan->hub = hub;
  }
  if (!options.identity.empty() && options.identity != config.identity) {
    return absl::InvalidArgumentError(absl::StrCat(options.config, " names this node '", config.identity,
                                                   "'; correct it there, or leave --identity out"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Plan> MakePlan(const EnrolOptions& options, const std::string& host_name) {
  Plan plan;
  plan.config = std::filesystem::absolute(options.config).lexically_normal();
  plan.make_config = access(plan.config.c_str(), F_OK) != 0;
  if (plan.make_config) {
    if (options.hub.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no ", plan.config, " yet, so --hub must name the hub, such as hub.example.com:61613"));
    }
    ORCH_ASSIGN_OR_RETURN(plan.hub, ParseAddress(options.hub));
    plan.identity = options.identity.empty() ? host_name : options.identity;
    plan.credentials = std::filesystem::path(plan.config).parent_path() / "credentials";
  } else {
    ORCH_RETURN_IF_ERROR(UseConfig(options, host_name, &plan));
  }
  if (!filter::IsIdentity(plan.identity)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", plan.identity, "' is no identity; use letters, digits, '.', '-' and '_' (--identity)"));
  }
  plan.pending = absl::StrCat(plan.credentials, ".enrolling");
  ORCH_RETURN_IF_ERROR(ReadToken(options, &plan));
  return plan;
}

// The key of an enrolment that has begun, or a new one, which is on the disk when this returns.
absl::StatusOr<auth::Key> PendingKey(const Plan& plan, Random* random) {
  if (access(plan.pending.c_str(), F_OK) == 0) {
    absl::StatusOr<auth::PeerKey> begun = auth::LoadPeerKey(plan.pending, auth::PeerKind::kNode, plan.identity);
    if (begun.ok()) return std::move(begun->key);
    if (!absl::IsFailedPrecondition(begun.status())) return begun.status();  // else it was begun under another name
  }
  if (access(plan.credentials.c_str(), F_OK) == 0) {
    const absl::StatusOr<auth::PeerKey> old = auth::LoadPeerKey(plan.credentials, auth::PeerKind::kNode, plan.identity);
    // Enrolling again with the same key changes nothing at the hub.
    if (old.ok() && absl::StartsWith(old->key.id, kOwnKeyPrefix)) return old->key;
    if (!old.ok() && !absl::IsFailedPrecondition(old.status())) return old.status();
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(plan.credentials).parent_path(), error);
  if (error) return ErrnoStatus(error.value(), absl::StrCat("cannot make the folder of ", plan.credentials));
  std::string bytes = random->Bytes(auth::kKeyBytes);
  auth::Key key(auth::OwnKeyId(bytes), bytes);
  auth::Wipe(&bytes);
  ORCH_RETURN_IF_ERROR(auth::PutPeerKey(plan.pending, auth::PeerKind::kNode, plan.identity, key));
  return key;
}

absl::StatusOr<v1::EnrolResponse> AskHub(const Plan& plan, const auth::Key& key, const Clock* clock, Random* random) {
  auth::PeerCredential credential;
  credential.kind = plan.token.has_value() ? auth::PeerKind::kToken : auth::PeerKind::kNode;
  credential.name = plan.token.has_value() ? plan.token->id : plan.identity;
  if (plan.token.has_value()) {
    credential.key.key =
        auth::Key(auth::kTokenKeyId, auth::KeyOfTokenHash(auth::TokenHash(plan.token->secret), plan.token->id));
  }
  v1::EnrolRequest request;
  request.set_identity(plan.identity);
  request.set_secret(key.bytes);
  absl::StatusOr<v1::EnrolResponse> answer =
      CallEnrol(plan.hub, plan.tls, std::move(credential), request, clock, random);
  auth::Wipe(request.mutable_secret());
  if (answer.ok() && answer->key_id() != key.id) {
    return absl::InternalError("the hub names another key than this node has made; hub and agent do not fit");
  }
  return answer;
}

absl::Status Keep(const Plan& plan, const auth::Key& key) {
  ORCH_RETURN_IF_ERROR(auth::PutPeerKey(plan.credentials, auth::PeerKind::kNode, plan.identity, key));
  if (plan.make_config) {
    ORCH_RETURN_IF_ERROR(auth::WriteNewFile(
        plan.config,
        absl::StrCat(
            "# orch-nodeagent. Every other key has a good default: man orch-nodeagent, docs/CONFIGURATION.md.\n",
            "hub: ", plan.hub.Text(), "\nidentity: ", plan.identity, "\ncredentials: ", plan.credentials, "\n"),
        0644));
  }
  return absl::OkStatus();
}

std::string Report(const Plan& plan, const v1::EnrolResponse& answer) {
  std::string text = absl::StrCat("'", plan.identity, answer.admitted() ? "' is enrolled" : "' waits for approval",
                                  " at hub '", answer.hub_identity(), "' with key ", answer.key_id(), "\n");
  if (!answer.note().empty()) absl::StrAppend(&text, answer.note(), "\n");
  const std::map<std::string, std::string> labels(answer.labels().begin(), answer.labels().end());
  for (const auto& [name, value] : labels) absl::StrAppend(&text, "label ", name, "=", value, "\n");
  absl::StrAppend(&text, "wrote ", plan.credentials, plan.make_config ? absl::StrCat(" and ", plan.config) : "",
                  "\nNext: systemctl enable --now orch-nodeagent (or: orch-nodeagent -c ", plan.config, ")\n");
  return text;
}

}  // namespace

absl::StatusOr<Enrolled> EnrolNode(const EnrolOptions& options, const std::string& host_name, const Clock* clock,
                                   Random* random) {
  ORCH_ASSIGN_OR_RETURN(const Plan plan, MakePlan(options, host_name));
  ORCH_ASSIGN_OR_RETURN(const auth::Key key, PendingKey(plan, random));
  Latch never;
  while (true) {
    const absl::StatusOr<v1::EnrolResponse> answer = AskHub(plan, key, clock, random);
    const bool away = absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status());
    if (!answer.ok() && (!options.wait || !away)) return answer.status();
    if (answer.ok() && (answer->admitted() || !options.wait)) {
      ORCH_RETURN_IF_ERROR(Keep(plan, key));
      unlink(plan.pending.c_str());
      return Enrolled{answer->admitted(), Report(plan, *answer)};
    }
    never.WaitFor(absl::ToChronoNanoseconds(kEnrolAgainEvery));
  }
}

}  // namespace orch::nodeagent
