#include "cli/terminal/sparkline.h"

#include <algorithm>
#include <cmath>

namespace orch::cli {
namespace {

constexpr const char* kTicks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇"};
constexpr size_t kTickCount = 7;

}  // namespace

std::string Sparkline(const std::vector<size_t>& counts) {
  const size_t largest = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  if (largest == 0) return std::string(counts.size(), ' ');
  std::string line;
  for (const size_t count : counts) {
    if (count == 0) {
      line += " ";
    } else {
      line += kTicks[(count * (kTickCount - 1)) / largest];
    }
  }
  return line;
}

std::string PingGraph(const std::vector<double>& milliseconds) {
  std::vector<size_t> buckets;
  for (const double time : milliseconds) {
    const size_t bucket = std::min(kMaxBuckets - 1, static_cast<size_t>(std::max(0.0, time) / 50.0));
    if (buckets.size() <= bucket) buckets.resize(bucket + 1);
    ++buckets[bucket];
  }
  return Sparkline(buckets);
}

}  // namespace orch::cli
