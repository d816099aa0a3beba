// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/deconvolution_phases.h"

#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/isa.h"
#include "backends/cpu/support/record.h"

namespace bireme::cpu {

using device::Shapes;

std::vector<PhasesRecord::Matrix> PhasesRecord::matrices() const {
    std::vector<Matrix> all;
    size_t at = 0;
    for (int64_t g = 0; g < op.groups; ++g)
        for (int64_t d = 0; d < stride(0); ++d)
            for (int64_t h = 0; h < stride(1); ++h)
                for (int64_t w = 0; w < stride(2); ++w) {
                    const int64_t rows = taps(0, d) * taps(1, h) * taps(2, w) * depth();
                    all.push_back({rows, at});
                    at += packed(rows);
                }
    return all;
}

std::pair<size_t, size_t> PhasesRecord::share(const Shapes& min, const Shapes& max) const {
    const int64_t more = taps(2, 0), most = std::min(kMost, columns(max)) + more;
    const bool shared = columns(min) < kFew;
    const int64_t pixels = shared ? std::max(most, kEnough + kFew + kEnough * more) : most;
    const int64_t line = pixels * taps(0, 0) * taps(1, 0) * depth() * (brain ? 2 : 4),
                  product = brain || shared ? pixels * results() * 4 : 0;
    return {static_cast<size_t>(ceilDiv(line, 64) * 64),
            static_cast<size_t>(ceilDiv(product, 64) * 64)};
}

ops::WindowGrid PhasesRecord::grid(const Shapes& s) const {
    const DimVector x = toDims(s.inputs[static_cast<size_t>(input)].dims);
    auto a = ops::WindowAttributes::of(op);
    a.outputPadding = &op.outputPadding;
    const std::vector<int64_t> window(kernel.end() - static_cast<int64_t>(x.size() - 2),
                                      kernel.end());
    return ops::WindowGrid(ops::deconvolutionAxes(a, ops::spatialDims(x), toDims(window)));
}

void PhasesRecord::save(ByteWriter& out) const {
    putAttributes(out, op);
    putInts(out, kernel);
    putInts(out, {input, bias, threads, width});
    out.put<uint8_t>(brain);
    epilogue.save(out);
}

PhasesRecord PhasesRecord::load(ByteReader& in) {
    PhasesRecord r;
    r.op = getAttributes<ops::Deconvolution>(in);
    r.kernel = getInts(in);
    const auto v = getInts(in);
    bool right = r.kernel.size() == 5 && v.size() == 4 && v[2] >= 1 && v[2] <= 4096 && v[3] >= 1 &&
                 v[3] <= 1024 && r.op.stride.size() <= 3 && r.op.groups >= 1;
    for (const int64_t d : r.kernel) right = right && d >= 1;
    for (const int64_t d : r.op.stride) right = right && d >= 1;
    for (size_t axis = 0; right && axis < 3; ++axis) right = r.stride(axis) <= r.window(axis);
    if (!right || r.kernel[0] % r.op.groups) in.corrupt("a deconvolution has other numbers");
    r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
    r.threads = v[2], r.width = static_cast<int>(v[3]);
    r.brain = in.get<uint8_t>() != 0;
    if (r.brain && kernelIsa() < Isa::avx512_bf16)
        in.corrupt("a deconvolution of bf16, which this processor does not multiply");
    r.epilogue = Epilogue::load(in);
    return r;
}

Support PhasesRecord::read(const tactic::Query& q, std::vector<int>& consumed) {
    const auto* anchor = q.group().anchorAs<ops::Deconvolution>();
    if (!anchor) return no("the anchor is not a deconvolution");
    const auto type = onlyType(q);
    if (q.outputs() != 1 || !type || !multiplies(*type))
        return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
    if (lacksElements(q)) return no("an operand has no elements");
    brain = *type == DataType::kBF16;
    ConvolutionOperands operands;
    if (Support s = readOperands(q, operands); !s.ok) return s;
    op = *anchor, input = operands.input, bias = operands.bias;
    kernel = staticValues(q.in(operands.kernel).dims);
    if (kernel.size() > 5) return no("more than three spatial dimensions");
    kernel.insert(kernel.begin() + 2, 5 - kernel.size(), 1);
    if (std::any_of(op.dilation.begin(), op.dilation.end(), [](int64_t d) { return d != 1; }))
        return no("dilation");
    for (size_t axis = 0; axis < 3; ++axis)
        if (stride(axis) > window(axis)) return no("windows leave gaps");
    return readChannelEpilogue(q, epilogue, bias, consumed);
}

DeconvolutionSteps::DeconvolutionSteps(const device::TensorShape& t) : offset(t.format.offset) {
    const auto strides = t.format.stridesFor(t.dims);
    const size_t rank = t.dims.size();
    image = strides[0], pixel = strides[rank - 1];
    if (rank > 3) row = strides[rank - 2];
    if (rank > 4) plane = strides[rank - 3];
}

}  // namespace bireme::cpu
