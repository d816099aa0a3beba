// SPDX-License-Identifier: Apache-2.0
#include "bireme/tensor.h"

#include "api/access.h"
#include "api/convert.h"
#include "api/network/network.h"

#include <cmath>
#include <limits>

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;

namespace nvinfer1 {

// A removed tensor keeps its handle; what is said of it then goes nowhere.
static bireme::ir::Value& valueOf(api::Tensor& t) {
    static thread_local bireme::ir::Value removed;
    return t.network.graph.hasValue(t.value) ? t.network.graph.value(t.value) : removed;
}

ITensor::~ITensor() noexcept = default;

void ITensor::setName(char const* name) noexcept {
    guard(impl_->network.reporter, [&] { impl_->network.nameTensor(*impl_, name); });
}

char const* ITensor::getName() const noexcept { return impl_->name.c_str(); }

void ITensor::setDimensions(Dims const& dimensions) noexcept {
    guard(impl_->network.reporter, [&] { impl_->network.setInputDims(*impl_, dimensions); });
}

Dims ITensor::getDimensions() const noexcept {
    return guard(impl_->network.reporter, api::kNoDims, [&] {
        return api::publicDims(impl_->network.desc(impl_->network.value(this)).dims,
                               impl_->network.hidden());
    });
}

void ITensor::setType(DataType type) noexcept {
    guard(impl_->network.reporter, [&] {
        api::Network& n = impl_->network;
        require(bireme::isKnown(type), "unknown data type ", static_cast<int>(type));
        if (n.graph.isInput(impl_->value)) {
            valueOf(*impl_).desc.type = type;
            for (const auto& use : valueOf(*impl_).users) n.touch(use.node);
            return;
        }
        require(!n.stronglyTyped(), "tensor \"", impl_->name,
                "\": types of a strongly typed network are inferred; use a cast layer");
        valueOf(*impl_).requestedType = type;
    });
}

DataType ITensor::getType() const noexcept {
    return guard(impl_->network.reporter, DataType::kFLOAT, [&] {
        api::Network& n = impl_->network;
        const auto& requested = valueOf(*impl_).requestedType;
        if (requested && n.graph.isOutput(impl_->value)) return *requested;
        return n.desc(n.value(this)).type;
    });
}

bool ITensor::isNetworkInput() const noexcept { return impl_->network.graph.isInput(impl_->value); }

bool ITensor::isNetworkOutput() const noexcept {
    return impl_->network.graph.isOutput(impl_->value);
}

bool ITensor::setDynamicRange(float min, float max) noexcept {
    return guard(impl_->network.reporter, false, [&] {
        require(std::isfinite(min) && std::isfinite(max) && min <= max, "tensor \"", impl_->name,
                "\": no range from ", min, " to ", max);
        valueOf(*impl_).range = {min, max};
        return true;
    });
}

bool ITensor::dynamicRangeIsSet() const noexcept { return valueOf(*impl_).range.has_value(); }

void ITensor::resetDynamicRange() noexcept { valueOf(*impl_).range.reset(); }

float ITensor::getDynamicRangeMin() const noexcept {
    const auto& range = valueOf(*impl_).range;
    return range ? range->first : std::numeric_limits<float>::quiet_NaN();
}

float ITensor::getDynamicRangeMax() const noexcept {
    const auto& range = valueOf(*impl_).range;
    return range ? range->second : std::numeric_limits<float>::quiet_NaN();
}

void ITensor::setAllowedFormats(TensorFormats formats) noexcept {
    guard(impl_->network.reporter, [&] {
        constexpr TensorFormats kAll = (1U << EnumMax<TensorFormat>()) - 1;
        require(formats & kAll, "tensor \"", impl_->name,
                "\": the set of allowed formats is empty");
        valueOf(*impl_).allowedFormats = formats & kAll;
    });
}

TensorFormats ITensor::getAllowedFormats() const noexcept {
    constexpr TensorFormats kAll = (1U << EnumMax<TensorFormat>()) - 1;
    return valueOf(*impl_).allowedFormats & kAll;
}

bool ITensor::isShapeTensor() const noexcept {
    return guard(impl_->network.reporter, false,
                 [&] { return impl_->network.isShape(impl_->value); });
}

bool ITensor::isExecutionTensor() const noexcept {
    return guard(impl_->network.reporter, false,
                 [&] { return impl_->network.isExecution(impl_->value); });
}

void ITensor::setDimensionName(int32_t index, char const* name) noexcept {
    guard(impl_->network.reporter, [&] { impl_->network.setDimensionName(*impl_, index, name); });
}

char const* ITensor::getDimensionName(int32_t index) const noexcept {
    const auto& names = impl_->dimNames;
    if (index >= 0) index += impl_->network.hidden();
    bool inside = index >= 0 && static_cast<size_t>(index) < names.size();
    return inside && !names[static_cast<size_t>(index)].empty()
               ? names[static_cast<size_t>(index)].c_str()
               : nullptr;
}

TensorLocation ITensor::getLocation() const noexcept { return TensorLocation::kDEVICE; }

}  // namespace nvinfer1
