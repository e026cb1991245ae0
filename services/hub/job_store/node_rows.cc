#include "services/hub/job_store/node_rows.h"

#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "services/hub/job_store/packed_text.h"

namespace orch::hub {
namespace {

// The statements in the order of NodeRows::Statement.
constexpr const char* kNodeSql[] = {
    ("INSERT INTO nodes (identity, first_seen_us, last_seen_us, attached, gone_us, gone_reason) "
     "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO UPDATE SET first_seen_us = excluded.first_seen_us, "
     "last_seen_us = excluded.last_seen_us, attached = excluded.attached, gone_us = excluded.gone_us, "
     "gone_reason = excluded.gone_reason RETURNING num"),
    "INSERT OR REPLACE INTO node_parts VALUES (?, ?, ?, ?)",
    "UPDATE node_parts SET node = ? WHERE num = (SELECT num FROM nodes WHERE identity = ?)",
    "UPDATE nodes SET last_seen_us = ?, attached = ?, gone_us = ?, gone_reason = ? WHERE identity = ?",
    "DELETE FROM node_parts WHERE num = (SELECT num FROM nodes WHERE identity = ?)",
    "DELETE FROM nodes WHERE identity = ?",
    "INSERT OR IGNORE INTO ddls VALUES (?, ?, ?)",
    "SELECT sha256 FROM ddls",
    "DELETE FROM ddls WHERE sha256 = ?",
    "INSERT OR REPLACE INTO store VALUES ('alive_us', ?)",
};

bool Attached(const v1::Node& node) { return node.presence() == v1::CONNECTED || node.presence() == v1::STALE; }

// The message that node_parts stores: everything except the facts and the columns of the table `nodes`.
std::string Rest(v1::Node node) {
  node.clear_identity();
  node.clear_presence();
  node.clear_first_seen_us();
  node.clear_last_seen_us();
  node.clear_connected_since_us();
  node.clear_gone_us();
  node.clear_gone_reason();
  node.clear_facts_json();
  return node.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::unique_ptr<NodeRows>> NodeRows::Create(Sqlite* file) {
  static_assert(std::size(kNodeSql) == kStatements);
  std::unique_ptr<NodeRows> rows(new NodeRows(file));
  for (const char* sql : kNodeSql) {
    ORCH_ASSIGN_OR_RETURN(SqliteStatement statement, file->Prepare(sql));
    rows->statements_.push_back(std::move(statement));
  }
  return rows;
}

absl::Status NodeRows::Apply(const FleetChange& change) {
  auto& self = *this;
  for (const v1::Node& node : change.nodes) ORCH_RETURN_IF_ERROR(Put(node));
  for (const v1::Node& node : change.rests) {
    ORCH_RETURN_IF_ERROR(SetPresence(node));
    ORCH_RETURN_IF_ERROR(self[kSetRest].With(Blob{Rest(node)}, node.identity()).Run());
  }
  for (const v1::Node& node : change.presences) ORCH_RETURN_IF_ERROR(SetPresence(node));
  for (const std::string& identity : change.forgotten) {
    ORCH_RETURN_IF_ERROR(self[kForgetParts].With(identity).Run());
    ORCH_RETURN_IF_ERROR(self[kForgetNode].With(identity).Run());
  }
  for (const std::string& ddl : change.ddls) {
    ORCH_RETURN_IF_ERROR(self[kPutDdl].With(Blob{Sha256(ddl)}, ddl.size(), Blob{Pack(ddl)}).Run());
  }
  if (change.alive_us > 0) ORCH_RETURN_IF_ERROR(self[kSetAlive].With(change.alive_us).Run());
  return absl::OkStatus();
}

absl::Status NodeRows::Put(const v1::Node& node) {
  auto& self = *this;
  ORCH_ASSIGN_OR_RETURN(const bool row, self[kPutNode]
                                            .With(node.identity(), node.first_seen_us(), node.last_seen_us(),
                                                  Attached(node), node.gone_us(), node.gone_reason())
                                            .Step());
  if (!row) return absl::InternalError(absl::StrCat("job store ", file_->path(), ": a node got no number"));
  const int64_t num = self[kPutNode].Int(0);
  self[kPutNode].Reset();
  return self[kPutParts].With(num, Blob{Rest(node)}, Blob{Pack(node.facts_json())}, node.facts_json().size()).Run();
}

absl::Status NodeRows::SetPresence(const v1::Node& node) {
  return (*this)[kSetPresence]
      .With(node.last_seen_us(), Attached(node), node.gone_us(), node.gone_reason(), node.identity())
      .Run();
}

absl::Status NodeRows::KeepDdls(const std::vector<std::string>& sha256s) {
  auto& self = *this;
  const absl::flat_hash_set<absl::string_view> kept(sha256s.begin(), sha256s.end());
  std::vector<std::string> gone;
  self[kDdlHashes].With();
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, self[kDdlHashes].Step());
    if (!row) break;
    if (!kept.contains(self[kDdlHashes].Bytes(0))) gone.push_back(self[kDdlHashes].Text(0));
  }
  for (const std::string& sha256 : gone) ORCH_RETURN_IF_ERROR(self[kForgetDdl].With(Blob{sha256}).Run());
  return absl::OkStatus();
}

}  // namespace orch::hub
