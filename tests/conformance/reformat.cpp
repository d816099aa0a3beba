// SPDX-License-Identifier: Apache-2.0
// What stands between neighbours that disagree on type and layout: exact, in every pair of layouts.
#include "base/text.h"
#include "device/registry.h"
#include "ir/graph.h"
#include "ir/group.h"
#include "tactic/factory.h"
#include "tensor/convert.h"
#include "tests/conformance/tensors.h"

#include <gtest/gtest.h>

namespace bireme::conformance {

namespace {

using Dims = std::vector<int64_t>;

// A group that turns its operand into another type, whatever the layouts.
struct Change {
    ir::Graph graph;
    ir::NodeId group;
    Change(const Dims& dims, DataType from, DataType to) {
        TensorDesc desc;
        desc.type = from;
        for (int64_t d : dims) desc.dims.push_back(Dim(d));
        ir::ValueId x = graph.addInput("x", desc);
        ir::NodeId n =
            graph.addNode(ir::Op(*ir::OpRegistry::global().find("identity")), {x}, 1, "change");
        desc.type = to;
        graph.value(graph.node(n).outputs[0]).desc = desc;
        graph.markOutput(graph.node(n).outputs[0]);
        group = ir::wrapInGroup(graph, n);
    }
};

void check(const tactic::KernelFactory& f, device::Device& device, const Dims& dims, DataType from,
           DataType to) {
    Change change(dims, from, to);
    const ir::Graph& body = change.graph.node(change.group).bodies.at(0);
    tactic::Query plain(body, device);
    plain.flags.threads = 2;
    tactic::FormatList formats;
    ASSERT_TRUE(f.supports(plain).ok);
    f.formats(plain, formats);
    std::mt19937_64 random(5);
    const ir::Tensor x = randomTensor(from, dims, {-3, 3, 0, 9}, random);
    std::vector<uint8_t> bytes(bytesFor(to, ir::elementCount(dims)));
    convertElements(from, x.bytes.data(), to, bytes.data(), ir::elementCount(dims));
    const ir::Tensor expected{to, dims, Blob::own(std::move(bytes))};
    for (const auto& c : formats) {
        tactic::Query q = plain;
        q.choose(c);
        tactic::TacticList tactics;
        f.tactics(q, tactics);
        tactic::Created made = f.create(q, tactics.at(0));
        device::Shapes shapes = q.shapes(ir::GroupShape::opt);
        Buffer in(shapes.inputs[0]), out(shapes.outputs[0]);
        in.put(x);
        device::ContextState context;
        auto bound = made.kernel->bind(shapes, context);
        const void* inputs[] = {in.data()};
        void* outputs[] = {out.data()};
        device::Launch launch{inputs, outputs, nullptr, nullptr, nullptr};
        auto stream = device.createStream();
        ASSERT_TRUE(bound->enqueue(*stream, launch).ok());
        std::string where;
        EXPECT_EQ(difference(out.get(), expected, where), 0)
            << name(from) << " " << c.inputs[0].format.text() << " to " << name(to) << " "
            << c.outputs[0].format.text() << ": " << where << ", by " << bound->implementation();
        EXPECT_TRUE(out.guardsIntact());
    }
}

}  // namespace

TEST(Reformat, ChangesTypeAndLayout) {
    device::Backend* cpu = device::BackendRegistry::global().find("cpu");
    if (!cpu || cpu->devices().empty()) GTEST_SKIP() << "no CPU backend";
    for (const auto* f : cpu->factories()) {
        if (f->name() != "cpu.convert.reorder") continue;
        for (auto [from, to] : {std::pair(DataType::kFLOAT, DataType::kBF16),
                                {DataType::kBF16, DataType::kFLOAT},
                                {DataType::kFLOAT, DataType::kHALF},
                                {DataType::kDOUBLE, DataType::kFLOAT}})
            for (const Dims& dims : {Dims{2, 3, 9, 11}, Dims{1, 70, 5, 30}, Dims{3, 1, 4, 5},
                                     Dims{2, 200, 7}, Dims{2, 5, 3, 4, 6}, Dims{1, 130, 1, 1}})
                check(*f, *cpu->devices()[0], dims, from, to);
        return;
    }
    FAIL() << "cpu.convert.reorder is not there";
}

}  // namespace bireme::conformance
