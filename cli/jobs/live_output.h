// What running actions print, as it comes: whole lines with the node's name before them, so that
// nodes do not run into each other. One thread.
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
  static constexpr size_t kMaxHeldLine = 32u << 10;  // of a line without its end, then it is shown as it is

  explicit LiveOutput(Context* context) : context_(context) {}
  // People get "NODE> line" for standard output and "NODE! line" for standard error; --jsonl the
  // chunk, cut where characters end. What was shown before is left out, what got lost is said.
  void Add(const v1::OutputChunk& chunk);
  // The node is done: its last line may have no end, and the last bytes may have been left out.
  void End(const v1::Reply& reply);

 private:
  struct Stream {
    uint32_t attempt = 0;
    uint64_t next = 0;  // offset of the byte that is due
    std::string held;   // ends there, and was not shown: a line without its end, for --jsonl a part of a character
  };
  // What can be shown of `stream->held`; `lost`: bytes before it that never came.
  void Show(const std::string& identity, bool error, uint64_t lost, Stream* stream);
  // Nothing follows that could complete it.
  void ShowRest(const std::string& identity, bool error, Stream* stream);
  void ShowLines(const std::string& identity, bool error, Stream* stream);
  void PrintJson(const std::string& identity, bool error, uint64_t lost, size_t bytes, Stream* stream);
  void PrintLine(const std::string& identity, bool error, absl::string_view line);

  Context* const context_;
  std::map<std::pair<std::string, bool>, Stream> streams_;  // by identity and whether it is standard error
};

}  // namespace orch::cli
