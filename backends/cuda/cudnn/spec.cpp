// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cudnn/spec.h"

#include "backends/cuda/chain/record.h"

namespace bireme::cuda::dnn {

using ops::PointwiseFn;

void GraphSpec::save(ByteWriter& out) const {
    out.put(static_cast<uint8_t>(anchor));
    out.varint(operands.size());
    for (const Operand& o : operands) {
        out.put(static_cast<int32_t>(o.type));
        putInts(out, o.dims);
        putInts(out, o.strides);
    }
    for (const auto* list : {&before, &after, &stride, &dilation}) putInts(out, *list);
    out.varint(steps.size());
    for (const Step& s : steps) {
        putFunction(out, s.fn);
        out.put(s.alpha);
        out.put(s.beta);
        out.put<int32_t>(s.through);
        out.put<int32_t>(s.operand);
    }
    out.put<uint8_t>(tf32);
    out.put<uint8_t>(deterministic);
}

static Step loadStep(ByteReader& in, size_t operands) {
    Step s;
    s.fn = getFunction(in);
    s.alpha = in.get<float>();
    s.beta = in.get<float>();
    s.through = in.get<int32_t>();
    s.operand = in.get<int32_t>();
    if (s.operand < -1 || s.operand >= static_cast<int>(operands))
        in.corrupt("a step reads an operand that is not there");
    return s;
}

GraphSpec GraphSpec::load(ByteReader& in) {
    GraphSpec g;
    auto anchor = in.get<uint8_t>();
    if (anchor > static_cast<uint8_t>(Anchor::matmul)) in.corrupt("unknown kind of cuDNN graph");
    g.anchor = static_cast<Anchor>(anchor);
    g.operands.resize(in.count());
    if (g.operands.size() < 3) in.corrupt("a cuDNN graph has two inputs and an output");
    for (Operand& o : g.operands) {
        o.type = static_cast<DataType>(in.get<int32_t>());
        o.dims = getInts(in);
        o.strides = getInts(in);
    }
    for (auto* list : {&g.before, &g.after, &g.stride, &g.dilation}) *list = getInts(in);
    size_t steps = in.count();
    for (size_t i = 0; i < steps; ++i) g.steps.push_back(loadStep(in, g.operands.size()));
    g.tf32 = in.get<uint8_t>() != 0;
    g.deterministic = in.get<uint8_t>() != 0;
    return g;
}

bool knowsFunction(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::sum:
        case PointwiseFn::sub:
        case PointwiseFn::prod:
        case PointwiseFn::div:
        case PointwiseFn::max:
        case PointwiseFn::min:
        case PointwiseFn::relu:
        case PointwiseFn::clip:
        case PointwiseFn::leaky_relu:
        case PointwiseFn::sigmoid:
        case PointwiseFn::tanh:
        case PointwiseFn::elu:
        case PointwiseFn::softplus:
        case PointwiseFn::swish:
        case PointwiseFn::gelu_erf:
        case PointwiseFn::gelu_tanh:
        case PointwiseFn::exp:
        case PointwiseFn::log:
        case PointwiseFn::sqrt:
        case PointwiseFn::abs:
        case PointwiseFn::neg:
        case PointwiseFn::erf:
        case PointwiseFn::copy: return true;
        default: return false;
    }
}

}  // namespace bireme::cuda::dnn
