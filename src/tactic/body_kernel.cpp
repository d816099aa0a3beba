// SPDX-License-Identifier: Apache-2.0
#include "tactic/body_kernel.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/serialize.h"

#include <algorithm>
#include <cstring>

namespace bireme::tactic {

void BodyKernel::save(ByteWriter& out) const { ir::writeGraph(*body_, out); }

void BodyKernel::requireShapes(const device::Shapes& shapes) const {
    auto check = [&](const std::vector<device::TensorShape>& given,
                     const std::vector<ir::ValueId>& values, const char* what, bool mayLack) {
        if (given.size() != values.size())
            failInvalid(
                cat("the group has ", values.size(), " ", what, "s, the step ", given.size()));
        for (size_t i = 0; i < given.size(); ++i) {
            const auto& s = given[i];
            const TensorDesc& d = body_->value(values[i]).desc;
            if (!s.present && mayLack) continue;
            if (!s.present || s.type != d.type || s.dims.size() != d.dims.size() ||
                !s.format.isLinear())
                failInvalid(cat(what, " ", i, " of the group is ", d.text(),
                                ", the step has another type, rank or format"));
        }
    };
    check(shapes.inputs, body_->inputs(), "input", false);
    check(shapes.outputs, body_->outputs(), "output", true);
}

bool isOpen(const device::TensorShape& shape) {
    return std::find(shape.dims.begin(), shape.dims.end(), -1) != shape.dims.end();
}

void deliver(const device::Launch& launch, int output, bool open, const std::vector<int64_t>& dims,
             const void* data, size_t bytes) {
    void* to = open ? launch.sink->resize(output, dims.data(), static_cast<int>(dims.size()))
                    : launch.outputs[output];
    if (bytes == 0) return;
    if (!to) fail(ErrorCode::kFAILED_ALLOCATION, "no memory for the result");
    std::memcpy(to, data, bytes);
}

}  // namespace bireme::tactic
