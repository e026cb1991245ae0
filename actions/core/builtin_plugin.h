// What the built-in plugins share: their DDL, and a Run that knows its actions. Thread-safe as far as
// RunAction is.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "actions/core/action.h"

namespace orch::actions {

class BuiltinPlugin : public Plugin {
 public:
  explicit BuiltinPlugin(std::shared_ptr<const ddl::Plugin> ddl) : ddl_(std::move(ddl)) {}

  const std::shared_ptr<const ddl::Plugin>& ddl() const final { return ddl_; }
  // Status code 2 for an action the DDL does not declare. Outputs with a default are always there.
  Reply Run(const Request& request, const Context& context) final;

 protected:
  // Only actions of the DDL, with inputs that were checked against it.
  virtual Reply RunAction(const Request& request, const Context& context) = 0;

 private:
  const std::shared_ptr<const ddl::Plugin> ddl_;
};

// Out of time and cancellation are code 5 with their kind; everything else is code 1. Not for OK.
Reply ReplyFor(const absl::Status& status, Json data = Json::object());

// Text of an input, or empty.
std::string InputText(const Request& request, absl::string_view name);
// False when it is not given.
bool InputFlag(const Request& request, absl::string_view name);
// Whether the setting "plugin.item" is true, yes, on or 1.
bool SettingIsOn(const std::map<std::string, std::string>& settings, const std::string& name);

}  // namespace orch::actions
