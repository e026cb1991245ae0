// What authentication costs for each message.
#include "absl/strings/str_cat.h"
#include "auth/keyring.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "benchmark/benchmark.h"

namespace orch::auth {
namespace {

v1::Envelope Command(const std::string& body) {
  v1::Envelope envelope;
  envelope.set_direction(v1::Envelope::TO_NODE);
  envelope.set_kind(v1::Envelope::COMMAND);
  envelope.set_attempt_id("0123456789abcdef0123456789abcdef");
  envelope.set_identity("web0001.example.com");
  envelope.set_body(body);
  return envelope;
}

const Key kBenchKey = {"k1", std::string(kKeyBytes, 'k')};

// Once per node of a job, with the body's digest computed once for all.
void BM_SealEnvelope(benchmark::State& state) {
  const std::string body(300, 'b');
  const std::string digest = Sha256(body);
  v1::Envelope envelope = Command(body);
  SystemRandom random;
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (auto _ : state) {
    SealEnvelope(kBenchKey, digest, now, kMessageTtl, &random, &envelope);
    benchmark::DoNotOptimize(envelope);
  }
}
BENCHMARK(BM_SealEnvelope);

void BM_OpenEnvelope(benchmark::State& state) {
  const std::string body(static_cast<size_t>(state.range(0)), 'b');
  v1::Envelope envelope = Command(body);
  SystemRandom random;
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  SealEnvelope(kBenchKey, Sha256(body), now, kMessageTtl, &random, &envelope);
  const EnvelopeExpectation expected{v1::Envelope::TO_NODE, "web0001.example.com", nullptr};
  Refusal refusal;
  for (auto _ : state) {
    const absl::Status opened = OpenEnvelope(envelope, kBenchKey, expected, now, &refusal);
    if (!opened.ok()) state.SkipWithError("refused");
  }
}
BENCHMARK(BM_OpenEnvelope)->Arg(300)->Arg(64 << 10);

// The nonce alone: what of SealEnvelope is the kernel's.
void BM_SystemRandom16(benchmark::State& state) {
  SystemRandom random;
  for (auto _ : state) benchmark::DoNotOptimize(random.Bytes(16));
}
BENCHMARK(BM_SystemRandom16);

void BM_DeriveKey(benchmark::State& state) {
  const std::string psk(kKeyBytes, 'p');
  for (auto _ : state) benchmark::DoNotOptimize(DeriveKey(psk, PeerKind::kNode, "web0001.example.com"));
}
BENCHMARK(BM_DeriveKey);

}  // namespace
}  // namespace orch::auth

BENCHMARK_MAIN();
