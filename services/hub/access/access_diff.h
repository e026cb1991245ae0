// Applies other rules to requests that the audit log has recorded, and adds up those that they would decide
// differently. Each request is decided without regard to nodes, whose labels at that time nobody has kept: a rule that
// allows it for some nodes allows it. Off the hub's loop; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"
#include "auth/access/access_rules.h"
#include "base/json.h"
#include "orch/v1/access_service.pb.h"

namespace orch::hub {

class AccessDiff {
 public:
  static constexpr size_t kMaxChanges = 1000;

  explicit AccessDiff(auth::AccessRules rules) : rules_(std::move(rules)) {}

  // Whether the line can hold a decision that Add reads: a cheap test before its JSON is parsed.
  static bool MayDecide(absl::string_view line);
  // A record of the audit log; others than decisions of rules are passed over.
  void Add(const Json& record);
  void Fill(v1::DiffAccessResponse* response) const;

 private:
  struct Change {
    uint32_t count = 0;
    int64_t last_us = 0;
    std::string old_rule, new_rule;
  };
  // Caller, what, whether it was allowed.
  std::map<std::tuple<std::string, std::string, bool>, Change> changes_;
  const auth::AccessRules rules_;
  uint64_t examined_ = 0;
};

}  // namespace orch::hub
