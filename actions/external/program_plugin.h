// The base class of plugins that are a program beside a DDL; the providers external, legacy_json and worker derive from
// it. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/core/action.h"
#include "actions/core/plugin.h"
#include "actions/external/plugin_files.h"
#include "base/process/cancel_token.h"

namespace orch::actions {

class ProgramPlugin : public Plugin {
 public:
  static constexpr absl::Duration kActivationTimeout = absl::Seconds(2);
  // As with Choria, a program may run kProgramOverrun longer than the timeout of its action. After that it is ended,
  // and kEndReserve is left for the reply.
  static constexpr absl::Duration kProgramOverrun = absl::Milliseconds(1500);
  static constexpr absl::Duration kEndReserve = absl::Milliseconds(300);

  struct Source {
    InstalledPlugin files;
    std::shared_ptr<const ddl::Plugin> ddl;
    std::map<std::string, std::string> settings;  // of this plugin: "plugin.NAME.ITEM" by ITEM
    const Clock* clock;
  };

  const std::shared_ptr<const ddl::Plugin>& ddl() const final { return source_.ddl; }
  absl::Duration Overrun() const final { return kProgramOverrun + kEndReserve; }
  Reply Run(const Request& request, const Context& context) final;
  // Asks the plugin whether to activate it on this node. Blocks for kActivationTimeout at most.
  virtual absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) = 0;

 protected:
  explicit ProgramPlugin(Source source) : source_(std::move(source)) {}
  // Runs an action of the DDL, whose inputs are checked; `timeout` is that of the program.
  virtual Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) = 0;

  const Source& source() const { return source_; }
  // Returns lines "key = value", the form of Choria's plugin configuration.
  std::string SettingsText() const;

 private:
  const Source source_;
};

// The reply "Could not call external agent A#B: …" with the error kind for the status.
Reply CouldNotCall(const Request& request, const absl::Status& why);

}  // namespace orch::actions
