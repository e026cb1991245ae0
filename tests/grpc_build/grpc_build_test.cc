// Each patch of deploy/grpc/patches, shown on a plain gRPC server. The hub's door stops most of these attacks before
// gRPC sees them; here nothing stands before it.
#include <arpa/inet.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/net/http2.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

constexpr uint8_t kEndHeaders = 4;
constexpr int kPatienceMs = 5000;

// Reads messages to the end of each stream and says nothing.
class Reader final : public grpc::ServerGenericBidiReactor {
 public:
  Reader() { StartRead(&message_); }
  void OnReadDone(bool ok) override {
    if (ok) {
      StartRead(&message_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer message_;
};

class Listener final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override { return new Reader; }
};

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  const size_t n = payload.size();
  std::string frame{static_cast<char>(n >> 16),      static_cast<char>(n >> 8),      static_cast<char>(n),
                    static_cast<char>(type),         static_cast<char>(flags),       static_cast<char>(stream >> 24),
                    static_cast<char>(stream >> 16), static_cast<char>(stream >> 8), static_cast<char>(stream)};
  return frame.append(payload.data(), payload.size());
}

std::string Literal(absl::string_view text) {
  std::string out(1, static_cast<char>(text.size()));  // of less than 127 bytes
  return out.append(text.data(), text.size());
}

std::string RequestFields(bool gzip = false) {
  std::string block{'\x83', '\x86', '\x04'};
  block += Literal("/any/Method");
  block += '\x01';
  block += Literal("here");
  const auto add = [&block](absl::string_view name, absl::string_view value) {
    block += '\0';
    block += Literal(name);
    block += Literal(value);
  };
  add("te", "trailers");
  add("content-type", "application/grpc");
  if (gzip) add("grpc-encoding", "gzip");
  return block;
}

std::string Message(absl::string_view bytes, bool compressed = false) {
  const size_t n = bytes.size();
  std::string message{static_cast<char>(compressed), static_cast<char>(n >> 24), static_cast<char>(n >> 16),
                      static_cast<char>(n >> 8), static_cast<char>(n)};
  return message.append(bytes.data(), bytes.size());
}

class Peer {
 public:
  explicit Peer(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    Send(std::string(kHttp2Preface) + Frame(kSettingsFrame, 0, 0, ""));
    ReadFor(200);
    Send(Frame(kSettingsFrame, 1, 0, ""));
  }
  // False if the server has closed the connection.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // Takes what comes within that time.
  void ReadFor(int ms) {
    pollfd ready{socket_.get(), POLLIN, 0};
    char buffer[65'536];
    while (!ended_ && poll(&ready, 1, ms) > 0) {
      const ssize_t got = recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) {
        ended_ = true;
      } else {
        in_.append(buffer, static_cast<size_t>(got));
      }
    }
  }
  bool EndsSoon() {
    for (int waited = 0; !ended_ && waited < kPatienceMs; waited += 100) ReadFor(100);
    return ended_;
  }
  // Frames of a type that the server has sent so far.
  int Frames(uint8_t type) const {
    int count = 0;
    ForEachFrame([&](uint8_t of, uint32_t, absl::string_view) { count += of == type; });
    return count;
  }
  // Bytes that the server has allowed for a stream (0: the connection) beyond the first 65,535.
  size_t Granted(uint32_t stream) const {
    size_t sum = 0;
    ForEachFrame([&](uint8_t of, uint32_t on, absl::string_view payload) {
      if (of != kWindowUpdateFrame || on != stream) return;
      for (size_t i = 0, shift = 24; i < 4; ++i, shift -= 8) sum += size_t{static_cast<uint8_t>(payload[i])} << shift;
    });
    return sum;
  }

 private:
  template <typename Visit>
  void ForEachFrame(Visit visit) const {
    for (size_t at = 0; at + kFrameHeaderBytes <= in_.size();) {
      const auto* const h = reinterpret_cast<const uint8_t*>(in_.data() + at);
      const size_t n = size_t{h[0]} << 16 | size_t{h[1]} << 8 | h[2];
      visit(h[3], uint32_t{h[7]} << 8 | h[8], absl::string_view(in_).substr(at + kFrameHeaderBytes, n));
      at += kFrameHeaderBytes + n;
    }
  }

  UniqueFd socket_;
  std::string in_;
  bool ended_ = false;
};

class GrpcBuildTest : public testing::Test {
 protected:
  GrpcBuildTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~GrpcBuildTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  // A stranger who behaves is served.
  void ExpectServing() {
    Peer peer(port_);
    EXPECT_TRUE(
        peer.Send(Frame(kHeadersFrame, kEndHeaders, 1, RequestFields()) + Frame(kDataFrame, 1, 1, Message("x"))));
    peer.ReadFor(500);
    EXPECT_GT(peer.Frames(kHeadersFrame), 0);
  }

  Listener service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcBuildTest, SmallMessagesAreNotAnsweredWithAWindowEach) {
  Peer peer(port_);
  peer.Send(Frame(kHeadersFrame, kEndHeaders, 1, RequestFields()));
  peer.ReadFor(200);
  const int before = peer.Frames(kWindowUpdateFrame);
  for (int i = 0; i < 100; ++i) {
    peer.Send(Frame(kDataFrame, 0, 1, Message("a small message")));
    peer.ReadFor(2);
  }
  peer.ReadFor(200);
  EXPECT_LE(peer.Frames(kWindowUpdateFrame) - before, 5);
}

TEST_F(GrpcBuildTest, AMessageLargerThanTheWindowIsReadToItsEnd) {
  Peer peer(port_);
  peer.Send(Frame(kHeadersFrame, kEndHeaders, 1, RequestFields()));
  const std::string message = Message(std::string(3u << 20, 'x'));
  absl::string_view rest = message;
  size_t sent = 0;
  while (!rest.empty()) {
    const absl::string_view piece = rest.substr(0, 16'384);
    // Waits for room as a client does; that it comes is what is tested.
    const auto room = [&] { return 65'535 + std::min(peer.Granted(0), peer.Granted(1)) - sent; };
    for (int waited = 0; room() < piece.size() && waited < kPatienceMs; waited += 10) peer.ReadFor(10);
    ASSERT_GE(room(), piece.size()) << rest.size() << " bytes are left";
    ASSERT_TRUE(peer.Send(Frame(kDataFrame, piece.size() == rest.size() ? 1 : 0, 1, piece)));
    sent += piece.size();
    rest.remove_prefix(piece.size());
  }
  peer.ReadFor(500);
  EXPECT_GT(peer.Frames(kHeadersFrame), 0) << "the server has not ended the call";
}

TEST_F(GrpcBuildTest, AnIntegerWithoutEndEndsTheConnection) {
  Peer peer(port_);
  std::string block{'\0', '\x7f', '\x80', '\x80', '\x80', '\x80', '\x00'};
  block.pop_back();
  block.append(64, '\x80');
  peer.Send(Frame(kHeadersFrame, 0, 1, block));
  EXPECT_TRUE(peer.EndsSoon());
  ExpectServing();
}

TEST_F(GrpcBuildTest, AHeaderFieldWithoutEndEndsTheConnection) {
  Peer peer(port_);
  // A name of 16 MiB is announced.
  std::string block = RequestFields() + std::string{'\0', '\x7f', '\x80', '\x80', '\x80', '\x08'};
  bool open = peer.Send(Frame(kHeadersFrame, 0, 1, block));
  for (int i = 0; i < 128 && open; ++i) {
    open = peer.Send(Frame(kContinuationFrame, 0, 1, std::string(16'384, 'x')));
    peer.ReadFor(1);
  }
  EXPECT_TRUE(peer.EndsSoon());
  ExpectServing();
}

TEST_F(GrpcBuildTest, AHeaderBlockWithoutEndEndsTheConnection) {
  Peer peer(port_);
  bool open = peer.Send(Frame(kHeadersFrame, 0, 1, RequestFields()));
  std::string fields;
  for (int i = 0; i < 40; ++i)
    fields += std::string(1, '\0') + Literal("x-" + std::to_string(i)) + Literal(std::string(100, 'y'));
  for (int i = 0; i < 1000 && open; ++i) {
    open = peer.Send(Frame(kContinuationFrame, 0, 1, fields));
    if (i % 10 == 0) peer.ReadFor(1);
  }
  EXPECT_TRUE(peer.EndsSoon());
  ExpectServing();
}

TEST_F(GrpcBuildTest, ResetsEndTheConnectionBeyondABound) {
  Peer peer(port_);
  const auto reset = [&peer](uint32_t first, uint32_t count) {
    bool open = true;
    for (uint32_t i = 0; i < count && open; ++i) {
      const uint32_t stream = first + 2 * i;
      open = peer.Send(Frame(kHeadersFrame, kEndHeaders, stream, RequestFields()) +
                       Frame(kRstStreamFrame, 0, stream, std::string(4, '\0')));
      if (i % 50 == 0) peer.ReadFor(1);
    }
  };
  reset(1, 900);
  peer.ReadFor(200);
  ASSERT_TRUE(peer.Send(Frame(kPingFrame, 0, 0, std::string(8, 'p'))));
  peer.ReadFor(500);
  EXPECT_EQ(peer.Frames(kPingFrame), 1) << "900 resets are allowed";
  reset(10'001, 2000);
  EXPECT_TRUE(peer.EndsSoon());
  ExpectServing();
}

// Zeros of so many bytes, in about a thousandth of that.
std::string PackedZeros(size_t bytes) {
  const std::string zeros(1u << 20, '\0');
  std::string packed(bytes >> 9, '\0');
  z_stream zs{};
  EXPECT_EQ(deflateInit2(&zs, 9, Z_DEFLATED, 15 | 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  zs.next_out = reinterpret_cast<Bytef*>(packed.data());
  zs.avail_out = static_cast<uInt>(packed.size());
  for (size_t left = bytes; left > 0; left -= zeros.size()) {
    zs.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
    zs.avail_in = static_cast<uInt>(zeros.size());
    EXPECT_GE(deflate(&zs, left == zeros.size() ? Z_FINISH : Z_NO_FLUSH), Z_OK);
  }
  packed.resize(zs.total_out);
  deflateEnd(&zs);
  return packed;
}

// The most memory that this process has had, in KiB.
long MostMemoryKb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(GrpcBuildTest, ACompressedMessageIsNotUnpackedBeyondTheBound) {
  const std::string message = Message(PackedZeros(512u << 20), true);
  ASSERT_LT(message.size(), 1u << 20);
  const long before = MostMemoryKb();
  Peer peer(port_);
  peer.Send(Frame(kHeadersFrame, kEndHeaders, 1, RequestFields(true)));
  for (size_t at = 0; at < message.size(); at += 16'384) {
    // The window of a new stream, then what the server allows.
    while (at + 16'384 > 65'535 + std::min(peer.Granted(0), peer.Granted(1))) peer.ReadFor(10);
    ASSERT_TRUE(peer.Send(Frame(kDataFrame, 0, 1, absl::string_view(message).substr(at, 16'384))));
  }
  peer.ReadFor(3000);
  EXPECT_GT(peer.Frames(kHeadersFrame) + peer.Frames(kRstStreamFrame), 0) << "the call has not ended";
  EXPECT_LT(MostMemoryKb() - before, 128l << 10);
  ExpectServing();
}

}  // namespace
}  // namespace orch
