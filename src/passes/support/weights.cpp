// SPDX-License-Identifier: Apache-2.0
#include "passes/support/weights.h"

#include "ops/quantize.h"

#include <algorithm>

namespace bireme::passes {

std::optional<int64_t> valuesAlong(const TensorDesc& constant, const TensorDesc& tensor, int axis) {
    int shift = tensor.rank() - constant.rank();
    if (shift < 0 || !allStatic(constant.dims)) return std::nullopt;
    int64_t count = 1;
    for (int i = 0; i < constant.rank(); ++i) {
        const Dim& d = constant.dims[i];
        if (d.is(1)) continue;
        if (i + shift != axis || !(d == tensor.dims[axis])) return std::nullopt;
        count = d.value();
    }
    return count;
}

// Layers that read a constant; other constants that are computed from it do not keep it.
static size_t layersWith(ir::Edit& e, ir::ValueId constant) {
    const std::vector<ir::Use>& users = e.graph().value(constant).users;
    auto isLayer = [&](const ir::Use& use) {
        const auto& made = e.graph().node(use.node).outputs;
        return !std::all_of(made.begin(), made.end(),
                            [&](ir::ValueId v) { return e.isConstant(v); });
    };
    return static_cast<size_t>(std::count_if(users.begin(), users.end(), isLayer)) +
           (e.graph().isOutput(constant) ? 1 : 0);
}

std::string whyFixed(ir::Edit& e, ir::ValueId weights) {
    if (!e.isConstant(weights)) return "the weights are not constant";
    const ir::Node* maker = e.producer(weights);
    if (maker && maker->op.is<ops::Dequantize>()) return "the weights are quantized";
    const TensorDesc& d = e.desc(weights);
    if (!allStatic(d.dims)) return "the weights have no fixed shape";
    bool large = bytesFor(d.type, volume(d.dims).value()) > ir::Constants::kMaxKnownBytes;
    if (large && layersWith(e, weights) > 1)
        return "another layer has the same weights, which would be stored twice";
    return {};
}

ir::ValueId scaleWeights(ir::Edit& e, const ir::Op& fn, ir::ValueId weights, ir::ValueId values,
                         int64_t count, WeightAxis a) {
    const std::vector<int64_t> dims = staticValues(e.desc(weights).dims);
    std::vector<int64_t> shape(dims.size(), 1);
    if (count == 1 || a.groups == 1) {
        shape[static_cast<size_t>(a.axis)] = count;
        return e.add(fn, {weights, e.viewOfConstant(values, shape)});
    }
    auto at = static_cast<std::ptrdiff_t>(a.groupAxis);
    std::vector<int64_t> split = dims;
    split[static_cast<size_t>(at)] = dims[static_cast<size_t>(at)] / a.groups;
    split.insert(split.begin() + at, a.groups);
    shape.assign(split.size(), 1);
    shape[static_cast<size_t>(at)] = a.groups;
    size_t inner = static_cast<size_t>(a.axis) + (a.axis >= a.groupAxis ? 1 : 0);
    shape[inner] = count / a.groups;
    ir::ValueId product =
        e.add(fn, {e.viewOfConstant(weights, split), e.viewOfConstant(values, shape)});
    return e.viewOfConstant(product, dims);
}

}  // namespace bireme::passes
