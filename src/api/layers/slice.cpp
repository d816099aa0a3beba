// SPDX-License-Identifier: Apache-2.0
#include "ops/slice.h"

#include "api/layers/layer_prelude.h"

namespace nvinfer1 {

// Start, size, stride and axes are attributes or inputs 1, 2, 3 and 5.
static void setList(const ILayer& layer, std::vector<int64_t> ops::Slice::*member, int input,
                    Dims const& dims, const char* what) noexcept {
    edit<ops::Slice>(layer, [&](ops::Slice& op, Layer& l) {
        op.*member = api::toVector(dims, what);
        if (member == &ops::Slice::axes)
            for (int64_t& a : op.axes) a = api::axisBehindBatch(a, l.network.hidden());
        api::dropInput(l, input);
    });
}

static Dims getList(const ILayer& layer, std::vector<int64_t> ops::Slice::*member,
                    int input) noexcept {
    return api::hasInput(layer, input) ? api::kNoDims
                                       : api::publicDims(read<ops::Slice>(layer).*member);
}

void ISliceLayer::setStart(Dims const& start) noexcept {
    setList(*this, &ops::Slice::start, 1, start, "the slice's start");
}
Dims ISliceLayer::getStart() const noexcept { return getList(*this, &ops::Slice::start, 1); }
void ISliceLayer::setSize(Dims const& size) noexcept {
    setList(*this, &ops::Slice::size, 2, size, "the slice's size");
}
Dims ISliceLayer::getSize() const noexcept { return getList(*this, &ops::Slice::size, 2); }
void ISliceLayer::setStride(Dims const& stride) noexcept {
    setList(*this, &ops::Slice::stride, 3, stride, "the slice's stride");
}
Dims ISliceLayer::getStride() const noexcept { return getList(*this, &ops::Slice::stride, 3); }
void ISliceLayer::setAxes(Dims const& axes) noexcept {
    setList(*this, &ops::Slice::axes, 5, axes, "the slice's axes");
}
Dims ISliceLayer::getAxes() const noexcept {
    Dims axes = getList(*this, &ops::Slice::axes, 5);
    for (int32_t i = 0; i < axes.nbDims; ++i)
        if (axes.d[i] > 0) axes.d[i] -= impl_->network.hidden();
    return axes;
}

void ISliceLayer::setMode(SampleMode mode) noexcept {
    edit<ops::Slice>(*this, [&](ops::Slice& op) {
        api::requireEnum(mode, "slice mode");
        op.mode = mode;
    });
}

SampleMode ISliceLayer::getMode() const noexcept { return read<ops::Slice>(*this).mode; }

ISliceLayer* INetworkDefinition::addSlice(ITensor& input, Dims const& start, Dims const& size,
                                          Dims const& stride) noexcept {
    return add<ISliceLayer>(*impl_, [&](Network& n) -> Layer& {
        ops::Slice op;
        op.start = api::toVector(start, "the slice's start");
        op.size = api::toVector(size, "the slice's size");
        op.stride = api::toVector(stride, "the slice's stride");
        if (n.hidden() > 0)  // all axes but the batch's
            for (size_t i = 0; i < op.start.size(); ++i)
                op.axes.push_back(static_cast<int64_t>(i) + 1);
        return n.addLayer(LayerType::kSLICE, Op::of(op), {n.value(&input)});
    });
}

}  // namespace nvinfer1
