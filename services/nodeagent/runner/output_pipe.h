// Live output on its way from a task's own process to whichever agent reads: a named pipe in the task's
// folder. The process never waits for a reader: what does not fit is left out, and seen as a jump in the
// offsets; how far it went, the outcome says. One frame a packet, so that each goes in and comes out
// whole, whoever is killed meanwhile.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"

namespace orch::nodeagent {

constexpr int kOutputPipeBytes = 1 << 20;  // asked for; the system may give less

using Printed = std::array<uint64_t, 2>;  // bytes, to stdout and to stderr

inline std::string OutputPath(const std::string& folder) { return folder + "/output"; }

// The process's end. Thread-safe.
class OutputWriter {
 public:
  // Without a pipe at `path` nothing is wanted, and nothing written.
  explicit OutputWriter(const std::string& path);

  bool wanted() const { return fd_.get() >= 0; }
  void Write(ProcessStream stream, absl::string_view piece);
  // How far each stream went, whether it fitted or not.
  Printed printed() const;

 private:
  void WriteFrame(size_t stream, uint64_t offset, absl::string_view piece);

  const UniqueFd fd_;
  mutable Mutex mu_;
  Printed printed_ ABSL_GUARDED_BY(mu_) = {};
};

// The agent's end. One thread.
class OutputReader {
 public:
  using Sink = std::function<void(ProcessStream stream, uint64_t offset, absl::string_view piece)>;

  static absl::Status Make(const std::string& path);

  // Reads nothing where there is no pipe, or no sink.
  OutputReader(const std::string& path, Sink sink);
  int fd() const { return fd_.get(); }  // to be waited for; -1: there is none
  // Hands on what is there now, a pipe full of it at most.
  void Drain();

 private:
  UniqueFd fd_;
  const Sink sink_;
};

// An empty piece of each stream, at its end.
void SayPrinted(const Printed& printed, const OutputReader::Sink& sink);

}  // namespace orch::nodeagent
