// Facts about processors, memory and virtualization, parsed from the kernel's texts. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

// Formats a size as Facter does, "7.68 GiB", and a share of it, "12.34%".
std::string HumanBytes(uint64_t bytes);
std::string Capacity(uint64_t used, uint64_t total);

// Returns, from /proc/cpuinfo, processors{count,physicalcount,models,isa}, processorcount, physicalprocessorcount,
// processor0, …
Json ProcessorFacts(absl::string_view cpuinfo, const std::string& isa);

// Returns, from /proc/meminfo, memory{system{…},swap{…}}, memorysize, memorysize_mb, memoryfree, swapsize, …
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
// Returns virtual, is_virtual and, if the machine gives them, dmi{…}, manufacturer and productname.
Json VirtualFacts(const VirtualTexts& texts);

}  // namespace orch::nodeagent
