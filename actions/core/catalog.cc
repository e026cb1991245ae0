#include "actions/core/catalog.h"

namespace orch::actions {

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

}  // namespace orch::actions
