// A real hub's doors on 127.0.0.1 with TLS, a key file, a clock set by hand, and whatever of these a
// test wants to spoil.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/call_credential.h"
#include "auth/call_signer.h"
#include "auth/keyring.h"
#include "auth/server_call.h"
#include "auth/tls.h"
#include "base/manual_executor.h"
#include "base/random.h"
#include "orch/v1/node_service.grpc.pb.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"

namespace orch::auth {

inline constexpr char kHelloMethod[] = "/orch.v1.Orchestrator/Hello";
inline constexpr char kStatusMethod[] = "/orch.v1.Orchestrator/GetHubStatus";
inline constexpr char kAttachMethod[] = "/orch.v1.NodeService/Attach";

// An empty folder under testing::TempDir(), removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  std::string Path(absl::string_view name) const;
  std::string Write(absl::string_view name, absl::string_view text, int mode = 0600) const;

 private:
  std::string path_;
};

// 64 hex digits, the same for the same letter.
std::string HexKey(char letter);

grpc::Status ToGrpc(const absl::Status& status);

// The smallest hub that authenticates: Hello, GetHubStatus (counts what got through) and Attach
// (Welcome, then counts what the node says).
class TestHub final : public v1::Orchestrator::Service, public v1::NodeService::Service {
 public:
  struct Options {
    MtlsMode mtls = MtlsMode::kOff;
    std::string client_ca_file;
    bool plaintext = false;
    std::string certificate_name = "hub";  // file names NAME.pem, NAME.key
    int port = 0;                          // 0: any free one
  };
  TestHub(const TempFolder& folder, const std::string& credentials, const Clock* clock, Options options);
  ~TestHub() override;

  grpc::Status Hello(grpc::ServerContext* context, const v1::HelloRequest*, v1::HelloResponse* response) override;
  grpc::Status GetHubStatus(grpc::ServerContext* context, const v1::GetHubStatusRequest*,
                            v1::GetHubStatusResponse*) override;
  grpc::Status Attach(grpc::ServerContext* context,
                      grpc::ServerReaderWriter<v1::HubMessage, v1::NodeMessage>* stream) override;

  std::string address() const;
  int port() const { return port_; }
  const std::string& certificate_file() const { return certificate_file_; }
  uint64_t refused(Refusal refusal) const { return counters_.Get(refusal); }
  uint64_t all_refused() const;
  int requests_seen() const { return requests_seen_; }
  int node_messages_seen() const { return node_messages_seen_; }
  std::string last_caller_id() const;

 private:
  std::unique_ptr<Keyring> keyring_;
  ReplayGuard replay_guard_;
  RefusalCounters counters_;
  std::unique_ptr<CallVerifier> verifier_;
  std::string certificate_file_;
  std::atomic<int> requests_seen_ = 0;
  std::atomic<int> node_messages_seen_ = 0;
  mutable Mutex mu_;
  std::string last_caller_id_ ABSL_GUARDED_BY(mu_);
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Terminates TLS with its own certificate and forwards calls, their metadata included, to the hub.
class InterceptingProxy final : public v1::Orchestrator::Service {
 public:
  InterceptingProxy(const TempFolder& folder, const std::string& hub_address);
  ~InterceptingProxy() override;
  grpc::Status Hello(grpc::ServerContext* context, const v1::HelloRequest* request,
                     v1::HelloResponse* response) override;
  grpc::Status GetHubStatus(grpc::ServerContext* context, const v1::GetHubStatusRequest* request,
                            v1::GetHubStatusResponse* response) override;
  std::string address() const;
  int requests_seen() const { return requests_seen_; }

 private:
  std::unique_ptr<v1::Orchestrator::Stub> hub_;
  std::atomic<int> requests_seen_ = 0;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// A client's or node's side of one channel.
class TestPeer {
 public:
  TestPeer(const std::string& address, PeerKind kind, const std::string& name, Key key, const Clock* clock,
           ChannelTlsOptions tls = {});

  // The proof's verdict when the hub answered, else the call's error.
  absl::Status Hello();
  // `wait`: until there is a connection, rather than fail at the first refused one.
  grpc::Status GetHubStatus(bool wait = false);
  // Attaches, reads Welcome and registers only behind a proof that fits; then ends the stream.
  absl::Status Attach();

 private:
  SystemRandom random_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<CallSigner> signer_;
  std::string name_;
};

// Calls GetHubStatus or Hello with a header made by hand.
grpc::Status CallWithHeader(const std::string& address, const std::string& method, const std::string& header);

}  // namespace orch::auth
