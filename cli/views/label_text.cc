#include "cli/views/label_text.h"

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"

namespace orch::cli {

std::string LabelsText(const v1::Node& node) {
  std::string text;
  for (const auto& [name, value] : std::map<std::string, std::string>(node.labels().begin(), node.labels().end())) {
    absl::StrAppend(&text, text.empty() ? "" : " ", Printable(name), "=", Printable(value));
  }
  return text;
}

Json LabelsJson(const v1::Node& node) {
  Json labels = Json::object();
  for (const auto& [name, value] : node.labels()) labels[name] = value;
  return labels;
}

}  // namespace orch::cli
