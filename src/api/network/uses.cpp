// SPDX-License-Identifier: Apache-2.0
// Which values are shapes: their elements decide extents of others.
#include "api/network/network.h"

#include <string_view>
#include <utility>

namespace bireme::api {

namespace {

enum : uint8_t { kShape = 1, kExecution = 2 };

// Bit i: the elements of input i are read as extents, axes or counts.
uint32_t shapeInputs(std::string_view op) {
    static constexpr std::pair<std::string_view, uint32_t> kTable[] = {
        {"assertion", 1}, {"cumulative", 2}, {"expand", 2},  {"fill", 1},
        {"nms", 4},       {"one_hot", 4},    {"pad", 2 | 8}, {"range", 7},
        {"reshape", 2},   {"resize", 2},     {"shuffle", 2}, {"slice", 2 | 4 | 8 | 32},
        {"squeeze", 2},   {"tile", 2},       {"topk", 2},    {"unsqueeze", 2},
    };
    for (const auto& [name, mask] : kTable)
        if (name == op) return mask;
    return 0;
}

}  // namespace

void Network::findUses() {
    if (usesStamp_ == stamp_) return;
    std::vector<uint8_t> uses;
    auto mark = [&](ir::ValueId v, uint8_t use) {
        if (v == ir::kNoValue) return;
        auto i = static_cast<size_t>(v);
        if (uses.size() <= i) uses.resize(i + 1, 0);
        uses[i] |= use;
    };
    auto of = [&](ir::ValueId v) {
        return static_cast<size_t>(v) < uses.size() ? uses[static_cast<size_t>(v)] : 0;
    };
    for (ir::ValueId v : graph.outputs()) mark(v, tensor(v).shapeOutput ? kShape : kExecution);
    std::vector<ir::NodeId> order = graph.order();
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
        const ir::Node& n = graph.node(*it);
        uint8_t use = 0;
        for (ir::ValueId v : n.outputs) use |= of(v);
        uint32_t shapes = shapeInputs(n.op.name());
        if (n.op.def().has(ir::kSideEffect)) use |= kExecution;
        for (size_t i = 0; i < n.inputs.size(); ++i) {
            bool extentsOnly = i == 0 && n.op.def().has(ir::kShapeOnly);
            if (i < 32 && (shapes >> i & 1U))
                mark(n.inputs[i], kShape);
            else if (!extentsOnly)
                mark(n.inputs[i], use);
        }
    }
    uses_ = std::move(uses);
    usesStamp_ = stamp_;
}

bool Network::isShape(ir::ValueId value) {
    findUses();
    return static_cast<size_t>(value) < uses_.size() &&
           (uses_[static_cast<size_t>(value)] & kShape);
}

bool Network::isExecution(ir::ValueId value) {
    findUses();
    return static_cast<size_t>(value) < uses_.size() &&
           (uses_[static_cast<size_t>(value)] & kExecution);
}

}  // namespace bireme::api
