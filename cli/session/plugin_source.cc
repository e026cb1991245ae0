#include "cli/session/plugin_source.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"
#include "cli/terminal/style.h"

namespace orch::cli {

absl::Status CheckPluginName(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 128 &&
                    name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(name.substr(0, 80)),
                                                 "' is no plugin name; lower-case letters, digits and _ are allowed"));
}

std::string PluginSource::CachePath(const std::string& name) const {
  return cache_dir_.empty() ? "" : absl::StrCat(cache_dir_, "/ddl/", name, ".json");
}

absl::Status PluginSource::NoSuchPlugin(const std::string& name, const absl::Status& cause) {
  const absl::StatusOr<v1::ListPluginsResponse> listed = hub_->ListPlugins();
  if (!listed.ok()) return cause;
  std::vector<std::string> known;
  for (const v1::Plugin& plugin : listed->plugins()) known.push_back(plugin.name());
  const std::string nearest = NearestWord(name, known);
  return absl::NotFoundError(absl::StrCat(
      "no connected node has a plugin '", name, "'",
      nearest.empty() ? "; 'orchctl plugin list' shows what there is" : absl::StrCat("; did you mean ", nearest, "?")));
}

// If the cache cannot be written, the next command transfers the DDL again.
void PluginSource::Keep(const std::string& path, const std::string& json) const {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  (void)WriteFileDurably(path, json, 0600);
}

absl::StatusOr<PluginSource::Loaded> PluginSource::Get(const std::string& name) {
  absl::StatusOr<Loaded> loaded = GetExactly(name);
  if (absl::IsNotFound(loaded.status())) return NoSuchPlugin(name, loaded.status());
  return loaded;
}

absl::StatusOr<PluginSource::Loaded> PluginSource::GetExactly(const std::string& name) {
  ORCH_RETURN_IF_ERROR(CheckPluginName(name));
  const std::string path = CachePath(name);
  std::string cached;
  if (!path.empty()) {
    absl::StatusOr<std::string> read = ReadFile(path, ddl::kMaxDdlBytes);
    if (read.ok()) cached = *std::move(read);
  }
  v1::GetPluginRequest request;
  request.set_name(name);
  if (!cached.empty()) request.set_known_sha256(Sha256(cached));
  absl::StatusOr<v1::GetPluginResponse> response = hub_->GetPlugin(request);
  ORCH_RETURN_IF_ERROR(response.status());

  std::string json = response->plugin().ddl_json();
  const bool fresh = !json.empty();
  if (!fresh) json = cached;
  if (Sha256(json) != response->plugin().ddl_sha256()) {
    return absl::DataLossError(absl::StrCat("the hub's DDL of plugin ", name, " does not fit its hash; try again"));
  }
  Loaded loaded;
  ORCH_ASSIGN_OR_RETURN(loaded.plugin, ddl::LoadPlugin(json, absl::StrCat(name, ".json")));
  if (fresh && !path.empty()) Keep(path, json);
  loaded.response = *std::move(response);
  return loaded;
}

absl::StatusOr<std::shared_ptr<const ddl::Plugin>> FetchPlugin(Context* context, const std::string& name) {
  ORCH_RETURN_IF_ERROR(CheckPluginName(name));
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  PluginSource source(hub, context->config().cache_dir);
  ORCH_ASSIGN_OR_RETURN(const PluginSource::Loaded loaded, source.Get(name));
  return loaded.plugin;
}

}  // namespace orch::cli
