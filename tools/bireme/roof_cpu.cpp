// SPDX-License-Identifier: Apache-2.0
// The limits of a CPU, measured: chains of products and sums in registers, and copies.
#include "tools/bireme/roof.h"
#include "tools/bireme/run_times.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <numeric>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace bireme::cli {

namespace {

constexpr int kRounds = 20000;  // of a burst: 30 to 200 microseconds
constexpr int kChains = 12;     // independent: as many as hide the latency of one

using Burst = float (*)(float seed);  // kRounds x kChains instructions

// Chains that began alike would be one chain to the compiler, and the latency of an instruction
// what is measured. A function of its own for each instruction set. The chains stand written out:
// neither templates nor lambdas take on the target of the function around them.
#define BURST(name, target, V, zero, splat, step, first)                                           \
    target float name(float seed) {                                                                \
        const V x = splat, y = splat;                                                              \
        V s0 = zero, s1 = step(s0, x, y), s2 = step(s1, x, y), s3 = step(s2, x, y),                \
          s4 = step(s3, x, y), s5 = step(s4, x, y), s6 = step(s5, x, y), s7 = step(s6, x, y),      \
          s8 = step(s7, x, y), s9 = step(s8, x, y), sa = step(s9, x, y), sb = step(sa, x, y);      \
        for (int i = 0; i < kRounds; ++i) {                                                        \
            s0 = step(s0, x, y), s1 = step(s1, x, y);                                              \
            s2 = step(s2, x, y), s3 = step(s3, x, y);                                              \
            s4 = step(s4, x, y), s5 = step(s5, x, y);                                              \
            s6 = step(s6, x, y), s7 = step(s7, x, y);                                              \
            s8 = step(s8, x, y), s9 = step(s9, x, y);                                              \
            sa = step(sa, x, y), sb = step(sb, x, y);                                              \
        }                                                                                          \
        return first(s0) + first(s1) + first(s2) + first(s3) + first(s4) + first(s5) + first(s6) + \
               first(s7) + first(s8) + first(s9) + first(sa) + first(sb);                          \
    }
#define TARGET(isa) __attribute__((target(isa)))

using Floats4 [[gnu::vector_size(16)]] = float;
#define MULTIPLY_ADD(s, x, y) ((s) + (x) * (y))
#define FIRST(s) (s)[0]
BURST(burst4, , Floats4, Floats4{}, Floats4{} + seed, MULTIPLY_ADD, FIRST)

#if defined(__x86_64__)

#define FMA256(s, x, y) _mm256_fmadd_ps(s, x, y)
BURST(burst8, TARGET("avx2,fma"), __m256, _mm256_setzero_ps(), _mm256_set1_ps(seed), FMA256,
      _mm256_cvtss_f32)
#define FMA512(s, x, y) _mm512_fmadd_ps(s, x, y)
BURST(burst16, TARGET("avx512f"), __m512, _mm512_setzero_ps(), _mm512_set1_ps(seed), FMA512,
      _mm512_cvtss_f32)
#define DOT_BF16(s, x, y) \
    _mm512_dpbf16_ps(s, (__m512bh)_mm512_castps_si512(x), (__m512bh)_mm512_castps_si512(y))
BURST(burstBf16, TARGET("avx512f,avx512bf16"), __m512, _mm512_setzero_ps(), _mm512_set1_ps(seed),
      DOT_BF16, _mm512_cvtss_f32)
#define DOT_BYTES(s, x, y) _mm512_dpbusd_epi32(s, x, y)
#define FIRST_INT(s) static_cast<float>(_mm512_cvtsi512_si32(s))
BURST(burstBytes, TARGET("avx512f,avx512vnni"), __m512i, _mm512_setzero_si512(),
      _mm512_set1_epi8(static_cast<char>(seed * 2)), DOT_BYTES, FIRST_INT)

#endif

#if defined(__x86_64__) && defined(__linux__)

// Six chains hide the latency of tiles; of 16 x 16 sums, four bytes of rows and columns each.
struct alignas(64) TileShape {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(kChains == 2 * 6);
#define TILE_BURST(name, target, multiply)                                   \
    target float name(float seed) {                                          \
        const TileShape shape;                                               \
        alignas(64) float memory[256];                                       \
        std::fill(std::begin(memory), std::end(memory), seed);               \
        asm volatile("ldtilecfg %0" : : "m"(shape), "r"(memory) : "memory"); \
        _tile_zero(0);                                                       \
        _tile_zero(1);                                                       \
        _tile_zero(2);                                                       \
        _tile_zero(3);                                                       \
        _tile_zero(4);                                                       \
        _tile_zero(5);                                                       \
        _tile_loadd(6, memory, 64);                                          \
        _tile_loadd(7, memory, 64);                                          \
        for (int i = 0; i < 2 * kRounds; ++i) {                              \
            multiply(0, 6, 7);                                               \
            multiply(1, 6, 7);                                               \
            multiply(2, 6, 7);                                               \
            multiply(3, 6, 7);                                               \
            multiply(4, 6, 7);                                               \
            multiply(5, 6, 7);                                               \
        }                                                                    \
        _tile_stored(0, memory, 64);                                         \
        asm volatile("tilerelease" : : "r"(memory) : "memory");              \
        return memory[0];                                                    \
    }
TILE_BURST(burstTiles, TARGET("amx-tile,amx-bf16"), _tile_dpbf16ps)
TILE_BURST(burstByteTiles, TARGET("amx-tile,amx-int8"), _tile_dpbusd)

// Bits of the processor's tiles, where Linux lets this process use them.
constexpr unsigned kTilesOfBf16 = 1u << 22, kTiles = 1u << 24, kTilesOfBytes = 1u << 25;
unsigned tileKinds() {
    constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned a = 0, b = 0, c = 0, d = 0;
    const bool has = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kTiles) &&
                     syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
    return has ? d : 0;
}

#endif

struct Instruction {
    Burst burst;
    int operations;  // of one
};

// Calls work(thread) on all threads at once for some milliseconds, `windows` times; what the calls
// gave, a second, by window and thread.
template <typename Work>
std::vector<std::vector<double>> rates(int threads, int windows, double milliseconds, Work&& work) {
    std::vector<std::vector<double>> found(static_cast<size_t>(windows),
                                           std::vector<double>(static_cast<size_t>(threads), 0));
    std::atomic<int> ready{0};
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            work(t);
            for (int w = 0; w < windows; ++w) {
                for (++ready; ready < threads * (w + 1);) std::this_thread::yield();
                double done = 0;
                const double begin = nowMs();
                double now = begin;
                for (; now - begin < milliseconds; now = nowMs()) done += work(t);
                found[static_cast<size_t>(w)][static_cast<size_t>(t)] = 1000 * done / (now - begin);
            }
        });
    for (auto& t : all) t.join();
    return found;
}

// Of each thread the best window: other programs may have taken its core in the others.
double operationsPerSecond(int threads, const Instruction& i) {
    std::atomic<float> sink{0};
    const auto found = rates(threads, 12, 4, [&](int) {
        sink = i.burst(0.5f);
        return double{kRounds} * kChains * i.operations;
    });
    double sum = 0;
    for (size_t t = 0; t < static_cast<size_t>(threads); ++t) {
        double best = 0;
        for (const auto& window : found) best = std::max(best, window[t]);
        sum += best;
    }
    return sum;
}

double bytesPerSecond(int threads, size_t bytes) {
    const size_t each = bytes / 2 / static_cast<size_t>(threads);
    std::vector<std::vector<uint8_t>> from(static_cast<size_t>(threads)), to = from;
    for (auto& v : from) v.assign(each, 1);
    for (auto& v : to) v.assign(each, 0);
    const auto found = rates(threads, 6, 8, [&](int t) {
        const auto at = static_cast<size_t>(t);
        std::memcpy(to[at].data(), from[at].data(), each);
        return 2.0 * static_cast<double>(each);
    });
    double best = 0;  // together: they share the memory
    for (const auto& window : found)
        best = std::max(best, std::accumulate(window.begin(), window.end(), 0.0));
    return best;
}

}  // namespace

Roof measuredRoof(int threads) {
    if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    Instruction fp32{burst4, 8}, narrow{}, bytes{};
    std::string isa = "128 bits";
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        fp32 = {burst8, 16}, isa = "AVX2";
    if (__builtin_cpu_supports("avx512f")) fp32 = {burst16, 32}, isa = "AVX-512";
    if (__builtin_cpu_supports("avx512bf16")) narrow = {burstBf16, 64};
    if (__builtin_cpu_supports("avx512vnni")) bytes = {burstBytes, 128};
#endif
#if defined(__x86_64__) && defined(__linux__)
    if (const unsigned kinds = tileKinds()) {
        isa = "AVX-512 and AMX";
        if (kinds & kTilesOfBf16) narrow = {burstTiles, 2 * 16 * 16 * 32};
        if (kinds & kTilesOfBytes) bytes = {burstByteTiles, 2 * 16 * 16 * 64};
    }
#endif
    Roof roof;
    roof.operations[0] = operationsPerSecond(threads, fp32);
    roof.operations[1] = narrow.burst ? operationsPerSecond(threads, narrow) : roof.operations[0];
    roof.operations[2] = bytes.burst ? operationsPerSecond(threads, bytes) : roof.operations[1];
    for (size_t size = size_t{1} << 17; size <= size_t{1} << 27; size *= 4)
        roof.copies.push_back({static_cast<double>(size), bytesPerSecond(threads, size)});
    // A smaller size is no slower than a larger one: what says so is noise of other programs.
    for (size_t i = roof.copies.size() - 1; i-- > 0;)
        roof.copies[i].perSecond = std::max(roof.copies[i].perSecond, roof.copies[i + 1].perSecond);
    roof.source = "CPU, " + std::to_string(threads) + " threads, " + isa + ", measured";
    return roof;
}

}  // namespace bireme::cli
