#include "cli/completion/candidate_source.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/commands/input_options.h"
#include "cli/session/last_job.h"
#include "cli/session/plugin_source.h"
#include "cli/terminal/value_text.h"
#include "filter/filter.h"

namespace orch::cli {
namespace {

constexpr int kMaxFactDepth = 5;

void AppendFactNames(const Json& facts, const std::string& prefix, int depth, std::set<std::string>* names) {
  for (const auto& item : facts.items()) {
    const std::string name = absl::StrCat(prefix, item.key());
    if (item.value().is_object() && depth < kMaxFactDepth) {
      AppendFactNames(item.value(), absl::StrCat(name, "."), depth + 1, names);
    } else if (!item.value().is_structured()) {
      names->insert(name);
    }
  }
}

std::vector<Candidate> ToCandidates(const std::set<std::string>& words) {
  std::vector<Candidate> list;
  list.reserve(words.size());
  for (const std::string& word : words) list.push_back({word, ""});
  return list;
}

}  // namespace

HubClient* CandidateSource::Hub() {
  if (tried_) return hub_;
  tried_ = true;
  context_->set_hub_patience(kCompletionPatience);
  if (!context_->ReadConfig().ok()) return nullptr;
  const absl::StatusOr<HubClient*> hub = context_->Hub();
  if (!hub.ok()) return nullptr;
  hub_ = *hub;
  hub_->set_call_limit(kCompletionPatience);
  return hub_;
}

std::vector<Candidate> CandidateSource::Plugins() {
  std::vector<Candidate> list;
  if (Hub() == nullptr) return list;
  const absl::StatusOr<v1::ListPluginsResponse> response = hub_->ListPlugins();
  if (!response.ok()) return list;
  for (const v1::Plugin& plugin : response->plugins()) list.push_back({plugin.name(), plugin.description()});
  return list;
}

std::vector<Candidate> CandidateSource::Actions(const std::string& plugin) {
  std::vector<Candidate> list;
  if (Hub() == nullptr) return list;
  const auto loaded = PluginSource(hub_, context_->config().cache_dir).GetExactly(plugin);
  if (!loaded.ok()) return list;
  for (const auto& [name, action] : loaded->plugin->actions) list.push_back({name, action.description});
  return list;
}

std::vector<Candidate> CandidateSource::Inputs(const std::string& plugin, const std::string& action,
                                               const std::string& typed) {
  std::vector<Candidate> list;
  if (Hub() == nullptr) return list;
  const auto loaded = PluginSource(hub_, context_->config().cache_dir).GetExactly(plugin);
  const ddl::Action* known = loaded.ok() ? loaded->plugin->FindAction(action) : nullptr;
  if (known == nullptr) return list;
  for (const ddl::Input& input : known->inputs) {
    const std::string start = absl::StrCat(input.name, "=");
    if (!absl::StartsWith(typed, start)) {
      list.push_back({start, InputHelp(input)});
      continue;
    }
    if (input.type == ddl::InputType::kBoolean) {
      for (const char* value : {"true", "false"}) list.push_back({absl::StrCat(start, value), ""});
    }
    for (const std::string& value : InputValues(input)) list.push_back({absl::StrCat(start, value), ""});
  }
  return list;
}

std::vector<std::string> CandidateSource::NodeNames(const std::string& prefix, size_t most) {
  std::vector<std::string> names;
  if ((!prefix.empty() && !filter::IsIdentity(absl::StrCat(prefix, "x"))) || Hub() == nullptr) return names;
  v1::FindNodesRequest request;
  if (!prefix.empty()) {
    v1::FilterOption* option = request.mutable_target()->mutable_filter()->add_options();
    option->set_kind(v1::FilterOption::IDENTITY);
    option->set_text(absl::StrCat("/^", absl::StrReplaceAll(prefix, {{".", "\\."}}), "/"));
  }
  request.mutable_target()->set_limit(static_cast<uint32_t>(most));
  hub_->FindNodes(request, [&](const v1::FindNodesResponse& part) {
    names.insert(names.end(), part.identities().begin(), part.identities().end());
    return true;
  });
  return names;
}

std::vector<Candidate> CandidateSource::Nodes(const std::string& prefix) {
  std::vector<Candidate> list;
  for (std::string& name : NodeNames(prefix, kMaxCandidates)) list.push_back({std::move(name), ""});
  return list;
}

const std::vector<v1::Node>& CandidateSource::Sample() {
  if (sample_.has_value()) return *sample_;
  sample_.emplace();
  for (const std::string& name : NodeNames("", kSampledNodes)) {
    v1::GetNodeRequest request;
    request.set_identity(name);
    absl::StatusOr<v1::GetNodeResponse> response = hub_->GetNode(request);
    if (response.ok()) sample_->push_back(std::move(*response->mutable_node()));
  }
  return *sample_;
}

std::vector<Candidate> CandidateSource::Collectives() {
  std::set<std::string> names;
  for (const v1::Node& node : Sample()) names.insert(node.collectives().begin(), node.collectives().end());
  return ToCandidates(names);
}

std::vector<Candidate> CandidateSource::Classes() {
  std::set<std::string> names;
  for (const v1::Node& node : Sample()) names.insert(node.classes().begin(), node.classes().end());
  return ToCandidates(names);
}

std::vector<Candidate> CandidateSource::FactNames() {
  std::set<std::string> names;
  for (const v1::Node& node : Sample()) {
    const absl::StatusOr<Json> facts = ParseJsonObject(node.facts_json(), "facts from the hub");
    if (facts.ok()) AppendFactNames(*facts, "", 1, &names);
  }
  return ToCandidates(names);
}

std::vector<Candidate> CandidateSource::FactTests(const std::string& typed) {
  const size_t compare = typed.find_first_of("=!<>~");
  if (compare == std::string::npos) {
    std::vector<Candidate> list = FactNames();
    for (Candidate& candidate : list) candidate.word += "=";
    return list;
  }
  std::vector<Candidate> list;
  const std::string start = typed.substr(0, typed.find_first_not_of("=!<>~", compare));
  v1::FactReportRequest request;
  request.set_path(typed.substr(0, compare));
  if (Hub() == nullptr) return list;
  const absl::StatusOr<v1::FactReportResponse> report = hub_->FactReport(request);
  if (!report.ok()) return list;
  for (const auto& value : report->values()) {
    const absl::StatusOr<Json> parsed = ParseJson(value.value_json(), "a fact's value");
    if (!parsed.ok() || parsed->is_structured()) continue;
    list.push_back({absl::StrCat(start, DisplayValue(*parsed)), absl::StrCat("on ", value.count(), " nodes")});
  }
  return list;
}

std::vector<Candidate> CandidateSource::Jobs() {
  std::vector<Candidate> list = {{std::string(kLastJob), "The job that was started last from here"}};
  if (Hub() == nullptr) return list;
  v1::ListJobsRequest request;
  request.set_page_size(50);
  const absl::StatusOr<v1::ListJobsResponse> response = hub_->ListJobs(request);
  if (!response.ok()) return list;
  for (const v1::Job& job : response->jobs())
    list.push_back({job.job_id(), absl::StrCat(job.spec().plugin(), " ", job.spec().action(), ", ", job.caller())});
  return list;
}

}  // namespace orch::cli
