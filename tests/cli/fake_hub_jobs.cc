// FakeHub's jobs: what a test put there, in pages of two.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "tests/cli/fake_hub.h"

namespace orch::cli::testing {
namespace {

// Entries from the token on into `out`; returns the next token.
template <typename List, typename Out>
std::string Page(const List& list, const std::string& token, Out* out) {
  size_t begin = 0;
  if (!absl::SimpleAtoi(token, &begin)) begin = 0;
  const size_t end = std::min(list.size(), begin + FakeHub::kPage);
  for (size_t i = begin; i < end; ++i) *out->Add() = list[i];
  return end == list.size() ? "" : absl::StrCat(end);
}

const grpc::Status kNoJob(grpc::StatusCode::NOT_FOUND, "no job begins so; 'orchctl job list' shows what is kept");

}  // namespace

const v1::Job* FakeHub::FindJob(const std::string& id) const {
  for (const v1::Job& job : jobs) {
    if (absl::StartsWith(job.job_id(), id)) return &job;
  }
  return nullptr;
}

grpc::Status FakeHub::WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request, InvokeWriter* writer) {
  {
    MutexLock lock(&mu_);
    watched_.push_back(*request);
  }
  if (watch_script) return watch_script(*request, context, writer);
  return kNoJob;
}

grpc::Status FakeHub::GetJob(grpc::ServerContext*, const v1::GetJobRequest* request, v1::GetJobResponse* response) {
  const v1::Job* job = FindJob(request->job_id());
  if (job == nullptr) return kNoJob;
  *response->mutable_job() = *job;
  if (job->state() == v1::JOB_FINISHED) return grpc::Status::OK;
  response->add_open()->set_identity("slow.example.com");
  response->mutable_open(0)->set_state(v1::RUNNING);
  response->mutable_open(0)->set_attempt(2);
  return grpc::Status::OK;
}

grpc::Status FakeHub::ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                               v1::ListJobsResponse* response) {
  {
    MutexLock lock(&mu_);
    listed_.push_back(*request);
  }
  response->set_next_page_token(Page(jobs, request->page_token(), response->mutable_jobs()));
  return grpc::Status::OK;
}

grpc::Status FakeHub::ListReplies(grpc::ServerContext*, const v1::ListRepliesRequest* request,
                                  v1::ListRepliesResponse* response) {
  std::vector<v1::Reply> fitting;
  for (const v1::Reply& reply : job_replies[request->job_id()]) {
    bool fits = request->states().empty();
    for (const int state : request->states()) fits = fits || state == reply.state();
    if (fits) fitting.push_back(reply);
  }
  response->set_next_page_token(Page(fitting, request->page_token(), response->mutable_replies()));
  return grpc::Status::OK;
}

grpc::Status FakeHub::ControlJob(grpc::ServerContext*, const v1::ControlJobRequest* request,
                                 v1::ControlJobResponse* response) {
  {
    MutexLock lock(&mu_);
    controlled_.push_back(*request);
  }
  const v1::Job* job = FindJob(request->job_id());
  if (job == nullptr) return kNoJob;
  *response->mutable_job() = *job;
  return grpc::Status::OK;
}

grpc::Status FakeHub::PruneJobs(grpc::ServerContext*, const v1::PruneJobsRequest* request,
                                v1::PruneJobsResponse* response) {
  MutexLock lock(&mu_);
  last_prune_ = *request;
  response->set_removed(7);
  return grpc::Status::OK;
}

grpc::Status FakeHub::ListLocks(grpc::ServerContext*, const v1::ListLocksRequest*, v1::ListLocksResponse* response) {
  *response = locks;
  return grpc::Status::OK;
}

grpc::Status FakeHub::WatchEvents(grpc::ServerContext*, const v1::WatchEventsRequest* request, EventWriter* writer) {
  return event_script ? event_script(*request, writer) : grpc::Status::OK;
}

std::vector<v1::WatchJobRequest> FakeHub::watched() const {
  MutexLock lock(&mu_);
  return watched_;
}
std::vector<v1::ControlJobRequest> FakeHub::controlled() const {
  MutexLock lock(&mu_);
  return controlled_;
}
std::vector<v1::ListJobsRequest> FakeHub::listed() const {
  MutexLock lock(&mu_);
  return listed_;
}
v1::PruneJobsRequest FakeHub::last_prune() const {
  MutexLock lock(&mu_);
  return last_prune_;
}

grpc::Status FakeHub::ListNodes(grpc::ServerContext*, const v1::ListNodesRequest* request,
                                v1::ListNodesResponse* response) {
  {
    MutexLock lock(&mu_);
    nodes_listed_.push_back(*request);
  }
  std::vector<std::string> unknown;
  for (const std::string& name : Chosen(request->target(), true, &unknown)) {
    const auto node = std::find_if(nodes.begin(), nodes.end(), [&](const v1::Node& n) { return n.identity() == name; });
    if (request->only_disconnected() && node->presence() != v1::DISCONNECTED) continue;
    if (name <= request->page_token()) continue;
    if (response->nodes_size() == kPage) {
      response->set_next_page_token(response->nodes(kPage - 1).identity());
      break;
    }
    *response->add_nodes() = *node;
  }
  if (!request->page_token().empty()) return grpc::Status::OK;
  for (const std::string& name : unknown) response->add_unknown_identities(name);
  for (const v1::Suggestion& suggestion : suggestions) *response->add_suggestions() = suggestion;
  return grpc::Status::OK;
}

grpc::Status FakeHub::ForgetNodes(grpc::ServerContext*, const v1::ForgetNodesRequest* request,
                                  v1::ForgetNodesResponse* response) {
  for (const std::string& name : request->identities()) {
    const auto node = std::find_if(nodes.begin(), nodes.end(), [&](const v1::Node& n) { return n.identity() == name; });
    if (node == nodes.end()) {
      response->add_unknown(name);
    } else if (node->presence() != v1::DISCONNECTED) {
      response->add_connected(name);
    } else {
      response->add_forgotten(name);
      nodes.erase(node);
    }
  }
  for (const v1::Suggestion& suggestion : suggestions) *response->add_suggestions() = suggestion;
  return grpc::Status::OK;
}

std::vector<v1::ListNodesRequest> FakeHub::nodes_listed() const {
  MutexLock lock(&mu_);
  return nodes_listed_;
}

}  // namespace orch::cli::testing
