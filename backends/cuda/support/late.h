// SPDX-License-Identifier: Apache-2.0
// Kernels of ops whose extents are data: the operands that say them are read back (one wait), then
// an ordinary kernel is made ready for these extents and runs. It is kept while the operands stay.
#pragma once

#include "backends/cuda/jit/compiler.h"
#include "backends/cuda/jit/module.h"
#include "backends/cuda/support/each.h"

namespace bireme::cuda {

struct LateOp {
    const char* kernel;      // "cuda.range.late"
    const char* op;          // "range"
    std::vector<int> reads;  // operands that are read back; EachShapes::list and reals know them
    Support (*read)(const tactic::Query& q, const ir::Node& node, DeviceProgram& program);
    // Extents of the op's only result.
    std::vector<int64_t> (*extents)(const ir::Op& op, const EachShapes& s);
    // `shapes` has the body's operands and, with these extents, its result.
    std::unique_ptr<device::Bound> (*bind)(const ir::Op& op, const EachShapes& s,
                                           const device::Shapes& shapes, const Code& code);
};

std::unique_ptr<tactic::KernelFactory> lateFactory(const LateOp& op);

// Bytes of some inputs of a launch, fetched when they may have changed.
class ReadBack {
public:
    // Which inputs, of those that the host does not know yet; the others are taken from `shapes`.
    ReadBack(const device::Shapes& shapes, const std::vector<int>& inputs);
    bool waits() const { return !fetched_.empty(); }  // something has to be fetched
    // True when something is not what it was, and the first time. Throws Error.
    bool fetch(const device::Launch& launch, CudaDevice& device, device::Stream& stream);
    // The shapes, with what was fetched.
    const device::Shapes& shapes() const { return shapes_; }
    device::Shapes& shapes() { return shapes_; }

private:
    device::Shapes shapes_;
    struct Fetched {
        int input;
        size_t at, offset;         // which of bytes_; bytes before the first element
        std::vector<size_t> from;  // where each element lies in `raw`
        std::vector<uint8_t> raw;
    };
    void addFetched(int input, const device::TensorShape& s);
    std::vector<Fetched> fetched_;
    std::vector<std::vector<uint8_t>> bytes_;
    bool any_ = false;
};

}  // namespace bireme::cuda
