// DDLs from the hub, cached by name in a folder. The hub is asked each time, with the hash of the
// cached DDL, so an old, broken or missing cache costs only a transfer. One thread; lives as long
// as the command that made it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/ddl/ddl.h"
#include "cli/session/context.h"
#include "cli/session/hub_client.h"

namespace orch::cli {

class PluginSource {
 public:
  // If `cache_dir` is empty, nothing is cached.
  PluginSource(HubClient* hub, std::string cache_dir) : hub_(hub), cache_dir_(std::move(cache_dir)) {}

  struct Loaded {
    std::shared_ptr<const ddl::Plugin> plugin;
    v1::GetPluginResponse response;
  };
  // NotFound if the fleet has no such plugin; the message names the nearest known one.
  absl::StatusOr<Loaded> Get(const std::string& name);
  // The same with the hub's own message.
  absl::StatusOr<Loaded> GetExactly(const std::string& name);

 private:
  std::string CachePath(const std::string& name) const;
  absl::Status NoSuchPlugin(const std::string& name, const absl::Status& cause);
  void Keep(const std::string& path, const std::string& json) const;

  HubClient* const hub_;
  const std::string cache_dir_;
};

// InvalidArgument unless `name` matches ^[a-z0-9_]+$.
absl::Status CheckPluginName(const std::string& name);

// Returns the DDL of plugin `name` from the context's hub.
absl::StatusOr<std::shared_ptr<const ddl::Plugin>> FetchPlugin(Context* context, const std::string& name);

}  // namespace orch::cli
