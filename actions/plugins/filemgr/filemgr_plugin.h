// The plugin "filemgr": touches, removes and inspects one file. It never follows a symbolic link at the end of the path
// and never removes a directory. Thread-safe.
//
// The setting filemgr.touch_file names the file for requests that name none.
#pragma once

#include <memory>
#include <string>

#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"

namespace orch::actions {

inline constexpr size_t kMaxListedFiles = 1000;  // of a directory

class FilemgrPlugin final : public BuiltinPlugin {
 public:
  FilemgrPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::string touch_file_;
};

}  // namespace orch::actions
