#include "tests/support/test_door.h"

#include <grpcpp/grpcpp.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/net/address.h"

namespace orch {

TestDoor::TestDoor(const std::string& credentials, int port)
    : keyring_(auth::Keyring::Load(credentials).value()),
      tls_(auth::HubTls::Load({}, keyring_.get(), &clock_).value()),
      refusals_(&clock_),
      reception_(&clock_, &refusals_, 1000, {}),
      door_(hub::Door::Listen({ParseListenAddress(absl::StrCat("127.0.0.1:", port)).value()}, {.plaintext = true},
                              tls_.get(), &reception_, &refusals_, &clock_, &random_)
                .value()),
      address_(door_->addresses().front()) {}

TestDoor::~TestDoor() { Stop(); }

std::unique_ptr<grpc::Server> TestDoor::Start(grpc::ServerBuilder* builder) {
  auto acceptor = builder->experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::Server> server = builder->BuildAndStart();
  door_->Serve(std::move(acceptor));
  return server;
}

void TestDoor::Stop() {
  if (door_ != nullptr) door_->Stop();
}

int TestDoor::port() const {
  int port = 0;
  (void)absl::SimpleAtoi(address_.substr(address_.rfind(':') + 1), &port);
  return port;
}

}  // namespace orch
