// The service on which users log in: one call of a connection that has proved the login key. Every answer is sealed for
// the asker (auth/sealed_answer.h). Owned by the hub; any thread.
#pragma once

#include "auth/keyring.h"
#include "base/executor.h"
#include "orch/v1/access_service.grpc.pb.h"
#include "services/hub/door/reception.h"
#include "services/hub/login/login_desk.h"

namespace orch::hub {

class LoginService final : public v1::Login::CallbackService {
 public:
  LoginService(Reception* reception, const auth::Keyring* keyring, LoginDesk* desk, Executor* loop)
      : reception_(reception), keyring_(keyring), desk_(desk), loop_(loop) {}

  grpc::ServerWriteReactor<v1::LogInResponse>* LogIn(grpc::CallbackServerContext* context,
                                                     const v1::LogInRequest* request) override;

 private:
  Reception* const reception_;
  const auth::Keyring* const keyring_;
  LoginDesk* const desk_;
  Executor* const loop_;
};

}  // namespace orch::hub
