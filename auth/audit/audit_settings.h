// Reads the settings audit.* of a program's configuration, which hub and node agent share. Used by main's thread.
#pragma once

#include <string>

#include "auth/audit/audit_log.h"
#include "base/config_reader.h"

namespace orch::auth {

// `beside`: the log's place if audit.file does not name one; empty: no log. `program`: its name in systemd's journal,
// which `journal` sends to if audit.journal says so.
AuditLog::Options ReadAuditSettings(ConfigReader* read, const std::string& beside, const std::string& program,
                                    AuditLog::JournalSender journal);

}  // namespace orch::auth
