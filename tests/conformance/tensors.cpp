// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/tensors.h"

#include "base/text.h"
#include "tensor/convert.h"
#include "tensor/dtype.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace bireme::conformance {

ir::Tensor randomTensor(DataType type, const std::vector<int64_t>& dims, const Ranges& r,
                        std::mt19937_64& random) {
    auto count = static_cast<size_t>(ir::elementCount(dims));
    ir::Tensor t{type, dims, {}};
    std::vector<uint8_t> bytes(bytesFor(type, static_cast<int64_t>(count)));
    if (isReal(type)) {
        std::vector<float> v(count);
        for (float& x : v)
            x = static_cast<float>(std::uniform_real_distribution<double>(r.low, r.high)(random));
        convertElements(DataType::kFLOAT, v.data(), type, bytes.data(),
                        static_cast<int64_t>(count));
    } else {
        std::vector<int64_t> v(count);
        bool boolean = classOf(type) == DataClass::boolean;
        for (int64_t& x : v)
            x = std::uniform_int_distribution<int64_t>(boolean ? 0 : r.intLow,
                                                       boolean ? 1 : r.intHigh)(random);
        convertElements(DataType::kINT64, v.data(), type, bytes.data(),
                        static_cast<int64_t>(count));
    }
    t.bytes = Blob::own(std::move(bytes));
    return t;
}

static size_t elementSize(DataType t) { return static_cast<size_t>(bits(t)) / 8; }

Buffer::Buffer(const device::TensorShape& shape) : shape_(shape) {
    int64_t elements = shape.format.offset + shape.format.bufferElements(shape.dims);
    if (!shape.format.strides.empty()) {
        elements = shape.format.offset + 1;
        for (size_t d = 0; d < shape.dims.size(); ++d)
            elements += (shape.dims[d] - 1) * shape.format.strides[d];
    }
    span_ = bytesFor(shape.type, std::max<int64_t>(elements, 0));
    bytes_.assign(span_ + 2 * kGuard, 0xA5);
}

// Offset of one element in a buffer whose channels lie in blocks: outer positions in the format's
// order, then the position within each block.
static int64_t blockedOffset(const device::TensorShape& s, const std::vector<int64_t>& index) {
    std::vector<int64_t> outer = index, extent = s.dims;
    int64_t inside = 0, insideSize = 1;
    for (const auto& b : s.format.inner) {
        auto d = static_cast<size_t>(b.dim);
        inside = inside * b.size + outer[d] % b.size;
        insideSize *= b.size;
        outer[d] /= b.size;
        extent[d] = (extent[d] + b.size - 1) / b.size;
    }
    int64_t at = 0;
    for (size_t k = 0; k < index.size(); ++k) {
        size_t d = s.format.order.empty() ? k : static_cast<size_t>(s.format.order[k]);
        at = at * extent[d] + outer[d];
    }
    return at * insideSize + inside;
}

// Calls f(row-major index, element offset in the buffer).
template <typename F>
static void walk(const device::TensorShape& s, F&& f) {
    bool blocked = !s.format.inner.empty();
    std::vector<int64_t> strides, index(s.dims.size(), 0);
    if (!blocked) strides = s.format.stridesFor(s.dims);
    int64_t n = ir::elementCount(s.dims);
    for (int64_t i = 0; i < n; ++i) {
        int64_t at = s.format.offset;
        if (blocked) at = blockedOffset(s, index);
        for (size_t d = 0; d < strides.size(); ++d) at += index[d] * strides[d];
        f(static_cast<size_t>(i), static_cast<size_t>(at));
        ir::nextIndex(index, s.dims);
    }
}

void Buffer::put(const ir::Tensor& t) {
    size_t size = elementSize(shape_.type);
    if (size == 0) {  // below a byte: packed and row-major
        if (span_ > 0) std::memcpy(bytes_.data() + kGuard, t.bytes.data(), span_);
        return;
    }
    if (!shape_.format.inner.empty())  // lanes that fill up the last block are zero
        std::fill_n(bytes_.begin() + kGuard, span_, uint8_t{0});
    walk(shape_, [&](size_t i, size_t at) {
        std::memcpy(bytes_.data() + kGuard + at * size, t.bytes.data() + i * size, size);
    });
}

void Buffer::putBytes(const Buffer& other) {
    std::memcpy(bytes_.data() + kGuard, other.bytes_.data() + kGuard, std::min(span_, other.span_));
}

ir::Tensor Buffer::get() const {
    size_t size = elementSize(shape_.type);
    if (size == 0) return {shape_.type, shape_.dims, Blob::copy(bytes_.data() + kGuard, span_)};
    std::vector<uint8_t> out(static_cast<size_t>(ir::elementCount(shape_.dims)) * size);
    walk(shape_, [&](size_t i, size_t at) {
        std::memcpy(out.data() + i * size, bytes_.data() + kGuard + at * size, size);
    });
    return {shape_.type, shape_.dims, Blob::own(std::move(out))};
}

bool Buffer::guardsIntact() const {
    auto intact = [&](size_t from, size_t to) {
        return std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(from),
                           bytes_.begin() + static_cast<std::ptrdiff_t>(to),
                           [](uint8_t b) { return b == 0xA5; });
    };
    return intact(0, kGuard) && intact(kGuard + span_, bytes_.size());
}

Format strided(const Format& f, const std::vector<int64_t>& dims, int64_t alignment) {
    std::vector<int64_t> order;
    for (size_t d = 0; d < dims.size(); ++d)
        order.push_back(f.order.empty() ? static_cast<int64_t>(d) : f.order[d]);
    Format out = f;
    out.strides.assign(dims.size(), 1);
    int64_t step = 1;
    for (size_t k = dims.size(); k-- > 0;) {
        auto d = static_cast<size_t>(order[k]);
        out.strides[d] = step;
        step *= dims[d] + (k + 1 == dims.size() ? 3 : k % 2);  // a part of wider rows
        if (k + 1 == dims.size()) step = (step + alignment - 1) / alignment * alignment;
    }
    out.offset = 5 * alignment;
    return out;
}

double difference(const ir::Tensor& a, const ir::Tensor& b, std::string& where) {
    constexpr double inf = std::numeric_limits<double>::infinity();
    if (a.dims != b.dims || a.type != b.type) return where = "shapes or types differ", inf;
    auto n = static_cast<size_t>(a.count());
    std::vector<double> x(n), y(n);
    convertElements(a.type, a.bytes.data(), DataType::kDOUBLE, x.data(), static_cast<int64_t>(n));
    convertElements(b.type, b.bytes.data(), DataType::kDOUBLE, y.data(), static_cast<int64_t>(n));
    double range = 1, worst = 0;
    for (double v : y)
        if (std::isfinite(v)) range = std::max(range, std::fabs(v));
    for (size_t i = 0; i < n; ++i) {
        if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
        double d = std::fabs(x[i] - y[i]) / range;
        if (!(d <= worst)) {
            worst = std::isnan(d) ? inf : d;
            where = cat("element ", i, ": ", x[i], " instead of ", y[i]);
            if (worst == inf) break;
        }
    }
    return worst;
}

}  // namespace bireme::conformance
