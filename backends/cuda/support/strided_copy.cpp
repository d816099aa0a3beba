// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/strided_copy.h"

#include "backends/cuda/support/types.h"
#include "base/text.h"

#include <algorithm>

namespace bireme::cuda {

static size_t bytesOf(DataType t) { return static_cast<size_t>(bits(t)) / 8; }

static int64_t vectorOf(DataType from, DataType to) {
    return static_cast<int64_t>(16 / std::max(bytesOf(from), bytesOf(to)));
}

DeviceProgram copyProgram(DataType from, DataType to) {
    auto unsignedOf = [](DataType t) {
        size_t size = bytesOf(t);
        return size == 1 ? "u8" : size == 2 ? "u16" : size == 4 ? "u32" : "u64";
    };
    const char *a = from == to ? unsignedOf(from) : typeText(from),
               *b = from == to ? unsignedOf(to) : typeText(to);
    return programOf("copy.cu",
                     {cat("-DFROM=", a), cat("-DTO=", b), cat("-DVECTOR=", vectorOf(from, to))});
}

StridedCopy::StridedCopy(const Code& code, DataType fromType, DataType toType,
                         const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
                         const std::vector<int64_t>& to, int64_t fromOffset, int64_t toOffset)
    : fromOffset_(fromOffset * static_cast<int64_t>(bytesOf(fromType))),
      toOffset_(toOffset * static_cast<int64_t>(bytesOf(toType))) {
    empty_ = std::find(dims.begin(), dims.end(), 0) != dims.end();
    if (empty_) return;
    Walk w = collapse(dims, {to, from}, 0);
    size_t last = w.dims.size() - 1;
    size_t row = 0;
    while (row < last && w.strides[1][row] != 1) ++row;
    bool tiles = row < last && w.strides[0][last] == 1 && w.strides[1][last] != 1 &&
                 w.strides[1][last] != 0 && w.dims[row] >= 8 && w.dims[last] >= 8;
    if (tiles) {
        single_ = wide_ = code.function("copy_tile");
        planTile(w, row, last);
        return;
    }
    int64_t vector = vectorOf(fromType, toType), width = vectorWidth(w, vector);
    if (width != vector) width = 1;
    if (!fillLoops(w, width, wideParameters_.loops) || !fillLoops(w, 1, singleParameters_.loops))
        failInvalid("a copy has more than 8 loops");
    wide_ = code.function(width > 1 ? "copy_wide" : "copy_single");
    single_ = code.function("copy_single");
    fromAlign_ =
        wideParameters_.loops.inner[1] ? bytesOf(fromType) * static_cast<size_t>(width) : 1;
    toAlign_ = bytesOf(toType) * static_cast<size_t>(width);
    auto gridOf = [&](const Parameters& p) {
        Grid g;
        g.threads = 128;
        auto most = static_cast<unsigned>(code.device().multiprocessors()) * 16;
        g.x = std::min((p.loops.count + g.threads - 1) / g.threads, most);
        return g;
    };
    wideGrid_ = gridOf(wideParameters_);
    singleGrid_ = gridOf(singleParameters_);
    text_ = cat("vectors of ", width);
}

void StridedCopy::planTile(const Walk& w, size_t row, size_t column) {
    Walk outer;
    outer.strides.resize(2);
    for (size_t d = 0; d < w.dims.size(); ++d) {
        if (d == row || d == column) continue;
        outer.dims.push_back(w.dims[d]);
        for (size_t k = 0; k < 2; ++k) outer.strides[k].push_back(w.strides[k][d]);
    }
    if (outer.dims.empty()) {
        outer.dims.push_back(1);
        for (auto& s : outer.strides) s.push_back(0);
    }
    Parameters& p = wideParameters_;
    if (!fillLoops(outer, 1, p.loops)) failInvalid("a copy has more than 8 loops");
    p.rows = static_cast<uint32_t>(w.dims[row]);
    p.columns = static_cast<uint32_t>(w.dims[column]);
    p.rowStep = static_cast<int32_t>(w.strides[0][row]);
    p.columnStep = static_cast<int32_t>(w.strides[1][column]);
    p.rowTiles = fastDiv((w.dims[row] + 31) / 32);
    p.columnTiles = fastDiv((w.dims[column] + 31) / 32);
    wideGrid_.threads = 32;
    wideGrid_.threadsY = 8;
    wideGrid_.x = p.rowTiles.divisor * p.columnTiles.divisor * p.loops.count;
    singleParameters_ = p;
    singleGrid_ = wideGrid_;
    text_ = "tiles";
}

Status StridedCopy::run(device::Stream& stream, const void* source, void* target) noexcept {
    if (empty_) return Status::success();
    const char* from = static_cast<const char*>(source) + fromOffset_;
    char* to = static_cast<char*>(target) + toOffset_;
    bool aligned = reinterpret_cast<uintptr_t>(from) % fromAlign_ == 0 &&
                   reinterpret_cast<uintptr_t>(to) % toAlign_ == 0;
    Parameters& p = aligned ? wideParameters_ : singleParameters_;
    p.from = from;
    p.to = to;
    return launch(stream, aligned ? wide_ : single_, aligned ? wideGrid_ : singleGrid_, &p);
}

}  // namespace bireme::cuda
