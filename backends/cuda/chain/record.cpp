// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/chain/record.h"

#include "base/text.h"

namespace bireme::cuda {

void putFunction(ByteWriter& out, ops::PointwiseFn fn) { out.string(ops::name(fn)); }

ops::PointwiseFn getFunction(ByteReader& in) {
    int64_t fn = 0;
    std::string name = in.string();
    if (!enumValue(name, enumNames(ops::PointwiseFn()), fn))
        in.corrupt(cat("unknown function \"", name, "\""));
    return static_cast<ops::PointwiseFn>(fn);
}

void putSteps(ByteWriter& out, const std::vector<ChainStep>& steps) {
    out.varint(steps.size());
    for (const ChainStep& s : steps) {
        putFunction(out, s.fn);
        out.put(s.alpha);
        out.put(s.beta);
        out.put<int32_t>(s.through);
        out.put<int32_t>(s.input);
        out.put<uint8_t>(s.constant);
    }
}

std::vector<ChainStep> getSteps(ByteReader& in) {
    std::vector<ChainStep> steps(in.count());
    for (ChainStep& s : steps) {
        s.fn = getFunction(in);
        s.alpha = in.get<float>();
        s.beta = in.get<float>();
        s.through = in.get<int32_t>();
        s.input = in.get<int32_t>();
        s.constant = in.get<uint8_t>() != 0;
    }
    return steps;
}

}  // namespace bireme::cuda
