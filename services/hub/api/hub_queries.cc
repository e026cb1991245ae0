#include "services/hub/api/hub_queries.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "services/hub/nodes/failed_plugins.h"

namespace orch::hub {
namespace {

// The resident set of this process, from /proc; 0 when it is not known.
uint64_t ResidentBytes() {
  const auto statm = ReadFile("/proc/self/statm", 4096);
  if (!statm.ok()) return 0;
  const std::vector<std::string> fields = absl::StrSplit(*statm, ' ');
  uint64_t pages = 0;
  if (fields.size() < 2 || !absl::SimpleAtoi(fields[1], &pages)) return 0;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void FillPlugin(const DdlCache::Entry& entry, v1::Plugin* plugin) {
  plugin->set_name(entry.name);
  plugin->set_version(entry.version);
  plugin->set_ddl_sha256(entry.sha256);
  plugin->set_node_count(entry.nodes);
  if (entry.plugin == nullptr) return;
  plugin->set_version(entry.plugin->version);
  plugin->set_description(entry.plugin->description);
}

// `entries`: the DDLs of one plugin, the best one first, whose text is known.
void FillPluginResponse(const std::vector<const DdlCache::Entry*>& entries, const v1::GetPluginRequest& request,
                        v1::GetPluginResponse* response) {
  response->Clear();
  const DdlCache::Entry& best = *entries.front();
  FillPlugin(best, response->mutable_plugin());
  if (request.known_sha256() != best.sha256) response->mutable_plugin()->set_ddl_json(std::string(best.plugin->json));
  for (size_t i = 1; i < entries.size(); ++i) FillPlugin(*entries[i], response->add_others());
}

}  // namespace

void HubQueries::ListPlugins(v1::ListPluginsResponse* response) const {
  for (const DdlCache::Entry* entry : ddls_->All()) FillPlugin(*entry, response->add_plugins());
  for (FailedPlugin& failed : CollectFailedPlugins(*registry_, *ddls_)) {
    v1::ListPluginsResponse::Failed* out = response->add_failed();
    out->mutable_problem()->set_plugin(failed.plugin);
    out->mutable_problem()->set_reason(failed.reason);
    out->set_node_count(failed.nodes);
    for (std::string& identity : failed.identities) out->add_identities(std::move(identity));
  }
}

void HubQueries::GetPlugin(const v1::GetPluginRequest* request, v1::GetPluginResponse* response, Done done) {
  ddls_->Require(request->name(), kAwaitDdl, [request, response, done = std::move(done)](const auto& entries) {
    if (entries.ok()) FillPluginResponse(*entries, *request, response);
    done(entries.status());
  });
}

void HubQueries::GetHubStatus(v1::GetHubStatusResponse* response) const {
  response->set_version(facts_.version);
  response->set_hub_identity(facts_.identity);
  response->set_started_us(absl::ToUnixMicros(facts_.started));
  const Registry::Counts nodes = registry_->counts();
  response->set_nodes_connected(nodes.connected);
  response->set_nodes_stale(nodes.stale);
  response->set_nodes_disconnected(nodes.disconnected);
  response->set_nodes_returning(registry_->returning());
  for (v1::IdentityConflict& conflict : conflicts_->List()) {
    *response->add_identity_conflicts() = std::move(conflict);
  }
  response->set_jobs_paused(static_cast<uint32_t>(dispatcher_->paused()));
  response->set_tasks_queued(static_cast<uint32_t>(dispatcher_->queued_tasks()));
  response->set_jobs_running(static_cast<uint32_t>(dispatcher_->running()));
  response->set_jobs_total(dispatcher_->counters().jobs);
  response->set_replies_total(dispatcher_->counters().replies);
  const StoreStats store = store_->Stats();
  absl::string_view problem = store.problem;
  absl::ConsumePrefix(&problem, absl::StrCat("job store ", store.place, ": "));
  response->set_store(problem.empty() ? store.place : absl::StrCat(store.place, " (", problem, ")"));
  response->set_jobs_stored(store.jobs);
  response->set_store_bytes(store.bytes);
  for (const auto& [reason, count] : refusals_->All()) (*response->mutable_refused())[reason] = count;
  (*response->mutable_refused())["unexpected_update"] = dispatcher_->counters().unexpected;
  for (const auto& [key, count] : registry_->AttachedByKey()) (*response->mutable_nodes_by_key())[key] = count;
  response->set_resident_bytes(ResidentBytes());
  response->set_listen_address(facts_.listen_address);
  response->set_mtls(facts_.mtls);
  response->set_hub_time_us(absl::ToUnixMicros(clock_->Now()));
  for (const auto& [identity, skew] : registry_->ClockSkews()) {
    (*response->mutable_clock_skew_ms())[identity] = absl::ToInt64Milliseconds(skew);
  }
  for (const StatusPart& part : status_parts_) part(response);
}

}  // namespace orch::hub
