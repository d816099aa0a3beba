// SPDX-License-Identifier: Apache-2.0
#include "tensor/packed_layout.h"

#include "base/status.h"
#include "base/text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>

namespace bireme {

static std::optional<DataType> typeNamed(const std::string& text) {
    for (DataType t : {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE,
                       DataType::kINT8, DataType::kINT32, DataType::kINT64})
        if (text == name(t)) return t;
    return std::nullopt;
}

static bool parseTag(const std::string& tag, size_t rank, Format& format) {
    const char* p = tag.c_str();
    for (; std::isalpha(static_cast<unsigned char>(*p)); ++p)
        format.order.push_back(static_cast<int8_t>((*p | 0x20) - 'a'));
    while (*p) {
        char* end = nullptr;
        const int64_t size = std::strtoll(p, &end, 10);
        if (end == p || size < 1 || size > INT32_MAX || *end < 'a') return false;
        format.inner.push_back({static_cast<int8_t>(*end - 'a'), static_cast<int32_t>(size)});
        p = end + 1;
    }
    std::vector<bool> seen(rank, false);
    for (int8_t d : format.order) {
        if (d < 0 || static_cast<size_t>(d) >= rank || seen[static_cast<size_t>(d)]) return false;
        seen[static_cast<size_t>(d)] = true;
    }
    for (const auto& b : format.inner)
        if (static_cast<size_t>(b.dim) >= rank) return false;
    return format.order.size() == rank;
}

std::optional<TensorDesc> parseLayout(const std::string& text) {
    const auto words = split(text, ' ');
    if (words.size() != 3) return std::nullopt;
    TensorDesc desc;
    const auto type = typeNamed(words[0]);
    if (!type) return std::nullopt;
    desc.type = *type;
    for (const std::string& d : split(words[1], 'x')) {
        char* end = nullptr;
        const int64_t extent = std::strtoll(d.c_str(), &end, 10);
        if (d.empty() || *end || extent < 0) return std::nullopt;
        desc.dims.push_back(Dim(extent));
    }
    if (!parseTag(words[2], desc.dims.size(), desc.format)) return std::nullopt;
    return desc;
}

TensorDesc swapDims(const TensorDesc& layout, int a, int b) {
    TensorDesc to = layout;
    std::swap(to.dims[static_cast<size_t>(a)], to.dims[static_cast<size_t>(b)]);
    auto rename = [&](int8_t d) { return static_cast<int8_t>(d == a ? b : d == b ? a : d); };
    for (int i = 0; to.format.order.size() < to.dims.size(); ++i)
        to.format.order.push_back(static_cast<int8_t>(i));
    for (int8_t& d : to.format.order) d = rename(d);
    for (auto& block : to.format.inner) block.dim = rename(block.dim);
    return to;
}

// Calls each(dense element, packed element) in the order of the dense ones while it gives true.
template <typename F>
static bool visit(const TensorDesc& layout, F&& each) {
    const std::vector<int64_t> dims = staticValues(layout.dims);
    const Format& f = layout.format;
    const size_t rank = dims.size();
    if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return true;
    // Where an index of each dim adds to the packed position: blocks from the innermost, then the
    // rest.
    std::vector<std::vector<int64_t>> at(rank);
    std::vector<int64_t> left = dims;
    for (size_t d = 0; d < rank; ++d) at[d].assign(static_cast<size_t>(dims[d]), 0);
    std::vector<int64_t> block(rank, 1);
    int64_t step = 1;
    auto place = [&](size_t d, int64_t size) {
        for (int64_t i = 0; i < dims[d]; ++i)
            at[d][static_cast<size_t>(i)] += i / block[d] % size * step;
        block[d] *= size;
        left[d] = (left[d] + size - 1) / size;
        step *= size;
    };
    for (auto b = f.inner.rbegin(); b != f.inner.rend(); ++b)
        place(static_cast<size_t>(b->dim), b->size);
    for (size_t k = rank; k-- > 0;) {
        const size_t d = f.order.empty() ? k : static_cast<size_t>(f.order[k]);
        place(d, left[d]);
    }
    if (rank == 0) return each(int64_t{0}, int64_t{0});
    std::vector<int64_t> index(rank, 0);
    for (int64_t dense = 0;;) {
        int64_t base = 0;
        for (size_t d = 0; d + 1 < rank; ++d) base += at[d][static_cast<size_t>(index[d])];
        for (int64_t last : at[rank - 1])
            if (!each(dense++, base + last)) return false;
        size_t d = rank - 1;
        while (d > 0 && ++index[d - 1] == dims[d - 1]) index[--d] = 0;
        if (d == 0) return true;
    }
}

static size_t packedBytes(const TensorDesc& layout) {
    return bytesFor(layout.type, layout.format.bufferElements(staticValues(layout.dims)));
}

static size_t denseBytes(const TensorDesc& layout) {
    int64_t n = 1;
    for (int64_t d : staticValues(layout.dims)) n *= d;
    return bytesFor(layout.type, n);
}

bool layoutHolds(const Blob& packed, const TensorDesc& layout, const Blob& dense) {
    if (packed.size() < packedBytes(layout) || dense.size() != denseBytes(layout)) return false;
    const auto size = static_cast<size_t>(bits(layout.type)) / 8;
    return visit(layout, [&](int64_t from, int64_t to) {
        return std::memcmp(dense.data() + static_cast<size_t>(from) * size,
                           packed.data() + static_cast<size_t>(to) * size, size) == 0;
    });
}

Blob unpackLayout(const Blob& packed, const TensorDesc& layout) {
    if (packed.size() < packedBytes(layout))
        failInvalid(cat("packed weights have ", packed.size(), " bytes, ", layout.text(), " needs ",
                        packedBytes(layout)));
    const auto size = static_cast<size_t>(bits(layout.type)) / 8;
    std::vector<uint8_t> dense(denseBytes(layout));
    visit(layout, [&](int64_t to, int64_t from) {
        std::memcpy(dense.data() + static_cast<size_t>(to) * size,
                    packed.data() + static_cast<size_t>(from) * size, size);
        return true;
    });
    return Blob::own(std::move(dense));
}

}  // namespace bireme
