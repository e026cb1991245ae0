#include "services/hub/door/descriptor_plan.h"

#include <sys/resource.h>

#include <algorithm>

namespace orch::hub {
namespace {

constexpr size_t kOutsidersPart = 2;  // one descriptor in kOutsidersPart is for strangers and lingering closes
constexpr size_t kUnknownLimit = 1024;

}  // namespace

DescriptorPlan PlanDescriptors(size_t files, size_t max_strangers) {
  const size_t left = files > 2 * kFilesAside ? files - kFilesAside : files / 2;
  const size_t outside = std::min(left / kOutsidersPart, max_strangers + kMaxLingering);
  DescriptorPlan plan;
  plan.strangers = std::min(max_strangers, std::max<size_t>(1, outside * 2 / 3));
  plan.lingering = std::min(kMaxLingering, outside / 3);
  plan.open_files = left - outside;
  return plan;
}

size_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : kUnknownLimit;
}

}  // namespace orch::hub
