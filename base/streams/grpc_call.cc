#include "base/streams/grpc_call.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/streams/grpc_text.h"

namespace orch {

struct GrpcCall::Callbacks {
  static GrpcCall* Self(void* user) { return static_cast<GrpcCall*>(user); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    constexpr size_t kFieldCost = 32;
    GrpcCall* const self = Self(user);
    self->metadata_bytes_ += name_size + value_size + kFieldCost;
    if (self->metadata_bytes_ > kMaxMetadataBytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the call
    if (frame->hd.stream_id == self->stream_) self->OnField(TextOf(name, name_size), TextOf(value, value_size));
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* bytes, size_t size, void* user) {
    if (stream == Self(user)->stream_) Self(user)->OnData(TextOf(bytes, size));
    return 0;
  }

  static int OnStreamClosed(nghttp2_session*, int32_t stream, uint32_t error, void* user) {
    if (stream == Self(user)->stream_) Self(user)->OnStreamClosed(error);
    return 0;
  }

  // nghttp2 says GOAWAY when the other side breaks the protocol.
  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) Self(user)->End(absl::UnavailableError("what answers there breaks HTTP/2"));
    return 0;
  }

  static ssize_t Read(nghttp2_session*, int32_t, uint8_t* to, size_t most, uint32_t* flags, nghttp2_data_source* source,
                      void*) {
    auto* const self = static_cast<GrpcCall*>(source->ptr);
    const size_t size = self->queue_.Copy(to, most, [self](size_t bytes) { self->handler_->OnWritten(bytes); });
    if (size > 0) return static_cast<ssize_t>(size);
    if (self->half_closed_) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      return 0;
    }
    self->deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }

  static const nghttp2_session_callbacks* All() {
    static const nghttp2_session_callbacks* const all = [] {
      nghttp2_session_callbacks* made = nullptr;
      nghttp2_session_callbacks_new(&made);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnFrameSent);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnStreamClosed);
      return made;
    }();
    return all;
  }

  // One call needs no table for compression.
  static const nghttp2_option* Options() {
    static const nghttp2_option* const options = [] {
      nghttp2_option* made = nullptr;
      nghttp2_option_new(&made);
      nghttp2_option_set_max_deflate_dynamic_table_size(made, 0);
      return made;
    }();
    return options;
  }
};

GrpcCall::GrpcCall(absl::string_view method, const std::vector<std::pair<std::string, std::string>>& metadata,
                   Handler* handler)
    : handler_(handler) {
  nghttp2_session_client_new2(&session_, Callbacks::All(), this, Callbacks::Options());
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxMetadataBytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 3);
  std::vector<nghttp2_nv> fields = {HeaderField(":method", "POST"),   HeaderField(":scheme", "http"),
                                    HeaderField(":path", method),     HeaderField(":authority", "hub"),
                                    HeaderField("te", "trailers"),    HeaderField("content-type", kGrpcContentType),
                                    HeaderField("user-agent", "orch")};
  for (const auto& [name, value] : metadata) fields.push_back(HeaderField(name, value));
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = Callbacks::Read;
  stream_ = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
}

GrpcCall::~GrpcCall() { nghttp2_session_del(session_); }

absl::Status GrpcCall::Receive(absl::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("HTTP/2: ", nghttp2_strerror(static_cast<int>(taken))));
}

void GrpcCall::OnField(absl::string_view name, absl::string_view value) {
  if (name == ":status") http_status_ = std::string(value);
  if (name == "grpc-status") grpc_status_ = std::string(value);
  if (name == "grpc-message") grpc_message_ = PercentDecode(value);
}

void GrpcCall::OnData(absl::string_view bytes) {
  if (ended_) return;
  const absl::Status taken = reader_.Feed(bytes, [this](std::string message) {
    handler_->OnMessage(std::move(message));
    return !ended_;
  });
  if (taken.ok()) return;
  End(taken);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_, NGHTTP2_CANCEL);
}

void GrpcCall::OnStreamClosed(uint32_t error) {
  int code = 0;
  if (absl::SimpleAtoi(grpc_status_, &code)) {
    return End(absl::Status(static_cast<absl::StatusCode>(code), grpc_message_));
  }
  if (!http_status_.empty() && http_status_ != "200") {
    return End(absl::UnavailableError(absl::StrCat("no gRPC server answers there (HTTP status ", http_status_, ")")));
  }
  End(absl::UnavailableError(absl::StrCat("the call was cut off (", nghttp2_http2_strerror(error), ")")));
}

void GrpcCall::End(const absl::Status& status) {
  if (!std::exchange(ended_, true)) handler_->OnEnd(status);
}

void GrpcCall::Send(GrpcMessage message) {
  if (ended_ || half_closed_) return;
  queue_.Push(std::move(message));
  Resume();
}

void GrpcCall::HalfClose() {
  half_closed_ = true;
  Resume();
}

void GrpcCall::Resume() {
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(session_, stream_);
}

}  // namespace orch
