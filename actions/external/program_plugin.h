// A plugin that is a program beside its DDL: what the providers external, legacy_json and worker
// share. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/core/action.h"
#include "actions/external/plugin_files.h"

namespace orch::actions {

class ProgramPlugin : public Plugin {
 public:
  static constexpr absl::Duration kActivationTimeout = absl::Seconds(2);
  // A program may run this much longer than its action's timeout, as with Choria; then it is ended,
  // and there is a little left to say so.
  static constexpr absl::Duration kProgramOverrun = absl::Milliseconds(1500);
  static constexpr absl::Duration kEndReserve = absl::Milliseconds(300);

  struct Source {
    InstalledPlugin files;
    std::shared_ptr<const ddl::Plugin> ddl;
    std::map<std::string, std::string> settings;  // its own: "plugin.NAME.ITEM" by ITEM
    const Clock* clock;
  };
  // By metadata.provider; finds its programs. The error says what to do.
  static absl::StatusOr<std::shared_ptr<ProgramPlugin>> Create(Source source);

  const std::shared_ptr<const ddl::Plugin>& ddl() const final { return source_.ddl; }
  absl::Duration Overrun() const final { return kProgramOverrun + kEndReserve; }
  Reply Run(const Request& request, const Context& context) final;
  // Whether it wants to serve this node. Blocks for kActivationTimeout at most.
  virtual absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) = 0;

 protected:
  explicit ProgramPlugin(Source source) : source_(std::move(source)) {}
  // An action of the DDL, with checked inputs; `timeout` is the program's.
  virtual Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) = 0;

  const Source& source() const { return source_; }
  // "key = value" lines, as Choria's plugin configuration.
  std::string SettingsText() const;

 private:
  const Source source_;
};

// "Could not call external agent A#B: …", with the kind that goes with the status.
Reply CouldNotCall(const Request& request, const absl::Status& why);

}  // namespace orch::actions
