#include "tests/cli/fake_hub.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/random.h"
#include "filter/node_view.h"
#include "filter/wire.h"

namespace orch::cli::testing {
namespace {

class View final : public filter::NodeView {
 public:
  explicit View(const v1::Node& node)
      : node_(node), facts_(Json::parse(node.facts_json())), classes_(node.classes().begin(), node.classes().end()) {
    for (const auto& plugin : node.plugins()) plugins_.push_back(plugin.name());
  }
  absl::string_view identity() const override { return node_.identity(); }
  const Json& facts() const override { return facts_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  const std::vector<std::string>& plugins() const override { return plugins_; }

 private:
  const v1::Node& node_;
  const Json facts_;
  const std::vector<std::string> classes_;
  std::vector<std::string> plugins_;
};

}  // namespace

FakeHub::FakeHub(const std::string& dir) {
  SystemRandom random;
  const std::string credentials = dir + "/credentials";
  EXPECT_TRUE(auth::WriteNewCredentials(credentials, &random).ok());
  door_ = std::make_unique<TestDoor>(credentials);
  grpc::ServerBuilder builder;
  builder.RegisterService(this);
  builder.RegisterService(&access);
  server_ = door_->Start(&builder);
  address_ = door_->address();
  config_file_ = dir + "/client.yaml";
  EXPECT_TRUE(WriteFileDurably(config_file_,
                               absl::StrCat("hub: ", address_, "\nname: peadmin\ncredentials: ", credentials,
                                            "\ntls: {mode: plaintext}\ncache_dir: ", dir, "/cache\n"),
                               0600)
                  .ok());
  ddls = {{"service", ServiceDdl()}, {"package", PackageDdl()}, {"rpcutil", RpcutilDdl()}};
}

FakeHub::~FakeHub() { Stop(); }

void FakeHub::Stop() {
  door_->Stop();
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
}

grpc::Status FakeHub::Check(grpc::ServerContext* context, const std::string& method) const {
  const auto admission = door_->reception().Admit(*context, auth::PeerKind::kClient, hub::CallSort::kShort, method);
  if (admission.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(admission.status().raw_code()), std::string(admission.status().message())};
}

std::vector<std::string> FakeHub::Chosen(const v1::Target& target, bool with_absent,
                                         std::vector<std::string>* unknown) const {
  const auto parsed = filter::FromWire(target.filter());
  std::vector<std::string> chosen;
  std::vector<std::string> named(target.identities().begin(), target.identities().end());
  if (!target.has_identities()) named = parsed->literal_identities();
  for (const v1::Node& node : nodes) {
    if (node.presence() == v1::DISCONNECTED && !with_absent) continue;
    const bool listed =
        !target.has_identities() || std::find(named.begin(), named.end(), node.identity()) != named.end();
    if (listed && filter::Matches(*parsed, View(node), nullptr)) chosen.push_back(node.identity());
  }
  for (const std::string& name : named) {
    const bool known =
        std::any_of(nodes.begin(), nodes.end(), [&](const v1::Node& node) { return node.identity() == name; });
    if (!known) unknown->push_back(name);
  }
  if (target.limit() > 0 && chosen.size() > target.limit()) chosen.resize(target.limit());
  return chosen;
}

v1::AwayNodes FakeHub::Away(const v1::Target& target) const {
  std::vector<std::string> unknown;
  const std::vector<std::string> here = Chosen(target, false, &unknown);
  v1::AwayNodes away;
  for (const std::string& name : Chosen(target, true, &unknown)) {
    if (std::find(here.begin(), here.end(), name) == here.end()) away.add_identities(name);
  }
  away.set_count(static_cast<uint32_t>(away.identities_size()));
  away.set_returning(returning);
  return away;
}

grpc::Status FakeHub::Invoke(grpc::ServerContext* context, const v1::InvokeRequest* request, InvokeWriter* writer) {
  const grpc::Status status = Check(context, "/orch.v1.Orchestrator/Invoke");
  if (!status.ok()) return status;
  {
    MutexLock lock(&mu_);
    invoked_.push_back(request->spec());
  }
  if (script) return script(request->spec(), context, writer);
  std::vector<std::string> unknown;
  const std::vector<std::string> chosen = Chosen(request->spec().target(), false, &unknown);
  v1::InvokeResponse first;
  first.mutable_accepted()->set_job_id(std::string(32, 'a'));
  first.mutable_accepted()->set_targets(chosen.size());
  first.mutable_accepted()->set_timeout_ms(5000);
  first.mutable_accepted()->set_discovery_us(120);
  for (const std::string& name : unknown) first.mutable_accepted()->add_unknown_identities(name);
  for (const v1::Suggestion& suggestion : suggestions) *first.mutable_accepted()->add_suggestions() = suggestion;
  *first.mutable_accepted()->mutable_away() = Away(request->spec().target());
  writer->Write(first);
  const auto data = replies.find(absl::StrCat(request->spec().plugin(), ".", request->spec().action()));
  int64_t latency = 10'000;
  v1::InvokeResponse rest;
  for (const std::string& identity : chosen) {
    const auto found = special.find(identity);
    *rest.add_replies() = found != special.end()
                              ? found->second
                              : OkReply(identity, data == replies.end() ? Json::object() : data->second, latency);
    latency += 1'000;
  }
  rest.mutable_summary()->set_targets(chosen.size());
  writer->Write(rest);
  return grpc::Status::OK;
}

grpc::Status FakeHub::FindNodes(grpc::ServerContext* context, const v1::FindNodesRequest* request,
                                grpc::ServerWriter<v1::FindNodesResponse>* writer) {
  const grpc::Status status = Check(context, "/orch.v1.Orchestrator/FindNodes");
  if (!status.ok()) return status;
  {
    MutexLock lock(&mu_);
    last_find_ = *request;
  }
  std::vector<std::string> unknown;
  v1::FindNodesResponse response;
  const v1::AwayNodes away = Away(request->target());
  if (request->only_disconnected()) {
    *response.mutable_identities() = away.identities();
  } else {
    for (const std::string& identity : Chosen(request->target(), request->include_disconnected(), &unknown))
      response.add_identities(identity);
    *response.mutable_away() = away;
  }
  for (const v1::Suggestion& suggestion : suggestions) *response.add_suggestions() = suggestion;
  for (const std::string& name : unknown) response.add_unknown_identities(name);
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeHub::GetNode(grpc::ServerContext*, const v1::GetNodeRequest* request, v1::GetNodeResponse* response) {
  for (const v1::Node& node : nodes) {
    if (node.identity() != request->identity()) continue;
    *response->mutable_node() = node;
    return grpc::Status::OK;
  }
  return {grpc::StatusCode::NOT_FOUND, absl::StrCat("node ", request->identity(), " was never seen")};
}

grpc::Status FakeHub::FactReport(grpc::ServerContext*, const v1::FactReportRequest*, v1::FactReportResponse* response) {
  *response = fact_report;
  return grpc::Status::OK;
}

grpc::Status FakeHub::ListPlugins(grpc::ServerContext*, const v1::ListPluginsRequest*,
                                  v1::ListPluginsResponse* response) {
  for (const auto& [name, ddl] : ddls) {
    v1::Plugin* plugin = response->add_plugins();
    plugin->set_name(name);
    plugin->set_version("1.0.0");
    plugin->set_description(absl::StrCat("About ", name));
    plugin->set_node_count(nodes.size());
    plugin->set_ddl_sha256(Sha256(ddl));
  }
  for (const auto& failed : failed_plugins) *response->add_failed() = failed;
  return grpc::Status::OK;
}

grpc::Status FakeHub::GetPlugin(grpc::ServerContext*, const v1::GetPluginRequest* request,
                                v1::GetPluginResponse* response) {
  const auto found = ddls.find(request->name());
  if (found == ddls.end()) return {grpc::StatusCode::NOT_FOUND, "no such plugin"};
  response->mutable_plugin()->set_name(found->first);
  response->mutable_plugin()->set_ddl_sha256(Sha256(found->second));
  response->mutable_plugin()->set_node_count(nodes.size());
  if (request->known_sha256() != response->plugin().ddl_sha256()) {
    response->mutable_plugin()->set_ddl_json(found->second);
    MutexLock lock(&mu_);
    ++plugin_bodies_sent_;
  }
  return grpc::Status::OK;
}

grpc::Status FakeHub::GetHubStatus(grpc::ServerContext*, const v1::GetHubStatusRequest*,
                                   v1::GetHubStatusResponse* response) {
  response->set_caller("client=peadmin");
  response->set_version("0.1.0");
  response->set_hub_identity("hub.example.com");
  response->set_nodes_connected(nodes.size());
  (*response->mutable_refused())["wrong_key"] = 3;
  response->set_mtls("off");
  response->MergeFrom(this->status);
  return grpc::Status::OK;
}

std::vector<v1::JobSpec> FakeHub::invoked() const {
  MutexLock lock(&mu_);
  return invoked_;
}
v1::FindNodesRequest FakeHub::last_find() const {
  MutexLock lock(&mu_);
  return last_find_;
}
uint64_t FakeHub::connections() const { return door_->let_in(); }
int FakeHub::plugin_bodies_sent() const {
  MutexLock lock(&mu_);
  return plugin_bodies_sent_;
}

}  // namespace orch::cli::testing
