#include "actions/plugins/puppet/managed_resources.h"

#include <algorithm>
#include <clocale>
#include <cwctype>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/text_file.h"
#include "base/utf8.h"

namespace orch::actions {
namespace {

constexpr absl::string_view kFile = "file[";

// Appends the code point in UTF-8.
void AppendUtf8(char32_t c, std::string* text) {
  if (c < 0x80) {
    text->push_back(static_cast<char>(c));
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  text->push_back(static_cast<char>(kLead[more] | (c >> (6 * more))));
  for (int i = more - 1; i >= 0; --i) text->push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
}

// Converts UTF-8 to lower case as Ruby's downcase does; keeps bytes that are not UTF-8.
std::string ToLower(absl::string_view text) {
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string lower;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    const absl::string_view bytes = text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
    if (character.valid && unicode != nullptr) {
      AppendUtf8(static_cast<char32_t>(towlower_l(static_cast<wint_t>(character.code), unicode)), &lower);
    } else {
      lower.append(absl::AsciiStrToLower(bytes));
    }
  }
  return lower;
}

// Returns "file[/x]" for "::File[/x]", because the case of types does not matter.
std::string Reference(absl::string_view resource) {
  absl::ConsumePrefix(&resource, "::");
  const size_t bracket = std::min(resource.find('['), resource.size());
  return absl::StrCat(absl::AsciiStrToLower(resource.substr(0, bracket)), resource.substr(bracket));
}

// Returns the path of "file[/srv//x/]" in the form that Puppet uses, /srv/x; empty for other resources.
std::string FilePath(absl::string_view reference) {
  if (!absl::ConsumePrefix(&reference, kFile) || !absl::ConsumeSuffix(&reference, "]")) return "";
  while (absl::StartsWith(reference, "//")) reference.remove_prefix(1);
  std::string path = std::filesystem::path(std::string(reference)).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Returns "Foo::Bar" for "foo::bar".
std::string TypeName(absl::string_view type) {
  std::vector<std::string> parts = absl::StrSplit(type, "::");
  for (std::string& part : parts) {
    if (!part.empty()) part[0] = absl::ascii_toupper(part[0]);
  }
  return absl::StrJoin(parts, "::");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadManagedResources(const std::string& resources) {
  const absl::StatusOr<std::string> text = ReadFile(resources, kMaxResourcesBytes);
  if (absl::IsNotFound(text.status())) return std::vector<std::string>();
  ORCH_RETURN_IF_ERROR(text.status());
  std::vector<std::string> managed;
  for (const absl::string_view line : absl::StrSplit(WithoutByteOrderMark(*text), '\n')) {
    const absl::string_view resource = absl::StripSuffix(line, "\r");
    if (!resource.empty()) managed.emplace_back(resource);
  }
  return managed;
}

bool IsManaged(const std::vector<std::string>& managed, absl::string_view resource) {
  const std::string exact = Reference(resource), lower = ToLower(exact);
  const std::string path = FilePath(exact), lower_path = ToLower(path);
  return std::any_of(managed.begin(), managed.end(), [&](const std::string& listed) {
    if (listed == exact || listed == lower) return true;
    if (path.empty() || !absl::StartsWith(listed, kFile)) return false;
    const std::string listed_path = FilePath(listed);
    return listed_path == path || listed_path == lower_path;
  });
}

Json TypeDistribution(const std::vector<std::string>& managed) {
  Json counts = Json::object();
  for (const std::string& resource : managed) {
    Json& count = counts[TypeName(resource.substr(0, resource.find('[')))];
    count = count.is_null() ? 1 : count.get<int64_t>() + 1;
  }
  return counts;
}

}  // namespace orch::actions
