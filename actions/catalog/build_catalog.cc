#include "actions/catalog/build_catalog.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/catalog/builtin_catalog.h"
#include "actions/catalog/embedded_ddl.h"
#include "actions/core/activation.h"
#include "actions/external/plugin_files.h"
#include "actions/external/program_plugin.h"
#include "actions/external/program_providers.h"
#include "actions/mcollective/mcollective_agents.h"
#include "base/durable_file.h"
#include "base/log.h"
#include "base/process/cancel_token.h"
#include "base/status_macros.h"
#include "base/version.h"

namespace orch::actions {
namespace {

std::map<std::string, std::string> OwnSettings(const std::map<std::string, std::string>& all, const std::string& name) {
  std::map<std::string, std::string> own;
  const std::string prefix = absl::StrCat(name, ".");
  for (auto entry = all.lower_bound(prefix); entry != all.end() && absl::StartsWith(entry->first, prefix); ++entry) {
    own.emplace(entry->first.substr(prefix.size()), entry->second);
  }
  return own;
}

absl::StatusOr<std::shared_ptr<const ddl::Plugin>> LoadDdl(const InstalledPlugin& files) {
  const std::string path = files.DdlPath();
  ORCH_RETURN_IF_ERROR(CheckSafeFile(path));
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, ddl::kMaxDdlBytes));
  ORCH_ASSIGN_OR_RETURN(std::shared_ptr<const ddl::Plugin> ddl, ddl::LoadPlugin(text, path));
  if (ddl->name != files.name) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": metadata.name is '", ddl->name, "', the file's name says '",
                                                   files.name, "'; make them one"));
  }
  ORCH_RETURN_IF_ERROR(ddl::CheckRequires(*ddl, kVersion));
  return ddl;
}

// Returns null if the plugin does not activate on this node.
absl::StatusOr<std::shared_ptr<Plugin>> LoadInstalled(const InstalledPlugin& files, const CatalogOptions& options,
                                                      const Clock* clock, const CancelToken* cancel) {
  if (!EmbeddedDdl(files.name).empty()) {
    return absl::AlreadyExistsError(
        absl::StrCat(files.DdlPath(), ": a built-in plugin has this name and stays; rename this one"));
  }
  const std::map<std::string, std::string>& settings = options.builtin.settings;
  ORCH_ASSIGN_OR_RETURN(const bool wanted, ActivatedBySettings(settings, files.name));
  if (!wanted) return std::shared_ptr<Plugin>();
  ORCH_ASSIGN_OR_RETURN(std::shared_ptr<const ddl::Plugin> ddl, LoadDdl(files));
  ORCH_ASSIGN_OR_RETURN(std::shared_ptr<ProgramPlugin> plugin,
                        CreateProgramPlugin({files, std::move(ddl), OwnSettings(settings, files.name), clock}));
  if (!options.ask_plugins) return std::shared_ptr<Plugin>(std::move(plugin));
  const absl::StatusOr<bool> active = plugin->Activate(options.facts, cancel);
  if (!active.ok()) {
    return absl::Status(active.status().code(), absl::StrCat("it did not activate: ", active.status().message()));
  }
  if (*active) return std::shared_ptr<Plugin>(std::move(plugin));
  LogInfo("plugin does not want to serve this node", {{"plugin", files.name}});
  return std::shared_ptr<Plugin>();
}

void AddInstalled(const CatalogOptions& options, const Clock* clock, const CancelToken* cancel, Catalog* catalog) {
  std::vector<Catalog::Problem> problems;
  const std::vector<InstalledPlugin> installed =
      FindInstalledPlugins(options.plugin_directories, options.only, &problems);
  std::vector<absl::StatusOr<std::shared_ptr<Plugin>>> loaded(installed.size(), absl::UnknownError("not loaded"));
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < installed.size(); i = next++) {
      loaded[i] = LoadInstalled(installed[i], options, clock, cancel);
    }
  };
  std::vector<std::thread> threads;
  try {
    for (size_t i = 1; i < std::min(installed.size(), kMaxActivationsAtOnce); ++i) threads.emplace_back(work);
  } catch (const std::system_error&) {
    // Fewer threads only take longer.
  }
  work();
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < installed.size(); ++i) {
    if (!loaded[i].ok()) {
      problems.push_back({installed[i].name, std::string(loaded[i].status().message())});
    } else if (*loaded[i] != nullptr) {
      catalog->Add(*std::move(loaded[i]));
    }
  }
  for (Catalog::Problem& problem : problems) catalog->AddProblem(std::move(problem));
}

}  // namespace

std::shared_ptr<Catalog> BuildCatalog(const CatalogOptions& options, const Clock* clock, const CancelToken* cancel) {
  std::shared_ptr<Catalog> catalog = BuiltinCatalog(options.builtin, clock, options.only);
  AddInstalled(options, clock, cancel, catalog.get());
  LoadMcollectiveAgents({.libdirs = options.mcollective_libdirs,
                         .builtin = options.builtin,
                         .identity = options.identity,
                         .collectives = options.collectives,
                         .main_collective = options.main_collective,
                         .facts = options.facts,
                         .only = options.only},
                        clock, cancel, catalog.get());
  return catalog;
}

}  // namespace orch::actions
