// SPDX-License-Identifier: Apache-2.0
#include "plan/write.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/pages.h"
#include "base/parallel_for.h"
#include "base/text.h"
#include "plan/fields.h"
#include "plan/halves.h"
#include "plan/json_text.h"
#include "plan/layout.h"
#include "plan/validate.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

namespace bireme::plan {

namespace {
class WriteArchive {
public:
    ByteWriter out;
    void operator()(const std::string& s) { out.string(s); }
    void operator()(const Dim& d) { out.string(d.text()); }
    void operator()(float v) { out.put(v); }
    void operator()(const std::vector<uint8_t>& v) {
        out.varint(v.size()), out.raw(v.data(), v.size());
    }
    // Kernels of several variants are often the same: later ones are told by number.
    void operator()(const Blob& b) {
        const std::string_view bytes(reinterpret_cast<const char*>(b.data()), b.size());
        const auto [it, fresh] = blobs_.try_emplace(bytes, blobs_.size());
        out.varint(it->second);
        if (fresh) out.varint(b.size()), out.raw(b.data(), b.size());
    }
    template <typename T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void operator()(T v) {
        auto i = static_cast<int64_t>(v);
        out.varint((static_cast<uint64_t>(i) << 1) ^ static_cast<uint64_t>(i >> 63));
    }
    template <typename T>
    void operator()(const std::vector<T>& v) {
        out.varint(v.size());
        for (const T& x : v) (*this)(x);
    }
    // fields() is symmetrical, so this is the one cast.
    template <typename T>
    requires std::is_class_v<T>
    void operator()(const T& v) { fields(*this, const_cast<T&>(v)); }
    void enter() {}
    void leave() {}

private:
    std::map<std::string_view, uint64_t> blobs_;
};

struct Part {
    Section section;
    const uint8_t* data;
};
}  // namespace

static std::string readableText(const Plan& plan) {
    std::string s =
        cat("{\n \"file\": \"Bireme engine\",\n \"format\": ", kFormatVersion,
            ",\n \"name\": ", jsonString(plan.name), ",\n \"backend\": ", jsonString(plan.backend));
    for (const auto& [key, value] : plan.metadata)
        s += cat(",\n ", jsonString(key), ": ", jsonString(value));
    s += ",\n \"device\": {";
    for (size_t i = 0; i < plan.fingerprint.size(); ++i)
        s += cat(i ? ", " : "", jsonString(plan.fingerprint[i].first), ": ",
                 jsonString(plan.fingerprint[i].second));
    return s + "}\n}\n";
}

// Checksums of the chunks of `data`; `copy`, where given, receives the bytes on the way.
static void hashChunks(const uint8_t* data, uint64_t size, uint64_t* out, uint8_t* copy = nullptr) {
    parallelFor(static_cast<int64_t>(chunks(size)), 4, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            const size_t at = static_cast<size_t>(i) * kChunk;
            const size_t n = std::min<uint64_t>(kChunk, size - at);
            if (copy) std::memcpy(copy + at, data + at, n);
            out[i] = hash64(copy ? copy + at : data + at, n);
        }
    });
}

// A file of the parts, whose offsets are filled in. With `around`, the last part lies in there
// already, and what precedes it goes into the room before.
static Blob laidOut(const std::string& text, std::vector<Part>& parts,
                    const std::shared_ptr<GrowingPages>& around) {
    size_t sums = 0;
    for (const Part& p : parts) sums += chunks(p.section.size);
    uint64_t begin = alignUp(kPrefixSize + text.size(), 64);
    uint64_t end =
        begin + sizeof(Header) + parts.size() * sizeof(Section) + (sums + 1) * sizeof(uint64_t);
    for (Part& p : parts) {
        p.section.offset = alignUp(end, p.section.alignment);
        end = p.section.offset + p.section.size;
    }
    const bool inPlace = around && parts.back().section.offset <= GrowingPages::kRoom;
    const std::shared_ptr<uint8_t> file =
        inPlace ? std::shared_ptr<uint8_t>(around, around->data() - parts.back().section.offset)
                : zeroedPages(end);
    ByteWriter w;
    w.raw(kMagic, kMagicSize);
    w.put(kFormatVersion);
    w.put(static_cast<uint32_t>(text.size()));
    w.raw(text.data(), text.size());
    w.align(64);
    w.put(Header{end, parts.size()});
    for (const Part& p : parts) w.put(p.section);
    for (const Part& p : parts) {
        std::vector<uint64_t> hashes(chunks(p.section.size));
        uint8_t* to = file.get() + p.section.offset;
        hashChunks(p.data, p.section.size, hashes.data(), to == p.data ? nullptr : to);
        w.raw(hashes.data(), hashes.size() * sizeof(uint64_t));
    }
    w.put(hash64(w.bytes().data(), w.size()));
    std::memcpy(file.get(), w.bytes().data(), w.size());
    return Blob::hold(file.get(), end, file);
}

static Blob fileOf(const std::string& text, const std::vector<uint8_t>& structure,
                   const Blob& weights, const std::shared_ptr<GrowingPages>& around = nullptr) {
    std::vector<Part> parts{
        {{SectionKind::structure, 64, 0, structure.size()}, structure.data()},
        {{SectionKind::weights, kPage, 0, weights.size()}, weights.data()},
    };
    return laidOut(text, parts, around);
}

std::vector<uint8_t> assemble(const std::string& text, const std::vector<uint8_t>& structure,
                              const Blob& weights) {
    const Blob file = fileOf(text, structure, weights);
    return {file.data(), file.data() + file.size()};
}

std::vector<uint8_t> bytesOf(const Variant& variant) {
    WriteArchive a;
    a(variant);
    return a.out.take();
}

static Blob written(const Plan& plan, const std::shared_ptr<GrowingPages>& around) {
    validate(plan);
    WriteArchive structure;
    structure(plan);
    const Blob weights = shrinkWeights(plan);
    const bool inside = around && weights.size() && weights.data() == around->data();
    return fileOf(readableText(plan), structure.out.bytes(), weights, inside ? around : nullptr);
}

Blob write(const Plan& plan) { return written(plan, nullptr); }

Blob write(Plan&& plan) { return written(plan, plan.pages); }

void reseal(std::vector<uint8_t>& file) {
    if (file.size() < kPrefixSize) return;
    uint32_t textSize;
    std::memcpy(&textSize, file.data() + kMagicSize + 4, sizeof textSize);
    uint64_t at = alignUp(kPrefixSize + uint64_t{textSize}, 64);
    Header header;
    if (at + sizeof header > file.size()) return;
    header.sections = 2;
    header.fileSize = file.size();
    std::memcpy(file.data() + at, &header, sizeof header);
    uint64_t sections = at + sizeof header, sums = sections + 2 * sizeof(Section);
    for (int i = 0; i < 2; ++i) {
        Section s;
        if (sections + (i + 1) * sizeof s > file.size()) return;
        std::memcpy(&s, file.data() + sections + i * sizeof s, sizeof s);
        if (s.offset > file.size() || s.size > file.size() - s.offset) return;
        size_t bytes = chunks(s.size) * sizeof(uint64_t);
        if (sums + bytes + sizeof(uint64_t) > file.size()) return;
        std::vector<uint64_t> hashes(chunks(s.size));
        hashChunks(file.data() + s.offset, s.size, hashes.data());
        if (bytes) std::memcpy(file.data() + sums, hashes.data(), bytes);
        sums += bytes;
    }
    uint64_t whole = hash64(file.data(), sums);
    std::memcpy(file.data() + sums, &whole, sizeof whole);
}

}  // namespace bireme::plan
