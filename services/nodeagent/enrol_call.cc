#include "services/nodeagent/enrol_call.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"
#include "base/latch.h"
#include "base/net/tunnel.h"
#include "base/status_macros.h"
#include "base/streams/grpc_call.h"

namespace orch::nodeagent {
namespace {

constexpr char kEnrolMethod[] = "/orch.v1.Enrolment/Enrol";

// What the tunnel's thread leaves for the caller's.
struct Awaited {
  std::string answer;
  absl::Status status;
  Latch latch;
};

// One question and its answer. The tunnel's thread only.
class EnrolEnd final : public TunnelEnd, private GrpcCall::Handler {
 public:
  EnrolEnd(const v1::EnrolRequest& request, std::shared_ptr<Awaited> awaited)
      : request_(request.SerializeAsString()), awaited_(std::move(awaited)) {}

  void Begin(const std::string& session) override {
    std::vector<std::pair<std::string, std::string>> metadata;
    if (!session.empty()) metadata.emplace_back(auth::kSessionHeader, session);
    call_.emplace(kEnrolMethod, metadata, static_cast<GrpcCall::Handler*>(this));
    call_->Send({std::move(request_), nullptr});
    call_->HalfClose();
  }
  absl::Status Put(absl::string_view bytes) override { return call_->Receive(bytes); }
  void EndPutting() override { ended_ = true; }
  size_t unsent() const override { return 0; }
  void Flush() override {}
  bool readable() const override { return call_->has_output(); }
  Taken Take(char* bytes, size_t most, size_t* size) override {
    *size = call_->Take(bytes, most);
    return *size > 0 ? Taken::kBytes : Taken::kNothing;
  }
  bool ended() const override { return ended_ || call_->ended(); }
  void Over(const absl::Status& why) override {
    OnEnd(why.ok() ? absl::UnavailableError("the connection to the hub was lost") : why);
  }

 private:
  void OnMessage(std::string message) override { awaited_->answer = std::move(message); }
  void OnWritten(size_t) override {}
  void OnEnd(const absl::Status& status) override {
    if (std::exchange(told_, true)) return;
    awaited_->status = status;
    awaited_->latch.Open();
  }

  std::string request_;
  const std::shared_ptr<Awaited> awaited_;
  std::optional<GrpcCall> call_;
  bool ended_ = false;
  bool told_ = false;
};

}  // namespace

absl::StatusOr<v1::EnrolResponse> CallEnrol(const Address& hub, const auth::PeerTlsOptions& tls,
                                            auth::PeerCredential credential, const v1::EnrolRequest& request,
                                            const Clock* clock, Random* random) {
  ORCH_ASSIGN_OR_RETURN(std::unique_ptr<TunnelSecurity> security,
                        auth::MakePeerSecurity(tls, std::move(credential), hub, random));
  auto awaited = std::make_shared<Awaited>();
  const std::unique_ptr<Tunnel> tunnel =
      Tunnel::Start(hub, std::move(security), clock, kEnrolConnectLimit, std::make_unique<EnrolEnd>(request, awaited));
  const absl::Duration deadline = clock->Steady() + kEnrolConnectLimit + kEnrolCallLimit;
  while (!awaited->latch.WaitFor(absl::ToChronoNanoseconds(deadline - clock->Steady()))) {
    if (clock->Steady() < deadline) continue;
    return absl::DeadlineExceededError(absl::StrCat("the hub at ", hub.Text(), " did not answer in time"));
  }
  if (absl::IsUnimplemented(awaited->status)) {
    return absl::UnimplementedError(
        absl::StrCat("the hub at ", hub.Text(), " is too old to enrol nodes; upgrade it, or use 'orch-hub key node'"));
  }
  ORCH_RETURN_IF_ERROR(awaited->status);
  v1::EnrolResponse response;
  if (!response.ParseFromString(awaited->answer)) {
    return absl::InternalError(absl::StrCat("the hub at ", hub.Text(), " sent an answer that cannot be read"));
  }
  return response;
}

}  // namespace orch::nodeagent
