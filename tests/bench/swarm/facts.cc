#include "tests/bench/swarm/facts.h"

#include <cstdio>
#include <initializer_list>

namespace orch::swarm {
namespace {

const char* Choose(size_t i, std::initializer_list<const char*> values) { return values.begin()[i % values.size()]; }

}  // namespace

std::string CollectiveOf(size_t i) { return std::string(Choose(i, {"us", "de", "uk", "fr", "jp"})) + "_collective"; }

std::vector<std::string> ClassesOf(size_t i) {
  std::vector<std::string> classes = {
      "settings", "common",  "ssh",           "ssh::server", "ntp",           "ntp::client",       "sudo",
      "rsyslog",  "postfix", "users::admins", "firewall",    "puppet::agent", "monitoring::client"};
  classes.push_back(std::string("role::") + Choose(i, {"db", "web", "app", "web", "cache", "app", "mail"}));
  if (i % 7 == 1) classes.insert(classes.end(), {"apache", "apache::mod::ssl", "php"});
  if (i % 7 == 0) classes.insert(classes.end(), {"mysql::server", "backup"});
  return classes;
}

std::string FactsOf(size_t i, const std::string& fqdn) {
  const size_t system = i % 8;
  const std::string name =
                        Choose(system, {"RedHat", "Ubuntu", "SLES", "Debian", "RedHat", "Ubuntu", "CentOS", "Debian"}),
                    family =
                        Choose(system, {"RedHat", "Debian", "Suse", "Debian", "RedHat", "Debian", "RedHat", "Debian"}),
                    major = Choose(system, {"7", "22", "15", "12", "8", "20", "9", "11"}),
                    kernel = Choose(system, {"3.10.0-1160", "5.15.0-91", "5.14.21-150", "6.1.0-18", "4.18.0-513",
                                             "5.4.0-169", "5.14.0-362", "5.10.0-27"});
  char ip[32], mac[32], uuid[64];
  snprintf(ip, sizeof ip, "10.%zu.%zu.%zu", i >> 16, i >> 8 & 255, i & 255);
  snprintf(mac, sizeof mac, "52:54:00:%02zx:%02zx:%02zx", i >> 16 & 255, i >> 8 & 255, i & 255);
  snprintf(uuid, sizeof uuid, "%08zx-8c4e-4d5a-9b1f-%012zx", i * 2654435761u & 0xffffffff, i * 40503u);
  const std::string processors = Choose(i, {"2", "4", "8", "16", "1"}), memory = std::to_string(1024 * (1 + i % 8));
  const bool is_virtual = i % 3 != 0;
  std::string json = "{";
  const auto raw = [&json](const char* key, const std::string& value) {
    json += (json.size() > 1 ? ",\"" : "\"") + std::string(key) + "\":" + value;
  };
  const auto text = [&raw](const char* key, const std::string& value) { raw(key, '"' + value + '"'); };
  text("fqdn", fqdn), text("hostname", fqdn.substr(0, fqdn.find('.'))), text("domain", "example.net");
  text("clientcert", fqdn), text("operatingsystem", name), text("osfamily", family);
  text("operatingsystemmajrelease", major), text("operatingsystemrelease", major + ".4");
  raw("os", "{\"name\":\"" + name + "\",\"family\":\"" + family + "\",\"release\":{\"major\":\"" + major +
                "\",\"full\":\"" + major + ".4\"}}");
  text("kernel", "Linux"), text("kernelversion", kernel.substr(0, kernel.find('-'))), text("kernelrelease", kernel);
  text("kernelmajversion", kernel.substr(0, 3)), text("architecture", "x86_64"), text("hardwaremodel", "x86_64");
  text("hardwareisa", "x86_64"), raw("processorcount", processors), raw("physicalprocessorcount", "1");
  text("processor0", Choose(i, {"AMD EPYC 7B13", "Intel(R) Xeon(R) Gold 6230", "Intel(R) Xeon(R) CPU @ 2.20GHz"}));
  text("memorysize_mb", memory + ".52"), text("memorysize", std::to_string(1 + i % 8) + ".00 GB");
  text("memoryfree_mb", std::to_string(200 + i * 37 % 7000) + "." + std::to_string(10 + i % 90)),
      text("swapsize_mb", "2047.99");
  text("ipaddress", ip), text("ipaddress_eth0", ip), text("ipaddress_lo", "127.0.0.1"), text("netmask", "255.255.0.0");
  text("network_eth0", std::string("10.") + std::to_string(i >> 16) + ".0.0"), text("macaddress", mac);
  text("macaddress_eth0", mac), text("interfaces", "eth0,lo"), raw("mtu_eth0", "1500"), raw("mtu_lo", "65536");
  raw("is_virtual", is_virtual ? "true" : "false"), text("virtual", is_virtual ? "kvm" : "physical");
  text("manufacturer", is_virtual ? "QEMU" : "Dell Inc."),
      text("productname", is_virtual ? "Standard PC" : "PowerEdge R640");
  text("serialnumber", "SN" + std::to_string(1000000 + i)), text("uuid", uuid), text("uniqueid", mac);
  text("bios_vendor", is_virtual ? "SeaBIOS" : "Dell Inc."), text("bios_version", is_virtual ? "1.15.0" : "2.12.2");
  text("role", Choose(i, {"db", "web", "app", "web", "cache", "app", "mail"})),
      text("country", Choose(i, {"us", "de", "uk", "fr", "jp"}));
  text("datacenter", Choose(i, {"dc1", "dc2", "dc3"})), text("rack", "r" + std::to_string(i % 40));
  text("environment", i % 4 == 0 ? "staging" : "production"), raw("cohort", std::to_string(i % 100));
  text("facterversion", "4.5.1"), text("puppetversion", Choose(i, {"7.28.0", "7.27.0", "8.4.0"})),
      text("rubyversion", "2.7.8");
  text("timezone", "UTC"), raw("selinux", family == "RedHat" ? "true" : "false"), text("filesystems", "ext4,xfs,btrfs");
  raw("uptime_seconds", std::to_string(1000 + i * 977 % 9000000)), raw("uptime_days", std::to_string(i * 13 % 400));
  text("path", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), text("id", "root"), text("gid", "root");
  text("sshed25519key", "AAAAC3NzaC1lZDI1NTE5AAAAI" + std::string(uuid) + "zZ9Yy8Xx7Ww6Vv5Uu4");
  return json + "}";
}

}  // namespace orch::swarm
