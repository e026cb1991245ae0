#include "base/json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/json_number.h"

namespace orch {
namespace {

// Counts the bytes that the parser has read, because its callbacks for keys and brackets tell no place.
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

// nlohmann refuses an integer that no double can hold before it calls us. The parser therefore sees a zero in place of
// an integer with more digits than this, and the digits are taken from the text itself.
constexpr size_t kLongNumber = 300;

bool IsNumberByte(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// Returns a copy of `text` with long integers hidden; empty if there are none.
std::string HideLongIntegers(absl::string_view text) {
  std::string copy;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && IsNumberByte(text[i])) {
      const size_t begin = i;
      while (i + 1 < text.size() && IsNumberByte(text[i + 1])) ++i;
      absl::string_view number = text.substr(begin, i + 1 - begin);
      if (number.size() <= kLongNumber || !IsIntegerText(number)) continue;
      if (number[0] == '-') number.remove_prefix(1);
      if (number[0] == '0') continue;  // no JSON: the parser is to say so
      if (copy.empty()) copy = std::string(text);
      const size_t at = number.data() - text.data();
      std::fill(copy.begin() + at, copy.begin() + at + number.size(), '0');
      copy[at + 1] = '.';
    }
  }
  return copy;
}

// Builds the value and checks depth and repeated keys on the way.
class Builder : public nlohmann::json_sax<Json> {
 public:
  // `read` counts the bytes of `text` that the parser has read.
  Builder(absl::string_view text, const size_t* read) : text_(text), read_(read) {}

  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(number_integer_t value) override { return Put(value); }
  bool number_unsigned(number_unsigned_t value) override { return Put(value); }
  bool number_float(number_float_t value, const string_t& token) override {
    const absl::string_view written = token.size() > kLongNumber ? LastToken(token.size()) : absl::string_view(token);
    return IsIntegerText(written) ? Put(IntegerFromText(written)) : Put(value);
  }
  bool string(string_t& value) override { return Put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    const auto [member, is_new] = open_.back()->emplace(name, nullptr);
    member_ = &*member;
    if (!is_new) error_ = absl::StrCat("key '", name, "' is given twice in one object");
    return is_new;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    position_ = position;
    error_ = e.what();
    const size_t detail = error_.find("syntax error while parsing");
    if (detail != std::string::npos) error_ = error_.substr(detail);
    return false;
  }
  const std::string& error() const { return error_; }
  // 0 if the parser told no place; the place is then where it has read to.
  size_t position() const { return position_; }
  Json Take() { return std::move(root_); }

 private:
  // Returns the number of `size` bytes that was just read. The parser has read one byte more, unless it was the last.
  absl::string_view LastToken(size_t size) const {
    const size_t end = IsNumberByte(text_[*read_ - 1]) ? *read_ : *read_ - 1;
    return text_.substr(end - size, size);
  }
  Json* Add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }
  bool Put(Json value) {
    Add(std::move(value));
    return true;
  }
  bool Open(Json empty) {
    if (open_.size() == kMaxJsonDepth) {
      error_ = absl::StrCat("nested deeper than ", kMaxJsonDepth, " levels");
      return false;
    }
    open_.push_back(Add(std::move(empty)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  const absl::string_view text_;
  const size_t* const read_;
  Json root_;
  std::vector<Json*> open_;  // containers on the way to the place at hand; none moves while it is open
  Json* member_ = nullptr;   // of the innermost object, the one whose key was read last
  size_t position_ = 0;
  std::string error_;
};

std::string LineAndColumn(absl::string_view text, size_t position) {
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
  const std::string hidden = text.size() > kLongNumber ? HideLongIntegers(text) : "";
  const absl::string_view shown = hidden.empty() ? text : absl::string_view(hidden);
  size_t read = 0;
  Builder builder(text, &read);
  const CountingIterator begin(shown.data(), &read), end(shown.data() + shown.size(), &read);
  if (!Json::sax_parse(begin, end, &builder)) {
    const std::string place = LineAndColumn(text, builder.position() > 0 ? builder.position() : read);
    return absl::InvalidArgumentError(absl::StrCat(what, ": not valid JSON", place, ": ", builder.error()));
  }
  return builder.Take();
}

absl::StatusOr<Json> ParseJsonObject(absl::string_view text, absl::string_view what, size_t max_bytes) {
  if (text.empty()) return Json::object();
  absl::StatusOr<Json> value = ParseJson(text, what, max_bytes);
  if (value.ok() && !value->is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": a JSON object {…} is expected, found ", JsonTypeName(*value)));
  }
  return value;
}

}  // namespace orch
