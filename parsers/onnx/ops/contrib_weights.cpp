// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft whose weights are packed in 2, 4 or 8 bits.
#include <algorithm>

#include "parsers/onnx/element.h"
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;
using Mat = MatrixOperation;

/// A matrix [rows, columns] in whole blocks along its rows, each with a scale and a zero point.
struct Packed {
    int64_t rows = 0;
    int64_t columns = 0;
    int64_t bits = 4;
    int64_t block = 0;
    const Constant* values = nullptr;
    const Constant* scales = nullptr;
    const Constant* zeros = nullptr;   ///< may be null: the middle of the range
    const Constant* groups = nullptr;  ///< may be null: the block of every column

    int64_t blocks() const { return (columns + block - 1) / block; }
    /// Bytes that hold `count` values.
    int64_t bytes(int64_t count) const { return (count * bits + 7) / 8; }
    bool packedZeros() const { return zeros != nullptr && zeros->type == DataType::kUINT8; }
};

int valueAt(const void* bytes, int64_t i, int64_t bits) {
    const int64_t bit = i * bits;
    const int byte = static_cast<const uint8_t*>(bytes)[bit / 8];
    return (byte >> (bit % 8)) & ((1 << bits) - 1);
}

double zeroOf(const Packed& p, int64_t row, int64_t group) {
    if (p.zeros == nullptr) return static_cast<double>(int64_t{1} << (p.bits - 1));
    if (!p.packedZeros())
        return loadReal(p.zeros->values, p.zeros->type,
                        static_cast<size_t>(row * p.blocks() + group));
    const auto* line = static_cast<const uint8_t*>(p.zeros->values) + row * p.bytes(p.blocks());
    return valueAt(line, group, p.bits);
}

void check(Node& n, const Packed& p) {
    n.require(
        (p.bits == 2 || p.bits == 4 || p.bits == 8) && p.block >= 16 && p.rows > 0 && p.columns > 0,
        "bits must be 2, 4 or 8, block_size at least 16", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    n.require(p.values->count == p.rows * p.blocks() * p.bytes(p.block) &&
                  p.scales->count == p.rows * p.blocks(),
              "weights or scales do not fit K, N and block_size");
    const int64_t zeroRow = p.packedZeros() ? p.bytes(p.blocks()) : p.blocks();
    n.require(p.zeros == nullptr || p.zeros->count == p.rows * zeroRow, "zero points do not fit");
    n.require(p.groups == nullptr || p.groups->count >= p.columns, "g_idx is too short");
}

/// The matrix as real numbers of type `type`.
const Constant* unpacked(Node& n, const Packed& p, DataType type) {
    check(n, p);
    const ConstantPool::Writable out = n.net().pool().make({}, type, Dims{2, {p.rows, p.columns}});
    std::vector<int64_t> groups(static_cast<size_t>(p.columns));
    for (int64_t i = 0; i < p.columns; ++i) {
        int64_t& g = groups[static_cast<size_t>(i)];
        g = p.groups == nullptr
                ? i / p.block
                : loadInteger(p.groups->values, p.groups->type, static_cast<size_t>(i));
        n.require(g >= 0 && g < p.blocks(), "g_idx names a group that does not exist");
    }
    for (int64_t r = 0; r < p.rows; ++r) {
        const auto* line =
            static_cast<const uint8_t*>(p.values->values) + r * p.blocks() * p.bytes(p.block);
        for (int64_t i = 0; i < p.columns; ++i) {
            const int64_t group = groups[static_cast<size_t>(i)];
            const double scale = loadReal(p.scales->values, p.scales->type,
                                          static_cast<size_t>(r * p.blocks() + group));
            storeElement(out.values, type, static_cast<size_t>(r * p.columns + i),
                         (valueAt(line, i, p.bits) - zeroOf(p, r, group)) * scale);
        }
    }
    return out.constant;
}

const Constant* constantInput(Node& n, int input, const char* why) {
    const Constant* c = n.constant(input);
    n.require(c != nullptr || !n.has(input), why, ErrorCode::kUNSUPPORTED_NODE_INPUT);
    return c;
}

// x B^T + bias with B [N, K]
Outputs importMatMulNBits(Node& n) {
    Net& net = n.net();
    constexpr const char* kWhy = "weights, scales, zero points and g_idx must be constants";
    Packed p{n.integer("N", 0),          n.integer("K", 0),         n.integer("bits", 4),
             n.integer("block_size", 0), constantInput(n, 1, kWhy), constantInput(n, 2, kWhy),
             constantInput(n, 3, kWhy),  constantInput(n, 4, kWhy)};
    n.require(p.values != nullptr && p.scales != nullptr, "weights or scales are missing");
    ITensor& weights = net.tensor(unpacked(n, p, n.type(0)));
    const int rank = n.rank(0);
    ITensor* y = &net.matmul(n.in(0), rank == 1 ? Mat::kVECTOR : Mat::kNONE,
                             net.ranked(weights, std::max(rank, 2)), Mat::kTRANSPOSE);
    if (n.has(5)) y = &net.binary(*y, n.value(5), Bin::kSUM);
    return {*y};
}

// Rows of a packed table [rows, columns]; inputs: table, indices, scales, zero points.
Outputs importGatherBlockQuantized(Node& n) {
    Net& net = n.net();
    constexpr const char* kWhy = "the table, its scales and zero points must be constants";
    Packed p;
    p.values = constantInput(n, 0, kWhy);
    p.scales = constantInput(n, 2, kWhy);
    p.zeros = constantInput(n, 3, kWhy);
    n.require(p.values != nullptr && p.scales != nullptr, "the table or its scales are missing");
    const Dims dims = p.values->dims;
    n.require(dims.nbDims == 2 && n.axis(n.integer("gather_axis", 0), 2) == 0 &&
                  n.axis(n.integer("quantize_axis", 1), 2) == 1 &&
                  p.values->type == DataType::kUINT8,
              "only rows of tables [rows, columns] of UINT8 in blocks of columns are supported",
              ErrorCode::kUNSUPPORTED_NODE_INPUT);
    p.bits = n.integer("bits", 4);
    n.require(p.bits == 4 || p.bits == 8, "bits must be 4 or 8", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    p.block = n.integer("block_size", 128);
    p.rows = dims.d[0];
    p.columns = dims.d[1] * 8 / p.bits;
    ITensor& table = net.tensor(unpacked(n, p, n.type(2)));
    return {net.gather(table, n.in(1), 0)};
}

}  // namespace

void registerImporters_contrib_weights(ImporterTable& table) {
    constexpr const char* kDomain = "com.microsoft";
    table.add({
        {"GatherBlockQuantized", importGatherBlockQuantized, kDomain},
        {"MatMulNBits", importMatMulNBits, kDomain},
    });
}

}  // namespace bireme::onnx_import
