// Passes YAML text to a handler as yaml-cpp's events. The only file that calls yaml-cpp's parser: it catches the
// library's exceptions and reports the faults that the library lets pass. Only base/yaml.cc, base/yaml_tree.cc and
// base/config_parse.cc use it.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/mark.h"

namespace orch {

// Receives the events of one document; a text without a document causes no event.
class YamlHandler : public YAML::EventHandler {
 public:
  // Whether the handler has failed; later faults of the text are then ignored.
  virtual bool failed() const = 0;
  // Takes an error of the parser at `mark`; the first error counts.
  virtual void Fail(const YAML::Mark& mark, absl::string_view problem) = 0;
};

// Applies DecodeText to `text`, parses it and calls `handler`. Faults of the syntax go to handler->Fail; faults of the
// bytes are returned, and `what` names the text in that message.
absl::Status ReadYamlEvents(absl::string_view text, absl::string_view what, YamlHandler* handler);

}  // namespace orch
