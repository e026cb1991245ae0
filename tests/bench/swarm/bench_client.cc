// A client that stays connected. Each line on stdin is one measurement, answered with one line of JSON:
//
//   ping [FACT=VALUE]     to the hub: a job of rpcutil ping, not recorded; to nats and raw: one command to all
//   record [FACT=VALUE]   to the hub: the same, recorded
//   find [FACT=VALUE]     to the hub: FindNodes
//
//   bench_client --port=PORT --credentials=FILE --hub=PID --swarm=PID [--nodes=N] [--proto=orch|nats|raw] [--tls=1]
//
// hub_us and swarm_us are microseconds of processor time of these processes for each answer, with what they still do in
// the 30 ms after the last one.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orch/v1/orchestrator_service.grpc.pb.h"
#include "tests/bench/swarm/options.h"
#include "tests/bench/swarm/wire.h"
#include "tests/support/connect.h"

namespace orch::swarm {
namespace {

constexpr useconds_t kSettleUs = 30'000;
constexpr char kClientName[] = "bench";

struct Outcome {
  size_t answers = 0, ok = 0, messages = 0;
  double first = 0, last = 0, whole = 0;  // seconds from the start
  std::string error;
};

class BenchClient {
 public:
  virtual ~BenchClient() = default;
  virtual Outcome Run(const std::string& verb, const std::string& fact) = 0;
};

class HubClient final : public BenchClient {
 public:
  explicit HubClient(const Options& options) {
    const auth::Key psk = options.Psk();
    auth::PeerCredential credential;
    credential.kind = auth::PeerKind::kClient;
    credential.name = kClientName;
    credential.key.key = auth::Key(psk.id, auth::DeriveKey(psk.bytes, auth::PeerKind::kClient, kClientName));
    auth::PeerTlsOptions tls;
    tls.plaintext = options.Number("tls", 0) == 0;
    auto connection = ConnectTo(absl::StrCat("127.0.0.1:", static_cast<int>(options.Number("port", 0))), tls,
                                std::move(credential), &clock_, &random_);
    if (!connection.ok()) {
      std::fprintf(stderr, "%s\n", connection.status().ToString().c_str());
      std::exit(1);
    }
    connection_ = *std::move(connection);
    stub_ = v1::Orchestrator::NewStub(connection_.channel);
  }

  Outcome Run(const std::string& verb, const std::string& fact) override {
    grpc::ClientContext context;
    connection_.Prepare(&context);
    return verb == "find" ? Find(&context, fact) : Invoke(&context, verb == "record", fact);
  }

 private:
  static void SetFilter(const std::string& fact, v1::Target* target) {
    if (fact.empty()) return;
    v1::FilterOption* const option = target->mutable_filter()->add_options();
    option->set_kind(v1::FilterOption::FACT);
    option->set_text(fact);
  }
  static void Count(size_t answers, double began, Outcome* outcome) {
    if (outcome->answers == 0) outcome->first = SteadySeconds() - began;
    outcome->answers += answers;
    outcome->last = SteadySeconds() - began;
  }
  static Outcome Ended(const grpc::Status& status, double began, Outcome outcome) {
    outcome.whole = SteadySeconds() - began;
    if (!status.ok()) outcome.error = status.error_message();
    return outcome;
  }

  Outcome Find(grpc::ClientContext* context, const std::string& fact) {
    v1::FindNodesRequest request;
    SetFilter(fact, request.mutable_target());
    Outcome outcome;
    const double began = SteadySeconds();
    const auto reader = stub_->FindNodes(context, request);
    v1::FindNodesResponse response;
    for (; reader->Read(&response); ++outcome.messages) {
      Count(static_cast<size_t>(response.identities_size()), began, &outcome);
    }
    outcome.ok = outcome.answers;
    return Ended(reader->Finish(), began, std::move(outcome));
  }

  Outcome Invoke(grpc::ClientContext* context, bool record, const std::string& fact) {
    v1::InvokeRequest request;
    request.mutable_spec()->set_plugin("rpcutil");
    request.mutable_spec()->set_action("ping");
    request.mutable_spec()->set_record(record);
    SetFilter(fact, request.mutable_spec()->mutable_target());
    Outcome outcome;
    const double began = SteadySeconds();
    const auto reader = stub_->Invoke(context, request);
    v1::InvokeResponse response;
    for (; reader->Read(&response); ++outcome.messages) {
      if (response.replies_size() > 0) Count(static_cast<size_t>(response.replies_size()), began, &outcome);
      if (response.has_summary()) outcome.ok = response.summary().ok();
    }
    return Ended(reader->Finish(), began, std::move(outcome));
  }

  SystemClock clock_;
  SystemRandom random_;
  Connection connection_;
  std::unique_ptr<v1::Orchestrator::Stub> stub_;
};

// Of nats-server and of raw_hub.
class SocketClient final : public BenchClient {
 public:
  explicit SocketClient(const Options& options)
      : nats_(options.Text("proto", "") == "nats"), nodes_(static_cast<size_t>(options.Number("nodes", 0))) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in hub{};
    hub.sin_family = AF_INET;
    hub.sin_port = htons(static_cast<uint16_t>(options.Number("port", 0)));
    hub.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&hub), sizeof hub) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (nats_) Send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB _INBOX.bench 1\r\n");
  }

  Outcome Run(const std::string&, const std::string&) override {
    // What the hub's command to a node looks like.
    std::string command, message;
    const std::string attempt_id = absl::BytesToHexString(Nonce());
    PutBytes(&command, 1, attempt_id);
    PutBytes(&command, 2, "rpcutil");
    PutBytes(&command, 3, "ping");
    PutBytes(&command, 4, "{}");
    PutBytes(&command, 5, "client=bench");
    PutInt(&command, 8, 12'000);
    PutBytes(&message, 3, Seal(1, 1, attempt_id, "node00000.example.net", {"k1", "key"}, command));
    const auto size = static_cast<uint32_t>(message.size() + 1);
    Outcome outcome;
    const double began = SteadySeconds();
    Send(nats_ ? absl::StrCat("PUB req _INBOX.bench ", message.size(), "\r\n", message, "\r\n")
               : absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&size), sizeof size), "Q", message));
    static char buffer[1 << 18];
    while (outcome.answers < nodes_) {
      const ssize_t got = read(fd_, buffer, sizeof buffer);
      if (got <= 0) {
        outcome.error = "the connection ended";
        return outcome;
      }
      in_.append(buffer, static_cast<size_t>(got));
      ++outcome.messages;
      const size_t answers = nats_ ? TakeNats() : TakeRaw();
      if (outcome.answers == 0 && answers > 0) outcome.first = SteadySeconds() - began;
      outcome.answers += answers;
    }
    outcome.ok = std::exchange(ok_, 0);
    outcome.last = outcome.whole = SteadySeconds() - began;
    return outcome;
  }

 private:
  void Send(const std::string& text) const {
    if (write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size())) return;
    std::perror("write");
    std::exit(1);
  }
  // A client reads what it is told: the envelope, and the update in it.
  void Take(absl::string_view message) {
    for (Fields outer(message); outer.Next();) {
      if (outer.number != 3) continue;
      for (Fields envelope(outer.bytes); envelope.Next();) {
        if (envelope.number == 8 && !envelope.bytes.empty()) ++ok_;
      }
    }
  }
  size_t TakeRaw() {
    size_t at = 0, answers = 0;
    uint32_t n = 0;
    for (; in_.size() - at >= sizeof n; at += sizeof n + n) {
      std::memcpy(&n, in_.data() + at, sizeof n);
      if (in_.size() - at < sizeof n + n) break;
      if (in_[at + sizeof n] != 'R') continue;
      Take(absl::string_view(in_).substr(at + sizeof n + 1, n - 1));
      ++answers;
    }
    in_.erase(0, at);
    return answers;
  }
  size_t TakeNats() {
    size_t at = 0, answers = 0;
    for (size_t end; (end = in_.find("\r\n", at)) != std::string::npos; at = end + 2) {
      const absl::string_view line = absl::string_view(in_).substr(at, end - at);
      if (absl::StartsWith(line, "PING")) Send("PONG\r\n");
      if (!absl::StartsWith(line, "MSG ")) continue;
      size_t size = 0;
      if (!absl::SimpleAtoi(line.substr(line.rfind(' ') + 1), &size)) break;
      if (in_.size() < end + 2 + size + 2) break;
      Take(absl::string_view(in_).substr(end + 2, size));
      ++answers;
      end += size + 2;
    }
    in_.erase(0, at);
    return answers;
  }

  const bool nats_;
  const size_t nodes_;
  int fd_ = -1;
  size_t ok_ = 0;
  std::string in_;
};

void Measure(BenchClient* client, const int (&pids)[3], const std::string& line) {
  const size_t blank = line.find(' ');
  double used[3];
  for (int i = 0; i < 3; ++i) used[i] = ProcessorSeconds(pids[i]);
  const Outcome outcome = client->Run(line.substr(0, blank), blank == std::string::npos ? "" : line.substr(blank + 1));
  usleep(kSettleUs);
  const auto answers = static_cast<double>(std::max<size_t>(outcome.answers, 1));
  for (int i = 0; i < 3; ++i) used[i] = (ProcessorSeconds(pids[i]) - used[i]) * 1e6 / answers;
  std::printf(
      "{\"answers\":%zu,\"ok\":%zu,\"messages\":%zu,\"first_ms\":%.2f,\"ms\":%.2f,\"whole_ms\":%.2f,\"hub_us\":%.2f,"
      "\"swarm_us\":%.2f,\"client_us\":%.2f,\"error\":\"%s\"}\n",
      outcome.answers, outcome.ok, outcome.messages, outcome.first * 1e3, outcome.last * 1e3, outcome.whole * 1e3,
      used[0], used[1], used[2], absl::CEscape(outcome.error).c_str());
  std::fflush(stdout);
}

}  // namespace
}  // namespace orch::swarm

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const orch::swarm::Options options(argc, argv);
  const int pids[3] = {static_cast<int>(options.Number("hub", 0)), static_cast<int>(options.Number("swarm", 0)),
                       getpid()};
  std::unique_ptr<orch::swarm::BenchClient> client;
  if (options.Text("proto", "orch") == "orch") {
    client = std::make_unique<orch::swarm::HubClient>(options);
  } else {
    client = std::make_unique<orch::swarm::SocketClient>(options);
  }
  std::string line;
  while (std::getline(std::cin, line)) orch::swarm::Measure(client.get(), pids, line);
}
