#include "base/streams/grpc_connection.h"

#include <nghttp2/nghttp2.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/streams/grpc_text.h"

namespace orch {
struct GrpcConnection::Callbacks {
  static GrpcConnection* Self(void* user) { return static_cast<GrpcConnection*>(user); }
  static bool IsRequest(const nghttp2_frame* frame) {
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Self(user)->request_ = Request();
    Self(user)->request_.stream = IsRequest(frame) ? frame->hd.stream_id : 0;
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name_bytes, size_t name_size,
                      const uint8_t* value_bytes, size_t value_size, uint8_t, void* user) {
    constexpr size_t kFieldCost = 32;
    Request& request = Self(user)->request_;
    const absl::string_view name = TextOf(name_bytes, name_size), value = TextOf(value_bytes, value_size);
    request.bytes += name.size() + value.size() + kFieldCost;
    if (request.bytes > kMaxMetadataBytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
    if (name == ":path") request.path = std::string(value);
    if (name == ":method") request.method = std::string(value);
    if (name == "content-type") request.content_type = std::string(value);
    return 0;
  }

  static int OnFrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    GrpcConnection* const self = Self(user);
    if (IsRequest(frame)) self->OnRequest();
    const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && frame->hd.stream_id == self->stream_) {
      self->OnPeerEnd();
    }
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* bytes, size_t size, void* user) {
    GrpcConnection* const self = Self(user);
    if (stream == self->stream_) self->OnData(TextOf(bytes, size));
    return 0;
  }

  // A peer that has its answer need not say that it has nothing more to say.
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    const bool ends = frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends && nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int OnStreamClosed(nghttp2_session*, int32_t stream, uint32_t, void* user) {
    Self(user)->OnStreamClosed(stream);
    return 0;
  }

  static ssize_t Read(nghttp2_session* session, int32_t stream, uint8_t* to, size_t most, uint32_t* flags,
                      nghttp2_data_source* source, void*) {
    auto* const self = static_cast<GrpcConnection*>(source->ptr);
    if (stream != self->stream_) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t size = self->queue_.Copy(to, most, [self](size_t bytes) { self->handler_->OnWritten(bytes); });
    if (size > 0) return static_cast<ssize_t>(size);
    if (!self->finish_) {
      self->deferred_ = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::string code = absl::StrCat(static_cast<int>(self->status_.code()));
    const std::string message = PercentEncode(self->status_.message());
    const nghttp2_nv trailers[] = {HeaderField("grpc-status", code), HeaderField("grpc-message", message)};
    nghttp2_submit_trailer(session, stream, trailers, message.empty() ? 1 : 2);
    return 0;
  }

  static const nghttp2_session_callbacks* All() {
    static const nghttp2_session_callbacks* const all = [] {
      nghttp2_session_callbacks* made = nullptr;
      nghttp2_session_callbacks_new(&made);
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrameReceived);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnFrameSent);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnStreamClosed);
      return made;
    }();
    return all;
  }

  // Our headers are few and go out once, so they need no table for compression.
  static const nghttp2_option* Options() {
    static const nghttp2_option* const options = [] {
      nghttp2_option* made = nullptr;
      nghttp2_option_new(&made);
      nghttp2_option_set_max_deflate_dynamic_table_size(made, 0);
      nghttp2_option_set_no_closed_streams(made, 1);
      return made;
    }();
    return options;
  }
};

GrpcConnection::GrpcConnection(Handler* handler) : handler_(handler) {
  nghttp2_session_server_new2(&session_, Callbacks::All(), this, Callbacks::Options());
  // What holds without a setting, too, so that it binds nobody. An empty frame would look like the beginning of a
  // refusal (base/net/refusal_frames.h).
  const nghttp2_settings_entry default_frame_size = {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 16'384};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &default_frame_size, 1);
}

GrpcConnection::~GrpcConnection() { nghttp2_session_del(session_); }

absl::Status GrpcConnection::Receive(absl::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("HTTP/2: ", nghttp2_strerror(static_cast<int>(taken))));
}

bool GrpcConnection::over() const { return !has_output() && nghttp2_session_want_read(session_) == 0; }

void GrpcConnection::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void GrpcConnection::OnRequest() {
  const int32_t stream = request_.stream;
  if (request_.method != "POST" || !absl::StartsWith(request_.content_type, kGrpcContentType)) {
    return Refuse(stream, absl::UnimplementedError("this is a gRPC server"));
  }
  if (stream_ != 0) {
    return Refuse(stream, absl::ResourceExhaustedError("this connection carries a stream; open another connection"));
  }
  if (const absl::Status refused = handler_->OnCall(request_.path); !refused.ok()) return Refuse(stream, refused);
  stream_ = stream;
  told_ = ignoring_ = deferred_ = finish_ = false;
  reader_.Clear();
  const nghttp2_nv headers[] = {HeaderField(":status", "200"), HeaderField("content-type", kGrpcContentType)};
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = Callbacks::Read;
  nghttp2_submit_response(session_, stream, headers, 2, &provider);
}

void GrpcConnection::Refuse(int32_t stream, const absl::Status& status) {
  const std::string code = absl::StrCat(static_cast<int>(status.code()));
  const std::string message = PercentEncode(status.message());
  const nghttp2_nv headers[] = {HeaderField(":status", "200"), HeaderField("content-type", kGrpcContentType),
                                HeaderField("grpc-status", code), HeaderField("grpc-message", message)};
  nghttp2_submit_response(session_, stream, headers, 4, nullptr);
}

void GrpcConnection::OnData(absl::string_view bytes) {
  if (ignoring_) return;
  const absl::Status taken = reader_.Feed(bytes, [this](std::string message) {
    handler_->OnMessage(std::move(message));
    return !ignoring_;
  });
  if (taken.ok()) return;
  EndCall(Handler::End::kReset);
  Finish(taken);
}

void GrpcConnection::OnPeerEnd() {
  EndCall(Handler::End::kByPeer);
  queue_.Clear();
  Finish(absl::OkStatus());
}

void GrpcConnection::OnStreamClosed(int32_t stream) {
  if (stream != stream_) return;
  EndCall(finish_ ? Handler::End::kByUs : Handler::End::kReset);
  stream_ = 0;
  queue_.Clear();
  reader_.Clear();
}

void GrpcConnection::EndCall(Handler::End end) {
  ignoring_ = true;
  if (!std::exchange(told_, true)) handler_->OnCallEnd(end);
}

void GrpcConnection::Send(GrpcMessage message) {
  if (stream_ == 0 || finish_) return;
  queue_.Push(std::move(message));
  Resume();
}

void GrpcConnection::Finish(const absl::Status& status) {
  if (stream_ == 0 || std::exchange(finish_, true)) return;
  status_ = status;
  Resume();
}

void GrpcConnection::Resume() {
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(session_, stream_);
}

}  // namespace orch
