// For tests of real commands against a hub in this process that knows two nodes.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {

class FakeHubTest : public ::testing::Test {
 protected:
  FakeHubTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {testing::MakeNode("puppetmaster.example.com", R"({"osfamily":"Debian","os":{"family":"Debian"}})"),
                  testing::MakeNode("agent.example.com", R"({"osfamily":"RedHat","cores":4})")};
  }
  testing::CliResult Run(std::vector<std::string> args, const testing::CliSetup& setup = {}) {
    args.insert(args.end(), {"-c", hub_.config_file()});
    return testing::RunCli(args, setup);
  }
  std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n', absl::SkipEmpty()); }

  const std::string dir_;
  testing::FakeHub hub_;
};

}  // namespace orch::cli
