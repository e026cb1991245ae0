// A certificate authority for tests: what Puppet's CA is to a fleet.
#pragma once

#include <string>

#include "auth/openssl_ptr.h"
#include "tests/auth/tls_fixture.h"

namespace orch::auth {

struct TestIdentity {
  std::string certificate_file;
  std::string key_file;
};

class TestCa {
 public:
  TestCa(const TempFolder* folder, const std::string& name);
  const std::string& certificate_file() const { return certificate_file_; }
  // `dns`: an alternative name; empty: none. `address`: an IP alternative name.
  TestIdentity Issue(const std::string& common_name, const std::string& dns = "",
                     const std::string& address = "") const;

 private:
  const TempFolder* const folder_;
  std::string name_;
  std::string certificate_file_;
  PkeyPtr key_;
  X509Ptr certificate_;
};

}  // namespace orch::auth
