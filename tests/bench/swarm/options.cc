#include "tests/bench/swarm/options.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"

namespace orch::swarm {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::exit(2);
}

}  // namespace

Options::Options(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    if (word.rfind("--", 0) != 0 || equals == std::string::npos) Fail("'" + word + "' is not --name=value");
    values_[word.substr(2, equals - 2)] = word.substr(equals + 1);
  }
}

std::string Options::Text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

double Options::Number(const std::string& name, double otherwise) const {
  const auto found = values_.find(name);
  double number = otherwise;
  if (found != values_.end() && !absl::SimpleAtod(found->second, &number)) Fail("--" + name + " is no number");
  return number;
}

std::string Options::File(const std::string& name) const {
  const std::string path = Text(name, "");
  if (path.empty()) return "";
  absl::StatusOr<std::string> text = ReadFile(path, kMaxFileBytes);
  if (!text.ok()) Fail(std::string(text.status().message()));
  return *std::move(text);
}

auth::Key Options::Psk() const {
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(File("credentials"), '\n'))) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() == 3 && words[0] == "psk") return auth::Key(words[1], absl::HexStringToBytes(words[2]));
  }
  Fail("--credentials names no file with a line 'psk ID HEX'");
}

}  // namespace orch::swarm
