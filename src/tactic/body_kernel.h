// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"
#include "ir/graph.h"

#include <memory>
#include <vector>

namespace bireme::tactic {

// A kernel that keeps the graph of its group and computes by the ops' own loops, on host memory.
class BodyKernel : public device::Kernel {
public:
    explicit BodyKernel(ir::Graph body)
        : body_(std::make_shared<const ir::Graph>(std::move(body))) {}
    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const final {
        return 0;
    }
    void save(ByteWriter& out) const final;

protected:
    const std::shared_ptr<const ir::Graph>& body() const { return body_; }
    // Error where types, ranks or formats are not those of the body; an output may be absent.
    void requireShapes(const device::Shapes& shapes) const;

private:
    std::shared_ptr<const ir::Graph> body_;
};

// Is an extent of the shape known by running only?
bool isOpen(const device::TensorShape& shape);

// Gives a result of `bytes` bytes to the sink, or to the output's own memory where its extents were
// known.
void deliver(const device::Launch& launch, int output, bool open, const std::vector<int64_t>& dims,
             const void* data, size_t bytes);

}  // namespace bireme::tactic
