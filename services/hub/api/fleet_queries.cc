#include "services/hub/api/fleet_queries.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "services/hub/nodes/away.h"

namespace orch::hub {
namespace {

// The query of a request: read off the loop, and kept for the answer.
// `visible`: what the caller may see; null: every node.
absl::Status ReadTarget(const v1::Target& target, Random* random, std::shared_ptr<const Visibility> visible,
                        TargetQuery* query, ColumnNames* names) {
  ORCH_ASSIGN_OR_RETURN(*query, ParseTarget(target, random));
  ORCH_RETURN_IF_ERROR(CheckNoDataFunctions(*query));
  Restrict(std::move(visible), query);
  *names = query->columns;
  return absl::OkStatus();
}

// `chunk`: the first chunk, with everything except the identities.
absl::Status PushFound(const std::vector<Slot>& nodes, const NodeNames& names, v1::FindNodesResponse chunk,
                       ResponseSink<v1::FindNodesResponse>* client) {
  bool whole = true;
  for (const Slot slot : nodes) {
    if (chunk.identities_size() == kMaxIdentitiesPerChunk) {
      whole = whole && client->TryPush(std::move(chunk));
      chunk = {};
    }
    chunk.add_identities(names.identity(slot));
  }
  if (whole && client->TryPush(std::move(chunk))) return absl::OkStatus();
  return absl::ResourceExhaustedError("the answer is larger than the hub keeps for one client; narrow the filter");
}

template <typename Elapsed>
absl::Status AnswerFind(const TargetQuery& query, const ChooseOptions& options, const FleetSnapshot& fleet,
                        StepBudget* budget, Elapsed elapsed, ResponseSink<v1::FindNodesResponse>* client) {
  const FactSnapshot& facts = fleet.facts;
  ORCH_ASSIGN_OR_RETURN(const Chosen chosen, Choose(query, fleet, options, budget));
  v1::FindNodesResponse first;
  for (const std::string& name : chosen.unknown) first.add_unknown_identities(name);
  for (v1::Suggestion& meant : SuggestIdentities(chosen.unknown, facts.names(), chosen.visible)) {
    *first.add_suggestions() = std::move(meant);
  }
  if (!options.include_disconnected && !options.only_disconnected) {
    ORCH_ASSIGN_OR_RETURN(v1::AwayNodes away, FindAway(query, fleet, "", chosen.nodes, budget));
    if (away.count() > 0) *first.mutable_away() = std::move(away);
  }
  first.set_discovery_us(absl::ToInt64Microseconds(elapsed()));
  return PushFound(chosen.nodes, facts.names(), std::move(first), client);
}

// The identities of one page, which begins after the token. Sets the rest of the answer.
absl::StatusOr<std::vector<std::string>> ChoosePage(const TargetQuery& query, const v1::ListNodesRequest& request,
                                                    const FleetSnapshot& fleet, StepBudget* budget,
                                                    v1::ListNodesResponse* response) {
  const NodeNames& names = fleet.facts.names();
  TargetQuery all = query;
  all.limit = all.limit_percent = 0;
  ChooseOptions options;
  options.include_disconnected = true;
  options.only_disconnected = request.only_disconnected();
  ORCH_ASSIGN_OR_RETURN(const Chosen chosen, Choose(all, fleet, options, budget));
  // A token is the last identity of the previous page, so that nodes which come and go in between shift no page.
  std::vector<std::string> rest;
  for (const Slot slot : chosen.nodes) {
    if (names.identity(slot) > request.page_token()) rest.push_back(names.identity(slot));
  }
  const size_t limit = request.page_size() == 0 ? kDefaultNodesPage : request.page_size();
  const size_t size = std::min(limit, rest.size());
  std::partial_sort(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size), rest.end());
  if (size < rest.size()) response->set_next_page_token(rest[size - 1]);
  rest.resize(size);
  if (!request.page_token().empty()) return rest;
  for (const std::string& name : chosen.unknown) response->add_unknown_identities(name);
  for (v1::Suggestion& meant : SuggestIdentities(chosen.unknown, names, chosen.visible)) {
    *response->add_suggestions() = std::move(meant);
  }
  return rest;
}

absl::Status NeverSeen(const std::string& identity, const std::vector<v1::Suggestion>& meant) {
  return absl::NotFoundError(absl::StrCat("the hub has never seen a node ", identity, "; ",
                                          meant.empty()
                                              ? "orchctl node list shows those it knows"
                                              : absl::StrCat("did you mean ", meant.front().identity(), "?")));
}

// A node that the caller may not see is one that the hub has never seen. `visible` may be null.
absl::Status CheckSeen(const Visibility* visible, const std::string& identity, const FactSnapshot& facts,
                       StepBudget* budget) {
  if (visible == nullptr) return absl::OkStatus();
  const Slot slot = facts.names().Find(identity);
  if (slot == kNoSlot) return NeverSeen(identity, {});
  SlotSet node;
  node.Insert(slot);
  ORCH_ASSIGN_OR_RETURN(const SlotSet seen, visible->Select(facts, node, budget));
  return seen.contains(slot) ? absl::OkStatus() : NeverSeen(identity, {});
}

absl::Status FillReport(const FactSnapshot::FactCounts& counts, const NodeNames& names, bool with_nodes,
                        v1::FactReportResponse* response) {
  size_t bytes = 0;
  for (const FactSnapshot::FactValue& value : counts.values) {
    v1::FactReportResponse::Value* row = response->add_values();
    row->set_value_json(DumpJson(value.value));
    row->set_count(static_cast<uint32_t>(value.slots.size()));
    if (with_nodes) {
      std::vector<std::string> identities;
      for (const Slot slot : value.slots) identities.push_back(names.identity(slot));
      std::sort(identities.begin(), identities.end());
      for (std::string& identity : identities) row->add_identities(std::move(identity));
    }
    bytes += row->ByteSizeLong();
    if (bytes <= kMaxReportBytes) continue;
    return absl::ResourceExhaustedError(
        absl::StrCat("the report has more than ", kMaxReportBytes >> 20, " MiB, its limit; narrow the filter"));
  }
  response->set_missing(static_cast<uint32_t>(counts.missing));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckNoDataFunctions(const TargetQuery& query) {
  if (!query.filter.has_data_functions()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the filter calls data functions, which only the nodes can answer; run an action with this filter "
      "(Invoke rpcutil ping) to find the nodes that match");
}

void FleetQueries::FindNodes(Asker asker, const v1::FindNodesRequest& request,
                             std::shared_ptr<ResponseSink<v1::FindNodesResponse>> client) {
  auto query = std::make_shared<TargetQuery>();
  Questions::Question question;
  question.caller = asker.caller.id;
  question.cancelled = std::move(asker.cancelled);
  question.read = [query, target = request.target(), random = random_, visible = access_->VisibleTo(asker.caller)](
                      ColumnNames* names) { return ReadTarget(target, random, visible, query.get(), names); };
  ChooseOptions options;
  options.include_disconnected = request.include_disconnected();
  options.only_disconnected = request.only_disconnected();
  options.sorted = true;
  question.answer = [query, client, options, clock = clock_, begin = clock_->Steady()](const FleetSnapshot& fleet,
                                                                                       StepBudget* budget) {
    return AnswerFind(
        *query, options, fleet, budget, [&] { return clock->Steady() - begin; }, client.get());
  };
  question.done = [client](const absl::Status& status) { client->End(status); };
  questions_->Ask(std::move(question));
}

void FleetQueries::ReadWatch(Asker asker, const v1::WatchNodesRequest& request,
                             std::function<void(absl::StatusOr<TargetQuery>)> then) {
  auto query = std::make_shared<TargetQuery>();
  Questions::Question question;
  question.caller = asker.caller.id;
  question.cancelled = std::move(asker.cancelled);
  question.read = [query, target = request.target(), random = random_, visible = access_->VisibleTo(asker.caller)](
                      ColumnNames* names) { return ReadTarget(target, random, visible, query.get(), names); };
  question.answer = [](const FleetSnapshot&, StepBudget*) { return absl::OkStatus(); };
  question.done = [loop = loop_, query, then = std::move(then)](const absl::Status& status) {
    loop->Post([query, then, status] { then(status.ok() ? absl::StatusOr<TargetQuery>(*query) : status); });
  };
  questions_->Ask(std::move(question));
}

void FleetQueries::GetNode(Asker asker, const v1::GetNodeRequest* request, v1::GetNodeResponse* response, Done done) {
  auto node = std::make_shared<NodeSnapshot>();
  const std::shared_ptr<const Visibility> visible = access_->VisibleTo(asker.caller);
  Questions::Question question;
  question.caller = asker.caller.id;
  question.cancelled = std::move(asker.cancelled);
  if (visible != nullptr) {
    question.read = [visible](ColumnNames* names) {
      visible->AddColumns(names);
      return names->Check();
    };
  }
  question.on_loop = [this, request, node, hidden = visible != nullptr] {
    if (!filter::IsIdentity(request->identity())) {
      return absl::InvalidArgumentError(
          "identity must be 1 to 255 characters of A-Z a-z 0-9 _ . -, not begin with -, and be neither . nor ..");
    }
    const NodeRecord* record = registry_->Find(request->identity());
    if (record == nullptr) {
      const auto meant =
          hidden ? std::vector<v1::Suggestion>()
                 : SuggestIdentities({request->identity()}, registry_->facts().names(), registry_->facts().live());
      return NeverSeen(request->identity(), meant);
    }
    *node = registry_->FreezeNode(*record);
    return absl::OkStatus();
  };
  question.answer = [node, request, visible, response](const FleetSnapshot& fleet, StepBudget* budget) {
    ORCH_RETURN_IF_ERROR(CheckSeen(visible.get(), request->identity(), fleet.facts, budget));
    *response->mutable_node() = node->Describe();
    return absl::OkStatus();
  };
  question.done = std::move(done);
  questions_->Ask(std::move(question));
}

void FleetQueries::ListNodes(Asker asker, const v1::ListNodesRequest* request, v1::ListNodesResponse* response,
                             Done done) {
  auto query = std::make_shared<TargetQuery>();
  auto page = std::make_shared<std::vector<std::string>>();
  Questions::Question question;
  question.caller = asker.caller.id;
  question.cancelled = std::move(asker.cancelled);
  question.read = [query, request, random = random_, visible = access_->VisibleTo(asker.caller)](ColumnNames* names) {
    if (request->page_size() > kMaxNodesPage) {
      return absl::InvalidArgumentError(
          absl::StrCat("page_size must be at most ", kMaxNodesPage, " (0: ", kDefaultNodesPage, ")"));
    }
    return ReadTarget(request->target(), random, visible, query.get(), names);
  };
  question.answer = [query, page, request, response](const FleetSnapshot& fleet, StepBudget* budget) {
    auto chosen = ChoosePage(*query, *request, fleet, budget, response);
    if (!chosen.ok()) return chosen.status();
    *page = *std::move(chosen);
    return absl::OkStatus();
  };
  question.done = [this, page, response, done = std::move(done)](const absl::Status& status) {
    if (!status.ok()) return done(status);
    loop_->Post([this, page, response, done] { DescribePage(*page, response, done); });
  };
  questions_->Ask(std::move(question));
}

void FleetQueries::DescribePage(const std::vector<std::string>& identities, v1::ListNodesResponse* response,
                                const Done& done) {
  for (const std::string& identity : identities) {
    const NodeRecord* record = registry_->Find(identity);
    if (record != nullptr) *response->add_nodes() = registry_->DescribePresence(*record);
  }
  done(absl::OkStatus());
}

void FleetQueries::FactReport(Asker asker, const v1::FactReportRequest* request, v1::FactReportResponse* response,
                              Done done) {
  auto query = std::make_shared<TargetQuery>();
  Questions::Question question;
  question.caller = asker.caller.id;
  question.cancelled = std::move(asker.cancelled);
  question.read = [query, request, random = random_, visible = access_->VisibleTo(asker.caller)](ColumnNames* names) {
    if (request->path().empty()) return absl::InvalidArgumentError("path must name a fact, such as os.family");
    const absl::Status read = ReadTarget(request->target(), random, visible, query.get(), names);
    names->AddPath(request->path());
    return read;
  };
  question.answer = [query, request, response, clock = clock_, begin = clock_->Steady()](const FleetSnapshot& fleet,
                                                                                         StepBudget* budget) {
    const auto chosen = Choose(*query, fleet, ChooseOptions(), budget);
    if (!chosen.ok()) return chosen.status();
    SlotSet nodes(fleet.facts.names().slots());
    for (const Slot slot : chosen->nodes) nodes.Insert(slot);
    const auto counts = fleet.facts.CountFact(request->path(), nodes, budget);
    if (!counts.ok()) return counts.status();
    response->set_nodes(static_cast<uint32_t>(chosen->nodes.size()));
    auto away = FindAway(*query, fleet, "", chosen->nodes, budget);
    if (!away.ok()) return away.status();
    if (away->count() > 0) *response->mutable_away() = *std::move(away);
    const absl::Status filled = FillReport(*counts, fleet.facts.names(), request->with_nodes(), response);
    response->set_elapsed_us(absl::ToInt64Microseconds(clock->Steady() - begin));
    return filled;
  };
  question.done = std::move(done);
  questions_->Ask(std::move(question));
}

}  // namespace orch::hub
