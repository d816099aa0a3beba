// SPDX-License-Identifier: Apache-2.0
#include "ops/lrn.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

static void requireWindow(int64_t window) {
    require(window > 0 && window % 2 == 1, "the LRN window is ", window, ", not odd and positive");
}

void ILRNLayer::setWindowSize(int64_t windowSize) noexcept {
    edit<ops::Lrn>(*this, [&](ops::Lrn& op) {
        requireWindow(windowSize);
        op.window = windowSize;
    });
}

int64_t ILRNLayer::getWindowSize() const noexcept { return read<ops::Lrn>(*this).window; }

void ILRNLayer::setAlpha(float alpha) noexcept {
    edit<ops::Lrn>(*this, [&](ops::Lrn& op) {
        api::requireFinite(alpha, "alpha");
        op.alpha = alpha;
    });
}

float ILRNLayer::getAlpha() const noexcept { return read<ops::Lrn>(*this).alpha; }

void ILRNLayer::setBeta(float beta) noexcept {
    edit<ops::Lrn>(*this, [&](ops::Lrn& op) {
        api::requireFinite(beta, "beta");
        op.beta = beta;
    });
}

float ILRNLayer::getBeta() const noexcept { return read<ops::Lrn>(*this).beta; }

void ILRNLayer::setK(float k) noexcept {
    edit<ops::Lrn>(*this, [&](ops::Lrn& op) {
        api::requireFinite(k, "k");
        op.k = k;
    });
}

float ILRNLayer::getK() const noexcept { return read<ops::Lrn>(*this).k; }

ILRNLayer* INetworkDefinition::addLRN(ITensor& input, int64_t window, float alpha, float beta,
                                      float k) noexcept {
    return add<ILRNLayer>(*impl_, [&](Network& n) -> Layer& {
        requireWindow(window);
        api::requireFinite(alpha, "alpha");
        api::requireFinite(beta, "beta");
        api::requireFinite(k, "k");
        return n.addLayer(LayerType::kLRN, Op::of(ops::Lrn{window, alpha, beta, k}),
                          {n.value(&input)});
    });
}

}  // namespace nvinfer1
