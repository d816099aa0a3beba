// SPDX-License-Identifier: Apache-2.0
#include "ops/einsum.h"
#include "ops/matrix_multiply.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

void IMatrixMultiplyLayer::setOperation(int32_t index, MatrixOperation op) noexcept {
    edit<ops::MatrixMultiply>(*this, [&](ops::MatrixMultiply& o) {
        require(index == 0 || index == 1, "a matrix product has no operand ", index);
        api::requireEnum(op, "matrix operation");
        (index == 0 ? o.opA : o.opB) = op;
    });
}

MatrixOperation IMatrixMultiplyLayer::getOperation(int32_t index) const noexcept {
    const auto& op = read<ops::MatrixMultiply>(*this);
    return index == 0 ? op.opA : op.opB;
}

IMatrixMultiplyLayer* INetworkDefinition::addMatrixMultiply(ITensor& input0, MatrixOperation op0,
                                                            ITensor& input1,
                                                            MatrixOperation op1) noexcept {
    return add<IMatrixMultiplyLayer>(*impl_, [&](Network& n) -> Layer& {
        api::requireEnum(op0, "matrix operation");
        api::requireEnum(op1, "matrix operation");
        return n.addLayer(LayerType::kMATRIX_MULTIPLY, Op::of(ops::MatrixMultiply{op0, op1}),
                          {n.value(&input0), n.value(&input1)});
    });
}

bool IEinsumLayer::setEquation(char const* equation) noexcept {
    return edit<ops::Einsum>(*this, [&](ops::Einsum& op, Layer& l) {
        require(equation, "the equation is null");
        std::string before = std::exchange(op.equation, equation);
        l.network.touch(l.node);
        try {
            l.network.infer(l.network.graph.node(l.node).outputs[0]);
        } catch (...) {
            op.equation = before;
            l.network.touch(l.node);
            throw;
        }
        l.text = op.equation;
    });
}

char const* IEinsumLayer::getEquation() const noexcept { return impl_->text.c_str(); }

IEinsumLayer* INetworkDefinition::addEinsum(ITensor* const* inputs, int32_t nbInputs,
                                            char const* equation) noexcept {
    return add<IEinsumLayer>(*impl_, [&](Network& n) -> Layer& {
        require(inputs && nbInputs > 0, "einsum has no inputs");
        require(equation, "the equation is null");
        std::vector<bireme::ir::ValueId> values;
        for (int32_t i = 0; i < nbInputs; ++i) values.push_back(n.value(inputs[i]));
        Layer& layer =
            n.addLayer(LayerType::kEINSUM, Op::of(ops::Einsum{equation}), std::move(values));
        layer.text = equation;
        return layer;
    });
}

}  // namespace nvinfer1
