// SPDX-License-Identifier: Apache-2.0
#include "ops/support/packed_list.h"

#include "base/text.h"
#include "bireme/dims.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace bireme::ops {

namespace {

constexpr char kMagic[] = {'B', 'I', 'R', 'L', 'I', 'S', 'T', '1'};
constexpr size_t kHead = kListStart;
static_assert(kHead == sizeof kMagic + sizeof(int64_t));
constexpr size_t kAlign = 64;

struct Entry {
    int32_t type = 0, rank = 0;
    int64_t dims[Dims::MAX_DIMS] = {};
    int64_t offset = 0, size = 0;
};
static_assert(sizeof(Entry) == 88 && std::endian::native == std::endian::little);

size_t aligned(size_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

}  // namespace

size_t listHeadBytes(const uint8_t* start, size_t size, std::string& why) {
    int64_t count = 0;
    if (size < kHead || std::memcmp(start, kMagic, sizeof kMagic) != 0) {
        why = "it holds no list";
        return 0;
    }
    std::memcpy(&count, start + sizeof kMagic, sizeof count);
    if (count < 0 || static_cast<size_t>(count) > (size - kHead) / sizeof(Entry)) {
        why = cat("a list of ", size, " bytes cannot have ", count, " elements");
        return 0;
    }
    return kHead + static_cast<size_t>(count) * sizeof(Entry);
}

std::vector<ListElement> readListHead(const uint8_t* head, size_t size, std::string& why) {
    std::vector<ListElement> all;
    const size_t end = listHeadBytes(head, size, why);
    for (size_t at = kHead; at < end; at += sizeof(Entry)) {
        Entry e;
        std::memcpy(&e, head + at, sizeof e);
        ListElement element{static_cast<DataType>(e.type),
                            {},
                            static_cast<size_t>(e.offset),
                            static_cast<size_t>(e.size)};
        if (!isKnown(element.type) || e.rank < 0 || e.rank > Dims::MAX_DIMS) {
            why = "a list has an element of unknown type or rank";
            return {};
        }
        element.dims.assign(e.dims, e.dims + e.rank);
        const auto limit = static_cast<int64_t>(size);
        const int64_t count = ir::elementCount(element.dims);
        if (e.offset < 0 || e.size < 0 || e.offset > limit || e.size > limit - e.offset ||
            count > limit * 8 || bytesFor(element.type, count) != element.size) {
            why = cat("an element of a list lies outside of its ", size, " bytes");
            return {};
        }
        all.push_back(std::move(element));
    }
    return all;
}

std::vector<uint8_t> makeListHead(std::vector<ListElement>& elements, size_t& size) {
    size = aligned(kHead + elements.size() * sizeof(Entry));
    std::vector<uint8_t> head(size, 0);
    const auto count = static_cast<int64_t>(elements.size());
    std::memcpy(head.data(), kMagic, sizeof kMagic);
    std::memcpy(head.data() + sizeof kMagic, &count, sizeof count);
    for (size_t k = 0; k < elements.size(); ++k) {
        ListElement& element = elements[k];
        element.offset = size;
        size += aligned(element.size);
        Entry e;
        e.type = static_cast<int32_t>(element.type);
        e.rank = static_cast<int32_t>(element.dims.size());
        std::copy(element.dims.begin(), element.dims.end(), e.dims);
        e.offset = static_cast<int64_t>(element.offset);
        e.size = static_cast<int64_t>(element.size);
        std::memcpy(head.data() + kHead + k * sizeof e, &e, sizeof e);
    }
    return head;
}

std::vector<ir::Tensor> readList(const ir::EvalContext& c, int i) {
    const auto* data = static_cast<const uint8_t*>(c.data(i));
    std::string why;
    const auto head = readListHead(data, static_cast<size_t>(c.count(i)), why);
    c.require(why.empty(), "input ", i, ": ", why);
    std::vector<ir::Tensor> out;
    for (const ListElement& e : head)
        out.push_back({e.type, e.dims, Blob::borrow(data + e.offset, e.size)});
    return out;
}

void giveList(ir::EvalContext& c, const std::vector<ir::Tensor>& elements) {
    std::vector<ListElement> entries;
    for (const ir::Tensor& t : elements) entries.push_back({t.type, t.dims, 0, t.bytes.size()});
    size_t size = 0;
    const std::vector<uint8_t> head = makeListHead(entries, size);
    c.resize(0, {static_cast<int64_t>(size)});
    auto* data = static_cast<uint8_t*>(c.outData(0));
    std::memcpy(data, head.data(), head.size());
    for (size_t k = 0; k < entries.size(); ++k) {
        const size_t bytes = entries[k].size;
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
