#include "cli/views/resource_layout.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"

namespace orch::cli {
namespace {

constexpr size_t kResourceMargin = 3;
constexpr const char* kOrder[] = {"status", "resource", "exported", "managed", "title", "parameters", "tags", "type"};

// Returns the keys in the guide's order, and after them all others by name.
std::vector<std::string> Keys(const Json& data) {
  std::vector<std::string> keys;
  for (const char* key : kOrder) {
    if (data.contains(key)) keys.emplace_back(key);
  }
  const size_t known = keys.size();
  for (const auto& item : data.items()) {
    const auto end = keys.begin() + static_cast<ptrdiff_t>(known);
    if (std::find(keys.begin(), end, item.key()) == end) keys.push_back(item.key());
  }
  return keys;
}

bool IsWord(const Json& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  return !text.empty() && absl::ascii_islower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_islower(c) || c == '_'; });
}

// Returns a property's value in Ruby's notation. The property's name tells symbols and times from texts.
std::string PropertyValue(const std::string& name, const Json& value) {
  if ((name == "ensure" || name == "returns") && IsWord(value)) return absl::StrCat(":", value.get<std::string>());
  if ((name == "ctime" || name == "mtime") && value.is_string()) return Printable(value.get<std::string>());
  return InlineValue(value);
}

// Returns {:ensure=>:file,
//  :mode=>"0644"}, with the second line aligned under the first, which begins at `column`.
std::string Properties(const Json& parameters, size_t column) {
  std::vector<std::string> items;
  for (const auto& item : parameters.items()) {
    items.push_back(absl::StrCat(":", Printable(item.key()), "=>", PropertyValue(item.key(), item.value())));
  }
  const std::string line = absl::StrCat("{", absl::StrJoin(items, ", "), "}");
  if (column + DisplayWidth(line) <= kValueWidth) return line;
  return absl::StrCat("{", absl::StrJoin(items, absl::StrCat(",\n", std::string(column + 1, ' '))), "}");
}

// Returns {"exported"=>false, … "parameters"=>{…}}, with one key per line.
std::string Resource(const Json& resource, size_t column) {
  std::vector<std::string> items;
  for (const std::string& name : Keys(resource)) {
    const Json& value = resource[name];
    const std::string key = absl::StrCat(InlineValue(name), "=>");
    const bool properties = name == "parameters" && value.is_object();
    items.push_back(
        absl::StrCat(key, properties ? Properties(value, column + 1 + DisplayWidth(key)) : InlineValue(value)));
  }
  return absl::StrCat("{", absl::StrJoin(items, absl::StrCat(",\n", std::string(column + 1, ' '))), "}");
}

}  // namespace

std::string ResourceLayout::Text(const Answer& answer, const ddl::Action& action) const {
  const std::string margin(kResourceMargin, ' ');
  const size_t nested = kResourceMargin + 2;
  std::string text;
  for (const std::string& name : Keys(answer.data)) {
    const Json& value = answer.data[name];
    const ddl::Output* output = action.FindOutput(name);
    const std::string label = Printable(output == nullptr ? name : output->display_as);
    if (value.is_object()) {
      absl::StrAppend(&text, margin, label, ":\n", std::string(nested, ' '),
                      name == "parameters" ? Properties(value, nested) : Resource(value, nested), "\n");
    } else {
      absl::StrAppend(&text, margin, label, ": ", DisplayBlock(value, kResourceMargin + DisplayWidth(label) + 2), "\n");
    }
  }
  return text;
}

}  // namespace orch::cli
