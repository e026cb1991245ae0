// How the hub shares out the file descriptors of its process. Free functions on plain numbers.
#pragma once

#include <cstddef>

namespace orch::hub {

inline constexpr size_t kMostFilesAConnection = 3;  // the peer's socket and both ends of a pair; a node's stream has 1
inline constexpr size_t kFilesAside = 64;           // for the store, the log, threads and the like
inline constexpr size_t kMaxLingering = 256;        // connections in a lingering close

struct DescriptorPlan {
  size_t strangers = 0;   // connections that have not proved who is there
  size_t lingering = 0;   // connections in a lingering close
  size_t open_files = 0;  // the descriptors of open connections
};

// Plans for `files` descriptors in all. Strangers and lingering closes together get at most half of what is left, so
// that a peer who has proved himself finds the descriptors of an open connection.
DescriptorPlan PlanDescriptors(size_t files, size_t max_strangers);

// How many descriptors this process may have open at once.
size_t DescriptorLimit();

}  // namespace orch::hub
