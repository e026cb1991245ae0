#include "cli/views/layout_for.h"

#include "cli/views/label_layout.h"
#include "cli/views/resource_layout.h"
#include "cli/views/updates_layout.h"

namespace orch::cli {

std::unique_ptr<DataLayout> LayoutFor(const Invocation& invocation) {
  if (invocation.plugin->name == "puppetral") return std::make_unique<ResourceLayout>();
  if (invocation.action->FindOutput("outdated_packages") != nullptr) return std::make_unique<UpdatesLayout>();
  return std::make_unique<LabelLayout>();
}

}  // namespace orch::cli
