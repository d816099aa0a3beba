// SPDX-License-Identifier: Apache-2.0
#include "plan/read.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace bireme::plan {

static bool isText(std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](char c) {
        auto u = static_cast<unsigned char>(c);
        return u >= 0x20 || c == '\n' || c == '\r' || c == '\t';
    });
}

// A ModelProto starts with its field 1 (ir_version), a small number, and goes on with another field
// of its.
static bool looksLikeOnnx(std::string_view s) {
    if (s.size() < 3 || s[0] != 0x08 || s[1] < 1 || s[1] > 32) return false;
    constexpr std::string_view next = "\x12\x1a\x22\x28\x32\x3a\x42\x72";
    return next.find(s[2]) != std::string_view::npos;
}

std::string guessContent(const void* data, size_t size) {
    std::string_view s(static_cast<const char*>(data), std::min<size_t>(size, 512));
    auto starts = [&](std::string_view prefix) { return s.substr(0, prefix.size()) == prefix; };
    if (s.empty()) return "empty";
    if (looksLikeOnnx(s)) return "an ONNX model; build an engine from it first";
    if (starts("PK\x03\x04")) return "a zip archive (PyTorch and NumPy write such files)";
    if (starts("\x80\x02") || starts("\x80\x03") || starts("\x80\x04"))
        return "a Python pickle (PyTorch weights are)";
    if (starts("ftrt") || starts("ptrt"))
        return "an engine of TensorRT, which only TensorRT can run";
    if (starts("\x89HDF")) return "an HDF5 file";
    if (starts("\x1f\x8b")) return "a gzip archive; unpack it first";
    if (starts("\x7f"
               "ELF"))
        return "a program or library";
    if (starts("version https://git-lfs")) return "a Git LFS pointer; fetch the file itself";
    if (starts("<!DOCTYPE") || starts("<html") || starts("<!doctype")) return "a web page";
    return isText(s) ? "text" : "";
}

}  // namespace bireme::plan
