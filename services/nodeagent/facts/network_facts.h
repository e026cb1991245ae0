// Interfaces and names of this machine. Only ListInterfaces asks the kernel; the other functions are pure. Any thread.
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

// Reads getifaddrs(3) and /sys/class/net under `root`. Returns an empty list if the kernel gives no answer.
std::vector<Interface> ListInterfaces(const std::string& root);

// Returns the name of the interface with the default route in /proc/net/route, or an empty string.
std::string DefaultRouteInterface(absl::string_view proc_net_route);

// Finds the domain without DNS, which may block: in the node's name, else in its line of /etc/hosts, else in
// resolv.conf. Returns an empty string if there is none.
std::string DomainOf(absl::string_view node_name, absl::string_view etc_hosts, absl::string_view resolv_conf);

// Returns networking{…}, hostname, fqdn, domain, ipaddress, ipaddress6, macaddress, interfaces, ipaddress_eth0, …
Json NetworkFacts(const std::vector<Interface>& interfaces, const std::string& primary, const std::string& node_name,
                  const std::string& domain);

}  // namespace orch::nodeagent
