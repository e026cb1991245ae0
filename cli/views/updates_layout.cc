#include "cli/views/updates_layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/terminal/display_width.h"
#include "cli/terminal/value_text.h"
#include "cli/views/label_layout.h"

namespace orch::cli {
namespace {

std::string Field(const Json& data, const char* key) {
  return data.contains(key) ? DisplayValue(data[key]) : std::string();
}

// Returns a line such as "kernel.i686                 2.6.18-274.7.1.el5          updates" for each package.
std::string PackageLines(const Json& packages) {
  size_t name_width = 27;
  size_t version_width = 27;
  for (const Json& package : packages) {
    name_width = std::max(name_width, DisplayWidth(Field(package, "package")));
    version_width = std::max(version_width, DisplayWidth(Field(package, "version")));
  }
  std::string text;
  for (const Json& package : packages) {
    std::string line = absl::StrCat(std::string(12, ' '), PadRight(Field(package, "package"), name_width), " ",
                                    PadRight(Field(package, "version"), version_width), " ", Field(package, "repo"));
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

bool IsPackageList(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& entry) { return entry.is_object(); });
}

bool HasPackages(const Json& data) {
  const auto found = data.find("outdated_packages");
  return found != data.end() && IsPackageList(*found);
}

// Returns the outputs that the guide does not know, such as packages that an update would add, without empty lists.
std::string FurtherUpdates(const Json& data, const ddl::Action& action) {
  std::string text;
  for (const auto& item : data.items()) {
    const std::string& key = item.key();
    if (key == "outdated_packages" || key == "output" || key == "exitcode" || key == "package_manager") continue;
    if (item.value().is_null() || (item.value().is_structured() && item.value().empty())) continue;
    absl::StrAppend(&text, "   ", OutputLabel(action, key), ":");
    absl::StrAppend(&text, IsPackageList(item.value()) ? absl::StrCat("\n", PackageLines(item.value()))
                                                       : absl::StrCat(" ", DisplayBlock(item.value(), 5), "\n"));
  }
  return text;
}

}  // namespace

std::string UpdatesLayout::Text(const Answer& answer, const ddl::Action& action) const {
  if (!HasPackages(answer.data)) return LabelLayout().Text(answer, action);
  const Json& data = answer.data;
  std::string lines = PackageLines(data["outdated_packages"]);
  if (lines.empty()) {
    std::string raw = data.contains("output") ? DisplayBlock(data["output"], 12) : "";
    raw.erase(raw.find_last_not_of(" \n") + 1);
    if (!raw.empty()) lines = absl::StrCat(std::string(12, ' '), raw, "\n");
  }
  std::string text = absl::StrCat("   ", OutputLabel(action, "outdated_packages"), ":\n          ",
                                  OutputLabel(action, "output"), ":\n", lines);
  for (const char* key : {"exitcode", "package_manager"}) {
    if (data.contains(key)) absl::StrAppend(&text, "   ", OutputLabel(action, key), ": ", Field(data, key), "\n");
  }
  return absl::StrCat(text, FurtherUpdates(data, action));
}

}  // namespace orch::cli
