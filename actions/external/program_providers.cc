#include "actions/external/program_providers.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/external/external_plugin.h"
#include "actions/external/legacy_plugin.h"
#include "actions/external/worker_plugin.h"

namespace orch::actions {
namespace {

struct Provider {
  absl::string_view name;
  absl::StatusOr<std::shared_ptr<ProgramPlugin>> (*make)(ProgramPlugin::Source source);
};

constexpr Provider kProviders[] = {
    {"external", ExternalPlugin::Create},
    {"legacy_json", LegacyPlugin::Create},
    {"worker", WorkerPlugin::Create},
};

}  // namespace

absl::StatusOr<std::shared_ptr<ProgramPlugin>> CreateProgramPlugin(ProgramPlugin::Source source) {
  const std::string wanted = source.ddl->provider;
  for (const Provider& provider : kProviders) {
    if (provider.name == wanted) return provider.make(std::move(source));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      source.files.DdlPath(), ": metadata.provider ", wanted.empty() ? "is missing" : "'",
      wanted.empty() ? "" : absl::StrCat(wanted, "' is not known"), "; set it to one of ",
      absl::StrJoin(kProviders, ", ",
                    [](std::string* out, const Provider& provider) { absl::StrAppend(out, provider.name); })));
}

}  // namespace orch::actions
