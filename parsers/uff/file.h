// SPDX-License-Identifier: Apache-2.0
// A UFF file as it stands: views into its bytes, nothing interpreted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "parsers/common/file.h"

namespace bireme::uff_import {

/// UFF's numbers of element types: high half 1 integer, 2 real; low half the bits.
enum class ElementType : int64_t {
    kINVALID = 0,
    kINT8 = 0x10008,
    kINT16 = 0x10010,
    kINT32 = 0x10020,
    kINT64 = 0x10040,
    kHALF = 0x20010,
    kFLOAT = 0x20020,
};

/// Canonical axis of each dimension as it is written, with UFF's marks for «all that is between».
using Order = std::vector<int64_t>;
constexpr int64_t kIncrement = 2147483647;
constexpr int64_t kDecrement = -2147483648LL;

/// The one value of a field.
struct Data {
    enum class Kind {
        kNone,
        kText,
        kTexts,
        kReal,
        kReals,
        kFlag,
        kFlags,
        kInteger,
        kIntegers,
        kBlob,
        kReference,
        kType,
        kTypes,
        kOrders
    };
    Kind kind = Kind::kNone;
    std::string_view text;  ///< also of blobs and references
    std::vector<std::string_view> texts;
    double real = 0;
    std::vector<double> reals;
    int64_t integer = 0;            ///< also of flags and types
    std::vector<int64_t> integers;  ///< also of flags and types
    std::vector<Order> orders;
};

struct FileNode {
    std::string_view id;
    std::string_view operation;
    std::vector<std::string_view> inputs;
    std::vector<std::pair<std::string_view, Data>> fields;

    const Data* field(std::string_view name) const;
};

struct Descriptor {
    std::string_view id;
    int64_t version = 0;
    bool optional = false;
};

/// A decoded file. Its bytes live as long as the object.
class File {
public:
    /// Throws Refusal when the bytes are no UFF file.
    static std::unique_ptr<const File> fromPath(const std::string& path);
    /// Copies the bytes.
    static std::unique_ptr<const File> fromBytes(const void* bytes, size_t size);

    const std::vector<Descriptor>& descriptors() const { return descriptors_; }
    const std::vector<FileNode>& nodes() const { return nodes_; }
    /// Null when there is no such node.
    const FileNode* node(std::string_view id) const;
    /// Follows references; null for a missing field. Throws Refusal when a reference leads nowhere.
    const Data* resolve(const Data* data) const;

private:
    File() = default;
    void decode(std::string_view bytes);
    void index();

    std::shared_ptr<const parsers::MappedFile> mapped_;
    std::string copied_;
    std::vector<Descriptor> descriptors_;
    std::vector<FileNode> nodes_;
    std::unordered_map<std::string_view, Data> referenced_;
    std::unordered_map<std::string_view, size_t> byId_;
};

}  // namespace bireme::uff_import
