// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/direct_convolution.h"

#include <algorithm>

namespace bireme::cuda {

void DirectConvolution::save(ByteWriter& out) const {
    putAttributes(out, op);
    putInts(out, kernel);
    putInts(out, operands);
    putInt(out, input);
}

void DirectConvolution::load(ByteReader& in) {
    op = getAttributes<ops::Convolution>(in);
    kernel = getInts(in);
    for (int64_t i : getInts(in)) operands.push_back(static_cast<int>(i));
    input = static_cast<int>(getInt(in));
    if (kernel.size() < 3 || kernel.size() > 4 || operands.size() > kVectorOperands ||
        std::any_of(kernel.begin(), kernel.end(), [](int64_t d) { return d < 1; }))
        in.corrupt("a convolution's record");
}

Support readDirectConvolution(const tactic::Query& q, DirectConvolution& out) {
    const auto* op = q.group().anchorAs<ops::Convolution>();
    if (!op) return no("the anchor is not a convolution");
    if (q.outputs() != 1) return no("more than one output");
    if (q.group().hasPrologue()) return no("nodes stand before the convolution");
    out.op = *op;
    out.input = q.group().anchorInput(0);
    int w = q.group().anchorInput(1);
    if (out.input < 0 || w < 0 || !q.constant(w)) return no("the kernel is not constant");
    if (!allStatic(q.in(w).dims)) return no("the kernel has unknown extents");
    out.kernel = staticValues(q.in(w).dims);
    if (out.kernel.size() < 3 || out.kernel.size() > 4) return no("neither a line nor a plane");
    if (*std::min_element(out.kernel.begin(), out.kernel.end()) < 1) return no("an empty kernel");
    DataType t = q.in(out.input).type;
    if (!isFloat(t) || q.in(w).type != t || !isFloat(q.out(0).type))
        return no("operands are not f32, f16 or bf16 alike");
    return operandsFit(q);
}

Support writeDirectConvolution(const tactic::Query& q, DirectConvolution& c, const char* name,
                               const char* threads, const char* call, std::string& text,
                               std::vector<int>& consumed) {
    VectorEpilogue epilogue;
    if (Support s = writeVectorEpilogue(q, 1, epilogue, consumed); !s.ok) return s;
    c.operands = epilogue.inputs;
    text = cat(epilogue.functions, chainParametersText(), epilogue.finish,
               "extern \"C\" __global__ void __launch_bounds__(", threads, ") ", name,
               "(const __grid_constant__ Parameters p) { ", call, " }\n");
    return yes();
}

std::string directTypes(const tactic::Query& q, const DirectConvolution& c) {
    return cat("typedef ", typeText(q.in(c.input).type), " T;\ntypedef ", typeText(q.out(0).type),
               " TY;\n");
}

}  // namespace bireme::cuda
