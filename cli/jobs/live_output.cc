#include "cli/jobs/live_output.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/utf8.h"

namespace orch::cli {

void LiveOutput::Add(const v1::OutputChunk& chunk) {
  const bool error = chunk.stream() == v1::OutputChunk::STDERR;
  Stream& stream = streams_[{chunk.identity(), error}];
  if (chunk.attempt() > stream.attempt) {  // a new attempt starts at offset 0
    ShowRest(chunk.identity(), error, &stream);
    stream = {.attempt = chunk.attempt()};
  }
  const uint64_t end = chunk.offset() + chunk.data().size();
  if (chunk.attempt() < stream.attempt || end <= stream.next) return;
  const uint64_t lost = chunk.offset() > stream.next ? chunk.offset() - stream.next : 0;
  absl::string_view data = chunk.data();
  if (chunk.offset() < stream.next) data.remove_prefix(stream.next - chunk.offset());
  if (lost > 0) ShowRest(chunk.identity(), error, &stream);
  stream.next = end;
  stream.held.append(data.data(), data.size());
  Show(chunk.identity(), error, lost, &stream);
}

void LiveOutput::End(const v1::Reply& reply) {
  for (const bool error : {false, true}) {
    const auto found = streams_.find({reply.identity(), error});
    if (found == streams_.end() && !context_->options().rollout.live)
      continue;  // this client has followed the job too late for any output
    Stream stream;
    if (found != streams_.end()) {
      stream = std::move(found->second);
      streams_.erase(found);
    }
    ShowRest(reply.identity(), error, &stream);
    const uint64_t end = error ? reply.stderr_bytes() : reply.stdout_bytes();
    if ((stream.attempt == 0 || stream.attempt == reply.attempt()) && end > stream.next) {
      const uint64_t lost = end - stream.next;
      stream.next = end;
      Show(reply.identity(), error, lost, &stream);
    }
  }
}

void LiveOutput::Show(const std::string& identity, bool error, uint64_t lost, Stream* stream) {
  if (context_->options().format == Format::kHuman) {
    if (lost > 0) PrintLine(identity, error, absl::StrCat("[", lost, " bytes were left out]"));
    ShowLines(identity, error, stream);
  } else if (context_->options().format == Format::kJsonLines) {
    const size_t whole = stream->held.size() - UnfinishedTail(stream->held);
    if (whole > 0 || lost > 0) PrintJson(identity, error, lost, whole, stream);
  } else {
    stream->held.clear();
  }
  context_->env().out->Push();
}

void LiveOutput::ShowRest(const std::string& identity, bool error, Stream* stream) {
  if (stream->held.empty()) return;
  if (context_->options().format == Format::kJsonLines) {
    PrintJson(identity, error, 0, stream->held.size(), stream);
  } else if (context_->options().format == Format::kHuman) {
    PrintLine(identity, error, stream->held);
  }
  stream->held.clear();
}

void LiveOutput::ShowLines(const std::string& identity, bool error, Stream* stream) {
  std::string& held = stream->held;
  size_t begin = 0;
  for (size_t end = held.find('\n'); end != std::string::npos; end = held.find('\n', begin)) {
    PrintLine(identity, error, absl::string_view(held).substr(begin, end - begin));
    begin = end + 1;
  }
  held.erase(0, begin);
  if (held.size() < kMaxHeldLine) return;
  const size_t whole = held.size() - UnfinishedTail(held);
  PrintLine(identity, error, absl::string_view(held).substr(0, whole));
  held.erase(0, whole);
}

void LiveOutput::PrintJson(const std::string& identity, bool error, uint64_t lost, size_t bytes, Stream* stream) {
  context_->Print(absl::StrCat(PrintableJson({{"kind", "output"},
                                              {"sender", identity},
                                              {"stream", error ? "stderr" : "stdout"},
                                              {"offset", stream->next - stream->held.size()},
                                              {"lost", lost},
                                              {"data", stream->held.substr(0, bytes)}}),
                               "\n"));
  stream->held.erase(0, bytes);
}

void LiveOutput::PrintLine(const std::string& identity, bool error, absl::string_view line) {
  const std::string name = absl::StrCat(Printable(identity), error ? "! " : "> ");
  context_->Print(absl::StrCat(error ? context_->style().Red(name) : context_->style().Green(name),
                               Printable(absl::StripSuffix(line, "\r")), "\n"));
}

}  // namespace orch::cli
