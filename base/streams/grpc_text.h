// Texts in the header fields of gRPC's calls, and what nghttp2 takes for a field. Pure.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>

#include "absl/strings/string_view.h"

namespace orch {

inline constexpr char kGrpcContentType[] = "application/grpc";

// As gRPC's specification says: everything that is not printable, and the percent sign. Decoding takes any text.
std::string PercentEncode(absl::string_view text);
std::string PercentDecode(absl::string_view text);

// Both texts must outlive the call of nghttp2, which copies them.
nghttp2_nv HeaderField(absl::string_view name, absl::string_view value);
inline absl::string_view TextOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace orch
