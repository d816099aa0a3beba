// SPDX-License-Identifier: Apache-2.0
// Shape computations keep their symbols: what reaches a Reshape is an expression over input
// extents.
#include "ir/decompose.h"
#include "ir/interpret.h"
#include "ir/verify.h"
#include "ops/concat.h"
#include "ops/constant.h"
#include "ops/expand.h"
#include "ops/fill.h"
#include "ops/gather.h"
#include "ops/identity.h"
#include "ops/non_zero.h"
#include "ops/padding.h"
#include "ops/range.h"
#include "ops/reshape.h"
#include "ops/resize.h"
#include "ops/shape.h"
#include "ops/shuffle.h"
#include "ops/slice.h"
#include "ops/squeeze.h"
#include "ops/tile.h"
#include "ops/topk.h"
#include "ops/transpose.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace bireme::ops {
namespace {

using ir::ValueId;
using Ints = std::vector<int64_t>;

Slice ends(const Ints& start, const Ints& end, const Ints& stride = {}, const Ints& axes = {}) {
    Slice s;
    s.start = start, s.size = end, s.stride = stride, s.axes = axes, s.useEnds = true;
    return s;
}

Resize scaled(const std::vector<float>& scales) {
    Resize r;
    r.scales = scales;
    return r;
}

Fill filled(double alpha, double beta, DataType type) {
    Fill f;
    f.alpha = alpha, f.beta = beta, f.type = type;
    return f;
}

// A graph with short words for its parts.
struct Net {
    ir::Graph g;

    ValueId input(const std::string& name, const std::vector<std::string>& dims,
                  DataType type = DataType::kFLOAT) {
        DimVector d;
        for (const auto& s : dims) d.push_back(Dim::parse(s));
        return g.addInput(name, {type, d, {}, {}});
    }
    ValueId ints(const Ints& v) {
        return g.addConstant("", {DataType::kINT64, {Dim(static_cast<int64_t>(v.size()))}, {}, {}},
                             Blob::of(v));
    }
    ValueId number(int64_t v) {
        return g.addConstant("", {DataType::kINT64, {}, {}, {}}, Blob::of(Ints{v}));
    }
    template <typename T>
    ValueId add(T op, std::vector<ValueId> inputs) {
        ir::NodeId n = g.addNode(ir::Op::of(std::move(op)), std::move(inputs), 1, "");
        ir::inferNode(g, n);
        return g.node(n).outputs[0];
    }
    // Extent `index` of x as a tensor of one element.
    ValueId extent(ValueId x, int64_t index) {
        return add(Unsqueeze{.axes = {0}}, {add(Gather{}, {add(Shape{}, {x}), number(index)})});
    }
    std::string dims(ValueId v) { return text(g.value(v).desc.dims); }
    std::string elements(ValueId v) {
        return g.value(v).known ? text(*g.value(v).known) : "unknown";
    }
    std::string sliced(ValueId x, const Ints& from, const Ints& to, const Ints& by = {}) {
        return dims(add(ends(from, to, by), {x}));
    }
};

TEST(MovementShapes, ShapeGatherConcatReshapeKeepsSymbols) {
    Net n;
    ValueId x = n.input("x", {"N", "12", "S", "64"});
    ValueId t = n.add(Transpose{.permutation = {0, 2, 1, 3}}, {x});
    EXPECT_EQ(n.dims(t), "[N,S,12,64]");
    ValueId shape = n.add(Concat{}, {n.extent(x, 0), n.extent(x, -2), n.ints({-1})});
    EXPECT_EQ(n.elements(shape), "[N,S,-1]");
    EXPECT_EQ(n.dims(n.add(Reshape{}, {t, shape})), "[N,S,768]");
}

TEST(MovementShapes, FlattenOfSymbols) {
    Net n;
    ValueId x = n.input("x", {"N", "3", "H", "W"});
    EXPECT_EQ(n.dims(n.add(Reshape{.shape = {0, -1}}, {x})), "[N,3*H*W]");
    EXPECT_EQ(n.dims(n.add(Reshape{.shape = {-1}}, {x})), "[3*H*N*W]");
    EXPECT_EQ(n.dims(n.add(Reshape{.shape = {0, 3, -1}}, {x})), "[N,3,H*W]");
    ValueId y = n.input("y", {"N", "2*H+1", "W"});
    ValueId shape = n.add(Concat{}, {n.extent(y, 0), n.ints({-1}), n.extent(y, 2)});
    EXPECT_EQ(n.dims(n.add(Reshape{}, {y, shape})), "[N,2*H+1,W]");
}

TEST(MovementShapes, ShapeTensorsMoveLikeOthers) {
    Net n;
    ValueId s = n.add(Shape{}, {n.input("x", {"N", "3", "H", "W"})});
    EXPECT_EQ(n.elements(s), "[N,3,H,W]");
    EXPECT_EQ(n.elements(n.add(ends({2}, {INT64_MAX}), {s})), "[H,W]");
    EXPECT_EQ(n.elements(n.add(ends({-1}, {INT64_MIN}, {-1}), {s})), "[W,H,3,N]");
    EXPECT_EQ(n.elements(n.add(Gather{}, {s, n.ints({-1, 0})})), "[W,N]");
    EXPECT_EQ(n.elements(n.add(Tile{}, {n.add(Gather{}, {s, n.ints({2})}), n.ints({2})})), "[H,H]");
    EXPECT_EQ(n.elements(n.add(Expand{}, {n.add(Gather{}, {s, n.number(0)}), n.ints({2})})),
              "[N,N]");
    EXPECT_EQ(n.elements(n.add(Squeeze{}, {n.add(Gather{}, {s, n.ints({3})})})), "[W]");
    EXPECT_EQ(n.elements(n.add(Identity{}, {s})), "[N,3,H,W]");
    ValueId square = n.add(Reshape{.shape = {2, 2}}, {s});
    EXPECT_EQ(n.elements(n.add(Transpose{}, {square})), "[N,H,3,W]");
}

TEST(MovementShapes, SlicesOfSymbolicExtents) {
    Net n;
    ValueId x = n.input("x", {"N"});
    EXPECT_EQ(n.sliced(x, {0}, {INT64_MAX}), "[N]");
    EXPECT_EQ(n.sliced(x, {2}, {INT64_MAX}), "[N-2]");
    EXPECT_EQ(n.sliced(x, {2}, {INT32_MAX}), "[N-2]");
    EXPECT_EQ(n.sliced(x, {-1}, {INT64_MAX}), "[1]");
    EXPECT_EQ(n.sliced(x, {0}, {-1}), "[N-1]");
    EXPECT_EQ(n.sliced(x, {1}, {-2}), "[N-3]");
    EXPECT_EQ(n.sliced(x, {-3}, {-1}), "[2]");
    EXPECT_EQ(n.sliced(x, {0}, {INT64_MAX}, {2}), "[floordiv(N+1,2)]");
    EXPECT_EQ(n.sliced(x, {-1}, {INT64_MIN}, {-1}), "[N]");
    EXPECT_EQ(n.sliced(x, {0}, {5}), "[min(5,N)]");
    EXPECT_EQ(n.sliced(x, {1}, {5}), "[max(0,min(5,N)-1)]");
}

TEST(MovementShapes, SlicesBySymbols) {
    Net n;
    ValueId x = n.input("x", {"N", "S"}), table = n.input("table", {"1", "512"});
    ValueId to = n.extent(x, 1);
    auto cut = [&](ValueId v, ValueId from, ValueId end) {
        return n.dims(n.add(ends({}, {}), {v, from, end, ir::kNoValue, ir::kNoValue, n.ints({1})}));
    };
    EXPECT_EQ(cut(x, n.ints({0}), to), "[N,S]");
    EXPECT_EQ(cut(table, n.ints({0}), to), "[1,min(512,S)]");
    EXPECT_EQ(cut(x, to, n.ints({INT64_MAX})), "[N,0]");
    Slice bySize;
    bySize.start = {0, 0};
    ValueId plain = n.add(bySize, {x, ir::kNoValue, n.add(Concat{}, {n.ints({1}), to})});
    EXPECT_EQ(n.dims(plain), "[1,S]");
}

TEST(MovementShapes, ExtentsFromHostValues) {
    Net n;
    ValueId x = n.input("x", {"N", "4"}), v = n.input("v", {"2"}, DataType::kINT64),
            k = n.input("k", {}, DataType::kINT32);
    ValueId y = n.add(Reshape{}, {x, v});
    auto dims = n.g.value(y).desc.dims;
    auto at = [&](int64_t a, int64_t b) {
        Dim::Values values{{"N", 6}, {"@v.0", a}, {"@v.1", b}};
        return Ints{dims[0].eval(values).value(), dims[1].eval(values).value()};
    };
    EXPECT_EQ(at(8, 3), (Ints{8, 3}));
    EXPECT_EQ(at(-1, 2), (Ints{12, 2}));
    EXPECT_EQ(at(0, -1), (Ints{6, 4}));
    EXPECT_EQ(at(3, -1), (Ints{3, 8}));
    EXPECT_EQ(n.g.symbols.at("@v.1").source, ir::SymbolSource::hostElement);
    EXPECT_EQ(n.g.symbols.at("@v.1").value, v);
    EXPECT_EQ(n.dims(n.add(TopK{.axis = 0}, {x, k})), "[@k.0,4]");
    EXPECT_EQ(n.dims(n.add(Resize{}, {x, v})), "[@v.0,@v.1]");
    ValueId cut =
        n.add(ends({0}, {}, {}, {0}), {x, ir::kNoValue, n.add(Unsqueeze{.axes = {0}}, {k})});
    auto end = n.g.value(cut).desc.dims[0];
    std::vector<std::string> names;
    end.collectSymbols(names);
    ASSERT_EQ(names.size(), 2u);
    std::string host = names[0] == "N" ? names[1] : names[0];
    EXPECT_EQ(end.eval({{"N", 6}, {host, 4}}), 4);
    EXPECT_EQ(end.eval({{"N", 6}, {host, 40}}), 6);
    EXPECT_EQ(end.eval({{"N", 6}, {host, -2}}), 4);
    EXPECT_EQ(end.eval({{"N", 6}, {host, -20}}), 0);
}

TEST(MovementShapes, ExtentsThatStepsTell) {
    Net n;
    ValueId y = n.add(NonZero{}, {n.input("x", {"N", "4"})});
    const auto& d = n.g.value(y).desc.dims;
    EXPECT_TRUE(d[0].is(2));
    ASSERT_TRUE(d[1].isSymbol());
    EXPECT_EQ(n.g.symbols.at(d[1].text()).source, ir::SymbolSource::stepExtent);
}

TEST(MovementShapes, RangesResizesAndFills) {
    Net n;
    ValueId x = n.input("x", {"N", "3", "H", "W"});
    ValueId h = n.add(Gather{}, {n.add(Shape{}, {x}), n.number(2)});
    ValueId r = n.add(Range{}, {n.number(0), h, n.number(1)});
    EXPECT_EQ(n.dims(r), "[H]");
    EXPECT_EQ(n.dims(n.add(Range{}, {h, n.number(0), n.number(-1)})), "[H]");
    EXPECT_EQ(n.elements(n.add(Range{}, {n.number(2), n.number(8), n.number(3)})), "[2,5]");
    EXPECT_EQ(n.dims(n.add(scaled({1, 1, 2, 0.5f}), {x})), "[N,3,2*H,floordiv(W,2)]");
    EXPECT_EQ(n.dims(n.add(scaled({1, 1, 1.5f, 0.7f}), {x})),
              "[N,3,floordiv(3*H,2),floordiv(7*W,10)]");
    EXPECT_EQ(n.elements(n.add(filled(0, 0, DataType::kINT64), {n.ints({3})})), "[0,0,0]");
    EXPECT_EQ(n.dims(n.add(filled(0, 0, DataType::kFLOAT), {n.add(Shape{}, {x})})), "[N,3,H,W]");
}

TEST(MovementShapes, ShuffleAndPaddingDecompose) {
    Net n;
    ValueId x = n.input("x", {"2", "3", "4"});
    ValueId s = n.add(Shuffle{.firstTranspose = {1, 0, 2},
                              .reshapes = true,
                              .reshape = {0, -1},
                              .secondTranspose = {1, 0}},
                      {x});
    ValueId p = n.add(Padding{.pre = {1, 0}, .post = {-2, 3}}, {s});
    n.g.markOutput(p);
    std::vector<float> v(24);
    for (size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(i);
    std::vector<ir::Tensor> in{{DataType::kFLOAT, {2, 3, 4}, Blob::of(v)}};
    auto whole = ir::interpret(n.g, in);
    for (ir::NodeId id : n.g.nodeIds()) {
        ir::DecomposeContext c(n.g, id);
        const ir::Op& op = n.g.node(id).op;
        ASSERT_TRUE(op.def().decompose(op.attributes(), c));
        n.g.removeNode(id);
    }
    for (ir::NodeId id : n.g.nodeIds()) {
        const ir::Op& op = n.g.node(id).op;
        EXPECT_FALSE(op.is<Shuffle>() || op.is<Padding>());
    }
    auto parts = ir::interpret(n.g, in);
    ASSERT_EQ(parts[0].dims, (Ints{7, 6}));
    EXPECT_EQ(whole[0].dims, parts[0].dims);
    EXPECT_EQ(std::memcmp(whole[0].bytes.data(), parts[0].bytes.data(), 42 * sizeof(float)), 0);
}

TEST(MovementShapes, ConstantLayersKeepTheirBytes) {
    ir::Graph g;
    ir::NodeId id = g.addNode(ir::Op::of(Constant{}), {}, 1, "c");
    ValueId c = g.node(id).outputs[0];
    g.value(c).desc = {DataType::kINT64, {Dim(2)}, {}, {}};
    g.value(c).constant = Blob::of(Ints{3, 4});
    ValueId y =
        g.node(g.addNode(ir::Op::of(Gather{}),
                         {c, g.addConstant("i", {DataType::kINT64, {}, {}, {}}, Blob::of(Ints{1}))},
                         1, "g"))
            .outputs[0];
    g.markOutput(y);
    ir::inferGraph(g);
    EXPECT_EQ(text(g.value(c).desc.dims), "[2]");
    EXPECT_EQ(text(g.value(y).known.value()), "[4]");
    EXPECT_EQ(*ir::interpret(g, {})[0].bytes.as<int64_t>(), 4);
}

TEST(MovementShapes, OnlyLinearFillsAreConstant) {
    Net n;
    ValueId line = n.add(Fill{.shape = {3}}, {}),
            noise = n.add(Fill{.operation = FillOperation::kRANDOM_UNIFORM, .shape = {3}}, {});
    EXPECT_TRUE(ir::isConstantExpression(n.g, line));
    EXPECT_FALSE(ir::isConstantExpression(n.g, noise));
}

TEST(MovementShapes, RandomFillsFollowTheirDistribution) {
    for (auto operation : {FillOperation::kRANDOM_UNIFORM, FillOperation::kRANDOM_NORMAL}) {
        Net n;
        n.g.markOutput(n.add(
            Fill{.operation = operation, .shape = {20000}, .alpha = 2, .beta = 5, .seed = 7}, {}));
        auto a = ir::interpret(n.g, {})[0], b = ir::interpret(n.g, {})[0];
        const float *x = a.bytes.as<float>(), *again = b.bytes.as<float>();
        double sum = 0, squares = 0;
        for (int i = 0; i < 20000; ++i) {
            EXPECT_EQ(x[i], again[i]);
            sum += x[i], squares += double(x[i]) * x[i];
        }
        double mean = sum / 20000, deviation = std::sqrt(squares / 20000 - mean * mean);
        bool uniform = operation == FillOperation::kRANDOM_UNIFORM;
        EXPECT_NEAR(mean, uniform ? 3.5 : 2, 0.1);
        EXPECT_NEAR(deviation, uniform ? std::sqrt(0.75) : 5, 0.1);
    }
}

}  // namespace
}  // namespace bireme::ops
