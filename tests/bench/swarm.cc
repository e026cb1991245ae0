#include "tests/bench/swarm.h"

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/hub/sample_ddl.h"

namespace orch {
namespace {

constexpr size_t kAttachAtOnce = 100;  // a hub lets so many of one address shake hands at a time
constexpr absl::Duration kBeatEvery = absl::Milliseconds(500);  // the answers bring acknowledgements
constexpr absl::Duration kAcksWithin = absl::Seconds(60);

}  // namespace

bool Swarm::Attach() {
  v1::TaskUpdate answer;
  answer.set_kind(v1::TaskUpdate::FINISHED);
  answer.mutable_reply()->set_state(v1::OK);
  answer.mutable_reply()->set_status_message("OK");
  answer.mutable_reply()->set_data_json("{\"pong\":\"" + std::string(200, 'x') + "\"}");
  for (uint32_t i = 0; i < options_.nodes; ++i) {
    FakeAgent::Options options;
    options.hub = hub_->address();
    options.identity = absl::StrCat("node", i, ".example.net");
    options.key = auth::LoadPeerKey(hub_->credentials(), auth::PeerKind::kNode, options.identity)->key;
    options.plaintext = options_.plaintext;
    options.facts_json = absl::StrCat("{\"os\":\"Debian\",\"number\":", i, "}");
    options.ddls = {hub::SampleDdl("rpcutil", "1.0")};
    options.on_command = [answer](const v1::Command&) { return answer; };
    options.on_ack = [this] { ++acks_; };
    options.keep_commands = false;
    agents_.push_back(std::make_unique<FakeAgent>(options, &clock_, &random_));
    if (i % kAttachAtOnce == kAttachAtOnce - 1) agents_.back()->WaitRegistered();
  }
  for (const auto& agent : agents_) {
    if (agent->WaitRegistered()) continue;
    std::fprintf(stderr, "a node was refused: %s\n", agent->WaitEnded().error_message().c_str());
    return false;
  }
  client_ = Connect();
  return client_ != nullptr;
}

std::unique_ptr<TestClient> Swarm::Connect() {
  auth::PeerTlsOptions tls;
  tls.plaintext = options_.plaintext;
  auto key = auth::LoadPeerKey(hub_->credentials(), auth::PeerKind::kClient, "bench");
  auto connection =
      key.ok() ? ConnectTo(hub_->address(), tls, {auth::PeerKind::kClient, "bench", *std::move(key)}, &clock_, &random_)
               : key.status();
  if (connection.ok()) return std::make_unique<TestClient>(*std::move(connection));
  std::fprintf(stderr, "the hub does not know the client: %s\n", connection.status().ToString().c_str());
  return nullptr;
}

v1::JobSpec Swarm::Spec(bool recorded) const {
  v1::JobSpec spec = PingSpec();
  spec.set_record(recorded);
  return spec;
}

bool Swarm::RunJobs(uint32_t jobs, bool recorded) {
  const uint64_t wanted = acks_ + uint64_t{jobs} * options_.nodes;
  std::atomic<uint32_t> next{0}, bad{0};
  std::vector<std::thread> clients;
  for (uint32_t i = 0; i < options_.at_once; ++i) {
    clients.emplace_back([&] {
      while (next++ < jobs) {
        const TestClient::Job job = client_->Invoke(Spec(recorded));
        if (job.status.ok() && job.summary.ok() == options_.nodes && job.replies.size() == options_.nodes) continue;
        ++bad;
        std::fprintf(stderr, "a job ended with %u of %u replies: %s\n", job.summary.ok(), options_.nodes,
                     job.status.error_message().c_str());
      }
    });
  }
  for (std::thread& client : clients) client.join();
  return bad == 0 && (!recorded || WaitAcks(wanted));
}

Swarm::Lone Swarm::RunLone(bool recorded) {
  v1::InvokeRequest request;
  *request.mutable_spec() = Spec(recorded);
  request.mutable_spec()->mutable_target()->set_has_identities(true);
  request.mutable_spec()->mutable_target()->add_identities("node0.example.net");
  const absl::Duration begin = clock_.Steady();
  const auto took = [&] { return absl::ToDoubleMilliseconds(clock_.Steady() - begin); };
  const auto context = client_->Context();
  const auto reader = client_->stub().Invoke(context.get(), request);
  Lone lone;
  v1::InvokeResponse response;
  while (reader->Read(&response)) {
    if (response.replies_size() > 0) lone.reply = took();
  }
  const grpc::Status status = reader->Finish();
  lone.whole = took();
  if (!status.ok() || lone.reply == 0) std::fprintf(stderr, "no reply: %s\n", status.error_message().c_str());
  return lone;
}

bool Swarm::WaitAcks(uint64_t count) const {
  const absl::Duration until = clock_.Steady() + kAcksWithin;
  absl::Duration beat_at = clock_.Steady();
  while (acks_ < count && clock_.Steady() < until) {
    if (clock_.Steady() >= beat_at) {
      for (const auto& agent : agents_) agent->SendHeartbeat();
      beat_at = clock_.Steady() + kBeatEvery;
    }
    usleep(1000);
  }
  if (acks_ < count)
    std::fprintf(stderr, "only %" PRIu64 " of %" PRIu64 " replies were acknowledged\n", acks_.load(), count);
  return acks_ >= count;
}

}  // namespace orch
