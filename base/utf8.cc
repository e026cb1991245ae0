#include "base/utf8.h"

#include <algorithm>

namespace orch {
namespace {

unsigned char ByteAt(absl::string_view text, size_t i) { return static_cast<unsigned char>(text[i]); }

// Returns the length of a character that begins with this byte; 0 if none does.
size_t LengthFor(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

// The second byte shows overlong forms, surrogates and codes beyond U+10FFFF.
bool MayFollow(unsigned char lead, unsigned char second) {
  if ((second & 0xC0) != 0x80) return false;
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second < 0xA0;
  if (lead == 0xF0) return second >= 0x90;
  return lead != 0xF4 || second < 0x90;
}

bool MayBegin(absl::string_view part) {
  for (size_t i = 1; i < part.size(); ++i) {
    if (i == 1 ? !MayFollow(ByteAt(part, 0), ByteAt(part, 1)) : (ByteAt(part, i) & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace

Character FirstCharacter(absl::string_view text) {
  const unsigned char lead = ByteAt(text, 0);
  const size_t length = LengthFor(lead);
  if (length == 1) return {lead, 1, true};
  if (length == 0 || length > text.size() || !MayBegin(text.substr(0, length))) return {lead, 1, false};
  char32_t code = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) code = (code << 6) | (ByteAt(text, i) & 0x3Fu);
  return {code, length, true};
}

size_t UnfinishedTail(absl::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const unsigned char byte = ByteAt(text, text.size() - back);
    if ((byte & 0xC0) == 0x80) continue;
    const bool unfinished = LengthFor(byte) > back && MayBegin(text.substr(text.size() - back));
    return unfinished ? back : 0;
  }
  return 0;
}

size_t OrphanedHead(absl::string_view text) {
  size_t count = 0;
  while (count < text.size() && count < 3 && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) ++count;
  return count;
}

}  // namespace orch
