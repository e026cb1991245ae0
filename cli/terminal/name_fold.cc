#include "cli/terminal/name_fold.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxPlaces = 4;         // how many numbers of a name are tried
constexpr size_t kMaxFoldedDigits = 18;  // of a number; -I accepts no longer ones

// The text before and after the number, and its length if it may begin with zeros (otherwise 0).
struct Key {
  std::string before, after;
  size_t digits;
  bool operator<(const Key& other) const {
    return std::tie(before, after, digits) < std::tie(other.before, other.after, other.digits);
  }
};
using Groups = std::map<Key, std::vector<std::string>>;  // the numbers as they are written

// Finds the number at `place`, counted from the end of the name, where numbers differ most. Returns false if there is
// none.
bool Split(absl::string_view name, size_t place, std::string* before, std::string* number, std::string* after) {
  size_t end = name.size();
  while (true) {
    while (end > 0 && !absl::ascii_isdigit(static_cast<unsigned char>(name[end - 1]))) --end;
    if (end == 0) return false;
    size_t begin = end;
    while (begin > 0 && absl::ascii_isdigit(static_cast<unsigned char>(name[begin - 1]))) --begin;
    if (place-- > 0) {
      end = begin;
      continue;
    }
    if (end - begin > kMaxFoldedDigits) return false;
    *before = std::string(name.substr(0, begin));
    *number = std::string(name.substr(begin, end - begin));
    *after = std::string(name.substr(end));
    return true;
  }
}

// Groups names with the same text around the number. Numbers with leading zeros join those of the same length.
Groups GroupBy(const std::vector<std::string>& names, size_t place, std::vector<std::string>* rest) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> around;
  for (const std::string& name : names) {
    std::string before, number, after;
    if (Split(name, place, &before, &number, &after)) {
      around[{std::move(before), std::move(after)}].push_back(std::move(number));
    } else {
      rest->push_back(name);
    }
  }
  Groups groups;
  for (auto& [text, numbers] : around) {
    const bool padded = std::any_of(numbers.begin(), numbers.end(),
                                    [](const std::string& number) { return number.size() > 1 && number[0] == '0'; });
    for (std::string& number : numbers) {
      const size_t digits = padded ? number.size() : 0;
      groups[{text.first, text.second, digits}].push_back(std::move(number));
    }
  }
  return groups;
}

std::string Ranges(std::vector<std::string> numbers) {
  std::vector<std::pair<uint64_t, std::string>> sorted;
  for (std::string& number : numbers) {
    uint64_t value = 0;
    if (absl::SimpleAtoi(number, &value)) sorted.emplace_back(value, std::move(number));
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> items;
  for (size_t i = 0; i < sorted.size();) {
    size_t last = i;
    while (last + 1 < sorted.size() && sorted[last + 1].first == sorted[last].first + 1) ++last;
    items.push_back(last == i ? sorted[i].second : absl::StrCat(sorted[i].second, "-", sorted[last].second));
    i = last + 1;
  }
  return absl::StrJoin(items, ",");
}

}  // namespace

std::vector<std::string> FoldNames(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  size_t best_place = 0;
  size_t best_words = names.size() + 1;
  for (size_t place = 0; place < kMaxPlaces; ++place) {
    std::vector<std::string> rest;
    const size_t words = GroupBy(names, place, &rest).size() + rest.size();
    if (words < best_words) best_place = place;
    best_words = std::min(best_words, words);
  }
  std::vector<std::string> words;
  for (auto& [key, numbers] : GroupBy(names, best_place, &words)) {
    const std::string number = numbers.size() == 1 ? numbers[0] : absl::StrCat("[", Ranges(numbers), "]");
    words.push_back(absl::StrCat(key.before, number, key.after));
  }
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace orch::cli
