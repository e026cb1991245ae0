#include "actions/catalog/builtin_catalog.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/catalog/embedded_ddl.h"
#include "actions/core/activation.h"
#include "actions/ddl/builtin_plugins.h"
#include "actions/plugins/controller/controller.h"
#include "actions/plugins/filemgr/filemgr_plugin.h"
#include "actions/plugins/nrpe/nrpe_plugin.h"
#include "actions/plugins/package/package_plugin.h"
#include "actions/plugins/process/process_plugin.h"
#include "actions/plugins/puppet/puppet_plugin.h"
#include "actions/plugins/puppet/puppetd_plugin.h"
#include "actions/plugins/puppet/puppetral_plugin.h"
#include "actions/plugins/rpcutil/rpcutil.h"
#include "actions/plugins/service/service_plugin.h"
#include "actions/plugins/shell/shell_plugin.h"
#include "actions/puppet/puppet_memory.h"

namespace orch::actions {
namespace {

using Ddl = std::shared_ptr<const ddl::Plugin>;

struct Builtin {
  const char* name;
  // An error tells why it cannot work on this node; Cancelled if the settings do not turn it on.
  absl::StatusOr<std::shared_ptr<Plugin>> (*make)(Ddl ddl, const BuiltinOptions& options, const Clock* clock);
};

template <typename P>
absl::StatusOr<std::shared_ptr<Plugin>> Make(Ddl ddl, const BuiltinOptions& options, const Clock*) {
  return std::make_shared<P>(std::move(ddl), options);
}

// All of ddl::kBuiltinPlugins, in its order.
constexpr Builtin kBuiltins[] = {
    {"controller",
     [](Ddl ddl, const BuiltinOptions&, const Clock*) -> absl::StatusOr<std::shared_ptr<Plugin>> {
       return std::make_shared<Controller>(std::move(ddl));
     }},
    {"filemgr", Make<FilemgrPlugin>},
    {"nrpe", Make<NrpePlugin>},
    {"package", Make<PackagePlugin>},
    {"process", Make<ProcessPlugin>},
    {"puppet", PuppetPlugin::Create},
    {"puppetd", PuppetdPlugin::Create},
    {"puppetral", PuppetralPlugin::Create},
    {"rpcutil",
     [](Ddl ddl, const BuiltinOptions&, const Clock*) -> absl::StatusOr<std::shared_ptr<Plugin>> {
       return std::make_shared<Rpcutil>(std::move(ddl));
     }},
    {"service", Make<ServicePlugin>},
    {"shell", ShellPlugin::Create},
};
static_assert(std::equal(std::begin(kBuiltins), std::end(kBuiltins), ddl::kBuiltinPlugins.begin(),
                         ddl::kBuiltinPlugins.end(),
                         [](const Builtin& builtin, absl::string_view name) { return builtin.name == name; }));

}  // namespace

std::shared_ptr<PuppetMemory> MakePuppetMemory() { return std::make_shared<PuppetMemory>(); }

std::shared_ptr<Catalog> BuiltinCatalog(const BuiltinOptions& given, const Clock* clock, absl::string_view only) {
  BuiltinOptions options = given;
  if (options.puppet == nullptr) options.puppet = MakePuppetMemory();
  auto catalog = std::make_shared<Catalog>();
  for (const Builtin& builtin : kBuiltins) {
    if (!only.empty() && only != builtin.name) continue;
    const absl::StatusOr<bool> wanted = ActivatedBySettings(options.settings, builtin.name);
    if (!wanted.ok()) catalog->AddProblem({builtin.name, std::string(wanted.status().message())});
    if (!wanted.ok() || !*wanted) continue;
    const absl::StatusOr<Ddl> ddl =
        ddl::LoadEmbeddedPlugin(EmbeddedDdl(builtin.name), absl::StrCat(builtin.name, ".json"));
    const absl::StatusOr<std::shared_ptr<Plugin>> plugin =
        ddl.ok() ? builtin.make(*ddl, options, clock) : absl::StatusOr<std::shared_ptr<Plugin>>(ddl.status());
    if (plugin.ok()) {
      catalog->Add(*plugin);
    } else if (!absl::IsCancelled(plugin.status())) {
      catalog->AddProblem({builtin.name, std::string(plugin.status().message())});
    }
  }
  return catalog;
}

}  // namespace orch::actions
