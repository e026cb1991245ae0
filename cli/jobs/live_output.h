// Prints the output of running actions as it arrives: whole lines after the node's name, so that
// the lines of several nodes do not mix. JobRun owns it and calls it from its thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "cli/session/context.h"
#include "orch/v1/job.pb.h"

namespace orch::cli {

class LiveOutput {
 public:
  static constexpr size_t kMaxHeldLine = 32u << 10;  // a longer line is shown before its end has come

  explicit LiveOutput(Context* context) : context_(context) {}
  // Prints "NODE> line" for standard output and "NODE! line" for standard error; with --jsonl
  // prints the chunk, cut at the end of a character. Bytes that were shown before are left out;
  // lost bytes are noted.
  void Add(const v1::OutputChunk& chunk);
  // Prints the rest when the node is done, because its last line may have no end, and notes bytes
  // that were lost at the end.
  void End(const v1::Reply& reply);

 private:
  struct Stream {
    uint32_t attempt = 0;
    uint64_t next = 0;  // offset of the next byte expected
    std::string held;   // bytes before it that were not shown: a line without its end, or a part of a character
  };
  // Prints the part of `stream->held` that is complete. `lost` is the number of bytes missing
  // before it.
  void Show(const std::string& identity, bool error, uint64_t lost, Stream* stream);
  // Prints all of `stream->held`, because nothing follows that could complete it.
  void ShowRest(const std::string& identity, bool error, Stream* stream);
  void ShowLines(const std::string& identity, bool error, Stream* stream);
  void PrintJson(const std::string& identity, bool error, uint64_t lost, size_t bytes, Stream* stream);
  void PrintLine(const std::string& identity, bool error, absl::string_view line);

  Context* const context_;
  std::map<std::pair<std::string, bool>, Stream> streams_;  // by identity and whether it is standard error
};

}  // namespace orch::cli
