// Which records of an audit log somebody wants to see. A plain value; Matches is pure. Any thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::auth {

struct AuditFilter {
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  std::string caller;    // whole; empty: any, here and below
  std::string event;     // the event, or its beginning up to a dot: "job" takes "job.invoke"
  std::string decision;  // whole
  std::string job;       // the record's job
  std::string node;      // the record's node, or one of its targets
};

class AuditMatcher {
 public:
  explicit AuditMatcher(const AuditFilter& filter);
  // False for a line that is no record. Parses JSON only where the line's text can match.
  bool Matches(absl::string_view line) const;

 private:
  bool MayMatch(absl::string_view line) const;

  const AuditFilter filter_;
  const std::string since_;  // as lines write it; empty: no bound
  const std::string until_;
  bool needs_json_;
};

}  // namespace orch::auth
