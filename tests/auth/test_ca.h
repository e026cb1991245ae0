// A certificate authority for tests: what Puppet's CA is to a fleet.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "auth/openssl_ptr.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {

struct TestIdentity {
  std::string certificate_file;
  std::string key_file;
};

class TestCa {
 public:
  TestCa(const TempFolder* folder, const std::string& name);
  const std::string& certificate_file() const { return certificate_file_; }

  struct Wish {
    std::string dns;      // an alternative name; empty: none
    std::string address;  // an IP alternative name
    std::string usage;    // extended key usage such as "serverAuth"; empty: any
    std::string uri;
    bool expired = false;
    std::vector<std::pair<std::string, std::string>> extensions;  // OID and DER value
  };
  TestIdentity Issue(const std::string& common_name, const Wish& wish) const;
  TestIdentity Issue(const std::string& common_name) const { return Issue(common_name, Wish()); }
  // A revocation list that names these certificates, in PEM.
  std::string Revoke(const std::vector<TestIdentity>& revoked) const;

 private:
  const TempFolder* const folder_;
  std::string name_;
  std::string certificate_file_;
  PkeyPtr key_;
  X509Ptr certificate_;
};

}  // namespace orch::auth
