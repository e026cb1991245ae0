#include "cli/live_output.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch::cli {

void LiveOutput::Add(const v1::OutputChunk& chunk) {
  const bool error = chunk.stream() == v1::OutputChunk::STDERR;
  Stream& stream = streams_[{chunk.identity(), error}];
  const uint64_t end = chunk.offset() + chunk.data().size();
  if (end <= stream.next && !chunk.data().empty()) return;
  const uint64_t lost = chunk.offset() > stream.next ? chunk.offset() - stream.next : 0;
  absl::string_view data = chunk.data();
  if (chunk.offset() < stream.next) data.remove_prefix(stream.next - chunk.offset());
  stream.next = end;
  if (context_->options().format == Format::kHuman) {
    AddText(chunk, lost, data, &stream);
  } else if (context_->options().format == Format::kJsonLines) {
    context_->Print(absl::StrCat(DumpJson({{"kind", "output"},
                                           {"sender", chunk.identity()},
                                           {"stream", error ? "stderr" : "stdout"},
                                           {"offset", end - data.size()},
                                           {"lost", lost},
                                           {"data", std::string(data)}}),
                                 "\n"));
  }
  context_->env().out->Flush();
}

void LiveOutput::AddText(const v1::OutputChunk& chunk, uint64_t lost, absl::string_view data, Stream* stream) {
  const bool error = chunk.stream() == v1::OutputChunk::STDERR;
  if (lost > 0) {
    if (!stream->line.empty()) PrintLine(chunk.identity(), error, stream->line);
    stream->line.clear();
    PrintLine(chunk.identity(), error, absl::StrCat("[", lost, " bytes were left out]"));
  }
  stream->line.append(data.data(), data.size());
  size_t begin = 0;
  for (size_t end = stream->line.find('\n'); end != std::string::npos; end = stream->line.find('\n', begin)) {
    PrintLine(chunk.identity(), error, absl::string_view(stream->line).substr(begin, end - begin));
    begin = end + 1;
  }
  stream->line.erase(0, begin);
  if (stream->line.size() < kMaxHeldLine) return;
  PrintLine(chunk.identity(), error, stream->line);
  stream->line.clear();
}

void LiveOutput::End(const std::string& identity) {
  for (const bool error : {false, true}) {
    const auto found = streams_.find({identity, error});
    if (found == streams_.end()) continue;
    if (!found->second.line.empty()) PrintLine(identity, error, found->second.line);
    streams_.erase(found);
  }
}

void LiveOutput::PrintLine(const std::string& identity, bool error, absl::string_view line) {
  const std::string name = absl::StrCat(Printable(identity), error ? "! " : "> ");
  context_->Print(absl::StrCat(error ? context_->style().Red(name) : context_->style().Green(name),
                               Printable(absl::StripSuffix(line, "\r")), "\n"));
}

}  // namespace orch::cli
