// SPDX-License-Identifier: Apache-2.0
#include "tensor/packed_layout.h"

#include "base/pages.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"

#include <algorithm>
#include <atomic>
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

// Where the dense elements of a layout lie in its packed buffer. The last dims, as many as make a
// few thousand elements, are one table; rows of that size follow each other in dense order.
class Positions {
public:
    explicit Positions(const TensorDesc& layout) : dims_(staticValues(layout.dims)) {
        if (std::find(dims_.begin(), dims_.end(), 0) != dims_.end()) return;
        std::vector<std::vector<int64_t>> at = steps(layout.format);
        while (!at.empty() &&
               row_.size() * at.back().size() <= (row_.size() == 1 ? kLongestDim : kLongest)) {
            std::vector<int64_t> wider;
            wider.reserve(row_.size() * at.back().size());
            for (int64_t outer : at.back())
                for (int64_t inner : row_) wider.push_back(outer + inner);
            row_ = std::move(wider);
            at.pop_back();
        }
        outer_ = std::move(at);
        rows_ = 1;
        for (const auto& dim : outer_) rows_ *= static_cast<int64_t>(dim.size());
    }

    int64_t rows() const { return rows_; }
    const std::vector<int64_t>& row() const { return row_; }  // positions beside that of the row
    int64_t start(int64_t row) const {
        int64_t position = 0;
        for (size_t d = outer_.size(); d-- > 0;) {
            const auto extent = static_cast<int64_t>(outer_[d].size());
            position += outer_[d][static_cast<size_t>(row % extent)];
            row /= extent;
        }
        return position;
    }

private:
    static constexpr size_t kLongest = 8192, kLongestDim = size_t{1} << 20;  // of a table

    // What an index of each dim adds to the position: blocks from the innermost, then the rest.
    std::vector<std::vector<int64_t>> steps(const Format& f) const {
        const size_t rank = dims_.size();
        std::vector<std::vector<int64_t>> at(rank);
        std::vector<int64_t> left = dims_, block(rank, 1);
        for (size_t d = 0; d < rank; ++d) at[d].assign(static_cast<size_t>(dims_[d]), 0);
        int64_t step = 1;
        auto place = [&](size_t d, int64_t size) {
            for (int64_t i = 0; i < dims_[d]; ++i)
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
        return at;
    }

    std::vector<int64_t> dims_, row_{0};
    std::vector<std::vector<int64_t>> outer_;
    int64_t rows_ = 0;
};

// Calls each(dense row, packed start, positions) for elements of type T by several threads, while
// all give true.
template <typename T, typename F>
static bool rowsOf(const Positions& positions, F&& each) {
    std::atomic<bool> all{true};
    const auto length = static_cast<int64_t>(positions.row().size());
    parallelFor(positions.rows(), std::max<int64_t>(1, 65536 / length),
                [&](int64_t begin, int64_t end) {
                    for (int64_t r = begin; r < end && all; ++r)
                        if (!each(r * length, positions.start(r), positions.row())) all = false;
                });
    return all;
}

template <typename T>
static T element(const uint8_t* from, int64_t index) {
    T value;
    std::memcpy(&value, from + static_cast<size_t>(index) * sizeof(T), sizeof(T));
    return value;
}

template <typename T>
static bool holds(const uint8_t* packed, const Positions& positions, const uint8_t* dense) {
    return rowsOf<T>(positions, [&](int64_t row, int64_t start, const std::vector<int64_t>& at) {
        T differences = 0;
        for (int64_t k = 0; k < static_cast<int64_t>(at.size()); ++k)
            differences = static_cast<T>(differences |
                                         (element<T>(dense, row + k) ^
                                          element<T>(packed, start + at[static_cast<size_t>(k)])));
        return differences == 0;
    });
}

template <typename T>
static void unpack(const uint8_t* packed, const Positions& positions, uint8_t* dense) {
    rowsOf<T>(positions, [&](int64_t row, int64_t start, const std::vector<int64_t>& at) {
        for (int64_t k = 0; k < static_cast<int64_t>(at.size()); ++k) {
            const T value = element<T>(packed, start + at[static_cast<size_t>(k)]);
            std::memcpy(dense + static_cast<size_t>(row + k) * sizeof(T), &value, sizeof(T));
        }
        return true;
    });
}

// f of an unsigned integer as wide as an element.
template <typename F>
static auto ofWidth(DataType type, F&& f) {
    switch (bits(type)) {
        case 8: return f(uint8_t{});
        case 16: return f(uint16_t{});
        case 64: return f(uint64_t{});
        default: return f(uint32_t{});
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
    const Positions positions(layout);
    return ofWidth(layout.type, [&](auto width) {
        return holds<decltype(width)>(packed.data(), positions, dense.data());
    });
}

Blob unpackLayout(const Blob& packed, const TensorDesc& layout) {
    if (packed.size() < packedBytes(layout))
        failInvalid(cat("packed weights have ", packed.size(), " bytes, ", layout.text(), " needs ",
                        packedBytes(layout)));
    const size_t size = denseBytes(layout);
    const auto dense = zeroedPages(size);
    const Positions positions(layout);
    ofWidth(layout.type,
            [&](auto width) { unpack<decltype(width)>(packed.data(), positions, dense.get()); });
    return Blob::hold(dense.get(), size, dense);
}

}  // namespace bireme
