// A KeyDesk over a store that a test can make slow or full, and a log of what it writes to the audit log.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auth/keyring.h"
#include "auth/token.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_record_store.h"
#include "services/hub/keys/key_desk.h"
#include "tests/hub/fakes.h"

namespace orch::hub {

class AuditLines final : public auth::AuditSink {
 public:
  absl::Status Write(const auth::AuditRecord& record) override {
    if (!status.ok()) return status;
    lines.push_back(record.event + " " + record.decision + " " + record.caller);
    return absl::OkStatus();
  }
  bool required() const override { return is_required; }

  absl::Status status;
  bool is_required = false;
  std::vector<std::string> lines;
};

// Forwards to a store that outlives hubs, unless it is full.
class FrailStore final : public RecordStore {
 public:
  explicit FrailStore(Executor* executor) : store_(executor), executor_(executor) {}
  void Apply(RecordChange change, Done done) override {
    if (!full) return store_.Apply(std::move(change), std::move(done));
    executor_->Post([done = std::move(done)]() mutable {
      if (done != nullptr) done(absl::ResourceExhaustedError("disk full"));
    });
  }
  absl::Status Load(absl::string_view kind,
                    const std::function<void(const std::string&, const std::string&)>& take) override {
    return store_.Load(kind, take);
  }
  bool durable() const override { return true; }

  bool full = false;

 private:
  MemoryRecordStore store_;
  Executor* const executor_;
};

class KeyDeskFixture : public ::testing::Test {
 protected:
  KeyDeskFixture() { Start(); }

  // A new hub process over the same store.
  void Start() {
    desk_.reset();
    view_ = std::make_unique<KeyView>(&clock_);
    desk_ = std::make_unique<KeyDesk>(
        KeyDesk::Dependencies{&store_, view_.get(), &audit_, &clock_, &random_, 100, "hub.example.com",
                              [this](const std::string& identity) { return known_.contains(identity); },
                              [this](const std::string& identity, const std::map<std::string, std::string>& labels,
                                     std::function<void(const absl::Status&)> then) {
                                if (label_status_.ok()) labels_[identity] = labels;
                                then(label_status_);
                              },
                              [this] { ++changed_; }});
    ASSERT_TRUE(desk_->Load().ok());
  }

  template <typename T, typename Call>
  absl::StatusOr<T> Await(Call call) {
    std::optional<absl::StatusOr<T>> answer;
    call([&answer](absl::StatusOr<T> value) { answer = std::move(value); });
    executor_.RunUntilIdle();
    return answer.has_value() ? *std::move(answer) : absl::InternalError("no answer");
  }
  absl::StatusOr<v1::CreateTokenResponse> Create(v1::CreateTokenRequest request) {
    return Await<v1::CreateTokenResponse>(
        [&](auto answer) { desk_->CreateToken(request, "client=admin", std::move(answer)); });
  }
  // Returns the id of the token.
  std::string Token(const std::string& name = "", uint32_t uses = 1, const std::string& pattern = "") {
    v1::CreateTokenRequest request;
    request.set_name(name);
    request.set_pattern(pattern);
    request.set_uses(uses);
    return Create(request).value().token().id();
  }
  static auth::Peer TokenPeer(const std::string& id) {
    auth::Peer peer;
    peer.name = id;
    peer.token = true;
    return peer;
  }
  static v1::EnrolRequest Request(const std::string& identity, char secret) {
    v1::EnrolRequest request;
    request.set_identity(identity);
    request.set_secret(std::string(32, secret));
    return request;
  }
  absl::StatusOr<v1::EnrolResponse> Enrol(const std::string& token, const std::string& identity, char secret) {
    return EnrolAs(TokenPeer(token), identity, secret);
  }
  absl::StatusOr<v1::EnrolResponse> EnrolAs(const auth::Peer& peer, const std::string& identity, char secret) {
    return Await<v1::EnrolResponse>(
        [&](auto answer) { desk_->Enrol(peer, "192.0.2.1:4711", Request(identity, secret), std::move(answer)); });
  }
  absl::StatusOr<v1::ApproveNodesResponse> Approve(const std::string& identity) {
    v1::ApproveNodesRequest request;
    request.add_identities(identity);
    return Await<v1::ApproveNodesResponse>(
        [&](auto answer) { desk_->Approve(request, "client=admin", std::move(answer)); });
  }
  absl::StatusOr<v1::BanPeersResponse> Ban(const std::string& kind, const std::string& name, bool end = false) {
    v1::BanPeersRequest request;
    request.set_kind(kind);
    request.add_names(name);
    request.set_end_ban(end);
    return Await<v1::BanPeersResponse>([&](auto answer) { desk_->Ban(request, "client=admin", std::move(answer)); });
  }
  // What the door would find for this node and secret.
  auth::KeySource::NodeKey KeyOf(const std::string& identity, char secret) {
    std::string bytes;
    return view_->FindNodeKey(identity, auth::OwnKeyId(std::string(32, secret)), &bytes);
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  CountingRandom random_;
  FrailStore store_{&executor_};
  AuditLines audit_;
  std::set<std::string> known_;
  std::map<std::string, std::map<std::string, std::string>> labels_;
  absl::Status label_status_;  // how labels are stored
  int changed_ = 0;
  std::unique_ptr<KeyView> view_;
  std::unique_ptr<KeyDesk> desk_;
};

}  // namespace orch::hub
