// The templates of a new plugin. Their DDL and program pass `orchctl plugin validate` and run as
// they are. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::cli {

enum class PluginLanguage { kShell, kPython, kPythonWorker };

// In the templates each action takes a message and returns it.
// Returns the DDL as JSON.
std::string TemplateDdl(const std::string& plugin, const std::vector<std::string>& actions, PluginLanguage language);
// Returns the program, which answers every action of the DDL.
std::string TemplateProgram(const std::string& plugin, const std::vector<std::string>& actions,
                            PluginLanguage language);

}  // namespace orch::cli
