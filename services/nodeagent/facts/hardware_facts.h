// Processors, memory and what the machine is made of, from the kernel's texts. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

// "7.68 GiB" as Facter writes sizes; "12.34%".
std::string HumanBytes(uint64_t bytes);
std::string Capacity(uint64_t used, uint64_t total);

// From /proc/cpuinfo: processors{count,physicalcount,models,isa}, processorcount,
// physicalprocessorcount, processor0…
Json ProcessorFacts(absl::string_view cpuinfo, const std::string& isa);

// From /proc/meminfo: memory{system{…},swap{…}}, memorysize, memorysize_mb, memoryfree, swapsize, …
Json MemoryFacts(absl::string_view meminfo);

struct VirtualTexts {
  bool docker_file = false;  // /.dockerenv
  bool podman_file = false;  // /run/.containerenv
  std::string init_environ;  // /proc/1/environ, NUL-separated; empty when not readable
  std::string cgroup;        // /proc/1/cgroup
  std::string product_name;  // /sys/class/dmi/id/…
  std::string sys_vendor;
  std::string cpuinfo;
  bool xen = false;  // /sys/hypervisor/type says xen
};
// virtual, is_virtual, and dmi{…}, manufacturer, productname where the machine tells them.
Json VirtualFacts(const VirtualTexts& texts);

}  // namespace orch::nodeagent
