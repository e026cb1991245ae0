#include "base/yaml_handler.h"

#include <exception>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text_file.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace orch {
namespace {

// Finds out whether there is a document, and where it begins.
class Finder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  YAML::Mark start;
};

// yaml-cpp accepts an unclosed quote at the end of the text or before the last line break. The mark of a document's end
// detects it: inside quotes the mark is an error, and elsewhere it changes nothing, unless the last line has no line
// break and belongs to a block (|).
constexpr char kDocumentEnd[] = "...\n";

bool HasOpenLine(absl::string_view text) {
  return !absl::StripAsciiWhitespace(text.substr(text.rfind('\n') + 1)).empty();
}

void Read(const std::string& text, YamlHandler* handler) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(*handler) || handler->failed() || !parser) return;
  Finder second;
  if (parser.HandleNextDocument(second)) handler->Fail(second.start, "holds more than one YAML document (---)");
}

}  // namespace

absl::Status ReadYamlEvents(absl::string_view text, absl::string_view what, YamlHandler* handler) {
  ORCH_ASSIGN_OR_RETURN(std::string decoded, DecodeText(text, what));
  if (absl::StripAsciiWhitespace(decoded).empty()) return absl::OkStatus();
  try {
    const bool open_line = HasOpenLine(decoded);
    const std::string ended = absl::StrCat(decoded, decoded.back() == '\n' ? "" : "\n", kDocumentEnd);
    Read(open_line ? decoded : ended, handler);
    if (open_line && !handler->failed()) {
      std::istringstream stream(ended);
      Finder any;
      YAML::Parser(stream).HandleNextDocument(any);
    }
  } catch (const YAML::Exception& e) {
    // The handler's own bounds come first, because yaml-cpp's error about deep nesting tells no line.
    if (!handler->failed()) handler->Fail(e.mark, absl::StrCat("not valid YAML: ", e.msg));
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": not valid YAML: ", e.what()));
  }
  return absl::OkStatus();
}

}  // namespace orch
