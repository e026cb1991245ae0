#include "services/hub/job_store/sqlite_node_store.h"

#include "base/status_macros.h"
#include "services/hub/job_store/packed_text.h"

namespace orch::hub {
namespace {

constexpr char kNodes[] =
    "SELECT identity, first_seen_us, last_seen_us, attached, gone_us, gone_reason, node, facts, facts_bytes "
    "FROM nodes LEFT JOIN node_parts USING (num) ORDER BY identity";

// The node of a row. A row with damaged parts still has the node's name.
StoredFleet::Node ReadNode(const SqliteStatement& row) {
  StoredFleet::Node stored;
  v1::Node& node = stored.node;
  const absl::string_view rest = row.Bytes(6);
  if (!node.ParseFromArray(rest.data(), static_cast<int>(rest.size()))) {
    node.Clear();
    stored.problem = "what the hub had stored of this node cannot be read; the node says it anew when it attaches";
  }
  stored.packed_facts = row.Text(7);
  stored.facts_bytes = static_cast<size_t>(row.Int(8));
  node.set_identity(row.Text(0));
  node.set_first_seen_us(row.Int(1));
  node.set_last_seen_us(row.Int(2));
  node.set_presence(row.Int(3) != 0 ? v1::CONNECTED : v1::DISCONNECTED);
  node.set_gone_us(row.Int(4));
  node.set_gone_reason(row.Text(5));
  return stored;
}

}  // namespace

void SqliteNodeStore::Apply(FleetChange change, Done done) {
  GroupWriter::Write write;
  write.rows = 1 + 2 * (change.nodes.size() + change.rests.size() + change.forgotten.size()) + change.presences.size() +
               change.ddls.size();
  write.bytes = write.rows * kRowOverhead;
  for (const v1::Node& node : change.nodes) write.bytes += node.ByteSizeLong();
  for (const v1::Node& node : change.rests) write.bytes += node.ByteSizeLong();
  for (const std::string& ddl : change.ddls) write.bytes += ddl.size();
  write.apply_nodes = [change = std::move(change)](NodeRows* rows) { return rows->Apply(change); };
  write.done = std::move(done);
  writer_->Add(std::move(write));
}

void SqliteNodeStore::KeepDdls(std::vector<std::string> sha256s, Done done) {
  GroupWriter::Write write;
  write.bytes = kRowOverhead * (1 + sha256s.size());
  write.apply_nodes = [sha256s = std::move(sha256s)](NodeRows* rows) { return rows->KeepDdls(sha256s); };
  write.done = std::move(done);
  writer_->Add(std::move(write));
}

absl::Status SqliteNodeStore::Load(StoredFleet* fleet) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<Sqlite> file, Sqlite::Open(path_, Sqlite::Mode::kRead));
  ORCH_ASSIGN_OR_RETURN(SqliteStatement nodes, file->Prepare(kNodes));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, nodes.Step());
    if (!row) break;
    fleet->nodes.push_back(ReadNode(nodes));
  }
  ORCH_ASSIGN_OR_RETURN(SqliteStatement ddls, file->Prepare("SELECT json, bytes FROM ddls ORDER BY sha256"));
  while (true) {
    ORCH_ASSIGN_OR_RETURN(const bool row, ddls.Step());
    if (!row) break;
    // When a text cannot be read, the nodes are asked for it again.
    if (auto text = Unpack(ddls.Bytes(0), static_cast<size_t>(ddls.Int(1))); text.ok()) {
      fleet->ddls.push_back(*std::move(text));
    }
  }
  ORCH_ASSIGN_OR_RETURN(SqliteStatement alive, file->Prepare("SELECT value FROM store WHERE name = 'alive_us'"));
  ORCH_ASSIGN_OR_RETURN(const bool row, alive.Step());
  if (row) fleet->alive_us = alive.Int(0);
  return absl::OkStatus();
}

}  // namespace orch::hub
