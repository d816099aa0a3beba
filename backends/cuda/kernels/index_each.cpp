// SPDX-License-Identifier: Apache-2.0
// Ops whose elements go where indices say.
#include "backends/cuda/support/each.h"
#include "ir/eval.h"
#include "ops/gather.h"
#include "ops/one_hot.h"
#include "ops/reverse_sequence.h"
#include "ops/scatter.h"
#include "ops/support/axis_view.h"
#include "ops/tensor_scatter.h"
#include "ops/trilu.h"

namespace bireme::cuda {

using ir::rowMajorStrides;

static const char* const kFile = "index.cu";

static size_t axisOf(int64_t axis, const std::vector<int64_t>& dims) {
    return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(dims.size()) : axis);
}

// Every function of the file is compiled: options that the op does not need have to be there too.
static std::vector<std::string> options(DataType elements, DataType indices, int reduction = 0,
                                        bool upper = false, bool circular = false) {
    return {typeOption("TX", elements), typeOption("TI", indices), cat("-DREDUCTION=", reduction),
            cat("-DUPPER=", upper ? 1 : 0), cat("-DCIRCULAR=", circular ? 1 : 0)};
}

static Support indexed(DataType t) {
    if (t != DataType::kINT32 && t != DataType::kINT64)
        return no("indices are neither i32 nor i64");
    return yes();
}

static Support readGather(const tactic::Query& q, const ir::Node& node,
                          std::vector<std::string>& out) {
    if (node.op.as<ops::Gather>()->mode != GatherMode::kND) return no("no coordinates");
    out = options(operandType(q, node, 0), operandType(q, node, 1));
    return indexed(operandType(q, node, 1));
}

static void layGather(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    const auto &x = s.in(0), &i = s.in(1);
    auto shared = static_cast<size_t>(op.as<ops::Gather>()->elementWiseDims);
    auto length = static_cast<size_t>(i.back());
    auto steps = rowMajorStrides(x);
    int64_t batches = 1, each = 1;
    for (size_t d = 0; d < shared; ++d) batches *= x[d];
    for (size_t d = 0; d + 1 < i.size(); ++d) each *= i[d];
    e.count = static_cast<uint32_t>(product(s.out(0)));
    e.n[0] =
        std::max<int64_t>(1, product({x.begin() + static_cast<int64_t>(shared + length), x.end()}));
    e.n[1] = i.back();
    e.n[2] = std::max<int64_t>(1, batches ? each / batches : 1);
    e.n[3] = product({x.begin() + static_cast<int64_t>(shared), x.end()});
    for (size_t j = 0; j < length; ++j) e.n[8 + j] = x[shared + j], e.n[16 + j] = steps[shared + j];
}

static int reductionOf(const std::string& name) {
    int k = 0;
    for (const char* r : {"none", "add", "mul", "max", "min"}) {
        if (name == r) return k;
        ++k;
    }
    return -1;
}

static Support readScatter(const tactic::Query& q, const ir::Node& node,
                           std::vector<std::string>& out) {
    const auto& op = *node.op.as<ops::Scatter>();
    out = options(operandType(q, node, 0), operandType(q, node, 1), reductionOf(op.reduction));
    return indexed(operandType(q, node, 1));
}

static Support readScatterElements(const tactic::Query& q, const ir::Node& node,
                                   std::vector<std::string>& out) {
    if (node.op.as<ops::Scatter>()->mode == ScatterMode::kND) return no("coordinates");
    return readScatter(q, node, out);
}

static Support readScatterNd(const tactic::Query& q, const ir::Node& node,
                             std::vector<std::string>& out) {
    if (node.op.as<ops::Scatter>()->mode != ScatterMode::kND) return no("no coordinates");
    return readScatter(q, node, out);
}

static void layScatterElements(const ir::Op& op, const EachShapes& s, size_t stage, Each& e) {
    const auto &x = s.in(0), &i = s.in(1);
    if (stage == 0) {
        e.count = static_cast<uint32_t>(product(x));
        return;
    }
    size_t axis = axisOf(op.as<ops::Scatter>()->axis, x);
    e.count = static_cast<uint32_t>(product(i) == 0 ? 0 : product(i) / i[axis]);
    e.n[0] = static_cast<int64_t>(x.size()), e.n[1] = static_cast<int64_t>(axis);
    putSteps(e, 8, i);
    putSteps(e, 16, x);
    putSteps(e, 24, rowMajorStrides(x));
    putSteps(e, 32, rowMajorStrides(i));
}

static void layScatterNd(const ir::Op& op, const EachShapes& s, size_t stage, Each& e) {
    const auto &x = s.in(0), &i = s.in(1);
    e.count = static_cast<uint32_t>(product(x));
    if (stage == 0) return;
    auto length = static_cast<size_t>(i.back());
    e.n[0] = product({x.begin() + static_cast<int64_t>(length), x.end()});
    e.n[1] = i.back();
    e.n[2] = product({i.begin(), i.end() - 1});
    putSteps(e, 8, {x.begin(), x.begin() + static_cast<int64_t>(length)});
    auto steps = rowMajorStrides(x);
    steps.resize(length);
    putSteps(e, 16, steps);
    bool reduces = op.as<ops::Scatter>()->reduction != "none";
    e.count = static_cast<uint32_t>(e.n[2] == 0 ? 0 : reduces ? e.n[0] : e.n[0] * e.n[2]);
}

static Support readOneHot(const tactic::Query& q, const ir::Node& node,
                          std::vector<std::string>& out) {
    out = options(resultType(q, node, 0), operandType(q, node, 0));
    return yes();
}

static void layOneHot(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    ops::AxisView v(s.out(0), op.as<ops::OneHot>()->axis);
    e.count = static_cast<uint32_t>(product(s.out(0)));
    e.n[0] = v.extent, e.n[1] = v.inner;
}

static Support readTrilu(const tactic::Query& q, const ir::Node& node,
                         std::vector<std::string>& out) {
    DataType k = hasOperand(node, 1) ? operandType(q, node, 1) : DataType::kINT64;
    out = options(operandType(q, node, 0), k, 0, node.op.as<ops::Trilu>()->upper);
    return indexed(k);
}

static void layTrilu(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    const auto& x = s.in(0);
    e.count = static_cast<uint32_t>(product(x));
    e.n[0] = x[x.size() - 2], e.n[1] = x.back();
}

static Support readReverse(const tactic::Query& q, const ir::Node& node,
                           std::vector<std::string>& out) {
    out = options(operandType(q, node, 0), operandType(q, node, 1));
    return indexed(operandType(q, node, 1));
}

static void layReverse(const ir::Op& op, const EachShapes& s, size_t, Each& e) {
    const auto& r = *op.as<ops::ReverseSequence>();
    ops::AxisView batch(s.in(0), r.batchAxis), sequence(s.in(0), r.sequenceAxis);
    e.count = static_cast<uint32_t>(product(s.in(0)));
    e.n[0] = batch.extent, e.n[1] = batch.inner;
    e.n[2] = sequence.extent, e.n[3] = sequence.inner;
}

static Support readTensorScatter(const tactic::Query& q, const ir::Node& node,
                                 std::vector<std::string>& out) {
    DataType at = hasOperand(node, 2) ? operandType(q, node, 2) : DataType::kINT64;
    out =
        options(operandType(q, node, 0), at, 0, false, node.op.as<ops::TensorScatter>()->circular);
    return indexed(at);
}

static void layTensorScatter(const ir::Op& op, const EachShapes& s, size_t stage, Each& e) {
    e.count = static_cast<uint32_t>(product(s.in(stage == 0 ? 0 : 1)));
    if (stage == 0 || e.count == 0) return;
    int64_t axis = op.as<ops::TensorScatter>()->axis;
    ops::AxisView cache(s.in(0), axis), update(s.in(1), axis);
    e.n[0] = cache.outer / s.in(0)[0];
    e.n[1] = cache.inner, e.n[2] = cache.extent, e.n[3] = update.extent;
}

static Support readBits(const tactic::Query& q, const ir::Node& node,
                        std::vector<std::string>& out) {
    out = options(operandType(q, node, 0), DataType::kINT64);
    return yes();
}

static void layBits(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    e.count = static_cast<uint32_t>(product(s.in(0)));
}

static Support readShape(const tactic::Query&, const ir::Node&, std::vector<std::string>& out) {
    out = options(DataType::kINT64, DataType::kINT64);
    return yes();
}

static void layShape(const ir::Op&, const EachShapes& s, size_t, Each& e) {
    e.count = static_cast<uint32_t>(s.in(0).size());
    putSteps(e, 0, s.in(0));
}

void registerKernel_index_each(tactic::Catalog& catalog) {
    for (const EachOp& op : std::initializer_list<EachOp>{
             {"cuda.gather_nd.each", "gather", kFile, readGather, layGather, {"gather_nd"}},
             {"cuda.scatter_elements.each",
              "scatter",
              kFile,
              readScatterElements,
              layScatterElements,
              {"copy_data", "scatter_elements"}},
             {"cuda.scatter_nd.each",
              "scatter",
              kFile,
              readScatterNd,
              layScatterNd,
              {"copy_data", "scatter_nd"}},
             {"cuda.one_hot.each", "one_hot", kFile, readOneHot, layOneHot, {"one_hot"}},
             {"cuda.trilu.each", "trilu", kFile, readTrilu, layTrilu, {"trilu"}},
             {"cuda.reverse_sequence.each",
              "reverse_sequence",
              kFile,
              readReverse,
              layReverse,
              {"reverse_sequence"}},
             {"cuda.tensor_scatter.each",
              "tensor_scatter",
              kFile,
              readTensorScatter,
              layTensorScatter,
              {"copy_data", "tensor_scatter"}},
             {"cuda.bit_cast.each", "bit_cast", kFile, readBits, layBits, {"copy_data"}},
             {"cuda.shape.each", "shape", kFile, readShape, layShape, {"shape"}}})
        catalog.add(eachFactory(op));
}

}  // namespace bireme::cuda
