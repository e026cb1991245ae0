// Admits nodes with keys of their own: enrols them with tokens or certificates, lets those wait whose name is known
// already, approves, bans and forgets. Each change is committed before it is in force, and written to the audit log
// before that. Owned by the hub; its loop only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/audit/audit_sink.h"
#include "auth/peer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/lifetime.h"
#include "base/random.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/job_store/record_store.h"
#include "services/hub/keys/bans.h"
#include "services/hub/keys/key_view.h"
#include "services/hub/keys/node_keys.h"
#include "services/hub/keys/token_table.h"

namespace orch::hub {

class KeyDesk {
 public:
  static constexpr size_t kMaxNamesACall = 1000;
  static constexpr absl::Duration kSweepEvery = absl::Minutes(1);

  struct Dependencies {
    RecordStore* store;
    KeyView* view;
    auth::AuditSink* audit;  // may be null
    const Clock* clock;
    Random* random;
    size_t max_nodes;          // limits.nodes
    std::string hub_identity;  // told to nodes that enrol
    // Whether the hub knows a node of this name.
    std::function<bool(const std::string& identity)> knows_node;
    // Stores labels of a node that is about to be admitted, and calls `then`; may be null.
    std::function<void(const std::string& identity, const std::map<std::string, std::string>& labels,
                       std::function<void(const absl::Status&)> then)>
        set_labels;
    // Keys or bans have changed: connections whose keys no longer count are to be cut.
    std::function<void()> changed;
    // Somebody who may have logged in is banned: his keys end; may be null.
    std::function<void(const std::string& name)> end_login = nullptr;
  };
  explicit KeyDesk(Dependencies dependencies);

  // Reads what a previous hub process has stored. Blocks.
  absl::Status Load();

  template <typename T>
  using Answer = std::function<void(absl::StatusOr<T>)>;
  void CreateToken(const v1::CreateTokenRequest& request, const std::string& caller,
                   Answer<v1::CreateTokenResponse> answer);
  void RevokeToken(const std::string& id, const std::string& caller, Answer<v1::RevokeTokenResponse> answer);
  // `peer`: a token, or a node with a certificate. The same secret of the same node has the same answer again.
  void Enrol(const auth::Peer& peer, const std::string& address, const v1::EnrolRequest& request,
             Answer<v1::EnrolResponse> answer);
  void Approve(const v1::ApproveNodesRequest& request, const std::string& caller,
               Answer<v1::ApproveNodesResponse> answer);
  void Ban(const v1::BanPeersRequest& request, const std::string& caller, Answer<v1::BanPeersResponse> answer);
  // Writes a step of a rotation to the audit log.
  absl::Status NoteRotation(const v1::RotateKeysRequest& request, const std::string& caller) const;
  // A forgotten node has no key any more, so that its name is free.
  void ForgetNode(const std::string& identity);
  // Drops tokens and waiting keys whose time is over. Called from a timer.
  void Tick();

  const TokenTable& tokens() const { return tokens_; }
  const NodeKeys& keys() const { return keys_; }
  const Bans& bans() const { return bans_; }

 private:
  using Then = std::function<void(absl::Status)>;
  // Writes to the audit log. An error only if nothing may happen without it.
  absl::Status Note(const char* event, const char* decision, const std::string& caller, absl::string_view reason,
                    Json details) const;
  // Stores the labels that each node gets by its token, so that none is admitted without them.
  void Label(std::vector<std::pair<std::string, std::string>> tokens_by_node, Then then);
  // Commits the change; `then` runs if this object still lives.
  void Commit(RecordChange change, Then then);
  absl::Status CheckEnrol(const auth::Peer& peer, const v1::EnrolRequest& request) const;
  v1::EnrolResponse EnrolAnswer(const std::string& identity, const std::string& key_id, bool admitted,
                                const std::string& token_id) const;
  // True if the node has enrolled with this key before.
  bool AnswerRepeated(const v1::EnrolRequest& request, const std::string& key_id,
                      const Answer<v1::EnrolResponse>& answer) const;
  absl::Status PrepareEntry(const auth::Peer& peer, const std::string& address, const v1::EnrolRequest& request,
                            NodeKeyEntry* entry) const;
  std::map<std::string, std::string> LabelsOf(const std::string& token_id) const;
  int64_t NowUs() const { return absl::ToUnixMicros(deps_.clock->Now()); }

  const Dependencies deps_;
  TokenTable tokens_;
  NodeKeys keys_;
  Bans bans_;
  absl::flat_hash_set<std::string> committing_;       // identities with a change on its way to the disk
  absl::Duration swept_ = -absl::InfiniteDuration();  // Clock::Steady
  Lifetime lifetime_;
};

}  // namespace orch::hub
