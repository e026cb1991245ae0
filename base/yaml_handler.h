// YAML text as yaml-cpp's events. The one file that calls that library's parser: it keeps the library's exceptions
// here and closes what it lets through. Only base/yaml.cc and base/config_parse.cc use it.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/mark.h"

namespace orch {

// Receives the events of one document. Nothing is sent for a text without a document.
class YamlHandler : public YAML::EventHandler {
 public:
  // Whether the handler has seen enough: what is wrong later in the text does not matter then.
  virtual bool failed() const = 0;
  // Takes an error of the parser at `mark`; the first error counts.
  virtual void Fail(const YAML::Mark& mark, absl::string_view problem) = 0;
};

// Reads `text` (DecodeText is applied to it) and tells `handler`. What is wrong with the text is told to
// handler->Fail; what is wrong with its bytes is returned, and `what` names the text in that message.
absl::Status ReadYamlEvents(absl::string_view text, absl::string_view what, YamlHandler* handler);

}  // namespace orch
