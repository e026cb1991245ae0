// Stand-ins for the hub's edges: nodes' streams and clients' streams that only remember.
#pragma once

#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auth/keyring.h"
#include "auth/peer.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "services/hub/door/response_sink.h"
#include "services/hub/nodes/node_channel.h"
#include "services/hub/nodes/node_directory.h"

namespace orch::hub {

// A hub's keys: "k1", for nodes and clients, of 32 bytes 0xaa.
inline std::unique_ptr<auth::Keyring> TestKeyring() {
  const std::string path = ::testing::TempDir() + "/hub-test-credentials-" + std::to_string(getpid());
  EXPECT_TRUE(WriteFileDurably(path, "psk k1 " + std::string(64, 'a') + "\n", 0600).ok());
  std::unique_ptr<auth::Keyring> keyring = auth::Keyring::Load(path).value();
  unlink(path.c_str());
  return keyring;
}

// A node that has proved itself with a key of its own.
inline auth::Peer NodePeer(const std::string& identity) {
  auth::Peer peer;
  peer.name = identity;
  peer.node = true;
  peer.key_id = "k1";
  return peer;
}

// Bytes that never repeat within a test and are the same in each run.
class CountingRandom final : public Random {
 public:
  std::string Bytes(size_t size) override {
    std::string bytes;
    while (bytes.size() < size) bytes += Sha256(std::to_string(++count_));
    return bytes.substr(0, size);
  }

 private:
  uint64_t count_ = 0;
};

class FakeNode final : public NodeChannel {
 public:
  bool SendCommand(absl::string_view job_id, const std::shared_ptr<const CommandBody>& body) override {
    if (full) return false;
    jobs.push_back(std::string(job_id));
    bodies.push_back(body);
    return true;
  }
  void SendCancel(absl::string_view job_id, absl::string_view) override { cancelled.push_back(std::string(job_id)); }
  bool SendQuery(absl::string_view job_id) override {
    if (full) return false;
    queries.push_back(std::string(job_id));
    return true;
  }
  void SendAck(absl::string_view job_id) override { acks.push_back(std::string(job_id)); }
  void AskDdls(const std::vector<std::string>& sha256s) override {
    asked.insert(asked.end(), sha256s.begin(), sha256s.end());
  }
  void SendStanding(const v1::NodeStanding& standing) override { standings.push_back(standing); }
  void SayGoodbye(absl::string_view reason, absl::Duration) override { goodbyes.push_back(std::string(reason)); }

  bool full = false;
  std::vector<std::string> jobs;
  std::vector<std::shared_ptr<const CommandBody>> bodies;
  std::vector<std::string> cancelled;
  std::vector<std::string> queries;
  std::vector<std::string> acks;
  std::vector<std::string> asked;
  std::vector<v1::NodeStanding> standings;
  std::vector<std::string> goodbyes;
};

class FakeDirectory final : public NodeDirectory {
 public:
  NodeChannel* ChannelOf(absl::string_view identity) const override {
    const auto found = nodes.find(std::string(identity));
    return found == nodes.end() ? nullptr : found->second.get();
  }
  bool ChangedSince(absl::string_view identity, uint64_t) const override {
    return changed.contains(std::string(identity));
  }
  FakeNode& Add(const std::string& identity) {
    nodes[identity] = std::make_unique<FakeNode>();
    return *nodes[identity];
  }
  std::map<std::string, std::unique_ptr<FakeNode>> nodes;
  std::set<std::string> changed;  // since any job began
};

template <typename Response>
class FakeSink final : public ResponseSink<Response> {
 public:
  bool TryPush(Response response) override {
    if (ended || room == 0) return false;
    --room;
    responses.push_back(std::move(response));
    return true;
  }
  void End(const absl::Status& status) override {
    if (ended) return;
    ended = true;
    end = status;
  }
  void SetOnDrained(std::function<void()> on_drained) override { drained = std::move(on_drained); }
  bool closed() const override { return ended; }
  size_t queued_bytes() const override { return backlog; }
  size_t backlog = 0;
  std::function<void()> drained;
  size_t room = 1'000'000;
  std::vector<Response> responses;
  bool ended = false;
  absl::Status end;
};

}  // namespace orch::hub
