// SPDX-License-Identifier: Apache-2.0
#include "api/access.h"
#include "api/network/network.h"
#include "ir/interpret.h"
#include "ir/known.h"

#include <set>
#include <vector>

namespace nvinfer1 {

namespace api = bireme::api;
namespace ir = bireme::ir;

namespace {

constexpr int64_t kMostElements = 4096;

// Does `v` hang on constants alone? False, too, past so many nodes: a long graph asks often.
bool constantNearby(const ir::Graph& g, ir::ValueId v) {
    constexpr size_t kMostNodes = 512;
    std::set<ir::ValueId> seen{v};
    std::vector<ir::ValueId> open{v};
    while (!open.empty()) {
        const ir::ValueId at = open.back();
        open.pop_back();
        if (g.isConstant(at)) continue;
        const ir::Node* n = g.producer(at);
        if (!n || seen.size() > kMostNodes) return false;
        for (ir::ValueId u : n->inputs)
            if (u != ir::kNoValue && seen.insert(u).second) open.push_back(u);
    }
    return true;
}

bireme::Blob knownBytes(api::Network& network, ir::ValueId v) {
    ir::KnownTensors known(network.graph, kMostElements);
    if (const ir::Tensor* t = known.find(v)) return t->bytes;
    if (!constantNearby(network.graph, v)) return {};
    std::map<ir::ValueId, ir::Tensor> memo;
    const bool constant = ir::evaluateConstant(network.graph, v, memo);
    return constant ? memo.at(v).bytes : bireme::Blob();
}

}  // namespace

Weights INetworkDefinition::getKnownValues(ITensor& tensor) noexcept {
    return api::guard(impl_->reporter, Weights{DataType::kFLOAT, nullptr, 0}, [&] {
        const ir::ValueId v = impl_->value(&tensor);
        const auto& desc = impl_->desc(v);
        const Weights nothing{desc.type, nullptr, 0};
        int64_t count = 1;
        for (const auto& d : desc.dims) {
            if (!d.isStatic() || d.value() > kMostElements) return nothing;
            count *= d.value();
            if (count > kMostElements) return nothing;
        }
        const bireme::Blob bytes = knownBytes(*impl_, v);
        if (!bytes || bytes.size() == 0) return nothing;
        impl_->knownValues.push_back(bytes);
        return Weights{desc.type, bytes.data(), count};
    });
}

}  // namespace nvinfer1
