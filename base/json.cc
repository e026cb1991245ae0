#include "base/json.h"

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace orch {
namespace {

// Tells how far the parser has read: its callbacks for keys and brackets name no place.
class CountingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  CountingIterator(const char* at, size_t* read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* read_;
};

// Checks depth and repeated keys while nlohmann builds nothing; a second pass then builds the value.
class BoundsCheck : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return Enter();
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { return Enter(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return true;
    error_ = absl::StrCat("key '", name, "' is given twice in one object");
    return false;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    position_ = position;
    error_ = e.what();
    const size_t detail = error_.find("syntax error while parsing");
    if (detail != std::string::npos) error_ = error_.substr(detail);
    return false;
  }
  const std::string& error() const { return error_; }
  // 0 when the parser did not say: then the place is where it has read to.
  size_t position() const { return position_; }

 private:
  bool Enter() {
    if (++depth_ <= kMaxJsonDepth) return true;
    error_ = absl::StrCat("nested deeper than ", kMaxJsonDepth, " levels");
    return false;
  }

  size_t depth_ = 0;
  size_t position_ = 0;
  std::vector<absl::flat_hash_set<std::string>> keys_;
  std::string error_;
};

std::string Place(absl::string_view text, size_t position) {
  if (position == 0) return "";
  size_t line = 1, column = 1;
  for (size_t i = 0; i + 1 < position && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return absl::StrCat(" at line ", line, ", column ", column);
}

}  // namespace

absl::StatusOr<Json> ParseJson(absl::string_view text, absl::string_view what, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": ", text.size(), " bytes of JSON; at most ", max_bytes, " are accepted"));
  }
  BoundsCheck check;
  size_t read = 0;
  const CountingIterator begin(text.data(), &read), end(text.data() + text.size(), &read);
  if (!Json::sax_parse(begin, end, &check)) {
    const std::string place = Place(text, check.position() > 0 ? check.position() : read);
    return absl::InvalidArgumentError(absl::StrCat(what, ": not valid JSON", place, ": ", check.error()));
  }
  Json value = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return absl::InvalidArgumentError(absl::StrCat(what, ": not valid JSON"));
  return value;
}

absl::StatusOr<Json> ParseJsonObject(absl::string_view text, absl::string_view what, size_t max_bytes) {
  if (text.empty()) return Json::object();
  absl::StatusOr<Json> value = ParseJson(text, what, max_bytes);
  if (value.ok() && !value->is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": a JSON object {…} is expected, found ", value->type_name()));
  }
  return value;
}

std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace orch
