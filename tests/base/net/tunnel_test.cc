#include "base/net/tunnel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>

#include <functional>
#include <future>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/net/refusal_frames.h"
#include "base/net/tunnel_security.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/net/tls_pair.h"

namespace orch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(30);
const std::string kServerSettings("\0\0\6\4\0\0\0\0\0\0\4\0\x40\0\0", 15);

// By key 'k', or in clear with two lines each way.
class TestSecurity final : public TunnelSecurity {
 public:
  explicit TestSecurity(bool clear) : clear_(clear) {}
  bool in_clear() const override { return clear_; }
  absl::StatusOr<SslPtr> BeginTls() override { return MakeSsl<'k'>(false); }
  absl::Status CheckTls(SSL* ssl) override {
    return SSL_session_reused(ssl) == 1 ? absl::OkStatus() : absl::UnauthenticatedError("the hub showed no key");
  }
  absl::Status ExplainTls(unsigned long error) override {  // NOLINT: OpenSSL's type
    return absl::UnavailableError(absl::StrCat("TLS reason ", ERR_GET_REASON(error)));
  }
  std::string FirstLine() override { return "hello"; }
  absl::StatusOr<Step> OnLine(absl::string_view line) override {
    if (line == "who") return Step{false, "me", ""};
    if (line == "ok") return Step{true, "", "session"};
    return absl::UnauthenticatedError(absl::StrCat("said ", line));
  }

 private:
  const bool clear_;
};

// One connection is taken on 127.0.0.1 and given to `serve`, which gets a blocking socket.
class OneConnection {
 public:
  explicit OneConnection(std::function<void(UniqueFd)> serve) {
    listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof to;
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&to), size) != 0 || listen(listener_.get(), 1) != 0 ||
        getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&to), &size) != 0) {
      std::abort();
    }
    address_ = *ParseAddress(absl::StrCat("127.0.0.1:", ntohs(to.sin_port)));
    thread_ = std::thread([this, serve = std::move(serve)] {
      UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (fd.valid()) serve(std::move(fd));
    });
  }
  ~OneConnection() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  const Address& address() const { return address_; }

 private:
  UniqueFd listener_;
  Address address_;
  std::thread thread_;
};

// The hub's side of TLS on a blocking socket.
SslPtr Accept(int fd) {
  SslPtr ssl = MakeSsl<'k'>(true);
  SSL_set_fd(ssl.get(), fd);
  return SSL_accept(ssl.get()) == 1 ? std::move(ssl) : nullptr;
}
void WriteAll(SSL* ssl, absl::string_view bytes) {
  while (!bytes.empty()) {
    const int done = SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    if (done <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(done));
  }
}
std::string ReadLineOf(int fd) {
  std::string line;
  for (char byte = 0; recv(fd, &byte, 1, 0) == 1 && byte != '\n';) line += byte;
  return line;
}

// Says `say` once it may, and remembers how it went. The test's thread waits for the promises.
class RecordingEnd final : public TunnelEnd {
 public:
  struct Record {
    std::promise<std::string> begun;  // with the session
    std::promise<absl::Status> over;
    std::string heard;  // to be read after `over`
  };
  RecordingEnd(std::shared_ptr<Record> record, std::string say, size_t end_after)
      : record_(std::move(record)), say_(std::move(say)), end_after_(end_after) {}
  void Begin(const std::string& session) override { record_->begun.set_value(session); }
  // A copy of its own, because the thread sanitizer does not see how copies of a Status share their memory.
  void Over(const absl::Status& why) override { record_->over.set_value(absl::Status(why.code(), why.message())); }
  absl::Status Put(absl::string_view bytes) override {
    record_->heard.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  void EndPutting() override { ended_ = true; }
  size_t unsent() const override { return 0; }
  void Flush() override {}
  Taken Take(char* bytes, size_t most, size_t* size) override {
    *size = say_.copy(bytes, most);
    say_.erase(0, *size);
    return *size > 0 ? Taken::kBytes : Taken::kNothing;
  }
  bool readable() const override { return !say_.empty(); }
  bool ended() const override { return ended_ || record_->heard.size() >= end_after_; }

 private:
  const std::shared_ptr<Record> record_;
  std::string say_;
  const size_t end_after_;
  bool ended_ = false;
};

class TunnelTest : public testing::Test {
 protected:
  std::shared_ptr<RecordingEnd::Record> Carry(const Address& address, bool clear = false, size_t end_after = SIZE_MAX) {
    auto record = std::make_shared<RecordingEnd::Record>();
    tunnel_ = Tunnel::Start(address, std::make_unique<TestSecurity>(clear), &clock_, kLong,
                            std::make_unique<RecordingEnd>(record, "hello\n", end_after));
    return record;
  }
  // Waits for what the tunnel opens to.
  absl::StatusOr<Tunnel::Opened> Open(const Address& address, bool clear = false, absl::Duration limit = kLong) {
    auto opened = std::make_shared<std::promise<absl::StatusOr<Tunnel::Opened>>>();
    std::future<absl::StatusOr<Tunnel::Opened>> future = opened->get_future();
    tunnel_ = Tunnel::Start(address, std::make_unique<TestSecurity>(clear), &clock_, limit,
                            [opened](absl::StatusOr<Tunnel::Opened> result) { opened->set_value(std::move(result)); });
    return future.get();
  }
  std::string Failure(const Address& address, bool clear = false, absl::Duration limit = kLong) {
    const absl::StatusOr<Tunnel::Opened> opened = Open(address, clear, limit);
    EXPECT_FALSE(opened.ok());
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr(absl::StrCat("hub ", address.Text())));
    return std::string(opened.status().message());
  }
  static std::string Receive(int fd, size_t size) {
    std::string all;
    char bytes[65'536];
    while (all.size() < size) {
      pollfd one{fd, POLLIN, 0};
      if (poll(&one, 1, 20'000) != 1) break;
      const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      all.append(bytes, static_cast<size_t>(got));
    }
    return all;
  }

  SystemClock clock_;
  std::unique_ptr<Tunnel> tunnel_;
};

TEST_F(TunnelTest, OpensWithTheHubsFirstWordAndCarriesBothWays) {
  const std::string big(3'000'000, '\0');  // messages without content
  OneConnection hub([&](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    if (ssl == nullptr) return;
    WriteAll(ssl.get(), kServerSettings);
    char bytes[5];
    if (SSL_read(ssl.get(), bytes, sizeof bytes) != 5) return;
    // Frames that the guard of the peer's side lets pass.
    for (size_t at = 0; at < big.size(); at += 10'000) {
      WriteAll(ssl.get(), absl::StrCat(std::string("\0\x27\x10\0\0\0\0\0\1", 9), big.substr(at, 10'000)));
    }
    SSL_shutdown(ssl.get());
    shutdown(fd.get(), SHUT_WR);
    char byte;
    while (recv(fd.get(), &byte, 1, 0) > 0) {
    }
  });
  absl::StatusOr<Tunnel::Opened> opened = Open(hub.address());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->session, "");
  ASSERT_EQ(Push(opened->channel.get(), "hello"), 5u);
  const size_t whole = kServerSettings.size() + big.size() / 10'000 * 10'009;
  EXPECT_EQ(Receive(opened->channel.get(), whole).size(), whole);
  EXPECT_EQ(Receive(opened->channel.get(), 1), "") << "and then the end";
}

TEST_F(TunnelTest, AHubThatTurnsItsPeerAwaySaysWhy) {
  OneConnection hub([](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    if (ssl == nullptr) return;
    WriteAll(ssl.get(), MakeRefusal("this identity has 2 connections open"));
    SSL_shutdown(ssl.get());
  });
  EXPECT_THAT(Failure(hub.address()), HasSubstr("this identity has 2 connections open"));
}

TEST_F(TunnelTest, AHubWithAnotherKeyGetsNothing) {
  OneConnection hub([](UniqueFd fd) {
    SslPtr ssl = MakeSsl<'x'>(true);
    SSL_set_fd(ssl.get(), fd.get());
    EXPECT_NE(SSL_accept(ssl.get()), 1);
  });
  EXPECT_THAT(Failure(hub.address()), HasSubstr("TLS reason"));
}

TEST_F(TunnelTest, WhoSaysNothingIsLeftAtTheDeadline) {
  std::promise<void> done;
  OneConnection hub([&done](UniqueFd) { done.get_future().wait(); });
  EXPECT_THAT(Failure(hub.address(), false, absl::Milliseconds(200)), HasSubstr("did not finish the TLS handshake"));
  done.set_value();
}

TEST_F(TunnelTest, WhoShakesHandsAndThenSaysNothingIsLeftAtTheDeadline) {
  std::promise<void> done;
  OneConnection hub([&done](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    done.get_future().wait();
  });
  EXPECT_THAT(Failure(hub.address(), false, absl::Milliseconds(500)), HasSubstr("did not greet in time"));
  done.set_value();
}

TEST_F(TunnelTest, NobodyListens) {
  Address address;
  {
    address = OneConnection([](UniqueFd) {}).address();
  }
  EXPECT_THAT(Failure(address), HasSubstr("nothing listens there"));
}

TEST_F(TunnelTest, WhatIsNoTlsAndWhoHangsUpAreToldApart) {
  OneConnection web([](UniqueFd fd) { Push(fd.get(), "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_THAT(Failure(web.address()), HasSubstr(absl::StrCat("TLS reason ", SSL_R_WRONG_VERSION_NUMBER)));
  OneConnection gone([](UniqueFd) {});
  EXPECT_THAT(Failure(gone.address()), HasSubstr("hub 127.0.0.1"));
}

// A hostile hub after the proof: what its peer's guard does not take ends the connection.
TEST_F(TunnelTest, AHubThatBreaksTheRulesIsLeftWithAReason) {
  OneConnection hub([](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    if (ssl == nullptr) return;
    WriteAll(ssl.get(), kServerSettings);
    char byte;
    if (SSL_read(ssl.get(), &byte, 1) != 1) return;
    WriteAll(ssl.get(), std::string("\xff\xff\xff\0\0\0\0\0\1", 9));  // a frame of 16 MiB
    while (SSL_read(ssl.get(), &byte, 1) > 0) {
    }
  });
  absl::StatusOr<Tunnel::Opened> opened = Open(hub.address());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(Push(opened->channel.get(), "x"), 1u);
  EXPECT_EQ(Receive(opened->channel.get(), 1'000).size(), kServerSettings.size());
  for (int i = 0; i < 1'000 && tunnel_->reason().ok(); ++i) poll(nullptr, 0, 10);
  EXPECT_THAT(std::string(tunnel_->reason().message()), HasSubstr("a frame of 16777215 bytes"));
}

TEST_F(TunnelTest, InClearTheConnectionItselfIsHandedOver) {
  OneConnection hub([](UniqueFd fd) {
    EXPECT_EQ(ReadLineOf(fd.get()), "hello");
    Push(fd.get(), "wh");
    Push(fd.get(), "o\n");
    EXPECT_EQ(ReadLineOf(fd.get()), "me");
    Push(fd.get(), absl::StrCat("ok\n", kServerSettings));  // gRPC's first bytes come with the last line
    EXPECT_EQ(ReadLineOf(fd.get()), "from gRPC");
  });
  absl::StatusOr<Tunnel::Opened> opened = Open(hub.address(), true);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->session, "session");
  EXPECT_EQ(Receive(opened->channel.get(), kServerSettings.size()), kServerSettings) << "not a byte is lost";
  Push(opened->channel.get(), "from gRPC\n");
}

TEST_F(TunnelTest, InClearALineIsBoundedAndARefusalArrives) {
  OneConnection endless([](UniqueFd fd) { Push(fd.get(), std::string(4'000, 'x')); });
  EXPECT_THAT(Failure(endless.address(), true), HasSubstr("no orch hub"));
  OneConnection no([](UniqueFd fd) {
    ReadLineOf(fd.get());
    Push(fd.get(), "no way\n");
    ReadLineOf(fd.get());
  });
  EXPECT_THAT(Failure(no.address(), true), HasSubstr("said no way"));
  OneConnection gone([](UniqueFd fd) { ReadLineOf(fd.get()); });
  EXPECT_THAT(Failure(gone.address(), true), HasSubstr("closed the connection"));
}

TEST_F(TunnelTest, AnEndOfItsOwnIsCarriedOverTls) {
  OneConnection hub([](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    if (ssl == nullptr) return;
    WriteAll(ssl.get(), kServerSettings);
    char bytes[6];
    EXPECT_EQ(SSL_read(ssl.get(), bytes, sizeof bytes), 6);
    SSL_shutdown(ssl.get());
  });
  const auto record = Carry(hub.address());
  EXPECT_EQ(record->begun.get_future().get(), "");
  EXPECT_EQ(record->over.get_future().get(), absl::OkStatus());
  EXPECT_EQ(record->heard, kServerSettings);
}

TEST_F(TunnelTest, AnEndOfItsOwnIsCarriedInClear) {
  OneConnection hub([](UniqueFd fd) {
    ReadLineOf(fd.get());
    Push(fd.get(), "who\n");
    ReadLineOf(fd.get());
    Push(fd.get(), absl::StrCat("ok\n", kServerSettings));
    EXPECT_EQ(ReadLineOf(fd.get()), "hello");
  });
  const auto record = Carry(hub.address(), true);
  EXPECT_EQ(record->begun.get_future().get(), "session");
  EXPECT_EQ(record->over.get_future().get(), absl::OkStatus());
  EXPECT_EQ(record->heard, kServerSettings);
}

TEST_F(TunnelTest, AnEndLearnsWhyItNeverOpened) {
  OneConnection hub([](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    if (ssl != nullptr) WriteAll(ssl.get(), MakeRefusal("this identity has 2 connections open"));
  });
  const absl::Status turned_away = Carry(hub.address())->over.get_future().get();
  EXPECT_THAT(std::string(turned_away.message()),
              AllOf(HasSubstr("cannot connect to hub"), HasSubstr("2 connections")));
  OneConnection no_hub([](UniqueFd fd) { Push(fd.get(), "SSH-2.0-OpenSSH\r\n"); });
  const absl::Status no_tls = Carry(no_hub.address())->over.get_future().get();
  EXPECT_THAT(std::string(no_tls.message()), HasSubstr("cannot connect to hub"));
}

TEST_F(TunnelTest, AHubThatBreaksTheRulesIsLeftByAnEndToo) {
  OneConnection hub([](UniqueFd fd) {
    const SslPtr ssl = Accept(fd.get());
    if (ssl == nullptr) return;
    WriteAll(ssl.get(), absl::StrCat(kServerSettings, std::string("\xff\xff\xff\0\0\0\0\0\1", 9)));
    char byte;
    SSL_read(ssl.get(), &byte, 1);
  });
  const absl::Status over = Carry(hub.address())->over.get_future().get();
  EXPECT_THAT(std::string(over.message()), HasSubstr("a frame of 16777215 bytes"));
}

// What a hostile hub sends for ever: the frames are small and allowed.
void Flood(UniqueFd fd) {
  const SslPtr ssl = Accept(fd.get());
  if (ssl == nullptr) return;
  WriteAll(ssl.get(), kServerSettings);
  std::string resets;
  for (int i = 0; i < 1000; ++i) resets += std::string("\0\0\4\3\0\0\0\0\1\0\0\0\0", 13);
  while (SSL_write(ssl.get(), resets.data(), static_cast<int>(resets.size())) > 0) {
  }
}

TEST_F(TunnelTest, AFloodDoesNotKeepATunnelFromItsEnd) {
  signal(SIGPIPE, SIG_IGN);
  OneConnection hub(Flood);
  const auto record = Carry(hub.address());
  record->begun.get_future().wait();
  absl::SleepFor(absl::Milliseconds(100));
  const absl::Duration start = clock_.Steady();
  tunnel_.reset();
  EXPECT_LT(clock_.Steady() - start, absl::Seconds(10));
}

TEST_F(TunnelTest, AnEndThatHasHeardEnoughEndsTheConnection) {
  signal(SIGPIPE, SIG_IGN);
  OneConnection hub(Flood);
  const auto record = Carry(hub.address(), false, 100'000);
  EXPECT_EQ(record->over.get_future().get(), absl::OkStatus());
  EXPECT_LT(record->heard.size(), 200'000u);
}

TEST_F(TunnelTest, EndsAtOnceInWhateverStateItIs) {
  std::promise<void> done;
  OneConnection hub([&done](UniqueFd) { done.get_future().wait(); });
  bool called = false;
  const absl::Duration start = clock_.Steady();
  Tunnel::Start(hub.address(), std::make_unique<TestSecurity>(false), &clock_, kLong,
                [&called](absl::StatusOr<Tunnel::Opened>) { called = true; })
      .reset();
  EXPECT_LT(clock_.Steady() - start, absl::Seconds(10));
  EXPECT_FALSE(called);
  done.set_value();
}

}  // namespace
}  // namespace orch
