// Live output on the way from a task's own process to whichever agent reads it: a named pipe in the task's folder.
// OutputWriter is the end of the process, OutputReader that of the agent; this header is what both share. The process
// never waits for a reader: what does not fit into the pipe is left out, and the reader sees a jump in the offsets. The
// outcome says how far each stream went. Each packet holds one frame, so that a frame is written and read as a whole
// even if either process is killed.
#pragma once

#include <array>
#include <climits>
#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace orch::nodeagent {

constexpr int kOutputPipeBytes = 1 << 20;  // requested; the system may give less

using Printed = std::array<uint64_t, 2>;  // bytes, to stdout and to stderr

// The head of a frame; the piece follows. In the byte order of the machine, which a pipe never leaves.
struct OutputFrameHead {
  uint64_t offset;  // of the piece in its stream
  uint32_t size;
  uint32_t stream;  // 0: stdout, 1: stderr
};
constexpr size_t kMaxOutputPiece = PIPE_BUF - sizeof(OutputFrameHead);

inline std::string OutputPath(const std::string& folder) { return folder + "/output"; }

// Opens the pipe for both directions, so that neither end waits for the other or ends with it. Returns an empty
// descriptor if there is no pipe.
UniqueFd OpenOutputPipe(const std::string& path);

}  // namespace orch::nodeagent
