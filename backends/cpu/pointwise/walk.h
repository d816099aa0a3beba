// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/pointwise/brain_affine.h"
#include "backends/cpu/pointwise/program.h"
#include "backends/cpu/simd/tile_functions.h"
#include "device/kernel.h"
#include "tensor/small_float.h"
#include "tensor/walk.h"

#include <optional>
#include <vector>

namespace bireme::cpu {

// A program laid over the loops of one shape. Tiles of at most a thousand elements pass through all
// instructions, so that intermediate values stay in the first-level cache. Dense operands are read
// in place, others copied into tiles.
class PointwiseWalk {
public:
    PointwiseWalk(const Program& program, const device::Shapes& shapes);
    void run(const device::Launch& launch) const noexcept;
    int64_t tileElements() const { return rows_ * inner_; }

private:
    struct Edge {                      // an operand or an output
        int tensor = 0;                // index in the launch
        int bits = 32;                 // of an element
        int64_t offset = 0;            // elements
        std::vector<int64_t> strides;  // per loop
        bool dense = false;            // a tile is one run of memory that begins with a byte
        int buffer = -1;               // tile buffer when it is not dense
    };
    struct Step {
        TileChoice choice;  // null function: a conversion between types
        TileArgs args;      // pointers and length are set per tile
        DataType from = DataType::kFLOAT, to = DataType::kFLOAT;
        Overflow overflow = Overflow::saturate;
        int out = 0;
        int in[3] = {-1, -1, -1};
    };
    // Steps one after another that share no result with others, what they read and what they make.
    struct Part {
        size_t begin = 0, end = 0;
        std::vector<size_t> operands, outputs;
    };
    struct Tile {  // of one thread
        char* pointers[256];
        int64_t cachedAt[256], cachedRows[256];  // what the buffers of operands hold
    };
    static constexpr size_t kStorage = size_t{48} * 1024;  // bytes of tile buffers, on the stack

    void layLoops(const device::Shapes& shapes);
    void layEdges(const Program& p, const device::Shapes& shapes);
    void layCode(const Program& p);
    void layParts();
    void chooseTile();
    bool isDenseEdge(const Edge& e) const;
    void readOperand(const Edge& e, const void* source, int64_t at, char* tile,
                     int64_t rows) const noexcept;
    void writeOutput(const Edge& e, void* target, int64_t at, const char* tile,
                     int64_t rows) const noexcept;
    void runTiles(const device::Launch& launch, int64_t begin, int64_t end) const noexcept;
    void runTile(const Part& part, const device::Launch& launch, int64_t tile,
                 Tile& t) const noexcept;

    std::vector<Edge> operands_, outputs_;
    std::vector<Step> steps_;
    std::vector<Part> parts_;
    std::optional<BrainAffine> brainAffine_;
    std::vector<Program::Constant> constants_;
    std::vector<int> bufferOf_;     // per value: tile buffer, or -1 where memory is used in place
    std::vector<int> outputOf_;     // per value: output that it is, or -1
    std::vector<int> outputValue_;  // per output
    std::vector<int64_t> loops_;
    size_t split_ = 0;              // loops before it are walked tile by tile, it is cut into rows
    int64_t rows_ = 1, inner_ = 1;  // of a tile
    int64_t chunks_ = 1, outer_ = 1;
    int64_t block_ = 1;  // tiles that a part does before the next part does them
    int buffers_ = 0;
    int cost_ = 1;
    bool serial_ = false;  // tiles share bytes of an output
};

}  // namespace bireme::cpu
