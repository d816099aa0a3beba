// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution, channels-last, with the whole chain behind it: bound by memory, which the
// libraries' code is far from.
#include "backends/cuda/support/direct_convolution.h"
#include "backends/cuda/support/pack.h"
#include "backends/cuda/support/walk.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstdio>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As Shape of depthwise.cuh, between the pointers.
struct Shape {
    FastDiv groups, columns, rows;
    uint32_t count = 0;
    int32_t height = 1, width = 1, channels = 1, outHeight = 1, outWidth = 1, top = 0, left = 0;
};
using Parameters = ChainParameters<Shape>;

struct Tile {
    int vector = 1, columns = 1, rows = 1;
};

// A line of pixels is a plane one pixel high.
std::vector<int64_t> planar(std::vector<int64_t> dims) {
    if (dims.size() == 3) dims.insert(dims.begin() + 2, 1);
    return dims;
}

struct Record : DirectConvolution {
    Tile shape;

    void save(ByteWriter& out) const {
        DirectConvolution::save(out);
        putInts<int64_t>(out, {shape.vector, shape.columns, shape.rows});
    }
    static Record load(ByteReader& in) {
        Record r;
        r.DirectConvolution::load(in);
        auto v = getInts(in);
        if (v.size() != 3 || v[0] < 1 || v[1] < 1 || v[2] < 1)
            in.corrupt("a depthwise convolution's tile");
        r.shape = {static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2])};
        return r;
    }
    bool tile(const std::string& text) {
        return std::sscanf(text.c_str(), "%dx%dx%d", &shape.vector, &shape.columns, &shape.rows) ==
               3;
    }

    std::vector<ops::WindowAxis> axes(const std::vector<int64_t>& x) const {
        return ops::convolutionAxes(ops::WindowAttributes::of(op), ops::spatialDims(toDims(x)),
                                    ops::spatialDims(toDims(kernel)));
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        auto x = planar(s.inputs[static_cast<size_t>(input)].dims), y = planar(s.outputs[0].dims);
        ops::WindowGrid g(axes(s.inputs[static_cast<size_t>(input)].dims));
        Parameters p;
        auto i32 = [](int64_t v) { return static_cast<int32_t>(v); };
        p.shape.height = i32(x[2]), p.shape.width = i32(x[3]), p.shape.channels = i32(x[1]);
        p.shape.outHeight = i32(y[2]), p.shape.outWidth = i32(y[3]);
        p.shape.top = i32(g.before[1]), p.shape.left = i32(g.before[2]);
        int64_t groups = x[1] / shape.vector, columns = divideUp(y[3], shape.columns),
                rows = divideUp(y[2], shape.rows);
        int64_t count = groups * columns * rows * x[0];
        Grid grid;
        grid.threads = 128;
        grid.x = divideUp(count, 128);
        if (count > 0) {
            p.shape.count = static_cast<uint32_t>(count);
            p.shape.groups = fastDiv(groups), p.shape.columns = fastDiv(columns);
            p.shape.rows = fastDiv(rows);
        }
        return launchBound(code.function("depthwise_convolution"), grid, p,
                           chainPlacer<Shape>(input, operands),
                           cat(shape.vector, " channels, ", shape.columns, "x", shape.rows));
    }
};

class Factory final : public DirectFactory<Record> {
public:
    std::string_view name() const override { return "cuda.depthwise.jit"; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(channelsLastCombination(q));
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        int64_t channels = staticValues(q.in(q.group().anchorInput(1)).dims)[0];
        int widest = bits(q.in(q.group().anchorInput(0)).type) == 16 ? 8 : 4;
        for (int vector = widest; vector >= 1; vector /= 2) {
            if (channels % vector != 0) continue;
            for (Tile t : {Tile{vector, 4, 1}, Tile{vector, 2, 2}, Tile{vector, 1, 1},
                           Tile{vector, 4, 2}, Tile{vector, 2, 1}})
                if (out.size() < 12)
                    out.push_back(
                        {std::string(name()), cat(t.vector, "x", t.columns, "x", t.rows)});
        }
    }

private:
    Support read(const tactic::Query& q, Record& r, std::string& text,
                 std::vector<int>& consumed) const override {
        if (Support s = readDirectConvolution(q, r); !s.ok) return s;
        if (r.op.groups < 2 || r.kernel[0] != r.op.groups || r.kernel[1] != 1)
            return no("not a depthwise convolution");
        if (product(r.kernel) / r.kernel[0] > 121) return no("the window is too large");
        return writeDirectConvolution(q, r, "depthwise_convolution", "128",
                                      "awaitPrevious(), depthwise(p);", text, consumed);
    }

    std::string defines(const tactic::Query& q, const Record& r) const override {
        auto kernel = planar(r.kernel);
        auto at = [&](const std::vector<int64_t>& v, size_t axis) {
            size_t missing = 4 - r.kernel.size();  // the height of a line
            if (axis < missing || v.empty()) return int64_t{1};
            return v[axis - missing];
        };
        std::string text;
        auto number = [&](const char* name, int64_t v) { text += constantText(name, v); };
        number("V", r.shape.vector), number("COLUMNS", r.shape.columns);
        number("ROWS", r.shape.rows), number("KERNEL_Y", kernel[2]), number("KERNEL_X", kernel[3]);
        number("STRIDE_Y", at(r.op.stride, 0)), number("STRIDE_X", at(r.op.stride, 1));
        number("DILATION_Y", at(r.op.dilation, 0)), number("DILATION_X", at(r.op.dilation, 1));
        // finish() is found when depthwise() is instantiated, behind both.
        return cat("#include \"math.cuh\"\n", directTypes(q, r), text,
                   "#include \"depthwise.cuh\"\n");
    }

    tactic::PackedConstant pack(const tactic::Query& q, const Record& r) const override {
        int w = q.group().anchorInput(1);
        auto plain = r.kernel;  // [1, C, window]: one map whose channels are all channels
        std::swap(plain[0], plain[1]);
        return {Blob::own(packChannelsLast(q.constant(w)->data(),
                                           static_cast<size_t>(bits(q.in(w).type)) / 8, plain, 0)),
                channelsLastLayout(q.in(w).type, plain, 0)};
    }
};

}  // namespace

void registerKernel_depthwise_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
