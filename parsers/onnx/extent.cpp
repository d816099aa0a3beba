// SPDX-License-Identifier: Apache-2.0
// Arithmetic on extents: numbers stay numbers, everything else becomes layers on shape tensors.
#include <algorithm>

#include "parsers/onnx/element.h"
#include "parsers/onnx/net.h"
#include "parsers/onnx/refusal.h"

namespace bireme::onnx_import {

bool Net::allKnown(const Extents& extents) {
    return std::all_of(extents.begin(), extents.end(), [](const Extent& e) { return e.known(); });
}

Dims Net::known(const Extents& extents) {
    std::vector<int64_t> values;
    for (const Extent& e : extents) values.push_back(e.value);
    return toDims(values);
}

Extent Net::extent(const Value& v, int axis) {
    const Dims d = dims(v);
    if (d.d[axis] >= 0) return d.d[axis];
    ITensor*& shape = shapes_[v.tensor];
    if (shape == nullptr) shape = &out(made(network_.addShape(*v.tensor)));
    return gather(*shape, integers({axis}), 0);
}

Extents Net::extents(const Value& v) {
    Extents all;
    const int r = rank(v);
    for (int i = 0; i < r; ++i) all.push_back(extent(v, i));
    return all;
}

Extent Net::arithmetic(Extent a, Extent b, ElementWiseOperation op, int64_t known) {
    if (a.known() && b.known()) return known;
    ITensor& x = a.known() ? integers({a.value}) : *a.tensor;
    ITensor& y = b.known() ? integers({b.value}) : *b.tensor;
    return binary(x, y, op);
}

Extent Net::add(Extent a, Extent b) {
    if (a.known() && a.value == 0) return b;
    if (b.known() && b.value == 0) return a;
    return arithmetic(a, b, ElementWiseOperation::kSUM, a.value + b.value);
}

Extent Net::sub(Extent a, Extent b) {
    if (b.known() && b.value == 0) return a;
    return arithmetic(a, b, ElementWiseOperation::kSUB, a.value - b.value);
}

Extent Net::mul(Extent a, Extent b) {
    if (a.known() && a.value == 1) return b;
    if (b.known() && b.value == 1) return a;
    return arithmetic(a, b, ElementWiseOperation::kPROD, a.value * b.value);
}

Extent Net::min(Extent a, Extent b) {
    return arithmetic(a, b, ElementWiseOperation::kMIN, std::min(a.value, b.value));
}

Extent Net::max(Extent a, Extent b) {
    return arithmetic(a, b, ElementWiseOperation::kMAX, std::max(a.value, b.value));
}

Extent Net::ceilDiv(Extent a, int64_t b) {
    if (b == 1) return a;
    const Extent up = add(a, b - 1);
    if (up.known()) {
        const int64_t q = up.value / b;
        return up.value % b != 0 && up.value < 0 ? q - 1 : q;
    }
    return binary(*up.tensor, integers({b}), ElementWiseOperation::kFLOOR_DIV);
}

Extent Net::element(const Value& v, int64_t i) {
    const Dims d = dims(v);
    if (d.nbDims > 1 || (d.nbDims == 0 && i > 0))
        throw Refusal(ErrorCode::kINVALID_NODE, "a list of numbers has the shape " + toText(d));
    if (const Constant* c = known(v)) {
        if (i >= c->count)
            throw Refusal(ErrorCode::kINVALID_NODE, "a list of numbers is too short");
        return loadInteger(c->values, c->type, static_cast<size_t>(i));
    }
    ITensor& wide = cast(*v.tensor, DataType::kINT64);
    if (d.nbDims == 0) return unsqueeze(wide, {0});
    if (d.d[0] == 1) return wide;
    return gather(wide, integers({i}), 0);
}

ITensor& Net::shapeTensor(const Extents& extents) {
    if (allKnown(extents)) {
        std::vector<int64_t> values;
        for (const Extent& e : extents) values.push_back(e.value);
        return integers(values);
    }
    std::vector<ITensor*> parts;
    std::vector<int64_t> run;
    for (const Extent& e : extents) {
        if (e.known()) {
            run.push_back(e.value);
            continue;
        }
        if (!run.empty()) parts.push_back(&integers(std::exchange(run, {})));
        parts.push_back(e.tensor);
    }
    if (!run.empty()) parts.push_back(&integers(run));
    return parts.size() == 1 ? *parts[0] : concat(parts, 0);
}

}  // namespace bireme::onnx_import
