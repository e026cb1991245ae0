// The service on which nodes enrol: one call of a connection that has proved a token or a node's certificate. Owned by
// the hub; any thread.
#pragma once

#include "base/executor.h"
#include "orch/v1/access_service.grpc.pb.h"
#include "services/hub/door/reception.h"
#include "services/hub/keys/key_desk.h"

namespace orch::hub {

class EnrolmentService final : public v1::Enrolment::CallbackService {
 public:
  EnrolmentService(Reception* reception, KeyDesk* desk, Executor* loop)
      : reception_(reception), desk_(desk), loop_(loop) {}

  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context, const v1::EnrolRequest* request,
                                  v1::EnrolResponse* response) override;

 private:
  Reception* const reception_;
  KeyDesk* const desk_;
  Executor* const loop_;
};

}  // namespace orch::hub
