#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/facts/builtin.h"
#include "services/nodeagent/facts/hardware_facts.h"
#include "services/nodeagent/facts/network_facts.h"
#include "services/nodeagent/facts/os_facts.h"
#include "services/nodeagent/facts/system_facts.h"

namespace orch::nodeagent {
namespace {

TEST(OsFactsTest, KnowsDebianByItsPointRelease) {
  const Json facts =
      OsFacts({.os_release = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"
                             "VERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
               .debian_version = "12.5\n",
               .redhat_release = "",
               .machine = "x86_64",
               .kernel = "Linux",
               .kernel_release = "6.1.0-18-amd64"});
  EXPECT_EQ(facts["os"]["name"], "Debian");
  EXPECT_EQ(facts["os"]["family"], "Debian");
  EXPECT_EQ(facts["os"]["release"], Json({{"full", "12.5"}, {"major", "12"}, {"minor", "5"}}));
  EXPECT_EQ(facts["os"]["distro"]["codename"], "bookworm");
  EXPECT_EQ(facts["os"]["architecture"], "amd64");
  EXPECT_EQ(facts["os"]["hardware"], "x86_64");
  EXPECT_EQ(facts["osfamily"], "Debian");
  EXPECT_EQ(facts["operatingsystemmajrelease"], "12");
  EXPECT_EQ(facts["kernelversion"], "6.1.0");
  EXPECT_EQ(facts["kernelmajversion"], "6.1");
}

TEST(OsFactsTest, KnowsTheOtherFamilies) {
  struct Case {
    const char *os_release, *redhat_release, *name, *family, *full, *major;
  };
  const Case cases[] = {
      {"ID=ubuntu\nVERSION_ID=\"22.04\"\nID_LIKE=debian\n", "", "Ubuntu", "Debian", "22.04", "22.04"},
      {"ID=\"centos\"\nVERSION_ID=\"7\"\n", "CentOS Linux release 7.9.2009 (Core)\n", "CentOS", "RedHat", "7.9.2009",
       "7"},
      {"ID=\"rocky\"\nVERSION_ID=\"9.1\"\n", "Rocky Linux release 9.1 (Blue Onyx)\n", "Rocky", "RedHat", "9.1", "9"},
      {"ID='sles'\nVERSION_ID='15.4'\n", "", "SLES", "Suse", "15.4", "15"},
      {"ID=fedora\nVERSION_ID=39\n", "Fedora release 39\n", "Fedora", "RedHat", "39", "39"},
      {"ID=newone\nNAME=\"New One\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=3.2\n", "", "New One", "RedHat", "3.2", "3"},
      {"", "", "Linux", "Linux", "", ""},
  };
  for (const Case& c : cases) {
    const Json facts = OsFacts({.os_release = c.os_release, .redhat_release = c.redhat_release, .machine = "aarch64"});
    EXPECT_EQ(facts["operatingsystem"], c.name);
    EXPECT_EQ(facts["osfamily"], c.family);
    EXPECT_EQ(facts["operatingsystemrelease"], c.full);
    EXPECT_EQ(facts["os"]["release"]["major"], c.major);
  }
}

TEST(HardwareFactsTest, CountsProcessorsSocketsAndModels) {
  const Json facts = ProcessorFacts(
      "processor\t: 0\nmodel name\t: CPU X\nphysical id\t: 0\n\n"
      "processor\t: 1\nmodel name\t: CPU X\nphysical id\t: 1\n\n",
      "x86_64");
  EXPECT_EQ(facts["processorcount"], 2);
  EXPECT_EQ(facts["physicalprocessorcount"], 2);
  EXPECT_EQ(facts["processor1"], "CPU X");
  EXPECT_EQ(facts["processors"]["models"].size(), 2u);
  EXPECT_EQ(ProcessorFacts("processor : 0\nBogoMIPS : 50.00\n", "aarch64")["physicalprocessorcount"], 1);
  EXPECT_EQ(ProcessorFacts("", "x86_64")["processorcount"], 0);
}

TEST(HardwareFactsTest, ReadsMemoryInBytesAndInWords) {
  const Json facts = MemoryFacts(
      "MemTotal:        8062456 kB\nMemFree:  100 kB\nMemAvailable:    4031228 kB\nSwapTotal: 1048576 kB\nSwapFree: "
      "1048576 kB\n");
  EXPECT_EQ(facts["memory"]["system"]["total_bytes"], uint64_t{8062456} * 1024);
  EXPECT_EQ(facts["memorysize"], "7.69 GiB");
  EXPECT_EQ(facts["memorysize_mb"], 7873.49);
  EXPECT_EQ(facts["memory"]["system"]["capacity"], "50.00%");
  EXPECT_EQ(facts["memory"]["swap"]["capacity"], "0%");
  EXPECT_EQ(facts["swapsize_mb"], 1024.0);
  EXPECT_TRUE(MemoryFacts("nothing of use").empty());
  EXPECT_TRUE(MemoryFacts("MemTotal: many kB").empty());
}

TEST(HardwareFactsTest, TellsContainersAndVirtualMachinesFromIron) {
  EXPECT_EQ(VirtualFacts({}), Json({{"virtual", "physical"}, {"is_virtual", false}}));
  EXPECT_EQ(VirtualFacts({.docker_file = true})["virtual"], "docker");
  EXPECT_EQ(VirtualFacts({.init_environ = std::string("A=b\0container=lxc\0", 18)})["virtual"], "lxc");
  EXPECT_EQ(VirtualFacts({.product_name = "VMware7,1"})["virtual"], "vmware");
  EXPECT_EQ(VirtualFacts({.sys_vendor = "QEMU"})["virtual"], "kvm");
  EXPECT_EQ(VirtualFacts({.cpuinfo = "flags : fpu hypervisor"})["is_virtual"], true);
  EXPECT_EQ(VirtualFacts({.product_name = "PowerEdge", .sys_vendor = "Dell Inc."})["dmi"]["manufacturer"], "Dell Inc.");
}

TEST(NetworkFactsTest, GivesStructuredAndFlatNames) {
  std::vector<Interface> interfaces(2);
  interfaces[0] = {"eth0.5",
                   "aa:bb:cc:dd:ee:ff",
                   1500,
                   {{"10.0.0.2", "255.255.255.0", "10.0.0.0"}},
                   {{"fe80::1", "ffff:ffff:ffff:ffff::", "fe80::"}, {"2001:db8::2", "ffff:ffff::", "2001:db8::"}}};
  interfaces[1] = {"lo", "", 65536, {{"127.0.0.1", "255.0.0.0", "127.0.0.0"}}, {}};
  const Json facts = NetworkFacts(interfaces, "eth0.5", "web1", "example.com");
  EXPECT_EQ(facts["fqdn"], "web1.example.com");
  EXPECT_EQ(facts["ipaddress"], "10.0.0.2");
  EXPECT_EQ(facts["ipaddress6"], "2001:db8::2");
  EXPECT_EQ(facts["macaddress"], "aa:bb:cc:dd:ee:ff");
  EXPECT_EQ(facts["ipaddress_eth0_5"], "10.0.0.2");
  EXPECT_EQ(facts["ipaddress_lo"], "127.0.0.1");
  EXPECT_EQ(facts["interfaces"], "eth0_5,lo");
  EXPECT_EQ(facts["networking"]["primary"], "eth0.5");
  EXPECT_EQ(facts["networking"]["interfaces"]["eth0.5"]["bindings6"].size(), 2u);
  EXPECT_EQ(facts["networking"]["ip"], "10.0.0.2");
  EXPECT_FALSE(NetworkFacts({}, "", "web1", "").contains("domain"));
}

TEST(NetworkFactsTest, FindsDefaultRouteAndDomain) {
  EXPECT_EQ(DefaultRouteInterface("Iface\tDestination\tGateway\neth1\t0000A8C0\t0\neth0\t00000000\t0102A8C0\t0003\n"),
            "eth0");
  EXPECT_EQ(DefaultRouteInterface("garbage"), "");
  EXPECT_EQ(DomainOf("a.b.c", "", ""), "b.c");
  EXPECT_EQ(
      DomainOf("web1", "127.0.0.1 localhost\n10.0.0.2 web1.example.com web1 # web1.wrong.org\n", "search other.org\n"),
      "example.com");
  EXPECT_EQ(DomainOf("web1", "", "search first.org second.org\ndomain best.org\n"), "best.org");
  EXPECT_EQ(DomainOf("web1", "", ""), "");
}

TEST(SystemFactsTest, PutsUptimeInWords) {
  EXPECT_EQ(UptimeFacts("90061.5 1000.0\n")["uptime"], "1 day");
  EXPECT_EQ(UptimeFacts("3780 1")["system_uptime"],
            Json({{"seconds", 3780}, {"hours", 1}, {"days", 0}, {"uptime", "1:03 hours"}}));
  EXPECT_EQ(UptimeFacts("200000 1")["uptime"], "2 days");
  EXPECT_TRUE(UptimeFacts("x").empty());
  EXPECT_TRUE(UptimeFacts("-5").empty());
}

TEST(SystemFactsTest, ReadsLoadMountsAndPartitions) {
  EXPECT_EQ(LoadFacts("0.50 1.25 2 1/100 5\n")["load_averages"], Json({{"1m", 0.5}, {"5m", 1.25}, {"15m", 2.0}}));
  const std::vector<Mount> mounts = ParseMounts(
      "proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw,relatime 0 0\nhost:/x /with\\040blank nfs4 ro 0 0\nshort line\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[1].path, "/with blank");
  const Json points = MountFacts(mounts)["mountpoints"];
  EXPECT_GT(points["/"]["size_bytes"], 0u);
  EXPECT_FALSE(points["/with blank"].contains("size_bytes"));
  const Json partitions =
      PartitionFacts("major minor  #blocks  name\n\n 8 0 1024 sda\n 8 1 512 sda1\n 7 0 4 loop0\n", mounts);
  EXPECT_EQ(partitions["partitions"]["/dev/sda1"]["mount"], "/");
  EXPECT_EQ(partitions["partitions"]["/dev/sda"]["size_bytes"], 1024 * 1024);
  EXPECT_EQ(partitions["partitions"].size(), 2u);
}

TEST(SystemFactsTest, FingerprintsSshKeysAndSkipsWhatIsNone) {
  const Json ssh = SshFacts({"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA root@host\n", "", "nonsense !!!", "ssh-rsa"})["ssh"];
  ASSERT_EQ(ssh.size(), 1u);
  EXPECT_EQ(ssh["ed25519"]["type"], "ssh-ed25519");
  EXPECT_EQ(ssh["ed25519"]["fingerprints"]["sha256"].get<std::string>().substr(0, 10), "SSHFP 4 2 ");
}

TEST(BuiltinFactsTest, DescribesThisMachine) {
  const Json facts = CollectBuiltinFacts("");
  for (const char* name : {"os", "osfamily", "kernel", "hostname", "fqdn", "networking", "processors", "processorcount",
                           "memory", "memorysize", "system_uptime", "uptime", "virtual", "is_virtual", "timezone",
                           "load_averages", "identity", "service_provider", "path"}) {
    EXPECT_TRUE(facts.contains(name)) << name;
  }
  EXPECT_TRUE(facts["processorcount"].is_number_integer());
  EXPECT_LT(DumpJson(facts).size(), 256u << 10);
}

TEST(BuiltinFactsTest, AnEmptySystemStillHasFacts) {
  const Json facts = CollectBuiltinFacts("/no/such/root");
  EXPECT_EQ(facts["operatingsystem"], "Linux");
  EXPECT_EQ(facts["virtual"], "physical");
  EXPECT_FALSE(facts.contains("memory"));
}

}  // namespace
}  // namespace orch::nodeagent
