#include "services/nodeagent/facts/network_facts.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"

namespace orch::nodeagent {
namespace {

template <typename Raw>
std::string Text(int family, const Raw& raw) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, &raw, text, sizeof(text));
  return text;
}

InterfaceAddress V4(const ifaddrs& entry) {
  const in_addr address = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr)->sin_addr;
  const in_addr mask = entry.ifa_netmask == nullptr ? in_addr{0xffffffff}
                                                    : reinterpret_cast<const sockaddr_in*>(entry.ifa_netmask)->sin_addr;
  return {Text(AF_INET, address), Text(AF_INET, mask), Text(AF_INET, in_addr{address.s_addr & mask.s_addr})};
}

InterfaceAddress V6(const ifaddrs& entry) {
  const in6_addr address = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr)->sin6_addr;
  in6_addr mask, network;
  memset(&mask, 0xff, sizeof(mask));
  if (entry.ifa_netmask != nullptr) mask = reinterpret_cast<const sockaddr_in6*>(entry.ifa_netmask)->sin6_addr;
  for (size_t i = 0; i < 16; ++i) network.s6_addr[i] = address.s6_addr[i] & mask.s6_addr[i];
  return {Text(AF_INET6, address), Text(AF_INET6, mask), Text(AF_INET6, network)};
}

std::string SysNet(const std::string& root, const std::string& name, absl::string_view item) {
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(root, "/sys/class/net/", name, "/", item), 4096);
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

// Prefers a global address, which others can reach, to a link-local one.
const InterfaceAddress* Best(const std::vector<InterfaceAddress>& addresses) {
  if (addresses.empty()) return nullptr;
  const auto global = std::find_if(addresses.begin(), addresses.end(), [](const InterfaceAddress& entry) {
    return !absl::StartsWith(entry.address, "fe80:") && !absl::StartsWith(entry.address, "169.254.");
  });
  return global == addresses.end() ? &addresses.front() : &*global;
}

Json Bindings(const std::vector<InterfaceAddress>& addresses) {
  Json out = Json::array();
  for (const InterfaceAddress& entry : addresses) {
    out.push_back({{"address", entry.address}, {"netmask", entry.netmask}, {"network", entry.network}});
  }
  return out;
}

void SetAddress(const InterfaceAddress* best, absl::string_view version, const std::string& flat, Json* structured,
                Json* facts) {
  if (best == nullptr) return;
  (*structured)[absl::StrCat("ip", version)] = best->address;
  (*structured)[absl::StrCat("netmask", version)] = best->netmask;
  (*structured)[absl::StrCat("network", version)] = best->network;
  (*facts)[absl::StrCat("ipaddress", version, flat)] = best->address;
  (*facts)[absl::StrCat("netmask", version, flat)] = best->netmask;
  (*facts)[absl::StrCat("network", version, flat)] = best->network;
}

// Fills networking.interfaces.NAME and the flat facts with the name behind them ("" for the primary).
Json OneInterface(const Interface& entry, const std::string& flat, Json* facts) {
  Json structured = Json::object();
  SetAddress(Best(entry.v4), "", flat, &structured, facts);
  SetAddress(Best(entry.v6), "6", flat, &structured, facts);
  if (!entry.v4.empty()) structured["bindings"] = Bindings(entry.v4);
  if (!entry.v6.empty()) structured["bindings6"] = Bindings(entry.v6);
  if (!entry.mac.empty()) {
    structured["mac"] = entry.mac;
    (*facts)[absl::StrCat("macaddress", flat)] = entry.mac;
  }
  if (entry.mtu > 0) {
    structured["mtu"] = entry.mtu;
    if (!flat.empty()) (*facts)[absl::StrCat("mtu", flat)] = entry.mtu;
  }
  return structured;
}

std::string FlatName(const std::string& name) {
  std::string flat = name;
  for (char& c : flat) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return flat;
}

}  // namespace

std::vector<Interface> ListInterfaces(const std::string& root) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  std::map<std::string, Interface> by_name;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const std::string name = entry->ifa_name == nullptr ? "" : entry->ifa_name;
    if (name.empty() || (by_name.size() >= kMaxInterfaces && by_name.count(name) == 0)) continue;
    Interface& interface = by_name[name];
    interface.name = name;
    if (entry->ifa_addr == nullptr) continue;
    if (entry->ifa_addr->sa_family == AF_INET) interface.v4.push_back(V4(*entry));
    if (entry->ifa_addr->sa_family == AF_INET6) interface.v6.push_back(V6(*entry));
  }
  freeifaddrs(first);
  std::vector<Interface> out;
  for (auto& [name, interface] : by_name) {
    interface.mac = SysNet(root, name, "address");
    if (interface.mac == "00:00:00:00:00:00") interface.mac.clear();
    if (!absl::SimpleAtoi(SysNet(root, name, "mtu"), &interface.mtu)) interface.mtu = 0;
    out.push_back(std::move(interface));
  }
  return out;
}

std::string DefaultRouteInterface(absl::string_view proc_net_route) {
  for (const absl::string_view line : absl::StrSplit(proc_net_route, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() > 2 && words[1] == "00000000") return std::string(words[0]);
  }
  return "";
}

std::string DomainOf(absl::string_view node_name, absl::string_view etc_hosts, absl::string_view resolv_conf) {
  const size_t dot = node_name.find('.');
  if (dot != absl::string_view::npos) return std::string(node_name.substr(dot + 1));
  const std::string prefix = absl::StrCat(node_name, ".");
  for (const absl::string_view line : absl::StrSplit(etc_hosts, '\n')) {
    const absl::string_view code = line.substr(0, line.find('#'));
    const std::vector<absl::string_view> words = absl::StrSplit(code, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    for (size_t i = 1; i < words.size(); ++i) {
      if (absl::StartsWith(words[i], prefix)) return std::string(words[i].substr(prefix.size()));
    }
  }
  std::string found;
  for (const absl::string_view line : absl::StrSplit(resolv_conf, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() < 2 || (words[0] != "domain" && words[0] != "search") || words[1] == ".") continue;
    if (words[0] == "domain" || found.empty()) found = std::string(words[1]);
  }
  return found;
}

Json NetworkFacts(const std::vector<Interface>& interfaces, const std::string& primary, const std::string& node_name,
                  const std::string& domain) {
  const std::string hostname = node_name.substr(0, node_name.find('.'));
  const std::string fqdn = domain.empty() ? hostname : absl::StrCat(hostname, ".", domain);
  Json facts = {{"hostname", hostname}, {"fqdn", fqdn}};
  Json networking = {{"hostname", hostname}, {"fqdn", fqdn}, {"interfaces", Json::object()}};
  if (!domain.empty()) facts["domain"] = networking["domain"] = domain;
  std::vector<std::string> names;
  const Interface* chosen = nullptr;
  for (const Interface& entry : interfaces) {
    names.push_back(FlatName(entry.name));
    networking["interfaces"][entry.name] = OneInterface(entry, absl::StrCat("_", FlatName(entry.name)), &facts);
    const bool outward = entry.name != "lo" && !entry.v4.empty();
    if (entry.name == primary || (chosen == nullptr && outward)) chosen = &entry;
  }
  facts["interfaces"] = absl::StrJoin(names, ",");
  if (chosen != nullptr) {
    networking["primary"] = chosen->name;
    networking.update(OneInterface(*chosen, "", &facts));
    networking.erase("bindings");
    networking.erase("bindings6");
  }
  facts["networking"] = std::move(networking);
  return facts;
}

}  // namespace orch::nodeagent
