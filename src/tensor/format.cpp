// SPDX-License-Identifier: Apache-2.0
#include "tensor/format.h"

#include "base/status.h"
#include "base/text.h"

#include <cstdlib>

namespace bireme {

static std::vector<int8_t> channelsLastOrder(int rank) {
    std::vector<int8_t> order{0};
    for (int i = 2; i < rank; ++i) order.push_back(static_cast<int8_t>(i));
    order.push_back(1);
    return order;
}

Format Format::channelsLast(int rank) {
    Format f;
    if (rank >= 3) f.order = channelsLastOrder(rank);
    return f;
}

Format Format::fromTensorFormat(TensorFormat format, int rank) {
    // The channel is the third-last dim, or the fourth-last for the D-formats.
    auto blocked = [&](int channelFromEnd, int32_t size, bool vectorMinor) {
        int c = rank - channelFromEnd;
        if (c < 0)
            failInvalid(cat("a format with vectorised channels needs at least ", channelFromEnd,
                            " dimensions, the tensor has ", rank));
        Format f;
        for (int i = 0; i < rank; ++i)
            if (!vectorMinor || i != c) f.order.push_back(static_cast<int8_t>(i));
        if (vectorMinor) f.order.push_back(static_cast<int8_t>(c));
        if (size > 1) f.inner.push_back({static_cast<int8_t>(c), size});
        return f;
    };
    switch (format) {
        case TensorFormat::kLINEAR: return linear();
        case TensorFormat::kCHW2: return blocked(3, 2, false);
        case TensorFormat::kHWC8: return blocked(3, 8, true);
        case TensorFormat::kCHW4: return blocked(3, 4, false);
        case TensorFormat::kCHW16: return blocked(3, 16, false);
        case TensorFormat::kCHW32: return blocked(3, 32, false);
        case TensorFormat::kDHWC8: return blocked(4, 8, true);
        case TensorFormat::kCDHW32: return blocked(4, 32, false);
        case TensorFormat::kHWC: return blocked(3, 1, true);
        case TensorFormat::kHWC16: return blocked(3, 16, true);
        case TensorFormat::kDHWC: return blocked(4, 1, true);
        default:
            failInvalid(cat("tensor format ", static_cast<int>(format), " exists on DLA only"));
    }
}

bool Format::isLinear() const {
    if (!inner.empty() || !isDense()) return false;
    for (size_t i = 0; i < order.size(); ++i)
        if (order[i] != static_cast<int8_t>(i)) return false;
    return true;
}

bool Format::isChannelsLast(int rank) const {
    return rank >= 3 && inner.empty() && isDense() && order == channelsLastOrder(rank);
}

std::string Format::text() const {
    if (isLinear()) return "linear";
    std::string s;
    for (auto d : order) s += static_cast<char>('0' + d);
    if (order.empty()) s = "linear";
    for (const auto& b : inner) s += cat(":", static_cast<int>(b.dim), "x", b.size);
    if (!strides.empty()) {
        s += "@";
        for (size_t i = 0; i < strides.size(); ++i)
            s += (i ? "," : "") + std::to_string(strides[i]);
    }
    for (size_t i = 0; i < whole.size(); ++i) s += (i ? "," : "/") + std::to_string(whole[i]);
    if (offset) s += cat("+", offset);
    return s;
}

Format Format::parse(const std::string& text) {
    Format f;
    const char* p = text.c_str();
    auto number = [&] {
        char* end;
        long long v = std::strtoll(p, &end, 10);
        if (end == p) failInvalid(cat("cannot read \"", text, "\" as a tensor format"));
        p = end;
        return static_cast<int64_t>(v);
    };
    if (text.rfind("linear", 0) == 0)
        p += 6;
    else
        while (*p >= '0' && *p <= '9') f.order.push_back(static_cast<int8_t>(*p++ - '0'));
    while (*p == ':') {
        ++p;
        int64_t dim = number();
        if (*p++ != 'x') failInvalid(cat("cannot read \"", text, "\" as a tensor format"));
        f.inner.push_back({static_cast<int8_t>(dim), static_cast<int32_t>(number())});
    }
    auto list = [&](char mark, std::vector<int64_t>& to) {
        if (*p != mark) return;
        do {
            ++p;
            to.push_back(number());
        } while (*p == ',');
    };
    list('@', f.strides);
    list('/', f.whole);
    if (*p == '+') ++p, f.offset = number();
    if (*p) failInvalid(cat("cannot read \"", text, "\" as a tensor format"));
    return f;
}

std::vector<int64_t> Format::stridesFor(const std::vector<int64_t>& dims) const {
    if (!strides.empty()) return strides;
    BIREME_ASSERT(inner.empty());
    std::vector<int64_t> s(dims.size());
    int64_t step = 1;
    for (size_t k = dims.size(); k-- > 0;) {
        size_t d = order.empty() ? k : static_cast<size_t>(order[k]);
        s[d] = step;
        step *= whole.empty() || whole[d] == 0 ? dims[d] : whole[d];
    }
    return s;
}

int64_t Format::bufferElements(const std::vector<int64_t>& dims) const {
    int64_t n = 1;
    for (size_t i = 0; i < dims.size(); ++i) {
        int64_t block = 1;
        for (const auto& b : inner)
            if (b.dim == static_cast<int8_t>(i)) block *= b.size;
        n *= (dims[i] + block - 1) / block * block;
    }
    return n;
}

}  // namespace bireme
