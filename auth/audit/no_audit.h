// The sink of a program without an audit log (setting audit.file: none): takes every record and keeps none.
#pragma once

#include "auth/audit/audit_sink.h"

namespace orch::auth {

class NoAudit final : public AuditSink {
 public:
  absl::Status Write(const AuditRecord&) override { return absl::OkStatus(); }
  bool required() const override { return false; }
};

}  // namespace orch::auth
