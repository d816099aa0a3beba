// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/layer.h"

#include <cmath>
#include <functional>
#include <random>

#include "parsers/protobuf/wire.h"

namespace bireme::caffe_import {

ITensor& Layer::in(size_t i) const {
    if (i >= bottoms_.size()) refuse("it lacks bottom " + std::to_string(i));
    return *bottoms_[i];
}

void Layer::expect(size_t bottoms, size_t tops) const {
    if (count() != bottoms)
        refuse("it has " + std::to_string(count()) + " bottoms, not " + std::to_string(bottoms));
    if (this->tops() != tops)
        refuse("it has " + std::to_string(this->tops()) + " tops, not " + std::to_string(tops));
}

int Layer::axis(int64_t axis, size_t rank) const {
    const auto r = static_cast<int64_t>(rank);
    if (axis < -r || axis >= r)
        refuse("axis " + std::to_string(axis) + " is outside of the " + std::to_string(rank) +
               " dimensions of its bottom");
    return static_cast<int>(axis < 0 ? axis + r : axis);
}

int64_t Layer::extent(const Shape& dims, size_t axis) const {
    if (axis >= dims.size())
        refuse("its bottom " + toText(dims) + " lacks axis " + std::to_string(axis));
    if (dims[axis] < 0)
        refuse("axis " + std::to_string(axis) + " of its bottom " + toText(dims) +
               " must be known before the network runs");
    return dims[axis];
}

int64_t Layer::volume(const Shape& dims, size_t from, size_t to) {
    Shape part(dims.begin() + static_cast<long>(from), dims.begin() + static_cast<long>(to));
    for (const int64_t d : part)
        if (d < 0) return -1;
    return checkedVolume(part);
}

Blob Layer::blob(size_t i) const {
    if (i >= blobs())
        refuse("blob " + std::to_string(i) + " is missing: the trained file has " +
               std::to_string(blobs()) + " for this layer");
    try {
        return net_.pool().decode((*blobs_)[i]);
    } catch (const Refusal& e) {
        refuse("blob " + std::to_string(i) + ": " + e.what());
    } catch (const protobuf::Malformed& e) {
        refuse("blob " + std::to_string(i) + ": " + e.what());
    }
}

namespace {

void fill(float* out, int64_t count, const Shape& dims, Random random, size_t seed) {
    std::mt19937 engine(static_cast<uint32_t>(seed));  // the same weights on every machine
    const auto uniform = [&] { return static_cast<double>(engine()) / 4294967296.0; };
    double inner = 1;
    for (size_t i = 1; i < dims.size(); ++i) inner *= static_cast<double>(dims[i]);
    for (int64_t i = 0; i < count; ++i) {
        const double u = uniform();
        double value = 0.02 * u - 0.01;
        if (random == Random::kPOSITIVE) value = 0.9 + 0.2 * u;
        if (random == Random::kKERNEL)
            value = std::sqrt(-2 * std::log(u + 1e-12)) * std::cos(6.283185307179586 * uniform()) /
                    std::sqrt(std::max(1.0, inner));
        out[i] = static_cast<float>(value);
    }
}

}  // namespace

Blob Layer::weights(size_t i, const Shape& dims, const char* what, Random random) const {
    const int64_t want = checkedVolume(dims);
    if (isTrained_) {
        Blob b = blob(i);
        if (b.count != want)
            refuse(std::string(what) + " (blob " + std::to_string(i) + ") has " +
                   std::to_string(b.count) + " values, " + toText(dims) + " needs " +
                   std::to_string(want));
        return b;
    }
    constexpr int64_t kMost = int64_t{1} << 31;
    if (want > kMost) refuse(std::string(what) + " needs too many values: " + toText(dims));
    Blob b{dims, nullptr, want, false};
    float* out = net_.pool().make(want);
    fill(out, want, dims, random, std::hash<std::string>{}(name()) + i);
    b.values = out;
    return b;
}

Shape spatialOf(const Layer& layer, const Message& p, const std::string& field, const char* height,
                const char* width, size_t axes, int64_t missing) {
    const bool pads = missing == 0;
    Shape out;
    if (p.has(height) || p.has(width)) {
        layer.require(axes == 2, std::string(height) + " and " + width + " need two spatial axes");
        layer.require(pads || (p.has(height) && p.has(width)),
                      std::string(height) + " and " + width + " must both be set");
        layer.require(!p.has(field), field + " and " + height + " contradict each other");
        out = {p.integer(height, 0), p.integer(width, 0)};
    } else {
        out = p.integers(field);
        if (out.empty() && missing >= 0) out = {missing};
        layer.require(!out.empty(), field + " is missing");
        if (out.size() == 1) out.assign(axes, out[0]);
        layer.require(out.size() == axes, field + " has " + std::to_string(out.size()) +
                                              " values for " + std::to_string(axes) +
                                              " spatial axes");
    }
    for (const int64_t v : out)
        layer.require(v >= (pads ? 0 : 1) && v <= INT32_MAX,
                      field + " is " + std::to_string(v) + ", which is out of range");
    return out;
}

}  // namespace bireme::caffe_import
