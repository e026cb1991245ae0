#include "base/yaml_value.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/json_number.h"
#include "base/text_file.h"
#include "base/yaml_scalar.h"

namespace orch {
namespace {

// "str" of "!str" and of "tag:yaml.org,2002:str" (which "!!str" stands for); else the tag as it is.
absl::string_view ShortTag(absl::string_view tag) {
  if (absl::ConsumePrefix(&tag, "tag:yaml.org,2002:") || absl::ConsumePrefix(&tag, "tag:ruby.yaml.org,2002:")) {
    return tag;
  }
  absl::ConsumePrefix(&tag, "!");
  return tag;
}

bool IsRubyClass(absl::string_view tag, absl::string_view kind) {
  return tag == kind || (absl::ConsumePrefix(&tag, kind) && absl::StartsWith(tag, ":"));
}

absl::StatusOr<Json> Binary(absl::string_view text) {
  std::string bytes;
  const std::string packed = absl::StrReplaceAll(text, {{"\n", ""}, {" ", ""}});
  if (!absl::Base64Unescape(packed, &bytes)) return absl::InvalidArgumentError("!binary is not followed by base 64");
  if (!IsUtf8(bytes)) return absl::InvalidArgumentError("holds binary data, which no fact or reply can");
  return Json(std::move(bytes));
}

absl::StatusOr<Json> Float(absl::string_view text) {
  const Json value = ResolveYamlScalar(text);
  const double number = IsNumber(value) ? NumberAsDouble(value) : HUGE_VAL;
  if (std::isfinite(number)) return Json(number);
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no float"));
}

// {"x": true, "y": true} as ["x", "y"].
Json KeysOf(const Json& map) {
  Json keys = Json::array();
  for (const auto& item : map.items()) keys.push_back(item.key());
  return keys;
}

// Whether `value` is a mapping with `member`, and otherwise only with instance variables.
bool Wraps(const Json& value, const char* member) {
  if (!value.is_object() || !value.contains(member)) return false;
  for (const auto& item : value.items()) {
    if (item.key() != member && item.key() != "ivars" && !absl::StartsWith(item.key(), "@")) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Json> TaggedYamlScalar(absl::string_view tag, absl::string_view text) {
  tag = ShortTag(tag);
  if (tag == "str" || IsRubyClass(tag, "str") || IsRubyClass(tag, "ruby/string")) return Json(std::string(text));
  if (tag == "binary") return Binary(text);
  if (tag == "float") return Float(text);
  if (absl::StartsWith(tag, "ruby/")) {
    const absl::string_view symbol = absl::StartsWith(tag, "ruby/sym") ? YamlSymbolName(text) : absl::string_view();
    return Json(std::string(symbol.empty() ? text : symbol));
  }
  return ResolveYamlScalar(text);
}

Json TaggedYamlContainer(absl::string_view tag, Json value) {
  tag = ShortTag(tag);
  if (tag == "omap" && value.is_array()) {
    Json map = Json::object();
    for (const Json& pair : value) {
      if (!pair.is_object()) return value;
      map.update(pair);
    }
    return map;
  }
  if (tag == "ruby/object:Set" || tag == "ruby/object:Puppet::Util::TagSet") {
    return Wraps(value, "hash") && value["hash"].is_object() ? KeysOf(value["hash"]) : value;
  }
  const std::pair<absl::string_view, const char*> kWrappers[] = {{"ruby/hash-with-ivars", "elements"},
                                                                 {"ruby/array", "internal"},
                                                                 {"ruby/string", "str"},
                                                                 {"str", "str"},
                                                                 {"ruby/object:String", "str"}};
  for (const auto& [kind, member] : kWrappers) {
    if (IsRubyClass(tag, kind) && Wraps(value, member)) return Json(value[member]);
  }
  return value;
}

}  // namespace orch
