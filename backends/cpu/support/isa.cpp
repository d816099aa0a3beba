// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/isa.h"

#include "base/env.h"
#include "base/text.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>

namespace bireme::cpu {

static const char* const kNames[] = {"none", "sse42", "avx2", "avx512", "avx512_bf16", "amx"};

const char* isaName(Isa isa) { return kNames[static_cast<int>(isa)]; }

Isa isaOfName(const std::string& name) {
    for (int i = 0; i <= static_cast<int>(Isa::amx); ++i)
        if (name == kNames[i]) return static_cast<Isa>(i);
    return name == "sse4" ? Isa::sse42 : Isa::none;
}

// Linux keeps the tile registers of a process that asked for them.
static bool mayUseTiles() {
    constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

static Isa detect() {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("aes") ||
        !__builtin_cpu_supports("pclmul"))
        return Isa::none;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports("bmi2"))
        return Isa::sse42;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512cd"))
        return Isa::avx2;
    unsigned a = 0, b = 0, c = 0, d = 0;
    bool bf16 = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5));
    if (!bf16) return Isa::avx512;
    bool amx = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & (1u << 22)) && (d & (1u << 24));
    return amx && mayUseTiles() ? Isa::amx : Isa::avx512_bf16;
}

Isa machineIsa() {
    static const Isa isa = detect();
    return isa;
}

Isa kernelIsa() {
    static const Isa isa = [] {
        Isa cap = isaOfName(envString("BIREME_CPU_MAX_ISA"));
        return cap == Isa::none ? machineIsa() : std::min(cap, machineIsa());
    }();
    return isa;
}

std::string processorName() {
    unsigned regs[12] = {};
    unsigned top = __get_cpuid_max(0x80000000u, nullptr);
    if (top < 0x80000004u) return "x86-64 processor";
    unsigned* quarter = regs;
    for (unsigned leaf = 0x80000002u; leaf <= 0x80000004u; ++leaf, quarter += 4)
        __get_cpuid(leaf, quarter, quarter + 1, quarter + 2, quarter + 3);
    char text[49] = {};
    std::memcpy(text, regs, 48);
    return std::string(trim(text));
}

}  // namespace bireme::cpu
