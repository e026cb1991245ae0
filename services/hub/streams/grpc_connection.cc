#include "services/hub/streams/grpc_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

constexpr size_t kPrefixBytes = 5;
constexpr size_t kReserveAtMost = 64u << 10;  // before its bytes have come, whatever length a message announces

// As gRPC's specification says: everything that is not printable, and the percent sign.
std::string PercentEncode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded += c;
    } else {
      const char* const digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

nghttp2_nv Field(absl::string_view name, absl::string_view value) {
  // nghttp2 copies both and changes neither.
  const auto bytes = [](absl::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_INDEX};
}

}  // namespace

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
    const absl::string_view name(reinterpret_cast<const char*>(name_bytes), name_size);
    const absl::string_view value(reinterpret_cast<const char*>(value_bytes), value_size);
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
    if (stream == self->stream_) self->OnData({reinterpret_cast<const char*>(bytes), size});
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
    const size_t size = self->CopyQueued(to, most);
    if (size > 0) return static_cast<ssize_t>(size);
    if (!self->finish_) {
      self->deferred_ = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::string code = absl::StrCat(static_cast<int>(self->status_.code()));
    const std::string message = PercentEncode(self->status_.message());
    const nghttp2_nv trailers[] = {Field("grpc-status", code), Field("grpc-message", message)};
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

size_t GrpcConnection::Take(char* bytes, size_t most) {
  size_t size = 0;
  while (size < most) {
    if (taken_.empty()) {
      const uint8_t* data = nullptr;
      const ssize_t more = nghttp2_session_mem_send(session_, &data);
      if (more <= 0) break;
      taken_ = {reinterpret_cast<const char*>(data), static_cast<size_t>(more)};
    }
    const size_t fits = std::min(taken_.size(), most - size);
    std::memcpy(bytes + size, taken_.data(), fits);
    taken_.remove_prefix(fits);
    size += fits;
  }
  return size;
}

bool GrpcConnection::has_output() const { return !taken_.empty() || nghttp2_session_want_write(session_) != 0; }

bool GrpcConnection::over() const { return !has_output() && nghttp2_session_want_read(session_) == 0; }

void GrpcConnection::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void GrpcConnection::OnRequest() {
  const int32_t stream = request_.stream;
  if (request_.method != "POST" || !absl::StartsWith(request_.content_type, "application/grpc")) {
    return Refuse(stream, absl::UnimplementedError("this is a gRPC server"));
  }
  if (stream_ != 0) {
    return Refuse(stream, absl::ResourceExhaustedError("this connection carries a stream; open another connection"));
  }
  if (const absl::Status refused = handler_->OnCall(request_.path); !refused.ok()) return Refuse(stream, refused);
  stream_ = stream;
  told_ = ignoring_ = deferred_ = finish_ = false;
  prefix_seen_ = message_left_ = 0;
  const nghttp2_nv headers[] = {Field(":status", "200"), Field("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = Callbacks::Read;
  nghttp2_submit_response(session_, stream, headers, 2, &provider);
}

void GrpcConnection::Refuse(int32_t stream, const absl::Status& status) {
  const std::string code = absl::StrCat(static_cast<int>(status.code()));
  const std::string message = PercentEncode(status.message());
  const nghttp2_nv headers[] = {Field(":status", "200"), Field("content-type", "application/grpc"),
                                Field("grpc-status", code), Field("grpc-message", message)};
  nghttp2_submit_response(session_, stream, headers, 4, nullptr);
}

void GrpcConnection::OnData(absl::string_view bytes) {
  while (!bytes.empty() && !ignoring_) {
    if (message_left_ == 0) {
      const size_t size = std::min(bytes.size(), kPrefixBytes - prefix_seen_);
      std::memcpy(prefix_ + prefix_seen_, bytes.data(), size);
      prefix_seen_ += size;
      bytes.remove_prefix(size);
      if (prefix_seen_ < kPrefixBytes || !BeginMessage()) return;
    }
    const size_t size = std::min(bytes.size(), message_left_);
    message_.append(bytes.data(), size);
    message_left_ -= size;
    bytes.remove_prefix(size);
    if (message_left_ > 0) return;
    prefix_seen_ = 0;
    handler_->OnMessage(std::exchange(message_, std::string()));
  }
}

bool GrpcConnection::BeginMessage() {
  message_left_ = static_cast<size_t>(prefix_[1]) << 24 | static_cast<size_t>(prefix_[2]) << 16 |
                  static_cast<size_t>(prefix_[3]) << 8 | prefix_[4];
  absl::Status refused;
  if (prefix_[0] != 0) refused = absl::UnimplementedError("the hub takes no compressed message");
  if (message_left_ > kMaxMessageBytes) {
    refused = absl::ResourceExhaustedError(
        absl::StrCat("a message of ", message_left_, " bytes; at most ", kMaxMessageBytes, " are taken"));
  }
  if (refused.ok()) {
    message_.reserve(std::min(message_left_, kReserveAtMost));
    return true;
  }
  EndCall(Handler::End::kReset);
  Finish(refused);
  return false;
}

void GrpcConnection::OnPeerEnd() {
  EndCall(Handler::End::kByPeer);
  ForgetQueued();
  Finish(absl::OkStatus());
}

void GrpcConnection::OnStreamClosed(int32_t stream) {
  if (stream != stream_) return;
  EndCall(finish_ ? Handler::End::kByUs : Handler::End::kReset);
  stream_ = 0;
  ForgetQueued();
  std::string().swap(message_);
}

void GrpcConnection::EndCall(Handler::End end) {
  ignoring_ = true;
  if (!std::exchange(told_, true)) handler_->OnCallEnd(end);
}

void GrpcConnection::Send(Message message) {
  if (stream_ == 0 || finish_) return;
  const size_t size = message.size();
  queue_.push_back({{0, static_cast<uint8_t>(size >> 24), static_cast<uint8_t>(size >> 16),
                     static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)},
                    std::move(message)});
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

size_t GrpcConnection::CopyQueued(uint8_t* to, size_t most) {
  size_t done = 0;
  while (done < most && next_ < queue_.size()) {
    const Queued& queued = queue_[next_];
    size_t before = 0;
    const auto copy = [&](const void* bytes, size_t size) {
      if (next_at_ >= before && next_at_ < before + size && done < most) {
        const size_t skip = next_at_ - before;
        const size_t fits = std::min(size - skip, most - done);
        std::memcpy(to + done, static_cast<const char*>(bytes) + skip, fits);
        done += fits;
        next_at_ += fits;
      }
      before += size;
    };
    copy(queued.prefix, kPrefixBytes);
    copy(queued.message.head.data(), queued.message.head.size());
    if (queued.message.rest != nullptr) copy(queued.message.rest->data(), queued.message.rest->size());
    if (next_at_ < before) break;
    handler_->OnWritten(queued.message.size());
    queue_[next_++].message = Message();
    next_at_ = 0;
  }
  if (next_ == queue_.size()) {
    ForgetQueued();
  } else if (next_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(next_));
    next_ = 0;
  }
  return done;
}

// An idle connection holds no memory for messages. A message that is written in part goes on to its end only while it
// is queued: whoever forgets it ends the call.
void GrpcConnection::ForgetQueued() {
  std::vector<Queued>().swap(queue_);
  next_ = next_at_ = 0;
}

}  // namespace orch::hub
