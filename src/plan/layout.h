// SPDX-License-Identifier: Apache-2.0
// The bytes of an engine file, all numbers little-endian:
//
//   0      magic "BIREMEPL"
//   8      u32 format version, u32 bytes of the text
//   16     text: JSON for people and `head -c 4096`, no reader depends on it
//   +      zeros up to a multiple of 64, then Header, sections x Section, the sections' checksums
//   (XXH3, one per MiB),
//          the XXH3 of everything before
//   +      sections, each aligned (structure to 64, weights to 4096) with zeros between; the file
//   ends with the last
#pragma once

#include <cstddef>
#include <cstdint>

namespace bireme::plan {

constexpr char kMagic[] = "BIREMEPL";
constexpr size_t kMagicSize = 8;
constexpr size_t kChunk = size_t{1} << 20;  // bytes under one checksum
constexpr size_t kPage = 4096;

enum class SectionKind : uint32_t { structure = 1, weights = 2 };

struct Header {
    uint64_t fileSize;
    uint64_t sections;
};

struct Section {
    SectionKind kind;
    uint32_t alignment;
    uint64_t offset;
    uint64_t size;
};

constexpr size_t kPrefixSize = kMagicSize + 8;
inline size_t chunks(uint64_t size) { return static_cast<size_t>((size + kChunk - 1) / kChunk); }
inline uint64_t alignUp(uint64_t v, uint64_t to) { return (v + to - 1) / to * to; }

}  // namespace bireme::plan
