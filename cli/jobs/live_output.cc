#include "cli/jobs/live_output.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch::cli {

void LiveOutput::Add(const v1::OutputChunk& chunk) {
  const bool error = chunk.stream() == v1::OutputChunk::STDERR;
  Stream& stream = streams_[{chunk.identity(), error}];
  if (chunk.attempt() > stream.attempt) {  // begins anew
    if (!stream.line.empty()) PrintLine(chunk.identity(), error, stream.line);
    stream = {.attempt = chunk.attempt()};
  }
  const uint64_t end = chunk.offset() + chunk.data().size();
  if (chunk.attempt() < stream.attempt || end <= stream.next) return;
  const uint64_t lost = chunk.offset() > stream.next ? chunk.offset() - stream.next : 0;
  absl::string_view data = chunk.data();
  if (chunk.offset() < stream.next) data.remove_prefix(stream.next - chunk.offset());
  stream.next = end;
  Show(chunk.identity(), error, lost, data, &stream);
}

void LiveOutput::End(const v1::Reply& reply) {
  for (const bool error : {false, true}) {
    const auto found = streams_.find({reply.identity(), error});
    if (found == streams_.end() && !context_->options().rollout.live) continue;  // came too late for any of it
    Stream stream;
    if (found != streams_.end()) {
      stream = std::move(found->second);
      streams_.erase(found);
    }
    const uint64_t end = error ? reply.stderr_bytes() : reply.stdout_bytes();
    if ((stream.attempt == 0 || stream.attempt == reply.attempt()) && end > stream.next) {
      const uint64_t lost = end - stream.next;
      stream.next = end;
      Show(reply.identity(), error, lost, "", &stream);
    }
    if (!stream.line.empty()) PrintLine(reply.identity(), error, stream.line);
  }
}

void LiveOutput::Show(const std::string& identity, bool error, uint64_t lost, absl::string_view data, Stream* stream) {
  if (context_->options().format == Format::kHuman) {
    ShowText(identity, error, lost, data, stream);
  } else if (context_->options().format == Format::kJsonLines) {
    context_->Print(absl::StrCat(DumpJson({{"kind", "output"},
                                           {"sender", identity},
                                           {"stream", error ? "stderr" : "stdout"},
                                           {"offset", stream->next - data.size()},
                                           {"lost", lost},
                                           {"data", std::string(data)}}),
                                 "\n"));
  }
  context_->env().out->Flush();
}

void LiveOutput::ShowText(const std::string& identity, bool error, uint64_t lost, absl::string_view data,
                          Stream* stream) {
  if (lost > 0) {
    if (!stream->line.empty()) PrintLine(identity, error, stream->line);
    stream->line.clear();
    PrintLine(identity, error, absl::StrCat("[", lost, " bytes were left out]"));
  }
  stream->line.append(data.data(), data.size());
  size_t begin = 0;
  for (size_t end = stream->line.find('\n'); end != std::string::npos; end = stream->line.find('\n', begin)) {
    PrintLine(identity, error, absl::string_view(stream->line).substr(begin, end - begin));
    begin = end + 1;
  }
  stream->line.erase(0, begin);
  if (stream->line.size() < kMaxHeldLine) return;
  PrintLine(identity, error, stream->line);
  stream->line.clear();
}

void LiveOutput::PrintLine(const std::string& identity, bool error, absl::string_view line) {
  const std::string name = absl::StrCat(Printable(identity), error ? "! " : "> ");
  context_->Print(absl::StrCat(error ? context_->style().Red(name) : context_->style().Green(name),
                               Printable(absl::StripSuffix(line, "\r")), "\n"));
}

}  // namespace orch::cli
