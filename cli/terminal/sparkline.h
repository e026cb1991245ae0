// Small bar charts in one line of text. Pure.
#pragma once

#include <string>
#include <vector>

namespace orch::cli {

// Returns one of ▁▂▃▄▅▆▇ for each count, scaled to the largest, and a blank for zero.
std::string Sparkline(const std::vector<size_t>& counts);

// Charts the number of answers per 50 ms, from the first to the last, in at most kMaxBuckets
// buckets.
inline constexpr size_t kMaxBuckets = 60;
std::string PingGraph(const std::vector<double>& milliseconds);

}  // namespace orch::cli
