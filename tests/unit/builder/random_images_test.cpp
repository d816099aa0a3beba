// SPDX-License-Identifier: Apache-2.0
// Random networks of images, with the spellings that exporters use for what the passes look for.
#include "ops/conditional.h"
#include "ops/convolution.h"
#include "ops/loop.h"
#include "ops/matrix_multiply.h"
#include "ops/pad.h"
#include "ops/pooling.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "tests/unit/builder/random_graphs.h"

using namespace bireme;
using random_graphs::Fn;

namespace {

// Grows a network of images [N, C, H, W], N 1 or a symbol, H and W even.
class Images final : public random_graphs::Grower {
public:
    explicit Images(uint32_t seed) : Grower(seed) {
        Dim batch = pick(3) == 0 ? Dim::symbol("N") : Dim(1);
        ir::ValueId x = graph_.addInput("x", {DataType::kFLOAT, {batch, 8, 6, 6}, {}, {}});
        if (!batch.isStatic()) graph_.symbols["N"] = {ir::SymbolSource::inputExtent, x, 0, {1, 3}};
        keep(x);
        const int nodes = 3 + pick(12);
        for (int i = 0; i < nodes; ++i) grow();
        markOutputs(x);
    }

private:
    int64_t extent(ir::ValueId v, size_t d) const { return dims(v)[d].value(); }
    int64_t channels(ir::ValueId v) const { return extent(v, 1); }

    void grow() {
        const ir::ValueId v = any();
        switch (pick(17)) {
            case 0:
            case 1: return keep(activated(convolution(v, 1 + pick(16), pick(2) ? 3 : 1)));
            case 2: return siblings(v);
            case 3: return keep(activated(depthwise(v)));
            case 4: return keep(activated(v));
            case 5: return keep(add(Fn::sum, {add(Fn::prod, {v, perChannel(v)}), perChannel(v)}));
            case 6: return residual(v);
            case 7: return concat(v);
            case 8: return split(v);
            case 9: return gate(v);
            case 10: return pool(v);
            case 11: return channelsLast(v);
            case 12: return shuffle(v);
            case 13: return limits(v);
            case 14: return again(v);
            case 15: return either(v);
            default: return pads(v);
        }
    }

    ir::ValueId perChannel(ir::ValueId v) { return constant({channels(v), 1, 1}); }

    ir::ValueId convolution(ir::ValueId v, int64_t out, int64_t window) {
        ops::Convolution op;
        op.prePadding = op.postPadding = {window / 2, window / 2};
        std::vector<ir::ValueId> in{v, constant({out, channels(v), window, window})};
        if (pick(2)) in.push_back(constant({out}));
        ir::ValueId y = add(ir::Op::of(op), in);
        return in.size() == 3 || pick(2) ? y : add(Fn::sum, {y, perChannel(y)});
    }
    ir::ValueId depthwise(ir::ValueId v) {
        ops::Convolution op;
        op.groups = channels(v);
        op.prePadding = op.postPadding = {1, 1};
        return add(ir::Op::of(op), {v, constant({channels(v), 1, 3, 3})});
    }

    // One of the spellings of an activation.
    ir::ValueId activated(ir::ValueId v) {
        switch (pick(9)) {
            case 0: return add(Fn::prod, {v, add(Fn::sigmoid, {v})});
            case 1: {
                ir::ValueId gate = add(Fn::clip, {add(Fn::sum, {v, number(3)})}, 0, 6);
                return add(Fn::div, {add(Fn::prod, {v, gate}), number(6)});
            }
            case 2: {
                ir::ValueId low = add(Fn::relu, {add(Fn::neg, {v})});
                low = add(Fn::prod, {pick(2) ? perChannel(v) : number(0.2f), low});
                return add(Fn::sub, {add(Fn::relu, {v}), low});
            }
            case 3: return add(Fn::max, {v, add(Fn::prod, {v, number(0.1f)})});
            case 4: return add(Fn::prelu, {v, perChannel(v)});
            case 5: return add(Fn::min, {add(Fn::relu, {v}), number(1)});
            case 6: return add(pick({Fn::tanh, Fn::sigmoid, Fn::abs, Fn::gelu_tanh}), {v});
            case 7: return v;
            default: return add(Fn::relu, {v});
        }
    }

    void siblings(ir::ValueId v) {
        const int64_t window = pick(2) ? 3 : 1;
        for (int i = 2 + pick(2); i > 0; --i) keep(activated(convolution(v, 1 + pick(9), window)));
    }
    void residual(ir::ValueId v) {
        ir::ValueId y = convolution(v, channels(v), 3);
        if (pick(2)) y = activated(y);
        y = pick(2) ? add(Fn::sum, {y, v}) : add(Fn::sum, {v, y});
        keep(pick(2) ? add(Fn::relu, {y}) : y);
    }
    void concat(ir::ValueId v) {
        std::vector<ir::ValueId> in{v};
        int64_t sum = channels(v);
        for (int i = 1 + pick(3); i > 0; --i) {
            ir::ValueId w = any();
            if (extent(w, 2) != extent(v, 2) || extent(w, 3) != extent(v, 3)) continue;
            in.push_back(w), sum += channels(w);
        }
        if (sum > 64) return;
        ops::Concat op;
        op.axis = 1;
        keep(ir::Op::of(op), in);
    }
    ir::ValueId part(ir::ValueId v, int64_t start, int64_t size, int64_t axis) {
        ops::Slice s;
        s.axes = {axis}, s.start = {start}, s.size = {size};
        return add(ir::Op::of(s), {v});
    }
    // Two parts, read apart and sometimes together again.
    void split(ir::ValueId v) {
        const int64_t c = channels(v), first = 1 + pick(static_cast<int>(c));
        keep(part(v, 0, first, 1));
        if (first == c) return;
        keep(part(v, first, c - first, 1));
        if (pick(2)) return;
        ops::Concat op;
        op.axis = 1;
        const size_t n = values_.size();
        keep(ir::Op::of(op), {values_[n - 2], values_[n - 1]});
    }
    // Squeeze and excitation.
    void gate(ir::ValueId v) {
        ops::Reduce r;
        r.operation = ReduceOperation::kAVG, r.axes = {2, 3}, r.keepDims = true;
        ir::ValueId y = add(Fn::relu, {convolution(add(ir::Op::of(r), {v}), 2, 1)});
        y = add(Fn::sigmoid, {convolution(y, channels(v), 1)});
        y = pick(2) ? add(Fn::prod, {v, y}) : add(Fn::prod, {y, v});
        keep(pick(3) ? y : activated(y));
    }
    // The same of channels that come last.
    ir::ValueId gatedLast(ir::ValueId v) {
        const int64_t c = extent(v, 3);
        ops::Reduce r;
        r.operation = ReduceOperation::kAVG, r.axes = {1, 2}, r.keepDims = pick(2) != 0;
        ir::ValueId y = add(ir::Op::of(r), {v});
        y = add(Fn::relu, {add(ir::Op::of(ops::MatrixMultiply{}), {y, matrix(c, 3, y)})});
        y = add(ir::Op::of(ops::MatrixMultiply{}), {y, matrix(3, c, y)});
        y = add(Fn::sigmoid, {add(Fn::sum, {y, constant({c})})});
        if (!r.keepDims) y = reshaped(y, {0, 1, 1, c});
        return add(Fn::prod, {v, y});
    }
    ir::ValueId matrix(int64_t k, int64_t n, ir::ValueId like) {
        return dims(like).size() == 2 ? constant({k, n}) : constant({1, 1, k, n});
    }

    // A body that grows by itself: functions of its inputs.
    ir::ValueId inBody(ir::Graph& body, Fn fn, std::vector<ir::ValueId> in) {
        ops::Pointwise p;
        p.fn = fn;
        const ir::NodeId n = body.addNode(ir::Op::of(p), std::move(in), 1, body.freshName("b"));
        ir::inferNode(body, n);
        return body.node(n).outputs[0];
    }
    ir::ValueId owner(ir::Op op, std::vector<ir::ValueId> in, std::vector<ir::Graph> bodies) {
        const ir::NodeId n = graph_.addNode(std::move(op), std::move(in), 1, graph_.freshName("n"));
        graph_.node(n).bodies = std::move(bodies);
        ir::inferNode(graph_, n);
        return graph_.node(n).outputs[0];
    }
    ir::ValueId passed(ir::Graph& body, const char* name, ir::ValueId v) {
        return body.addInput(name, graph_.value(v).desc);
    }
    // A loop of a few turns, which change one tensor and compute again and again of another.
    void again(ir::ValueId v) {
        ir::ValueId other = like(v);
        if (other == ir::kNoValue) other = add(Fn::abs, {v});
        ir::Graph body;
        body.addInput("turn", {DataType::kINT64, {}, {}, {}});
        const ir::ValueId go = body.addInput("go", {DataType::kBOOL, {}, {}, {}}),
                          state = passed(body, "state", v), same = passed(body, "same", other);
        const ir::OpDef& identity = *ir::OpRegistry::global().find("identity");
        const ir::NodeId on = body.addNode(ir::Op(identity), {go}, 1, "on");
        ir::inferNode(body, on);
        ir::ValueId y = same;
        for (int i = pick(3); i > 0; --i)
            y = inBody(body, pick({Fn::tanh, Fn::sigmoid, Fn::abs}), {y});
        if (pick(2)) y = inBody(body, Fn::prod, {y, same});
        y = inBody(body, pick({Fn::sum, Fn::max}), {state, y});
        body.markOutput(body.node(on).outputs[0]);
        body.markOutput(inBody(body, Fn::tanh, {y}));
        const ir::ValueId turns =
            graph_.addConstant(graph_.freshName("c"), {DataType::kINT64, {}, {}, {}},
                               Blob::of(std::vector<int64_t>{pick(4)}));
        keep(owner(ir::Op::of(ops::Loop{1}), {turns, ir::kNoValue, v, other}, {std::move(body)}));
    }
    // Branches that begin alike, as far as that goes.
    void either(ir::ValueId v) {
        ops::Reduce all;
        all.operation = ReduceOperation::kSUM, all.axes = {0, 1, 2, 3}, all.keepDims = false;
        const ir::ValueId c = add(Fn::greater, {add(ir::Op::of(all), {v}), number(0.10037f)});
        const Fn first = pick({Fn::tanh, Fn::sigmoid, Fn::abs});
        std::vector<ir::Graph> bodies(2);
        for (ir::Graph& b : bodies) {
            ir::ValueId y = inBody(b, first, {passed(b, "x", v)});
            if (pick(2)) y = inBody(b, Fn::relu, {y});
            y = inBody(b, pick({Fn::tanh, Fn::neg}), {y});
            b.markOutput(inBody(b, pick({Fn::sin, Fn::abs}), {y}));
        }
        keep(owner(ir::Op::of(ops::If{}), {c, v}, std::move(bodies)));
    }
    void pool(ir::ValueId v) {
        if (extent(v, 2) < 2 || extent(v, 3) < 2) return;
        ops::Pooling op;
        op.type = pick(2) ? PoolingType::kMAX : PoolingType::kAVERAGE;
        op.window = {3, 3};
        if (pick(2)) op.prePadding = op.postPadding = {1, 1};
        op.excludePadding = pick(2);
        ir::ValueId x = v;
        if (op.prePadding.empty()) {
            ops::Pad p;
            p.pads = {0, 0, 1, 1, 0, 0, 1, 1};
            p.value = op.type == PoolingType::kMAX && pick(2) ? -INFINITY : 0.f;
            x = add(ir::Op::of(p), {pick(2) ? v : add(Fn::relu, {v})});
        }
        keep(ir::Op::of(op), {x});
    }
    ir::ValueId transposed(ir::ValueId v, std::vector<int64_t> p) {
        return add(ir::Op::of(ops::Transpose{std::move(p)}), {v});
    }
    // A piece of a network whose channels come last, as TensorFlow has them.
    void channelsLast(ir::ValueId v) {
        ir::ValueId y = transposed(v, {0, 2, 3, 1});
        switch (pick(5)) {
            case 0: y = add(Fn::sum, {y, constant({channels(v)})}); break;
            case 3: y = gatedLast(y); break;
            case 1: {
                ops::Pad p;
                p.pads = {0, 1, 1, 0, 0, 1, 1, 0};
                y = add(ir::Op::of(p), {y});
                break;
            }
            case 2: {
                ops::Reduce r;
                r.operation = ReduceOperation::kAVG, r.axes = {1, 2}, r.keepDims = true;
                y = add(Fn::sub, {y, add(ir::Op::of(r), {y})});
                break;
            }
            default: {
                ir::ValueId other = like(v);
                if (other == ir::kNoValue) other = add(Fn::abs, {v});
                ops::Concat op;
                op.axis = 3;
                y = add(ir::Op::of(op), {y, transposed(other, {0, 2, 3, 1})});
            }
        }
        y = transposed(y, {0, 3, 1, 2});
        if (channels(y) > 64 || extent(y, 2) > 12) return;
        keep(pick(2) ? convolution(y, 4, 1) : y);
    }
    void shuffle(ir::ValueId v) {
        const int64_t c = channels(v), h = extent(v, 2), w = extent(v, 3);
        if (pick(2)) {
            if (c % 2 != 0) return;
            ir::ValueId y = reshaped(v, {0, 2, c / 2, h, w});
            return keep(reshaped(transposed(y, {0, 2, 1, 3, 4}), {0, c, h, w}));
        }
        if (h % 2 || w % 2 || h < 4 || c > 16) return;
        std::vector<ir::ValueId> parts;  // every second row and column, by slices
        for (int i = 0; i < 4; ++i) parts.push_back(strided(strided(v, i % 2, 2), i / 2, 3));
        ops::Concat op;
        op.axis = 1;
        keep(ir::Op::of(op), parts);
    }
    ir::ValueId reshaped(ir::ValueId v, std::vector<int64_t> shape) {
        ops::Reshape r;
        r.shape = std::move(shape);
        return add(ir::Op::of(r), {v});
    }
    ir::ValueId strided(ir::ValueId v, int64_t start, int64_t axis) {
        ops::Slice s;
        s.axes = {axis}, s.start = {start}, s.stride = {2};
        s.size = {extent(v, static_cast<size_t>(axis)) / 2};
        return add(ir::Op::of(s), {v});
    }
    // Limits and factors after one another.
    void limits(ir::ValueId v) {
        ir::ValueId y = v;
        for (int i = 2 + pick(3); i > 0; --i) {
            const float a = static_cast<float>(pick(9) - 4) / 4;
            switch (pick(6)) {
                case 0: y = add(Fn::clip, {y}, a, a + 0.5f); break;
                case 1: y = add(Fn::min, {y, number(a)}); break;
                case 2: y = add(Fn::max, {number(a), y}); break;
                case 3: y = add(Fn::relu, {y}); break;
                case 4: y = add(Fn::neg, {y}); break;
                default: y = add(Fn::prod, {y, number(a)});
            }
        }
        keep(y);
    }
    void pads(ir::ValueId v) {
        if (extent(v, 2) > 10 || extent(v, 2) < 3 || extent(v, 3) < 3) return;
        ops::Pad p;
        p.pads = {0, 0, pick(2), 1, 0, 0, 1, pick(2)};
        if (pick(3) == 0) p.value = 0.5f;
        ir::ValueId y = add(ir::Op::of(p), {v});
        ops::Convolution op;
        op.stride = {2, 2};
        keep(ir::Op::of(op), {y, constant({4, channels(v), 3, 3})});
    }
};

}  // namespace

TEST(RandomGraphs, ImagesRunAsTheyAreWritten) {
    random_graphs::forSeeds(200, [](uint32_t seed) {
        const ir::Graph g = Images(seed).graph();
        const int64_t batch = g.symbols.empty() ? 1 : 3;
        random_graphs::check(g, seed, {1, 8, 6, 6}, {batch, 8, 6, 6});
    });
}
