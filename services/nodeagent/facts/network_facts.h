// Interfaces and names of this machine. Composition is pure; ListInterfaces asks the kernel.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::nodeagent {

struct InterfaceAddress {
  std::string address, netmask, network;
};
struct Interface {
  std::string name;
  std::string mac;
  int mtu = 0;
  std::vector<InterfaceAddress> v4, v6;
};

inline constexpr size_t kMaxInterfaces = 256;

// getifaddrs(3) and /sys/class/net under `root`. Empty when the kernel does not tell.
std::vector<Interface> ListInterfaces(const std::string& root);

// Name of the interface with the default route in /proc/net/route, or empty.
std::string DefaultRouteInterface(absl::string_view proc_net_route);

// The domain without asking DNS, which may block: the name's own, else of its line in /etc/hosts,
// else resolv.conf's. Empty when there is none.
std::string DomainOf(absl::string_view node_name, absl::string_view etc_hosts, absl::string_view resolv_conf);

// networking{…}, hostname, fqdn, domain, ipaddress, ipaddress6, macaddress, interfaces,
// ipaddress_eth0, …
Json NetworkFacts(const std::vector<Interface>& interfaces, const std::string& primary, const std::string& node_name,
                  const std::string& domain);

}  // namespace orch::nodeagent
