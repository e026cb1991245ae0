// A node's state for tests, and a way to run one action of a built-in plugin.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actions/catalog/builtin_catalog.h"
#include "actions/core/action.h"
#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "actions/core/node_state.h"
#include "actions/core/plugin.h"
#include "actions/data/data_functions.h"
#include "actions/ddl/validate.h"
#include "base/process/cancel_token.h"

namespace orch::actions {

// What fixtures answer when the DDL does not permit the inputs; no plugin returns this status code.
inline constexpr int kRefusedByDdl = -1;
inline Reply RefusedByDdl(const absl::Status& why) {
  Reply reply;
  reply.status_code = kRefusedByDdl;
  reply.status_message = std::string(why.message());
  return reply;
}

class FakeNode : public NodeState {
 public:
  std::string Identity() const override { return "web1.example.com"; }
  std::shared_ptr<const Json> Facts() const override { return std::make_shared<const Json>(facts); }
  std::vector<std::string> Classes() const override { return {"role::web", "ntp"}; }
  std::vector<std::string> Collectives() const override { return {"mcollective", "eu"}; }
  std::string MainCollective() const override { return "mcollective"; }
  std::vector<PluginInfo> Plugins() const override {
    return {{"rpcutil", "About the node", "someone", "Apache-2.0", "1.0.0", "https://example.com", absl::Seconds(10)}};
  }
  Json DaemonStats() const override { return Json{{"pid", 4711}, {"agents", {"rpcutil"}}, {"total", 7}}; }
  absl::StatusOr<Json> ConfigItem(absl::string_view name) const override {
    if (name == "collectives") return Json({"mcollective", "eu"});
    return absl::NotFoundError("no configuration item is named so");
  }
  std::vector<std::string> DataFunctionNames() const override { return BuiltinDataFunctionNames(); }
  absl::StatusOr<Json> CallDataFunction(absl::string_view name, const std::vector<std::string>& arguments) override {
    return CallBuiltinDataFunction(name, arguments, *this, clock, {.settings = settings, .puppet = nullptr});
  }

  Json facts = {{"osfamily", "Debian"},
                {"a.b", "whole key"},
                {"os", {{"family", "Debian"}, {"release", {{"major", 12}}}}},
                {"nics", {{{"ip", "10.0.0.1"}}, {{"ip", "10.0.0.2"}}}},
                {"nothing", nullptr}};
  SystemClock clock;
  std::map<std::string, std::string> settings;  // of the plugins
};

// Runs an action as a node does: defaults, the DDL's checks, then the plugin.
class ActionTest : public ::testing::Test {
 protected:
  Reply Run(const std::string& plugin, const std::string& action, Json inputs = Json::object(),
            absl::Duration timeout = absl::Seconds(60), const CancelToken* cancel = nullptr) {
    const std::shared_ptr<Catalog> catalog = BuiltinCatalog(options_, &node_.clock);
    const std::shared_ptr<Plugin> found = catalog->Find(plugin);
    if (found == nullptr) return Reply::Failure(ErrorKind::kOther, "no such plugin");
    const ddl::Action* declared = found->ddl()->FindAction(action);
    if (declared != nullptr) {
      ddl::FillInputDefaults(*declared, &inputs);
      if (const absl::Status valid = ddl::ValidateInputs(*found->ddl(), *declared, inputs); !valid.ok()) {
        Reply reply = Reply::Aborted(std::string(valid.message()));
        reply.status_code = absl::IsFailedPrecondition(valid) ? kMissingInput : kInvalidInput;
        return reply;
      }
    }
    Request request;
    request.plugin = plugin;
    request.action = action;
    request.inputs = std::move(inputs);
    Context context;
    context.clock = &node_.clock;
    context.node = &node_;
    context.timeout = timeout;
    context.cancel = cancel;
    return found->Run(request, context);
  }

  FakeNode node_;
  BuiltinOptions options_;
};

}  // namespace orch::actions
