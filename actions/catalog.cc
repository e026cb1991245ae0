#include "actions/catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/activation.h"
#include "actions/controller.h"
#include "actions/embedded_ddl.h"
#include "actions/filemgr_plugin.h"
#include "actions/nrpe_plugin.h"
#include "actions/package_plugin.h"
#include "actions/process_plugin.h"
#include "actions/puppet/puppet_program.h"
#include "actions/puppet_plugin.h"
#include "actions/puppetd_plugin.h"
#include "actions/puppetral_plugin.h"
#include "actions/rpcutil.h"
#include "actions/service_plugin.h"
#include "actions/shell_plugin.h"

namespace orch::actions {
namespace {

using Ddl = std::shared_ptr<const ddl::Plugin>;

struct Builtin {
  const char* name;
  // An error is why it cannot work on this node; Cancelled when nobody asked for it.
  absl::StatusOr<std::shared_ptr<Plugin>> (*make)(Ddl ddl, const BuiltinOptions& options, const Clock* clock);
};

template <typename P>
absl::StatusOr<std::shared_ptr<Plugin>> Make(Ddl ddl, const BuiltinOptions& options, const Clock*) {
  return std::make_shared<P>(std::move(ddl), options);
}

// Every plugin that is built in.
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

}  // namespace

void Catalog::Add(std::shared_ptr<Plugin> plugin) {
  const std::string name = plugin->ddl()->name;
  plugins_[name] = std::move(plugin);
}

void Catalog::Remove(absl::string_view name) {
  plugins_.erase(std::string(name));
  std::erase_if(problems_, [name](const Problem& problem) { return problem.plugin == name; });
}

std::shared_ptr<Plugin> Catalog::Find(absl::string_view name) const {
  const auto found = plugins_.find(std::string(name));
  return found == plugins_.end() ? nullptr : found->second;
}

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
    const absl::StatusOr<Ddl> ddl = ddl::LoadPlugin(EmbeddedDdl(builtin.name), absl::StrCat(builtin.name, ".json"));
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
