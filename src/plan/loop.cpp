// SPDX-License-Identifier: Apache-2.0
#include "plan/loop.h"

namespace bireme::plan {

static void put(ByteWriter& out, const std::vector<int64_t>& list) {
    out.varint(list.size());
    for (int64_t v : list) out.varint(static_cast<uint64_t>(v));
}

static std::vector<int64_t> get(ByteReader& in) {
    std::vector<int64_t> list(in.count());
    for (int64_t& v : list) v = static_cast<int64_t>(in.varint());
    return list;
}

std::vector<uint8_t> LoopForm::bytes() const {
    ByteWriter out;
    out.varint(static_cast<uint64_t>(carried));
    for (const auto* list : {&inputAxes, &inputBackward, &outputAxes, &outputBackward})
        put(out, *list);
    return out.take();
}

LoopForm LoopForm::of(const Step& step) {
    ByteReader in(step.kernelBytes.data(), step.kernelBytes.size(), "a loop");
    LoopForm f;
    f.carried = static_cast<int64_t>(in.varint());
    for (auto* list : {&f.inputAxes, &f.inputBackward, &f.outputAxes, &f.outputBackward})
        *list = get(in);
    const auto inputs = static_cast<int64_t>(step.inputs.size()),
               outputs = static_cast<int64_t>(step.outputs.size());
    if (f.carried < 0 || f.carried > outputs || f.inputBackward.size() != f.inputAxes.size() ||
        f.outputBackward.size() != f.outputAxes.size() ||
        static_cast<int64_t>(f.passed()) > inputs ||
        f.carried + static_cast<int64_t>(f.outputAxes.size()) != outputs)
        in.corrupt("its values do not fit the step");
    return f;
}

}  // namespace bireme::plan
