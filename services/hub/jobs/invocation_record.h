// The record of an accepted invocation for the audit log: who runs what where, which rules allow it, and which targets
// they deny. Pure; holds no sensitive input.
#pragma once

#include "auth/audit/audit_sink.h"
#include "services/hub/access/job_access.h"
#include "services/hub/jobs/run/job_request.h"

namespace orch::hub {

// Denied targets are named up to this number for each reason; all are counted.
inline constexpr size_t kMaxDeniedNamed = 100;
inline constexpr size_t kMaxRecordedInputBytes = 4u << 10;  // longer inputs are recorded by their hash

auth::AuditRecord DescribeInvocation(const JobRequest& request, const JobDecision& decision);

}  // namespace orch::hub
