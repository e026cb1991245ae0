// The base class of the built-in plugins: it holds the DDL and checks that the action exists. Thread-safe if RunAction
// is.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "actions/core/action.h"
#include "actions/core/plugin.h"

namespace orch::actions {

class BuiltinPlugin : public Plugin {
 public:
  explicit BuiltinPlugin(std::shared_ptr<const ddl::Plugin> ddl) : ddl_(std::move(ddl)) {}

  const std::shared_ptr<const ddl::Plugin>& ddl() const final { return ddl_; }
  // Returns status code 2 for an action that the DDL does not declare. Sets missing outputs that have a default.
  Reply Run(const Request& request, const Context& context) final;

 protected:
  // Called only for actions of the DDL, with inputs that were checked against it.
  virtual Reply RunAction(const Request& request, const Context& context) = 0;

 private:
  const std::shared_ptr<const ddl::Plugin> ddl_;
};

// The reply for an error: code 5 with its kind for a timeout or a cancellation, code 1 otherwise. Not for OK.
Reply ReplyFor(const absl::Status& status, Json data = Json::object());

// Returns the text of an input, or empty.
std::string InputText(const Request& request, absl::string_view name);
// Returns a boolean input; false if it is not given.
bool InputFlag(const Request& request, absl::string_view name);
// Whether the setting "plugin.item" is true, yes, on or 1.
bool SettingIsOn(const std::map<std::string, std::string>& settings, const std::string& name);

}  // namespace orch::actions
