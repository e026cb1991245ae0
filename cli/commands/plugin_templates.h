// A new plugin to start from. Pure; what it gives passes `orchctl plugin validate` and runs.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::cli {

enum class PluginLanguage { kShell, kPython, kPythonWorker };

// Each action takes and returns a message.
std::string TemplateDdl(const std::string& plugin, const std::vector<std::string>& actions, PluginLanguage language);
std::string TemplateProgram(const std::string& plugin, const std::vector<std::string>& actions,
                            PluginLanguage language);

}  // namespace orch::cli
