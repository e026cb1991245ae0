#include "services/nodeagent/facts/builtin.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "services/nodeagent/facts/hardware_facts.h"
#include "services/nodeagent/facts/network_facts.h"
#include "services/nodeagent/facts/os_facts.h"
#include "services/nodeagent/facts/system_facts.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxSystemFileBytes = 4u << 20;

class Host {
 public:
  explicit Host(std::string root) : root_(std::move(root)) {}
  // A file that cannot be read counts as empty, and its facts are left out.
  std::string Read(const char* path) const {
    absl::StatusOr<std::string> text = ReadFile(absl::StrCat(root_, path), kMaxSystemFileBytes);
    return text.ok() ? *std::move(text) : "";
  }
  std::string ReadLine(const char* path) const { return std::string(absl::StripAsciiWhitespace(Read(path))); }
  bool Has(const char* path) const {
    struct stat info;
    return stat(absl::StrCat(root_, path).c_str(), &info) == 0;
  }
  const std::string& root() const { return root_; }

 private:
  const std::string root_;
};

VirtualTexts VirtualTextsOf(const Host& host, const std::string& cpuinfo) {
  return {.docker_file = host.Has("/.dockerenv"),
          .podman_file = host.Has("/run/.containerenv"),
          .init_environ = host.Read("/proc/1/environ"),
          .cgroup = host.Read("/proc/1/cgroup"),
          .product_name = host.ReadLine("/sys/class/dmi/id/product_name"),
          .sys_vendor = host.ReadLine("/sys/class/dmi/id/sys_vendor"),
          .cpuinfo = cpuinfo,
          .xen = host.ReadLine("/sys/hypervisor/type") == "xen"};
}

std::string TimeZone() {
  const time_t now = time(nullptr);
  tm local;
  char name[64] = "";
  if (localtime_r(&now, &local) != nullptr) strftime(name, sizeof(name), "%Z", &local);
  return name;
}

std::string ServiceProvider(const Host& host, const std::string& family) {
  if (host.Has("/run/systemd/system")) return "systemd";
  if (host.Has("/sbin/openrc-run")) return "openrc";
  if (host.Has("/run/runit.stopit") || host.Has("/etc/runit/runsvdir")) return "runit";
  return family == "RedHat" || family == "Suse" ? "redhat" : family == "Debian" ? "debian" : "init";
}

Json SmallFacts(const Host& host, const std::string& family) {
  Json facts = {{"timezone", TimeZone()}, {"service_provider", ServiceProvider(host, family)}};
  if (const char* path = getenv("PATH"); path != nullptr) facts["path"] = path;
  std::vector<std::string> keys;
  for (const char* kind : {"rsa", "ecdsa", "ed25519"}) {
    keys.push_back(host.Read(absl::StrCat("/etc/ssh/ssh_host_", kind, "_key.pub").c_str()));
  }
  facts.update(SshFacts(keys));
  return facts;
}

}  // namespace

Json CollectBuiltinFacts(const std::string& root) {
  const Host host(root);
  utsname kernel = {};
  uname(&kernel);
  Json facts =
      OsFacts({.os_release = host.Read(host.Has("/etc/os-release") ? "/etc/os-release" : "/usr/lib/os-release"),
               .debian_version = host.Read("/etc/debian_version"),
               .redhat_release = host.Read("/etc/redhat-release"),
               .machine = kernel.machine,
               .kernel = kernel.sysname,
               .kernel_release = kernel.release});
  const bool selinux = host.Has("/sys/fs/selinux/enforce");
  facts["selinux"] = selinux;
  facts["os"]["selinux"]["enabled"] = selinux;
  if (selinux) facts["os"]["selinux"]["enforced"] = host.ReadLine("/sys/fs/selinux/enforce") == "1";
  const std::string cpuinfo = host.Read("/proc/cpuinfo");
  facts.update(ProcessorFacts(cpuinfo, kernel.machine));
  facts.update(MemoryFacts(host.Read("/proc/meminfo")));
  facts.update(VirtualFacts(VirtualTextsOf(host, cpuinfo)));
  facts.update(UptimeFacts(host.Read("/proc/uptime")));
  facts.update(LoadFacts(host.Read("/proc/loadavg")));
  const std::vector<Mount> mounts = ParseMounts(host.Read("/proc/self/mounts"));
  facts.update(MountFacts(mounts));
  facts.update(PartitionFacts(host.Read("/proc/partitions"), mounts));
  facts.update(IdentityFacts());
  facts.update(SmallFacts(host, facts["osfamily"].get<std::string>()));
  const std::string node = kernel.nodename;
  facts.update(NetworkFacts(ListInterfaces(root), DefaultRouteInterface(host.Read("/proc/net/route")), node,
                            DomainOf(node, host.Read("/etc/hosts"), host.Read("/etc/resolv.conf"))));
  return facts;
}

std::string HostFqdn() {
  const Host host("");
  utsname kernel = {};
  uname(&kernel);
  const std::string node = kernel.nodename;
  const std::string domain = DomainOf(node, host.Read("/etc/hosts"), host.Read("/etc/resolv.conf"));
  const std::string short_name = node.substr(0, node.find('.'));
  return absl::AsciiStrToLower(domain.empty() ? short_name : absl::StrCat(short_name, ".", domain));
}

}  // namespace orch::nodeagent
