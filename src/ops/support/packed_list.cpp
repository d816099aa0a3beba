// SPDX-License-Identifier: Apache-2.0
#include "ops/support/packed_list.h"

#include "bireme/dims.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace bireme::ops {

namespace {

constexpr char kMagic[] = {'B', 'I', 'R', 'L', 'I', 'S', 'T', '1'};
constexpr size_t kHead = sizeof kMagic + sizeof(int64_t);
constexpr size_t kAlign = 64;

struct Entry {
    int32_t type = 0, rank = 0;
    int64_t dims[Dims::MAX_DIMS] = {};
    int64_t offset = 0, size = 0;
};
static_assert(sizeof(Entry) == 88 && std::endian::native == std::endian::little);

size_t aligned(size_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

ir::Tensor element(const ir::EvalContext& c, const uint8_t* data, size_t size, const Entry& e) {
    ir::Tensor t{static_cast<DataType>(e.type), {}, {}};
    c.require(isKnown(t.type) && e.rank >= 0 && e.rank <= Dims::MAX_DIMS,
              "a list has an element of unknown type or rank");
    t.dims.assign(e.dims, e.dims + e.rank);
    const auto limit = static_cast<int64_t>(size);
    c.require(e.offset >= 0 && e.size >= 0 && e.offset <= limit && e.size <= limit - e.offset &&
                  t.count() <= limit * 8 &&
                  bytesFor(t.type, t.count()) == static_cast<size_t>(e.size),
              "an element of a list lies outside of its ", size, " bytes");
    t.bytes = Blob::borrow(data + e.offset, static_cast<size_t>(e.size));
    return t;
}

}  // namespace

std::vector<ir::Tensor> readList(const ir::EvalContext& c, int i) {
    const auto* data = static_cast<const uint8_t*>(c.data(i));
    const auto size = static_cast<size_t>(c.count(i));
    int64_t count = 0;
    c.require(size >= kHead && std::memcmp(data, kMagic, sizeof kMagic) == 0, "input ", i,
              " holds no list");
    std::memcpy(&count, data + sizeof kMagic, sizeof count);
    c.require(count >= 0 && static_cast<size_t>(count) <= (size - kHead) / sizeof(Entry),
              "a list of ", size, " bytes cannot have ", count, " elements");
    std::vector<ir::Tensor> out;
    for (size_t k = 0; k < static_cast<size_t>(count); ++k) {
        Entry e;
        std::memcpy(&e, data + kHead + k * sizeof e, sizeof e);
        out.push_back(element(c, data, size, e));
    }
    return out;
}

void giveList(ir::EvalContext& c, const std::vector<ir::Tensor>& elements) {
    size_t size = aligned(kHead + elements.size() * sizeof(Entry));
    std::vector<Entry> entries;
    for (const ir::Tensor& t : elements) {
        Entry e;
        e.type = static_cast<int32_t>(t.type);
        e.rank = static_cast<int32_t>(t.dims.size());
        std::copy(t.dims.begin(), t.dims.end(), e.dims);
        e.offset = static_cast<int64_t>(size);
        e.size = static_cast<int64_t>(t.bytes.size());
        size += aligned(t.bytes.size());
        entries.push_back(e);
    }
    c.resize(0, {static_cast<int64_t>(size)});
    auto* data = static_cast<uint8_t*>(c.outData(0));
    const size_t head = kHead + elements.size() * sizeof(Entry);
    std::memset(data + head, 0, aligned(head) - head);
    const auto count = static_cast<int64_t>(elements.size());
    std::memcpy(data, kMagic, sizeof kMagic);
    std::memcpy(data + sizeof kMagic, &count, sizeof count);
    for (size_t k = 0; k < entries.size(); ++k) {
        std::memcpy(data + kHead + k * sizeof(Entry), &entries[k], sizeof(Entry));
        const size_t bytes = elements[k].bytes.size();
        uint8_t* to = data + entries[k].offset;
        if (bytes) std::memcpy(to, elements[k].bytes.data(), bytes);
        std::memset(to + bytes, 0, aligned(bytes) - bytes);
    }
}

size_t listPosition(ir::EvalContext& c, int i, size_t count, size_t missing) {
    if (!c.has(i)) return missing;
    const int64_t at = c.ints(i).at(0), n = static_cast<int64_t>(count);
    const int64_t place = at < 0 ? at + n : at;
    c.require(place >= 0 && place < n, "position ", at, " in a list of ", n, " places");
    return static_cast<size_t>(place);
}

void requireList(const ir::InferContext& c, int i) {
    c.require(c.in(i).type == DataType::kUINT8 && c.in(i).rank() == 1, "input ", i,
              " must be a list, it is ", c.in(i).text());
}

void requirePosition(const ir::InferContext& c, int i) {
    if (!c.has(i)) return;
    c.require(isInteger(c.in(i).type) && volume(c.in(i).dims).valueOr(1) == 1,
              "the position must be one integer, it is ", c.in(i).text());
}

void inferList(ir::InferContext& c) {
    c.out(0).type = DataType::kUINT8;
    c.out(0).dims = {c.stepExtent(0, 0, Dim(std::numeric_limits<int64_t>::max()))};
}

void inferPromised(ir::InferContext& c, DataType type, const std::vector<int64_t>& dims) {
    c.require(isKnown(type), "the elements are of unknown type");
    c.out(0).type = type;
    for (size_t k = 0; k < dims.size(); ++k)
        c.out(0).dims.push_back(
            dims[k] >= 0
                ? Dim(dims[k])
                : c.stepExtent(0, static_cast<int>(k), Dim(std::numeric_limits<int64_t>::max())));
}

}  // namespace bireme::ops
