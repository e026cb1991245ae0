// The real door in front of a fake hub: plaintext on a loopback port, keys from a credentials file.
#pragma once

#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "auth/hub_tls.h"
#include "auth/keyring.h"
#include "auth/refusal_counters.h"
#include "base/clock.h"
#include "base/random.h"
#include "services/hub/door/door.h"
#include "services/hub/door/reception.h"
#include "services/hub/door/refusals.h"

namespace orch {

class TestDoor {
 public:
  // `port` 0: any.
  explicit TestDoor(const std::string& credentials, int port = 0);
  ~TestDoor();

  // Adds itself to the builder, builds the server and lets peers in.
  std::unique_ptr<grpc::Server> Start(grpc::ServerBuilder* builder);
  // No new connections, and an end to the open ones. Before the server goes.
  void Stop();

  const std::string& address() const { return address_; }
  int port() const;
  hub::Reception& reception() { return reception_; }
  const auth::Keyring& keyring() const { return *keyring_; }
  uint64_t let_in() const { return door_->counters().let_in; }
  const auth::RefusalCounters& refused() const { return refusals_.counters(); }

 private:
  SystemClock clock_;
  SystemRandom random_;
  const std::unique_ptr<auth::Keyring> keyring_;
  std::unique_ptr<auth::HubTls> tls_;
  hub::Refusals refusals_;
  hub::Reception reception_;
  std::unique_ptr<hub::Door> door_;
  std::string address_;
};

}  // namespace orch
