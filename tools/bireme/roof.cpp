// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/roof.h"

#include "tools/bireme/gpu_clock.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bireme::cli {

Width widthOf(std::string_view type) {
    if (type == "FP16" || type == "BF16") return Width::bits16;
    if (type == "INT8" || type == "UINT8" || type.starts_with("FP8")) return Width::bits8;
    return Width::bits32;
}

double Roof::seconds(double count, double bytes, Width width) const {
    const double peak = operations[static_cast<size_t>(width)];
    double s = peak > 0 ? count / peak : 0;
    if (copies.empty()) return s;
    auto fits =
        std::find_if(copies.begin(), copies.end(), [&](const Copy& c) { return bytes <= c.bytes; });
    return std::max(s, bytes / (fits == copies.end() ? copies.back() : *fits).perSecond);
}

Roof higher(const Roof& a, const Roof& b) {
    Roof best = a;
    for (size_t i = 0; i < best.operations.size(); ++i)
        best.operations[i] = std::max(a.operations[i], b.operations[i]);
    for (size_t i = 0; i < best.copies.size(); ++i)
        best.copies[i].perSecond = std::max(a.copies[i].perSecond, b.copies[i].perSecond);
    return best;
}

std::string describe(const Roof& roof) {
    char text[256];
    std::snprintf(text, sizeof text,
                  "roof (%s): GFLOP/s %.0f FP32, %.0f of 16 bits, %.0f of 8 bits; GB/s",
                  roof.source.c_str(), roof.operations[0] / 1e9, roof.operations[1] / 1e9,
                  roof.operations[2] / 1e9);
    std::string all = text;
    auto rounded = [](const Roof::Copy& c) { return std::lround(c.perSecond / 1e9); };
    for (size_t i = 0; i < roof.copies.size(); ++i) {
        const Roof::Copy& c = roof.copies[i];
        const bool last = i + 1 == roof.copies.size();
        if (!last && rounded(c) == rounded(roof.copies[i + 1])) continue;  // one range
        const bool small = c.bytes < 1 << 20;
        std::snprintf(text, sizeof text, "%s %ld", all.back() == 's' ? "" : ",", rounded(c));
        all += text;
        std::snprintf(text, sizeof text, " up to %.0f %s", c.bytes / (small ? 1 << 10 : 1 << 20),
                      small ? "KiB" : "MiB");
        all += !last ? text : roof.copies.size() > 1 ? " beyond" : "";
    }
    return all;
}

std::string json(const Roof& roof) {
    std::string copies;
    for (const auto& c : roof.copies)
        copies += (copies.empty() ? "" : ", ") + ("{\"bytes\": " + std::to_string(c.bytes)) +
                  ", \"bytesPerSecond\": " + std::to_string(c.perSecond) + "}";
    return "{\"source\": \"" + roof.source +
           "\", \"operationsPerSecond\": {\"fp32\": " + std::to_string(roof.operations[0]) +
           ", \"bits16\": " + std::to_string(roof.operations[1]) +
           ", \"bits8\": " + std::to_string(roof.operations[2]) + "}, \"copies\": [" + copies +
           "]}";
}

// Products and sums of a multiprocessor in one clock, FP32 and by tensor cores in FP16, by
// generation (NVIDIA's architecture white papers); TF32 is half of FP16, INT8 twice.
static bool perClock(int major, int minor, double& fp32, double& fp16) {
    fp32 = major == 8 && minor == 0 ? 64 : 128;
    fp16 = 0;
    if (major == 8) fp16 = minor == 0 ? 1024 : 512;
    if (major == 9) fp16 = 2048;
    if (major == 10) fp16 = 4096;
    if (major == 12) fp16 = 512;
    return fp16 > 0;
}

std::optional<Roof> roofOfGpu(bool tf32) {
    constexpr int kClock = 13, kProcessors = 16, kMemoryClock = 36, kBusBits = 37, kMajor = 75,
                  kMinor = 76;  // CUdevice_attribute; clocks in kHz
    auto clock = GpuClock::open();
    if (!clock) return std::nullopt;
    auto get = [&](int what) { return clock->attribute(what); };
    double fp32 = 0, fp16 = 0;
    if (!perClock(get(kMajor), get(kMinor), fp32, fp16)) return std::nullopt;
    const double clocks = 2e3 * get(kClock) * get(kProcessors);
    Roof roof;
    roof.operations = {clocks * (tf32 ? fp16 / 2 : fp32), clocks * fp16, clocks * 2 * fp16};
    roof.copies = {{1e18, 2e3 * get(kMemoryClock) * get(kBusBits) / 8}};
    roof.source = "GPU, by its clocks";
    return roof;
}

}  // namespace bireme::cli
