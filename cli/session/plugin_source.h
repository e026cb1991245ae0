// DDLs from the hub, kept by name in a cache folder. The hub is asked each time, with the hash of
// what is here, so the cache can be old, broken or gone without being wrong.
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
  // `cache_dir` empty: nothing is kept.
  PluginSource(HubClient* hub, std::string cache_dir) : hub_(hub), cache_dir_(std::move(cache_dir)) {}

  struct Loaded {
    std::shared_ptr<const ddl::Plugin> plugin;
    v1::GetPluginResponse response;
  };
  // NotFound with the nearest known name when the fleet has no such plugin.
  absl::StatusOr<Loaded> Get(const std::string& name);
  // NotFound as the hub said it.
  absl::StatusOr<Loaded> GetExactly(const std::string& name);

 private:
  std::string CachePath(const std::string& name) const;
  absl::Status NoSuchPlugin(const std::string& name, const absl::Status& cause);
  void Keep(const std::string& path, const std::string& json) const;

  HubClient* const hub_;
  const std::string cache_dir_;
};

// ^[a-z0-9_]+$
absl::Status CheckPluginName(const std::string& name);

// The DDL of plugin `name`, from the hub that the context names.
absl::StatusOr<std::shared_ptr<const ddl::Plugin>> FetchPlugin(Context* context, const std::string& name);

}  // namespace orch::cli
