// SPDX-License-Identifier: Apache-2.0
// The implicit batch of TensorRT 8 and older: dimension 0 of every tensor, which the handles hide.
#include "api/network/network.h"

#include <algorithm>

namespace bireme::api {

namespace {

constexpr const char* kBatchName = "batch";

// Layers newer than the implicit batch, or whose shapes and axes are tensors or texts.
constexpr LayerType kExplicitOnly[] = {
    LayerType::kSHAPE,         LayerType::kFILL,      LayerType::kQUANTIZE,
    LayerType::kDEQUANTIZE,    LayerType::kSCATTER,   LayerType::kEINSUM,
    LayerType::kASSERTION,     LayerType::kONE_HOT,   LayerType::kNON_ZERO,
    LayerType::kGRID_SAMPLE,   LayerType::kNMS,       LayerType::kREVERSE_SEQUENCE,
    LayerType::kNORMALIZATION, LayerType::kSQUEEZE,   LayerType::kUNSQUEEZE,
    LayerType::kCUMULATIVE,    LayerType::kCUSTOM_OP,
};

}  // namespace

bool Network::isImplicit() const {
    if (implicit_) return *implicit_;
    if (!batch) return false;
    const auto has = [&](NetworkDefinitionCreationFlag f) {
        return (flags >> static_cast<int>(f) & 1U) != 0;
    };
    if (has(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH) ||
        has(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED))
        return false;
    return forcedImplicit || batch->ofVersion8 || batch->most > 0;
}

int32_t Network::maxBatch() const { return batch ? std::max(1, batch->most) : 1; }

void Network::settleBatch() { implicit_ = isImplicit(); }

void Network::nameBatch(Tensor& input) {
    if (!isImplicit()) return;
    ir::Value& v = graph.value(input.value);
    require(!v.desc.dims.empty(), "input \"", input.name, "\" has no dimension for the batch");
    v.desc.dims[0] = Dim::symbol("?");
    v.dimNames[0] = input.dimNames[0] = kBatchName;
}

void Network::requireTranslated(LayerType type) const {
    const bool known = std::find(std::begin(kExplicitOnly), std::end(kExplicitOnly), type) ==
                       std::end(kExplicitOnly);
    require(hidden() == 0 || known,
            "this kind of layer needs an explicit batch: create the network with kEXPLICIT_BATCH");
}

}  // namespace bireme::api
