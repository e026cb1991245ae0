// MCollective's Ruby agents for tests: copies of those in tests/actions/mcollective, loaded and called.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "actions/mcollective/mcollective_agents.h"
#include "base/process/cancel_token.h"
#include "gtest/gtest.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {

// The agents lie beside the test program; they are copied so that only their owner may write them.
class McollectiveAgentsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = absl::StrCat(::testing::TempDir(), "/mcollective.XXXXXX");
    folder_ = mkdtemp(name.data());
    const std::filesystem::path source = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "mcollective";
    std::filesystem::copy(source, folder_, std::filesystem::copy_options::recursive);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      std::filesystem::permissions(entry, std::filesystem::perms::group_write | std::filesystem::perms::others_write,
                                   std::filesystem::perm_options::remove);
    }
    options_.identity = "web1.example.com";
    options_.facts = node_.Facts();
    node_.facts["a.b"] = "whole key";
  }
  void TearDown() override {
    catalog_ = Catalog();
    std::filesystem::remove_all(folder_);
  }

  void Load(const std::vector<std::string>& libraries) {
    for (const std::string& library : libraries) options_.libdirs.push_back(absl::StrCat(folder_, "/", library));
    LoadMcollectiveAgents(options_, &node_.clock, nullptr, &catalog_);
  }

  std::string ProblemOf(const std::string& plugin) {
    for (const Catalog::Problem& problem : catalog_.problems()) {
      if (problem.plugin == plugin) return problem.reason;
    }
    return "no problem";
  }

  Reply Run(const std::string& plugin, const std::string& action, Json inputs = Json::object(),
            absl::Duration timeout = absl::Seconds(30), const CancelToken* cancel = nullptr) {
    const std::shared_ptr<Plugin> found = catalog_.Find(plugin);
    if (found == nullptr) return Reply::Failure(ErrorKind::kOther, absl::StrCat("no such plugin: ", ProblemOf(plugin)));
    Request request;
    request.plugin = plugin;
    request.action = action;
    request.inputs = std::move(inputs);
    request.caller = "cert=rip";
    request.sender = "hub.example.com";
    request.job_id = "0123456789abcdef0123456789abcdef";
    if (const ddl::Action* declared = found->ddl()->FindAction(action)) {
      ddl::FillInputDefaults(*declared, &request.inputs);
      const absl::Status valid = ddl::ValidateInputs(*found->ddl(), *declared, request.inputs);
      if (!valid.ok()) return RefusedByDdl(valid);
    }
    return found->Run(request, {.clock = &node_.clock, .node = &node_, .cancel = cancel, .timeout = timeout});
  }

  FakeNode node_;
  McollectiveOptions options_;
  Catalog catalog_;
  std::string folder_;
};

}  // namespace orch::actions
