// SPDX-License-Identifier: Apache-2.0
// Extents and the numbers that index them: kernels of a GPU count elements with 32 bits.
#include "device/registry.h"
#include "ir/group.h"
#include "ir/parse.h"
#include "tactic/factory.h"
#include "tests/conformance/gpu.h"

#include <gtest/gtest.h>

namespace bireme::conformance {

// What a kernel says of extents up to `most`.
static tactic::Support pointwiseUpTo(int64_t most) {
    const device::Backend* cuda = device::BackendRegistry::global().find("cuda");
    ir::Graph graph = ir::parse(
        "graph g(%x: f32[S,64]) -> (%y) {\n symbol S = 0..9\n %y = pointwise(%x) "
        "{fn=relu}\n}");
    const ir::NodeId group = ir::makeGroup(graph, graph.nodeIds());
    tactic::Query q(graph.node(group).bodies.at(0), absentGpu(90));
    q.ranges["S"] = {0, most};
    q.min["S"] = 0, q.opt["S"] = 256, q.max["S"] = most;
    for (const auto* f : cuda->factories())
        if (f->name() == "cuda.pointwise.jit") return f->supports(q);
    return tactic::no("there is no such kernel");
}

TEST(Bounds, OnlyThoseThatAreKnownRefuseAKernel) {
    if (!device::BackendRegistry::global().find("cuda")) GTEST_SKIP() << "no CUDA backend";
    EXPECT_TRUE(pointwiseUpTo(1 << 20).ok);
    EXPECT_EQ(pointwiseUpTo(1 << 30).why, "more than 2^31 elements");
    EXPECT_TRUE(pointwiseUpTo(INT64_MAX).ok);  // what a loop carries: looked at when bound
}

}  // namespace bireme::conformance
