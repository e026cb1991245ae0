// The commands `orchctl login` and `orchctl logout`.
#include "cli/session/login.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth/login_key.h"
#include "auth/sealed_answer.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "cli/commands/access_commands.h"
#include "cli/commands/key_commands.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

// One login, as the hub leads it.
class LoginTalk {
 public:
  explicit LoginTalk(Context* context) : context_(context) {}

  absl::StatusOr<int> Run() {
    ORCH_ASSIGN_OR_RETURN(const auth::LoginKey key, KeyOfSite());
    std::string own_private = context_->env().random->Bytes(auth::SealedAnswer::kKeyBytes);
    absl::StatusOr<auth::SealedAnswer> seal = auth::SealedAnswer::OfAsker(own_private, key.hub_public);
    ORCH_ASSIGN_OR_RETURN(const std::string own_public, auth::SealedAnswer::PublicKeyOf(own_private));
    auth::Wipe(&own_private);
    if (!seal.ok()) return seal.status();
    ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<HubClient> hub,
                          HubClient::ConnectForLogin(context_->config(), context_->env(), key));
    v1::LogInRequest request;
    request.set_public_key(own_public);
    const StreamEnd end =
        hub->LogIn(request, [&](const v1::LogInResponse& response) { return Take(seal->Open(response.sealed())); });
    if (!problem_.ok()) return problem_;
    if (end.interrupted) return kExitInterrupted;
    return done_ ? absl::StatusOr<int>(kExitOk) : Unsealed(end.status);
  }

 private:
  absl::StatusOr<auth::LoginKey> KeyOfSite() const {
    const ClientConfig& config = context_->config();
    if (config.login_key.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          config.file.empty() ? "client.yaml" : config.file,
          ": login_key is not set; 'orch-hub key login' on the hub prints it, and every user of the site may have it"));
    }
    return auth::ParseLoginKey(config.login_key);
  }

  // False ends the call.
  bool Take(const absl::StatusOr<std::string>& opened) {
    v1::LoginStep step;
    if (!opened.ok()) {
      problem_ = WithExitCode(opened.status(), kExitDenied);
      return false;
    }
    if (!step.ParseFromString(*opened)) {
      problem_ = absl::UnavailableError("the hub's answer to the login cannot be read");
      return false;
    }
    if (step.has_prompt()) Show(step.prompt());
    if (step.has_key()) problem_ = Keep(step.key());
    if (step.has_failure()) problem_ = FailureOf(step.failure());
    return problem_.ok();
  }

  absl::Status FailureOf(const v1::LoginStep::Failure& failure) const {
    const absl::Status status(static_cast<absl::StatusCode>(failure.code()),
                              absl::StrCat("hub ", context_->config().hub.Text(), ": ", failure.message()));
    if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) return WithExitCode(status, kExitDenied);
    return absl::IsUnavailable(status) ? WithExitCode(status, kExitNoHub) : status;
  }

  // Only what is sealed comes from the hub for certain; of anything else just the kind is told, in our own words.
  absl::Status Unsealed(const absl::Status& status) const {
    const std::string hub = absl::StrCat("hub ", context_->config().hub.Text());
    if (absl::IsInvalidArgument(status) || absl::IsUnimplemented(status)) {
      return absl::InvalidArgumentError(
          absl::StrCat(hub, " does not understand this login; check the versions of both sides"));
    }
    if (absl::IsResourceExhausted(status)) {
      return absl::ResourceExhaustedError(absl::StrCat(hub, " takes no more logins at present; try again in a minute"));
    }
    if (absl::IsUnauthenticated(status)) {
      return WithExitCode(absl::UnauthenticatedError(absl::StrCat(hub, " refuses the connection; its log says why")),
                          kExitDenied);
    }
    return WithExitCode(
        absl::UnavailableError(absl::StrCat(hub, " ended the login without an answer; is it restarting?")), kExitNoHub);
  }

  void Show(const v1::LoginStep::Prompt& prompt) const {
    const std::string minutes = absl::StrCat((prompt.expires_in_ms() + 59'999) / 60'000);
    std::string text =
        absl::StrCat("Open this page in a browser, on any machine:\n  ", Printable(prompt.verification_uri()),
                     "\nand enter the code\n  ", context_->style().Bold(Printable(prompt.user_code())), "\n");
    if (!prompt.verification_uri_complete().empty()) {
      absl::StrAppend(&text, "Or open this one, and compare the code:\n  ",
                      Printable(prompt.verification_uri_complete()), "\n");
    }
    context_->Note(absl::StrCat(text, "Waiting for up to ", minutes, minutes == "1" ? " minute" : " minutes",
                                " (Ctrl-C ends it) ...\n"));
    context_->env().err->Flush();
  }

  absl::Status Keep(const v1::LoginStep::Key& given) {
    Login login;
    login.name = given.name();
    login.key = auth::Key(given.key_id(), given.key(), {given.generation(), given.expires_s()});
    ORCH_RETURN_IF_ERROR(SaveLogin(context_->env(), context_->config().hub, login));
    done_ = true;
    const std::string caller = absl::StrCat("oidc=", Printable(given.name()));
    if (context_->options().format != Format::kHuman) {
      context_->Print(JsonText(
          {{"caller", caller}, {"groups", NamesOf(given.groups())}, {"expires", auth::ExpiryText(given.expires_s())}},
          context_->env().out_is_terminal));
      return absl::OkStatus();
    }
    context_->Print(absl::StrCat("Logged in as ", caller, " until ", auth::ExpiryText(given.expires_s()), "\n"));
    if (given.groups_size() > 0) {
      context_->Print(absl::StrCat("Groups: ", Printable(absl::StrJoin(given.groups(), ", ")), "\n"));
    }
    context_->Note("Next: 'orchctl whoami' shows your roles.\n");
    return absl::OkStatus();
  }

  Context* const context_;
  absl::Status problem_;
  bool done_ = false;
};

class LoginCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "login"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    return LoginTalk(context).Run();
  }
};

class LogoutCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "logout"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    const Address& hub = context->config().hub;
    ORCH_ASSIGN_OR_RETURN(const bool was, RemoveLogin(context->env(), hub));
    context->Print(was ? absl::StrCat("Logged out from hub ", hub.Text(), "; the key is gone from this host.\n")
                       : absl::StrCat("There is no login at hub ", hub.Text(), ".\n"));
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeLoginCommand() { return std::make_unique<LoginCommand>(); }
std::unique_ptr<Command> MakeLogoutCommand() { return std::make_unique<LogoutCommand>(); }

}  // namespace orch::cli
