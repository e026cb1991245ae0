// Small bar charts in one line of text.
#pragma once

#include <string>
#include <vector>

namespace orch::cli {

// One of ▁▂▃▄▅▆▇ for each count, scaled to the largest; blank for zero.
std::string Sparkline(const std::vector<size_t>& counts);

// Answers a bucket of 50 ms, from the first bucket to the last; at most kMaxBuckets.
inline constexpr size_t kMaxBuckets = 60;
std::string PingGraph(const std::vector<double>& milliseconds);

}  // namespace orch::cli
