// SPDX-License-Identifier: Apache-2.0
// Resizing of any dims, in every mode, by scales, sizes and regions that may be data.
#include "backends/cuda/support/device_table.h"
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/late.h"
#include "ir/eval.h"
#include "ops/resize.h"
#include "ops/support/resample_taps.h"
#include "ops/support/resize_taps.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr size_t kAxes = 6;

// As in cu/resample.cu.
struct Axis {
    const void *first = nullptr, *at = nullptr, *weight = nullptr;
    int64_t step = 0;
    uint32_t extent = 1;
};
struct Parameters {
    const void* x = nullptr;
    void* y = nullptr;
    Axis axes[kAxes];
    uint32_t count = 0;
    int32_t rank = 0;
    float outside = 0;
};

// What the results of one axis read.
struct Lists {
    std::vector<int32_t> first{0}, at;
    std::vector<double> weight;
    void add(int64_t place, double w) {
        at.push_back(static_cast<int32_t>(place));
        weight.push_back(w);
    }
    void close() { first.push_back(static_cast<int32_t>(at.size())); }
    // All results are the elements at their own place.
    void keep(int64_t extent) {
        for (int64_t i = 0; i < extent; ++i) add(i, 1), close();
    }
};

std::unique_ptr<device::Bound> bindLists(const std::vector<Lists>& lists, float outside,
                                         const EachShapes& s, const Shapes& shapes,
                                         const Code& code) {
    const auto& y = shapes.outputs[0].dims;
    auto steps = ir::rowMajorStrides(s.in(0));
    std::vector<std::shared_ptr<DeviceTable>> tables;
    auto upload = [&](const void* bytes, size_t size) {
        tables.push_back(
            std::make_shared<DeviceTable>(code.device(), bytes, std::max<size_t>(size, 1)));
        return tables.back()->get();
    };
    Parameters p;
    for (size_t d = 0; d < lists.size(); ++d) {
        const Lists& l = lists[d];
        if (product(s.in(0)) == 0 && !l.at.empty()) failInvalid("cannot resize an empty tensor");
        p.axes[d] = {upload(l.first.data(), l.first.size() * sizeof l.first[0]),
                     upload(l.at.data(), l.at.size() * sizeof l.at[0]),
                     upload(l.weight.data(), l.weight.size() * sizeof l.weight[0]), steps[d],
                     static_cast<uint32_t>(y[d])};
    }
    p.count = static_cast<uint32_t>(product(y));
    p.rank = static_cast<int32_t>(lists.size());
    p.outside = outside;
    Grid grid;
    grid.threads = 128;
    grid.x = std::min(divideUp(p.count, 128),
                      static_cast<unsigned>(code.device().multiprocessors()) * 32);
    auto place = [input = s.inputOf(0), tables](Parameters& to, const device::Launch& l) {
        to.x = l.inputs[input];
        to.y = l.outputs[0];
    };
    return launchBound(code.function("resample"), grid, p, place, "lists for each axis");
}

Support readMode(const tactic::Query& q, const ir::Node& node, bool nearest,
                 DeviceProgram& program) {
    DataType t = operandType(q, node, 0);
    if (q.body().value(node.inputs[0]).desc.rank() > static_cast<int>(kAxes))
        return no("more than 6 dimensions");
    if (!nearest && !isReal(t)) return no("integers are not interpolated");
    program = programOf("resample.cu", {typeOption("TX", t), cat("-DNEAREST=", nearest ? 1 : 0)});
    return yes();
}

Support readResample(const tactic::Query& q, const ir::Node& node, DeviceProgram& program) {
    return readMode(q, node, node.op.as<ops::Resample>()->mode == "nearest", program);
}

std::vector<ops::ResampleAxis> axesOf(const ir::Op& op, const EachShapes& s) {
    std::vector<float> scales;
    std::vector<int64_t> sizes;
    std::vector<double> region;
    if (s.has(1)) region = s.reals(1);
    if (s.has(2))
        for (double v : s.reals(2)) scales.push_back(static_cast<float>(v));
    if (s.has(3)) sizes = s.list(3);
    return ops::resampleAxes(*op.as<ops::Resample>(), s.in(0), scales, sizes, region);
}

std::vector<int64_t> resampleExtents(const ir::Op& op, const EachShapes& s) {
    std::vector<int64_t> dims;
    for (const auto& a : axesOf(op, s)) dims.push_back(a.out);
    return dims;
}

std::unique_ptr<device::Bound> bindResample(const ir::Op& node, const EachShapes& s,
                                            const Shapes& shapes, const Code& code) {
    const auto& op = *node.as<ops::Resample>();
    std::vector<Lists> lists;
    for (const auto& a : axesOf(node, s)) {
        Lists l;
        if (a.isIdentity(op)) {
            l.keep(a.out);
        } else {
            for (const ops::ResampleTaps& t : ops::resampleTaps(op, a)) {
                for (size_t k = 0; !t.outside && k < t.at.size(); ++k) l.add(t.at[k], t.weight[k]);
                l.close();
            }
        }
        lists.push_back(std::move(l));
    }
    return bindLists(lists, op.outside, s, shapes, code);
}

Support readResize(const tactic::Query& q, const ir::Node& node, DeviceProgram& program) {
    return readMode(q, node, node.op.as<ops::Resize>()->mode == InterpolationMode::kNEAREST,
                    program);
}

std::vector<int64_t> resizeExtents(const ir::Op&, const EachShapes& s) { return s.out(0); }

std::unique_ptr<device::Bound> bindResize(const ir::Op& node, const EachShapes& s,
                                          const Shapes& shapes, const Code& code) {
    const auto& op = *node.as<ops::Resize>();
    const auto &x = s.in(0), &y = shapes.outputs[0].dims;
    std::vector<Lists> lists;
    for (size_t d = 0; d < x.size(); ++d) {
        bool given = !op.scales.empty();
        float scale = given ? op.scales[d] : static_cast<float>(y[d]) / static_cast<float>(x[d]);
        Lists l;
        if (x[d] == y[d] && (!given || scale == 1)) {
            l.keep(y[d]);
        } else {
            for (const ops::Taps& t : ops::resizeTaps(op, x[d], y[d], scale)) {
                for (int k = 0; k < t.count; ++k)
                    l.add(t.index[k], static_cast<double>(t.weight[k]));
                l.close();
            }
        }
        lists.push_back(std::move(l));
    }
    return bindLists(lists, 0, s, shapes, code);
}

}  // namespace

void registerKernel_resample_late(tactic::Catalog& catalog) {
    catalog.add(lateFactory({"cuda.resample.late",
                             "resample",
                             {1, 2, 3},
                             readResample,
                             resampleExtents,
                             bindResample}));
    catalog.add(
        lateFactory({"cuda.resize.late", "resize", {}, readResize, resizeExtents, bindResize}));
}

}  // namespace bireme::cuda
