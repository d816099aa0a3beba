// SPDX-License-Identifier: Apache-2.0
#include "plan/read.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/mmap.h"
#include "base/pages.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "plan/fields.h"
#include "plan/halves.h"
#include "plan/layout.h"
#include "plan/validate.h"

#include <sys/mman.h>
#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

namespace bireme::plan {

namespace {
class ReadArchive {
public:
    explicit ReadArchive(ByteReader in) : in_(in) {}

    void operator()(std::string& s) { s = in_.string(); }
    void operator()(float& v) { v = in_.get<float>(); }
    void operator()(Dim& d) {
        std::string s = in_.string();
        if (s.size() > 65536) in_.corrupt("a dimension is longer than 65536 characters");
        d = Dim::parse(s);
    }
    void operator()(std::vector<uint8_t>& v) {
        size_t n = in_.count();
        const uint8_t* p = in_.raw(n);
        v.assign(p, p + n);
    }
    void operator()(Blob& b) {
        const uint64_t number = in_.varint();
        if (number > blobs_.size()) in_.corrupt(cat("kernel ", number, " was not told before"));
        if (number == blobs_.size()) {
            const size_t n = in_.count();
            blobs_.push_back(Blob::copy(in_.raw(n), n));
        }
        b = blobs_[number];
    }
    void operator()(bool& v) { v = integer(0, 1) != 0; }
    template <typename T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void operator()(T& v) {
        if constexpr (std::is_enum_v<T>) {
            using I = std::underlying_type_t<T>;
            v = static_cast<T>(
                integer(std::numeric_limits<I>::min(), std::numeric_limits<I>::max()));
        } else if constexpr (std::is_signed_v<T>) {
            v = static_cast<T>(
                integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
        } else {
            constexpr uint64_t top = std::min<uint64_t>(std::numeric_limits<T>::max(), INT64_MAX);
            v = static_cast<T>(integer(0, static_cast<int64_t>(top)));
        }
    }
    // One by one, so that a hostile count cannot allocate more than the bytes can fill.
    template <typename T>
    void operator()(std::vector<T>& v) {
        v.clear();
        for (size_t n = in_.count(); n > 0; --n) (*this)(v.emplace_back());
    }
    template <typename T>
    requires std::is_class_v<T>
    void operator()(T& v) { fields(*this, v); }
    void enter() {
        if (++depth_ > kMaxDepth) in_.corrupt(cat("regions are nested deeper than ", kMaxDepth));
    }
    void leave() { --depth_; }
    void end() {
        if (!in_.done()) in_.corrupt(cat(in_.left(), " bytes are left over"));
    }

private:
    int64_t integer(int64_t min, int64_t max) {
        uint64_t u = in_.varint();
        auto v = static_cast<int64_t>(u >> 1) ^ -static_cast<int64_t>(u & 1);
        if (v < min || v > max) in_.corrupt(cat("number ", v, " is out of range"));
        return v;
    }
    ByteReader in_;
    int depth_ = 0;
    std::vector<Blob> blobs_;  // in the order of the file
};

// The file as its header tells it, nothing of the sections read yet.
struct Contents {
    std::string name;
    const uint8_t* data = nullptr;
    size_t size = 0;
    std::vector<Section> sections{};
    std::vector<const uint8_t*> checksums{};  // unaligned u64, per section

    [[noreturn]] void refuse(const std::string& why) const {
        fail(ErrorCode::kINVALID_ARGUMENT, cat(name, " ", why));
    }
};
}  // namespace

static void checkPrefix(const Contents& c) {
    size_t n = std::min(c.size, kMagicSize);
    if (n == 0) c.refuse("is empty: not a Bireme engine");
    if (std::memcmp(c.data, kMagic, n) != 0) {
        std::string guess = guessContent(c.data, c.size);
        c.refuse(guess.empty() ? "is not a Bireme engine"
                               : cat("is not a Bireme engine; it looks like ", guess));
    }
    if (c.size < kPrefixSize)
        c.refuse(cat("is truncated: ", c.size, " bytes cannot hold an engine"));
    uint32_t version;
    std::memcpy(&version, c.data + kMagicSize, sizeof version);
    if (version > kFormatVersion)
        c.refuse(
            cat("has engine format ", version, ", newer than format ", kFormatVersion,
                " that this version of Bireme reads; build the engine again or update Bireme"));
    if (version == 0) c.refuse("is damaged: engine format 0 does not exist");
    if (version < kFormatVersion)
        c.refuse(cat("has engine format ", version, ", which format ", kFormatVersion,
                     " replaced; build the engine again"));
}

// Bytes [begin, end) are zero: what lies between sections is covered by no checksum.
static void checkPadding(const Contents& c, uint64_t begin, uint64_t end) {
    if (std::any_of(c.data + begin, c.data + end, [](uint8_t b) { return b != 0; }))
        c.refuse(cat("is damaged: the padding at byte ", begin, " is not zero"));
}

static void readTable(Contents& c) {
    checkPrefix(c);
    auto need = [&](uint64_t end) {
        if (end > c.size)
            c.refuse(cat("is truncated: its header needs ", end, " bytes, the file has ", c.size));
    };
    uint32_t textSize;
    std::memcpy(&textSize, c.data + kMagicSize + 4, sizeof textSize);
    uint64_t at = alignUp(kPrefixSize + uint64_t{textSize}, 64);
    Header header;
    need(at + sizeof header);
    std::memcpy(&header, c.data + at, sizeof header);
    at += sizeof header;
    if (header.sections != 2) c.refuse("is damaged: its header does not list two sections");
    c.sections.resize(header.sections);
    need(at + c.sections.size() * sizeof(Section));
    std::memcpy(c.sections.data(), c.data + at, c.sections.size() * sizeof(Section));
    at += c.sections.size() * sizeof(Section);
    for (const Section& s : c.sections) {
        c.checksums.push_back(c.data + at);
        if (s.size > (uint64_t{1} << 56)) c.refuse("is damaged: a section has an impossible size");
        at += chunks(s.size) * sizeof(uint64_t);
        need(at + sizeof(uint64_t));
    }
    uint64_t expected;
    std::memcpy(&expected, c.data + at, sizeof expected);
    if (hash64(c.data, at) != expected)
        c.refuse("is damaged: the checksum of its header does not match");
    at += sizeof expected;

    if (header.fileSize > c.size)
        c.refuse(cat("is truncated: it has ", c.size, " of ", header.fileSize, " bytes"));
    if (header.fileSize < c.size)
        c.refuse(cat("has ", c.size - header.fileSize, " bytes more than an engine of ",
                     header.fileSize, " bytes should: damaged, or two files in one"));
    for (const Section& s : c.sections) {
        bool ok = (s.alignment == 64 || s.alignment == kPage) &&
                  s.offset == alignUp(at, s.alignment) && s.offset <= c.size &&
                  s.size <= c.size - s.offset;
        if (!ok) c.refuse("is damaged: a section lies outside the file");
        checkPadding(c, at, s.offset);
        at = s.offset + s.size;
    }
    if (at != c.size || c.sections[0].kind != SectionKind::structure ||
        c.sections[1].kind != SectionKind::weights || c.sections[1].alignment != kPage)
        c.refuse("is damaged: its sections are not those of an engine");
}

// Compares the checksums of a section; when `copy` is given, copies it there and checks the copy.
static void checkSection(const Contents& c, size_t index, uint8_t* copy = nullptr) {
    const Section& s = c.sections[index];
    const uint8_t* data = c.data + s.offset;
    std::atomic<int64_t> bad{-1};
    parallelFor(static_cast<int64_t>(chunks(s.size)), 4, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            size_t at = static_cast<size_t>(i) * kChunk,
                   n = std::min<uint64_t>(kChunk, s.size - at);
            const uint8_t* p = data + at;
            if (copy) p = static_cast<const uint8_t*>(std::memcpy(copy + at, p, n));
            uint64_t expected;
            std::memcpy(&expected, c.checksums[index] + i * 8, sizeof expected);
            if (hash64(p, n) != expected) bad = i;
        }
    });
    if (bad < 0) return;
    const char* what = s.kind == SectionKind::weights ? "its weights" : "its structure";
    c.refuse(cat("is damaged: the checksum of MiB ", bad.load(), " of ", what, " does not match"));
}

static Blob copyWeights(const Contents& c, Verify verify) {
    uint64_t size = c.sections[1].size;
    auto p = zeroedPages(size);
    if (verify == Verify::all)
        checkSection(c, 1, p.get());
    else if (size)
        copyBytes(p.get(), c.data + c.sections[1].offset, size);
    return Blob::hold(p.get(), size, p);
}

static Plan readStructure(const Contents& c) {
    Plan plan;
    try {
        ReadArchive a(
            ByteReader(c.data + c.sections[0].offset, c.sections[0].size, "its structure"));
        a(plan);
        a.end();
    } catch (const Error& e) {
        c.refuse(cat("cannot be read: ", e.message()));
    }
    return plan;
}

static void finish(const Contents& c, Plan& plan) {
    try {
        plan.weights = expandWeights(plan, plan.weights);
        validate(plan);
    } catch (const Error& e) {
        fail(e.code(), cat(c.name, " is not valid: ", e.what()));
    }
}

Plan read(const void* data, size_t size, const ReadOptions& options) {
    Contents c{options.name.empty() ? "the data" : cat("\"", options.name, "\""),
               static_cast<const uint8_t*>(data), size};
    if (!data) c.refuse("is a null pointer: not a Bireme engine");
    readTable(c);
    checkSection(c, 0);
    Plan plan = readStructure(c);
    plan.weights = copyWeights(c, options.verify);
    finish(c, plan);
    return plan;
}

Plan readFile(const std::string& path, const ReadOptions& options) {
    auto file = MappedFile::open(path);
    Contents c{cat("\"", options.name.empty() ? path : options.name, "\""), file->data(),
               file->size()};
    readTable(c);
    checkSection(c, 0);
    Plan plan = readStructure(c);
    if (options.verify == Verify::all) checkSection(c, 1);
    plan.weights = Blob::hold(c.data + c.sections[1].offset, c.sections[1].size, file);
    finish(c, plan);
    return plan;
}

}  // namespace bireme::plan
