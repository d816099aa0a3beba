// SPDX-License-Identifier: Apache-2.0
// A hundred thousand inferences over changing shapes take no more memory than the first thousands.
#include "builder/build.h"
#include "ir/parse.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

using namespace bireme;

#ifdef __SANITIZE_ADDRESS__
// What is freed is kept aside up to this size; as set by the sanitizer it would still grow after
// the first thousands.
extern "C" [[gnu::visibility("default")]] const char* __asan_default_options() {
    return "quarantine_size_mb=8";
}
#endif

namespace {

int64_t residentBytes() {
    long pages = 0, resident = 0;
    std::FILE* f = std::fopen("/proc/self/statm", "r");
    if (!f || std::fscanf(f, "%ld %ld", &pages, &resident) != 2) resident = 0;
    if (f) std::fclose(f);
    return resident * ::sysconf(_SC_PAGESIZE);
}

const char* const kNetwork = R"(
graph main(%x: f32[N,16]) -> (%y) {
  %w = const f32[16,24] random(1)
  %v = const f32[24,4] random(2)
  %m = matrix_multiply(%x, %w)
  %r = pointwise(%m) {fn=relu}
  %n = matrix_multiply(%r, %v)
  %y = softmax(%n) {axis=1}
})";

}  // namespace

TEST(Soak, MemoryStaysFlat) {
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.level = 0;
    o.threads = 1;
    o.profiles.resize(1);
    o.profiles[0].inputs["x"] = {{1, 16}, {16, 16}, {96, 16}, {}, {}, {}};
    auto plan = std::make_shared<const plan::Plan>(builder::build(ir::parse(kNetwork), o));
    runtime::ExecutionContext context(runtime::Engine::load(plan, Log()));
    std::vector<float> x(96 * 16, 0.5f), y(96 * 4);
    context.setAddress(0, x.data());
    context.setAddress(1, y.data());
    constexpr int kRuns = 100000, kWarm = 20000;
    int64_t before = 0;
    for (int i = 0; i < kRuns; ++i) {
        if (i == kWarm) before = residentBytes();
        // 96 shapes, more than a context keeps kernels for; each a few times in a row.
        context.setInputShape(0, {1 + i / 8 % 96, 16});
        const Status s = context.enqueue();
        ASSERT_TRUE(s.ok()) << s.message;
    }
    EXPECT_LT(residentBytes() - before, int64_t{4} << 20);
    EXPECT_GT(before, 0);
}
