// The client's side of an HTTP/2 connection, for tests: nghttp2's own client. Bytes in, bytes out.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch {

class Http2Client {
 public:
  struct Answer {
    std::map<std::string, std::string> fields;  // headers and trailers
    std::string data;
    bool closed = false;
    uint32_t error = 0;  // of closing
  };

  Http2Client() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          Self(user).answers[frame->hd.stream_id].fields[Text(name, name_size)] = Text(value, value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
          Self(user).answers[stream].data += Text(data, size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t stream, uint32_t error, void* user) {
          Self(user).answers[stream].closed = true;
          Self(user).answers[stream].error = error;
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          const bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
          if (frame->hd.type == NGHTTP2_PING && !is_ack) ++Self(user).pings;
          if (frame->hd.type == NGHTTP2_SETTINGS && !is_ack) ++Self(user).settings;
          return 0;
        });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Http2Client() { nghttp2_session_del(session_); }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  int32_t Call(const std::string& path, Fields more = {}) {
    Fields fields = {{":method", "POST"},   {":scheme", "http"}, {":path", path},
                     {":authority", "hub"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
    for (auto& field : more) {
      bool replaced = false;
      for (auto& [name, value] : fields) {
        if (name == field.first) value = field.second, replaced = true;
      }
      if (!replaced) fields.push_back(field);
    }
    std::vector<nghttp2_nv> nv;
    for (auto& [name, value] : fields) {
      nv.push_back({Bytes(name), Bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, int32_t stream, uint8_t* to, size_t most, uint32_t* flags,
                                nghttp2_data_source* source, void*) -> ssize_t {
      Upload& upload = static_cast<Http2Client*>(source->ptr)->uploads_[stream];
      if (upload.bytes.empty() && !upload.ends) return NGHTTP2_ERR_DEFERRED;
      const size_t size = std::min(most, upload.bytes.size());
      upload.bytes.copy(reinterpret_cast<char*>(to), size);
      upload.bytes.erase(0, size);
      if (upload.ends && upload.bytes.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(size);
    };
    return nghttp2_submit_request(session_, nullptr, nv.data(), nv.size(), &provider, nullptr);
  }

  // A gRPC message, with its length before it.
  static std::string Framed(absl::string_view message, char compressed = 0) {
    const auto size = static_cast<uint32_t>(message.size());
    return std::string{compressed, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                       static_cast<char>(size >> 8), static_cast<char>(size)} +
           std::string(message);
  }
  void Say(int32_t stream, absl::string_view bytes, bool ends = false) {
    uploads_[stream].bytes.append(bytes.data(), bytes.size());
    uploads_[stream].ends = ends;
    nghttp2_session_resume_data(session_, stream);
  }
  void Reset(int32_t stream) { nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL); }

  std::string TakeBytes() {
    std::string all;
    const uint8_t* data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;)
      all += Text(data, static_cast<size_t>(size));
    return all;
  }
  // False when the bytes are not HTTP/2.
  bool Receive(absl::string_view bytes) {
    return nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) >= 0;
  }

  std::map<int32_t, Answer> answers;
  int pings = 0;
  int settings = 0;

 private:
  struct Upload {
    std::string bytes;
    bool ends = false;
  };
  static Http2Client& Self(void* user) { return *static_cast<Http2Client*>(user); }
  static std::string Text(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }
  static uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Upload> uploads_;
};

}  // namespace orch
