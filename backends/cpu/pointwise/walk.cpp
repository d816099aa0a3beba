// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/pointwise/walk.h"

#include "backends/cpu/pointwise/tile_copy.h"
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/rows.h"
#include "base/parallel_for.h"
#include "tensor/convert.h"
#include "tensor/dtype.h"

#include <algorithm>
#include <cstring>

namespace bireme::cpu {

using device::Launch;
using device::Shapes;

PointwiseWalk::PointwiseWalk(const Program& program, const Shapes& shapes)
    : constants_(program.constants) {
    layEdges(program, shapes);
    layLoops(shapes);
    layCode(program);
    chooseTile();
    for (auto* edges : {&operands_, &outputs_})
        for (Edge& e : *edges) e.dense = isDenseEdge(e);
    for (const Edge& e : outputs_) serial_ = serial_ || (e.bits < 8 && !e.dense);
    layCode(program);  // now that it is known which operands lie dense
    layParts();
    brainAffine_ = BrainAffine::of(program);
}

// Elements below a byte lie in place only where every tile begins with a byte.
bool PointwiseWalk::isDenseEdge(const Edge& e) const {
    if (!isDense(loops_, e.strides, split_)) return false;
    if (e.bits >= 8) return true;
    auto whole = [&](int64_t elements) { return elements * e.bits % 8 == 0; };
    bool aligned = whole(e.offset) && (chunks_ == 1 || whole(rows_ * e.strides[split_]));
    for (size_t d = 0; d < split_; ++d) aligned = aligned && whole(e.strides[d]);
    return aligned;
}

void PointwiseWalk::layEdges(const Program& p, const Shapes& shapes) {
    const auto& to = shapes.outputs[0].dims;
    auto edge = [&](int tensor, const device::TensorShape& t) {
        Edge e;
        e.tensor = tensor;
        e.bits = bits(t.type);
        e.offset = t.format.offset;
        e.strides = broadcastSteps(t.dims, t.format, to);
        return e;
    };
    for (const auto& o : p.operands)
        operands_.push_back(edge(o.input, shapes.inputs[static_cast<size_t>(o.input)]));
    for (size_t i = 0; i < p.outputs.size(); ++i)
        outputs_.push_back(edge(static_cast<int>(i), shapes.outputs[i]));
}

void PointwiseWalk::layLoops(const Shapes& shapes) {
    std::vector<std::vector<int64_t>> strides;
    for (const Edge& e : outputs_) strides.push_back(e.strides);
    for (const Edge& e : operands_) strides.push_back(e.strides);
    Walk it = collapse(shapes.outputs[0].dims, strides, 0);
    loops_ = it.dims;
    for (size_t i = 0; i < outputs_.size(); ++i) outputs_[i].strides = it.strides[i];
    for (size_t i = 0; i < operands_.size(); ++i)
        operands_[i].strides = it.strides[outputs_.size() + i];
}

// Gives every value a place: memory itself or a tile buffer; a buffer is free again after the
// value's last reader.
void PointwiseWalk::layCode(const Program& p) {
    size_t values = static_cast<size_t>(p.firstResult()) + p.code.size();
    bufferOf_.assign(values, -1);
    outputOf_.assign(values, -1);
    outputValue_ = p.outputs;
    steps_.clear();
    buffers_ = 0;
    cost_ = 0;
    for (size_t i = 0; i < operands_.size(); ++i)
        if (!operands_[i].dense) bufferOf_[i] = buffers_++;
    for (size_t i = 0; i < constants_.size(); ++i) bufferOf_[operands_.size() + i] = buffers_++;
    std::vector<size_t> lastUse(values, 0);
    for (size_t i = 0; i < p.code.size(); ++i)
        for (int v : p.code[i].in)
            if (v >= 0) lastUse[static_cast<size_t>(v)] = i;
    for (size_t i = 0; i < p.outputs.size(); ++i) {
        auto v = static_cast<size_t>(p.outputs[i]);
        lastUse[v] = p.code.size();
        bool direct = p.outputs[i] >= p.firstResult() && outputOf_[v] < 0 && outputs_[i].dense;
        if (direct) outputOf_[v] = static_cast<int>(i);
    }
    std::vector<int> free;
    for (size_t i = 0; i < p.code.size(); ++i) {
        const Instruction& c = p.code[i];
        auto result = static_cast<size_t>(p.firstResult()) + i;
        Step s;
        s.out = static_cast<int>(result);
        s.from = c.type;
        s.to = p.results[i];
        for (size_t k = 0; k < 3; ++k) s.in[k] = c.in[k];
        if (c.fn != ops::PointwiseFn::cast) s.choice = tileFunction(c.fn, c.type);
        cost_ += s.choice.function ? s.choice.cost : 4;
        s.args.alpha = c.alpha;
        s.args.beta = c.beta;
        if (c.fn == ops::PointwiseFn::cast && c.alpha != 0) s.overflow = Overflow::discard;
        convertElements(DataType::kFLOAT, &c.alpha, DataType::kINT64, &s.args.intAlpha, 1);
        convertElements(DataType::kFLOAT, &c.beta, DataType::kINT64, &s.args.intBeta, 1);
        if (outputOf_[result] < 0) {
            if (free.empty())
                bufferOf_[result] = buffers_++;
            else
                bufferOf_[result] = free.back(), free.pop_back();
        }
        steps_.push_back(s);
        // Freed after the result has its place: conversions must not run in place.
        for (size_t k = 0; k < 3; ++k) {
            int v = c.in[k];
            bool again = (k > 0 && v == c.in[0]) || (k > 1 && v == c.in[1]);
            if (v >= p.firstResult() && !again && lastUse[static_cast<size_t>(v)] == i &&
                bufferOf_[static_cast<size_t>(v)] >= 0)
                free.push_back(bufferOf_[static_cast<size_t>(v)]);
        }
    }
    cost_ = std::max(cost_, 1);
}

void PointwiseWalk::layParts() {
    // An output that is an operand or a constant is of the first part.
    const int first = static_cast<int>(operands_.size() + constants_.size());
    std::vector<int> leastRead(steps_.size() + 1,
                               INT32_MAX);  // result, by this step and later ones
    for (size_t i = steps_.size(); i-- > 0;) {
        leastRead[i] = leastRead[i + 1];
        for (int v : steps_[i].in)
            if (v >= first) leastRead[i] = std::min(leastRead[i], v);
    }
    Part part;
    for (size_t i = 0; i <= steps_.size(); ++i) {
        const bool last = i + 1 >= steps_.size();
        if (!last && leastRead[i + 1] <= steps_[i].out) continue;
        part.end = std::min(i + 1, steps_.size());
        std::vector<bool> reads(operands_.size(), false);
        auto read = [&](int v) {
            if (v >= 0 && v < static_cast<int>(reads.size())) reads[static_cast<size_t>(v)] = true;
        };
        for (size_t k = part.begin; k < part.end; ++k)
            for (int v : steps_[k].in) read(v);
        for (size_t o = 0; o < outputs_.size(); ++o) {
            const int v = outputValue_[o];
            const bool here = v < first ? part.begin == 0
                                        : v >= first + static_cast<int>(part.begin) &&
                                              v < first + static_cast<int>(part.end);
            if (here) part.outputs.push_back(o), read(v);
        }
        for (size_t k = 0; k < reads.size(); ++k)
            if (reads[k]) part.operands.push_back(k);
        parts_.push_back(std::move(part));
        part = Part();
        part.begin = parts_.back().end;
        if (last) break;
    }
    // A part at a time writes to one place of memory for long, and what the next one reads again is
    // still in the second-level cache.
    constexpr int64_t kBlock = 65536;  // elements
    block_ = parts_.size() > 1 ? std::max<int64_t>(1, kBlock / std::max<int64_t>(1, tileElements()))
                               : INT64_MAX;
}

void PointwiseWalk::chooseTile() {
    constexpr int64_t kWide = 8;  // bytes of the widest element
    int64_t tile =
        buffers_ == 0 ? 8192 : std::clamp<int64_t>(int64_t{4096} / buffers_ / 64 * 64, 128, 1024);
    tile = std::min(
        tile, static_cast<int64_t>(kStorage) / (kWide * std::max<int64_t>(buffers_, 1)) / 16 * 16);
    split_ = loops_.size() - 1;
    inner_ = 1;
    while (split_ > 0 && inner_ * loops_[split_] <= tile) inner_ *= loops_[split_--];
    chunks_ = std::max<int64_t>(1, (loops_[split_] * inner_ + tile - 1) / tile);
    rows_ = std::max<int64_t>(1, (loops_[split_] + chunks_ - 1) / chunks_);  // of nothing: one
    // Whole vectors: a tile of a long loop is a multiple of 64 elements.
    if (inner_ == 1 && chunks_ > 1) rows_ = std::min(tile, (rows_ + 63) / 64 * 64);
    chunks_ = (loops_[split_] + rows_ - 1) / rows_;
    outer_ = 1;
    for (size_t d = 0; d < split_; ++d) outer_ *= loops_[d];
}

void PointwiseWalk::run(const Launch& launch) const noexcept {
    int64_t tiles = outer_ * chunks_;
    if (loops_[split_] * inner_ == 0) return;
    int64_t grain = serial_ ? tiles : std::max<int64_t>(1, 65536 / (cost_ * tileElements() + 1));
    parallelFor(tiles, grain, [&](int64_t begin, int64_t end) { runTiles(launch, begin, end); });
}

void PointwiseWalk::readOperand(const Edge& e, const void* source, int64_t at, char* tile,
                                int64_t rows) const noexcept {
    const auto* from = static_cast<const char*>(source);
    if (e.bits < 8)
        gatherPacked(tile, from, at, e.bits, rows, loops_, e.strides, split_);
    else
        gatherTile(tile, from + at * e.bits / 8, static_cast<size_t>(e.bits) / 8, rows, loops_,
                   e.strides, split_);
}

void PointwiseWalk::writeOutput(const Edge& e, void* target, int64_t at, const char* tile,
                                int64_t rows) const noexcept {
    auto* to = static_cast<char*>(target);
    if (e.dense && e.bits >= 8) {
        to += at * e.bits / 8;
        if (to != tile) std::memmove(to, tile, static_cast<size_t>(rows * inner_ * e.bits / 8));
    } else if (e.bits < 8) {
        scatterPacked(to, at, tile, e.bits, rows, loops_, e.strides, split_);
    } else {
        scatterTile(to + at * e.bits / 8, tile, static_cast<size_t>(e.bits) / 8, rows, loops_,
                    e.strides, split_);
    }
}

void PointwiseWalk::runTiles(const Launch& launch, int64_t begin, int64_t end) const noexcept {
    alignas(64) char storage[kStorage];
    const int64_t room = static_cast<int64_t>(kStorage) / std::max(buffers_, 1) / 64 * 64;
    Tile t;
    for (size_t v = 0; v < bufferOf_.size(); ++v)
        t.pointers[v] = bufferOf_[v] >= 0 ? storage + bufferOf_[v] * room : nullptr;
    for (size_t c = 0; c < constants_.size(); ++c)
        fillTile(t.pointers[operands_.size() + c], &constants_[c].bits,
                 static_cast<size_t>(bits(constants_[c].type)) / 8, rows_ * inner_);
    for (size_t i = 0; i < operands_.size(); ++i) t.cachedAt[i] = -1, t.cachedRows[i] = 0;
    while (begin < end) {
        const int64_t stop = end - begin > block_ ? begin + block_ : end;
        for (const Part& part : parts_)
            for (int64_t tile = begin; tile < stop; ++tile) runTile(part, launch, tile, t);
        begin = stop;
    }
}

void PointwiseWalk::runTile(const Part& part, const Launch& launch, int64_t tile,
                            Tile& t) const noexcept {
    char** pointers = t.pointers;
    int64_t first = tile % chunks_ * rows_, rest = tile / chunks_;
    int64_t rows = std::min(rows_, loops_[split_] - first), n = rows * inner_;
    int64_t index[16];
    for (size_t d = split_; d-- > 0; rest /= loops_[d]) index[d] = rest % loops_[d];
    auto start = [&](const Edge& e) {
        int64_t at = e.offset + first * e.strides[split_];
        for (size_t d = 0; d < split_; ++d) at += index[d] * e.strides[d];
        return at;
    };
    for (size_t i : part.operands) {
        const Edge& e = operands_[i];
        int64_t at = start(e);
        auto* source = static_cast<char*>(const_cast<void*>(launch.inputs[e.tensor]));
        if (e.dense) {
            pointers[i] = source + at * e.bits / 8;
        } else if (t.cachedAt[i] != at || t.cachedRows[i] < rows) {
            readOperand(e, source, at, pointers[i], rows);
            t.cachedAt[i] = at, t.cachedRows[i] = rows;
        }
    }
    for (size_t i : part.outputs) {
        auto v = static_cast<size_t>(outputValue_[i]);
        if (outputOf_[v] == static_cast<int>(i))
            pointers[v] =
                static_cast<char*>(launch.outputs[i]) + start(outputs_[i]) * outputs_[i].bits / 8;
    }
    if (const auto& f = brainAffine_) {
        auto value = [&](int v) {
            return v < 0 ? nullptr : reinterpret_cast<BFloat16*>(pointers[v]);
        };
        brainRowFunctions().affineClipped(value(f->x), value(f->scale), value(f->shift), f->low,
                                          f->high, value(f->y), n);
    }
    for (size_t k = brainAffine_ ? part.end : part.begin; k < part.end; ++k) {
        const Step& s = steps_[k];
        if (!s.choice.function) {
            convertTile(s.from, pointers[s.in[0]], s.to, pointers[s.out], n, s.overflow);
            continue;
        }
        TileArgs args = s.args;
        args.out = pointers[s.out];
        for (int o = 0; o < 3; ++o) args.in[o] = s.in[o] >= 0 ? pointers[s.in[o]] : nullptr;
        args.n = n;
        s.choice.function(args);
    }
    for (size_t i : part.outputs) {
        auto v = static_cast<size_t>(outputValue_[i]);
        if (outputOf_[v] != static_cast<int>(i))
            writeOutput(outputs_[i], launch.outputs[i], start(outputs_[i]), pointers[v], rows);
    }
}

}  // namespace bireme::cpu
