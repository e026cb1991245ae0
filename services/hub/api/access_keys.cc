// The calls about keys, tokens and bans.
#include <memory>
#include <string>
#include <utility>

#include "services/hub/api/access_service.h"

namespace orch::hub {
namespace {

// Puts the answer of the desk into the response of the call.
template <typename Response>
std::function<void(absl::StatusOr<Response>)> Into(Response* response, const ClientCalls::Done& done) {
  return [response, done](absl::StatusOr<Response> answer) {
    const absl::Status status = answer.status();
    if (answer.ok()) *response = *std::move(answer);
    done(status);
  };
}

}  // namespace

grpc::ServerUnaryReactor* AccessService::CreateToken(grpc::CallbackServerContext* context,
                                                     const v1::CreateTokenRequest* request,
                                                     v1::CreateTokenResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/CreateToken", v1::ADMINISTER}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.desk->CreateToken(*request, asker.caller.id,
                                                       [this, into = Into(response, done)](auto answer) {
                                                         if (answer.ok()) answer->set_hub_address(deps_.hub_address);
                                                         into(std::move(answer));
                                                       });
                             });
}

grpc::ServerUnaryReactor* AccessService::ListTokens(grpc::CallbackServerContext* context,
                                                    const v1::ListTokensRequest* /*request*/,
                                                    v1::ListTokensResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/ListTokens", v1::ADMINISTER}, context,
                             [this, response](const Asker&, const ClientCalls::Done& done) {
                               for (v1::Token& token : deps_.desk->tokens().List()) {
                                 *response->add_tokens() = std::move(token);
                               }
                               done(absl::OkStatus());
                             });
}

grpc::ServerUnaryReactor* AccessService::RevokeToken(grpc::CallbackServerContext* context,
                                                     const v1::RevokeTokenRequest* request,
                                                     v1::RevokeTokenResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/RevokeToken", v1::ADMINISTER}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.desk->RevokeToken(request->id(), asker.caller.id, Into(response, done));
                             });
}

grpc::ServerUnaryReactor* AccessService::ApproveNodes(grpc::CallbackServerContext* context,
                                                      const v1::ApproveNodesRequest* request,
                                                      v1::ApproveNodesResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/ApproveNodes", v1::ADMINISTER}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.desk->Approve(*request, asker.caller.id, Into(response, done));
                             });
}

grpc::ServerUnaryReactor* AccessService::BanPeers(grpc::CallbackServerContext* context,
                                                  const v1::BanPeersRequest* request, v1::BanPeersResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/BanPeers", v1::ADMINISTER}, context,
                             [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
                               deps_.desk->Ban(*request, asker.caller.id, Into(response, done));
                             });
}

grpc::ServerUnaryReactor* AccessService::GetAuthStatus(grpc::CallbackServerContext* context,
                                                       const v1::GetAuthStatusRequest* /*request*/,
                                                       v1::GetAuthStatusResponse* response) {
  return deps_.calls->Answer({"/orch.v1.Access/GetAuthStatus", v1::ADMINISTER}, context,
                             [this, response](const Asker&, const ClientCalls::Done& done) {
                               deps_.auth_status->Fill(response);
                               done(absl::OkStatus());
                             });
}

// Steps that write the credentials file run on the pool, because the disk may be slow.
grpc::ServerUnaryReactor* AccessService::RotateKeys(grpc::CallbackServerContext* context,
                                                    const v1::RotateKeysRequest* request,
                                                    v1::RotateKeysResponse* response) {
  return deps_.calls->Answer(
      {"/orch.v1.Access/RotateKeys", v1::ADMINISTER}, context,
      [this, request, response](const Asker& asker, const ClientCalls::Done& done) {
        KeyRotation* const rotation = deps_.rotation;
        if (const absl::Status wrong = KeyRotation::CheckRequest(*request); !wrong.ok()) return done(wrong);
        if (request->step() == v1::RotateKeysRequest::MOVE) {
          return Into(response, done)(rotation->Move(KindOfRotation(*request)));
        }
        absl::StatusOr<v1::RotateKeysResponse> retired = v1::RotateKeysResponse();
        const bool retire = request->step() == v1::RotateKeysRequest::RETIRE;
        if (retire) retired = rotation->CheckRetire(*request);
        if (!retired.ok()) return done(retired.status());
        absl::StatusOr<WorkPool::Place> place = deps_.pool->Enter(asker.caller.id);
        if (!place.ok()) return done(place.status());
        if (const absl::Status noted = deps_.desk->NoteRotation(*request, asker.caller.id); !noted.ok()) {
          return done(noted);
        }
        deps_.pool->Run(*std::move(place), [rotation, request, retire, retired, into = Into(response, done)] {
          if (!retire) return into(rotation->Add(KindOfRotation(*request)));
          const absl::Status removed = rotation->Retire(KindOfRotation(*request), request->key_id());
          into(removed.ok() ? retired : removed);
        });
      });
}

}  // namespace orch::hub
