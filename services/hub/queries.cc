#include "services/hub/queries.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "services/hub/jobs/invocations.h"
#include "services/hub/nodes/away.h"
#include "services/hub/nodes/failed_plugins.h"

namespace orch::hub {
namespace {

// Resident set from /proc; 0 where there is none.
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

}  // namespace

absl::Status CheckNoDataFunctions(const TargetQuery& query) {
  if (!query.filter.has_data_functions()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the filter calls data functions, which only the nodes can answer; run an action with this filter "
      "(Invoke rpcutil ping) to find the nodes that match");
}

absl::StatusOr<std::vector<v1::FindNodesResponse>> Queries::FindNodes(const TargetQuery& query, FindWhich which) const {
  ORCH_RETURN_IF_ERROR(CheckNoDataFunctions(query));
  const absl::Duration begin = clock_->Steady();
  ChooseOptions options;
  options.include_disconnected = which == FindWhich::kKnown;
  options.only_disconnected = which == FindWhich::kDisconnected;
  options.sorted = true;
  const Chosen chosen = Choose(query, *registry_, options);
  std::vector<v1::FindNodesResponse> chunks(1);
  for (const std::string& name : chosen.unknown) chunks.front().add_unknown_identities(name);
  for (v1::Suggestion& suggestion : SuggestIdentities(chosen.unknown, *registry_)) {
    *chunks.front().add_suggestions() = std::move(suggestion);
  }
  if (which == FindWhich::kConnected) {
    v1::AwayNodes away = FindAway(query, *registry_, "", chosen.nodes);
    if (away.count() > 0) *chunks.front().mutable_away() = std::move(away);
  }
  for (const Slot slot : chosen.nodes) {
    if (chunks.back().identities_size() == kMaxIdentitiesPerChunk) chunks.emplace_back();
    chunks.back().add_identities(registry_->At(slot).identity);
  }
  chunks.front().set_discovery_us(absl::ToInt64Microseconds(clock_->Steady() - begin));
  return chunks;
}

absl::Status Queries::GetNode(const v1::GetNodeRequest& request, v1::GetNodeResponse* response) const {
  if (!filter::IsIdentity(request.identity())) {
    return absl::InvalidArgumentError("identity must be 1 to 255 characters of A-Z a-z 0-9 _ . -");
  }
  const NodeRecord* record = registry_->Find(request.identity());
  if (record == nullptr) {
    const std::vector<v1::Suggestion> meant = SuggestIdentities({request.identity()}, *registry_);
    return absl::NotFoundError(absl::StrCat("the hub has never seen a node ", request.identity(), "; ",
                                            meant.empty()
                                                ? "orchctl node list shows those it knows"
                                                : absl::StrCat("did you mean ", meant.front().identity(), "?")));
  }
  *response->mutable_node() = registry_->Describe(*record);
  return absl::OkStatus();
}

absl::Status Queries::ListNodes(const TargetQuery& query, const v1::ListNodesRequest& request,
                                v1::ListNodesResponse* response) const {
  ORCH_RETURN_IF_ERROR(CheckNoDataFunctions(query));
  if (request.page_size() > kMaxNodesPage) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size must be at most ", kMaxNodesPage, " (0: ", kDefaultNodesPage, ")"));
  }
  const size_t limit = request.page_size() == 0 ? kDefaultNodesPage : request.page_size();
  TargetQuery all = query;
  all.limit = all.limit_percent = 0;
  ChooseOptions options;
  options.include_disconnected = true;
  options.only_disconnected = request.only_disconnected();
  const Chosen chosen = Choose(all, *registry_, options);
  // A token is the last identity of the page before: what comes and goes in between moves nothing.
  std::vector<const NodeRecord*> rest;
  for (const Slot slot : chosen.nodes) {
    const NodeRecord& record = registry_->At(slot);
    if (record.identity > request.page_token()) rest.push_back(&record);
  }
  const size_t size = std::min(limit, rest.size());
  std::partial_sort(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size), rest.end(),
                    [](const NodeRecord* a, const NodeRecord* b) { return a->identity < b->identity; });
  for (size_t i = 0; i < size; ++i) *response->add_nodes() = registry_->DescribePresence(*rest[i]);
  if (size < rest.size()) response->set_next_page_token(rest[size - 1]->identity);
  if (!request.page_token().empty()) return absl::OkStatus();
  for (const std::string& name : chosen.unknown) response->add_unknown_identities(name);
  for (v1::Suggestion& suggestion : SuggestIdentities(chosen.unknown, *registry_)) {
    *response->add_suggestions() = std::move(suggestion);
  }
  return absl::OkStatus();
}

absl::Status Queries::FactReport(const TargetQuery& query, const v1::FactReportRequest& request,
                                 v1::FactReportResponse* response) const {
  ORCH_RETURN_IF_ERROR(CheckNoDataFunctions(query));
  if (request.path().empty()) return absl::InvalidArgumentError("path must name a fact, such as os.family");
  const absl::Duration begin = clock_->Steady();
  const Chosen chosen = Choose(query, *registry_, ChooseOptions());
  SlotSet nodes(registry_->facts().slots());
  for (const Slot slot : chosen.nodes) nodes.Insert(slot);
  const FactTable::FactCounts counts = registry_->facts().CountFact(request.path(), nodes);
  for (const FactTable::FactValue& value : counts.values) {
    v1::FactReportResponse::Value* row = response->add_values();
    row->set_value_json(DumpJson(value.value));
    row->set_count(static_cast<uint32_t>(value.slots.size()));
    if (!request.with_nodes()) continue;
    std::vector<std::string> identities;
    for (const Slot slot : value.slots) identities.push_back(registry_->At(slot).identity);
    std::sort(identities.begin(), identities.end());
    for (std::string& identity : identities) row->add_identities(std::move(identity));
  }
  response->set_missing(static_cast<uint32_t>(counts.missing));
  response->set_nodes(static_cast<uint32_t>(chosen.nodes.size()));
  v1::AwayNodes away = FindAway(query, *registry_, "", chosen.nodes);
  if (away.count() > 0) *response->mutable_away() = std::move(away);
  response->set_elapsed_us(absl::ToInt64Microseconds(clock_->Steady() - begin));
  return absl::OkStatus();
}

void Queries::ListPlugins(v1::ListPluginsResponse* response) const {
  for (const DdlCache::Entry* entry : ddls_->All()) FillPlugin(*entry, response->add_plugins());
  for (FailedPlugin& failed : CollectFailedPlugins(*registry_, *ddls_)) {
    v1::ListPluginsResponse::Failed* out = response->add_failed();
    out->mutable_problem()->set_plugin(failed.plugin);
    out->mutable_problem()->set_reason(failed.reason);
    out->set_node_count(failed.nodes);
    for (std::string& identity : failed.identities) out->add_identities(std::move(identity));
  }
}

void Queries::GetPlugin(const v1::GetPluginRequest* request, v1::GetPluginResponse* response, Done done) {
  const DdlCache::Entry* awaited = nullptr;
  const absl::Status status = TryGetPlugin(*request, response, &awaited);
  if (awaited != nullptr) {
    auto again = [this, request, response, done] {
      const DdlCache::Entry* still = nullptr;
      done(TryGetPlugin(*request, response, &still));
    };
    if (ddls_->Await(awaited->sha256, kAwaitDdl, std::move(again))) return;
  }
  done(status);
}

absl::Status Queries::TryGetPlugin(const v1::GetPluginRequest& request, v1::GetPluginResponse* response,
                                   const DdlCache::Entry** awaited) const {
  const std::vector<const DdlCache::Entry*> entries = ddls_->Named(request.name());
  if (entries.empty()) return NoSuchPlugin(request.name(), *ddls_);
  const DdlCache::Entry& best = *entries.front();
  if (!best.problem.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("plugin ", best.name, ": its DDL cannot be used: ", best.problem));
  }
  if (best.plugin == nullptr) {
    *awaited = &best;
    return absl::UnavailableError(
        absl::StrCat("the DDL of plugin ", best.name, " has not come from its nodes yet; try again shortly"));
  }
  response->Clear();
  FillPlugin(best, response->mutable_plugin());
  if (request.known_sha256() != best.sha256) response->mutable_plugin()->set_ddl_json(best.plugin->json);
  for (size_t i = 1; i < entries.size(); ++i) FillPlugin(*entries[i], response->add_others());
  return absl::OkStatus();
}

void Queries::GetHubStatus(v1::GetHubStatusResponse* response) const {
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
}

}  // namespace orch::hub
