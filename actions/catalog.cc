#include "actions/catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/embedded_ddl.h"
#include "actions/package_plugin.h"
#include "actions/rpcutil.h"
#include "actions/service_plugin.h"

namespace orch::actions {
namespace {

using Ddl = std::shared_ptr<const ddl::Plugin>;

struct Builtin {
  const char* name;
  std::shared_ptr<Plugin> (*make)(Ddl ddl, const BuiltinOptions& options);
};

// Every plugin that is built in.
constexpr Builtin kBuiltins[] = {
    {"package",
     [](Ddl ddl, const BuiltinOptions& options) -> std::shared_ptr<Plugin> {
       return std::make_shared<PackagePlugin>(std::move(ddl), options);
     }},
    {"rpcutil",
     [](Ddl ddl, const BuiltinOptions&) -> std::shared_ptr<Plugin> {
       return std::make_shared<Rpcutil>(std::move(ddl));
     }},
    {"service",
     [](Ddl ddl, const BuiltinOptions& options) -> std::shared_ptr<Plugin> {
       return std::make_shared<ServicePlugin>(std::move(ddl), options);
     }},
};

}  // namespace

void Catalog::Add(std::shared_ptr<Plugin> plugin) {
  const std::string name = plugin->ddl()->name;
  plugins_[name] = std::move(plugin);
}

std::shared_ptr<Plugin> Catalog::Find(absl::string_view name) const {
  const auto found = plugins_.find(std::string(name));
  return found == plugins_.end() ? nullptr : found->second;
}

std::shared_ptr<Catalog> BuiltinCatalog(const BuiltinOptions& options, const Clock*) {
  auto catalog = std::make_shared<Catalog>();
  for (const Builtin& builtin : kBuiltins) {
    absl::StatusOr<Ddl> ddl = ddl::LoadPlugin(EmbeddedDdl(builtin.name), absl::StrCat(builtin.name, ".json"));
    if (ddl.ok()) {
      catalog->Add(builtin.make(*std::move(ddl), options));
    } else {
      catalog->AddProblem({builtin.name, std::string(ddl.status().message())});
    }
  }
  return catalog;
}

}  // namespace orch::actions
