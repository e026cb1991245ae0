// A plugin directory for tests, and a way to call what is installed there as a node does.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "actions/catalog/build_catalog.h"
#include "actions/ddl/validate.h"
#include "base/process/cancel_token.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {

// Replies to requests with what `action_body` leaves in its reply file, and always activates.
inline std::string ShellPlugin(const std::string& action_body) {
  return absl::StrCat(
      "#!/bin/sh\ncase \"$CHORIA_EXTERNAL_PROTOCOL\" in *activation_request) echo '{\"activate\": true}' >\"$2\"; "
      "exit;; esac\n",
      action_body, "\n");
}

// With one action "run", input "text" (string of any length, optional), outputs "said" and "default"
// (default "filled"), timeout 10 s.
inline std::string SampleDdl(const std::string& name, const std::string& provider, const std::string& more = "",
                             const std::string& action_more = "") {
  return absl::StrCat(R"({"metadata": {"name": ")", name,
                      R"(", "description": "A plugin for tests", "author": "a", "license": "Apache-2.0",
      "version": "1.2.3", "url": "https://example.com", "timeout": 10, "provider": ")",
                      provider, "\"", more, R"(},
      "actions": [{"action": "run", "description": "Runs", "display": "always", "impact": "read")",
                      action_more, R"(,
        "input": {"text": {"prompt": "Text", "description": "Any text", "type": "string", "optional": true,
                           "maxlength": 0}},
        "output": {"said": {"description": "What was said", "display_as": "Said"},
                   "default": {"description": "The node's", "display_as": "Default", "default": "filled"}}}]})");
}

// A killed process is gone at once, or a zombie until its parent looks.
inline bool EndsSoon(pid_t pid) {
  const SystemClock clock;
  for (const absl::Duration give_up = clock.Steady() + absl::Seconds(5); clock.Steady() < give_up;
       poll(nullptr, 0, 5)) {
    std::string text;
    std::getline(std::ifstream(absl::StrCat("/proc/", pid, "/stat")), text);
    if (text.empty() || text.find(") Z") != std::string::npos || text.find(") X") != std::string::npos) return true;
  }
  return false;
}

class ExternalTest : public ::testing::Test {
 protected:
  ExternalTest()
      : root_(absl::StrCat(absl::StripSuffix(testing::TempDir(), "/"), "/external_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/tmp");
    std::filesystem::create_directories(Directory());
    chmod(root_.c_str(), 0755);
    chmod(Directory().c_str(), 0755);
    setenv("TMPDIR", (root_ + "/tmp").c_str(), 1);
    options_.plugin_directories = {Directory()};
  }
  ~ExternalTest() override {
    catalog_.reset();
    EXPECT_TRUE(std::filesystem::is_empty(root_ + "/tmp")) << "a private folder was left behind";
    unsetenv("TMPDIR");
    std::filesystem::remove_all(root_);
  }

  std::string Directory() const { return root_ + "/plugins"; }
  std::string File(const std::string& name) const { return absl::StrCat(Directory(), "/", name); }
  void Write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    std::filesystem::create_directories(std::filesystem::path(File(name)).parent_path());
    std::ofstream(File(name)) << text;
    chmod(File(name).c_str(), mode);
  }
  void Install(const std::string& name, const std::string& program, const std::string& provider = "external") const {
    Write(name + ".json", SampleDdl(name, provider));
    Write(name, program, 0755);
  }

  const Catalog& Load() {
    catalog_ = BuildCatalog(options_, &node_.clock, nullptr);
    return *catalog_;
  }
  // Why a plugin was not loaded; empty when it was.
  std::string Problem(const std::string& name) {
    if (catalog_ == nullptr) Load();
    for (const Catalog::Problem& problem : catalog_->problems()) {
      if (problem.plugin == name) return problem.reason;
    }
    return "";
  }
  Reply Call(const std::string& name, Json inputs = Json::object(), absl::Duration timeout = absl::Seconds(20),
             const CancelToken* cancel = nullptr) {
    if (catalog_ == nullptr) Load();
    const std::shared_ptr<Plugin> plugin = catalog_->Find(name);
    if (plugin == nullptr) return Reply::Failure(ErrorKind::kOther, absl::StrCat("not loaded: ", Problem(name)));
    const ddl::Action* action = plugin->ddl()->FindAction("run");
    if (const absl::Status valid = ddl::ValidateInputs(*plugin->ddl(), *action, inputs); !valid.ok()) {
      return RefusedByDdl(valid);
    }
    Request request;
    request.plugin = name;
    request.action = "run";
    request.inputs = std::move(inputs);
    request.job_id = "0123456789abcdef0123456789abcdef";
    request.sender = "hub";
    request.caller = "client=peadmin";
    request.collective = "mcollective";
    request.ttl = absl::Seconds(60);
    request.issued_at = absl::FromUnixSeconds(1568281519);
    Context context;
    context.clock = &node_.clock;
    context.node = &node_;
    context.timeout = timeout;
    context.cancel = cancel;
    return plugin->Run(request, context);
  }

  const std::string root_;
  FakeNode node_;
  CatalogOptions options_;
  std::shared_ptr<Catalog> catalog_;
};

}  // namespace orch::actions
