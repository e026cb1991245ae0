// The labels of every node, whether it was ever seen or not: those that operators, or the token of its enrolment, have
// set, and those of its certificate. Where both have a name, the operator's value counts. Changes are stored first and
// count afterwards; labels of certificates count at once, because the next stream brings them again. Owned by the hub;
// its loop only. Decides nothing about rules, and knows no streams.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/labels.h"
#include "base/lifetime.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

class LabelTable {
 public:
  static constexpr size_t kMaxWaitingChanges = 100;
  static constexpr size_t kMaxNodesOfChange = 1000;
  static constexpr char kRecordKind[] = "label";
  static constexpr char kCertificateRecordKind[] = "certificate-label";

  struct Options {
    size_t max_identities = 20'000;  // nodes with labels; as many as may be known
  };
  LabelTable(RecordStore* store, Options options) : store_(store), options_(options) {}

  // Fills the table with what is stored. Once, before anything else; blocks. Records that cannot be read are left out
  // and logged.
  absl::Status Load();

  struct Change {
    std::vector<std::string> identities;  // at most kMaxNodesOfChange
    auth::Labels set;
    std::vector<std::string> remove;
  };
  // Whether the change can be applied as far as its own words tell, with the error of Apply if not.
  absl::Status Check(const Change& change) const;
  // Gives the nodes that the change has changed, once it is stored. InvalidArgument names the label;
  // ResourceExhausted: a bound, or the store has no room now. Then nothing is changed for any of the nodes.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)>;
  void Apply(Change change, Done done);
  // Sets labels of one node, at its enrolment; its other labels stay. Calls `done` as Apply does.
  void Set(std::string identity, auth::Labels labels, absl::AnyInvocable<void(absl::Status)> done);
  // The labels of the certificate by which the node has proved itself now replace those of its last one.
  void SetFromCertificate(absl::string_view identity, const auth::Labels& labels);
  // Forgets all labels of the node.
  void Forget(absl::string_view identity);

  // The labels that count. Empty: none. The reference lives until the labels of the node change.
  const auth::Labels& Of(absl::string_view identity) const;
  size_t size() const { return entries_.size(); }

  // Is told about nodes whose labels have changed.
  using Listener = std::function<void(const std::vector<std::string>& identities)>;
  void SetListener(Listener listener) { listener_ = std::move(listener); }

 private:
  struct Entry {
    auth::Labels set;
    auth::Labels certificate;
    auth::Labels all;
  };
  struct Waiting {
    Change change;
    Done done;
  };
  // The labels that operators will have set when a change is stored, of the nodes for which they differ.
  using Next = absl::flat_hash_map<std::string, auth::Labels>;
  absl::StatusOr<Next> Compute(const Change& change) const;
  static RecordChange RecordsOf(const Next& next);
  void StoreNext();
  void OnStored(const Next& next, const absl::Status& status);
  void EndFirst(absl::StatusOr<std::vector<std::string>> result);
  void Put(const std::string& identity, Entry entry);
  const Entry* Find(absl::string_view identity) const;

  RecordStore* const store_;
  const Options options_;
  absl::flat_hash_map<std::string, Entry> entries_;
  std::deque<Waiting> waiting_;
  bool storing_ = false;  // the first one that waits is being stored
  Listener listener_;
  Lifetime lifetime_;
};

}  // namespace orch::hub
