// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/softmax.h"
#include "ops/support/axis_view.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.softmax.simd";

// The tensor along the axis, in memory order.
ops::AxisView viewOf(const ops::Softmax& op, const device::TensorShape& x) {
    auto rank = static_cast<int64_t>(x.dims.size()), axis = op.axis < 0 ? op.axis + rank : op.axis;
    if (x.format.order.empty()) return {x.dims, axis};
    std::vector<int64_t> dims;
    int64_t at = 0;
    for (int64_t k = 0; k < rank; ++k) {
        int64_t d = x.format.order[static_cast<size_t>(k)];
        dims.push_back(x.dims[static_cast<size_t>(d)]);
        if (d == axis) at = k;
    }
    return {dims, at};
}

class SoftmaxBound final : public device::Bound {
public:
    SoftmaxBound(const ops::Softmax& op, const Shapes& s)
        : view_(viewOf(op, s.inputs[0])), log_(op.log) {}

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const float* x = static_cast<const float*>(launch.inputs[0]);
        float* y = static_cast<float*>(launch.outputs[0]);
        const RowFunctions& simd = rowFunctions();
        const int64_t n = view_.extent, inner = view_.inner,
                      chunk = std::min(inner, RowFunctions::kColumns);
        if (n == 0 || inner == 0) return Status::success();
        const int64_t chunks = (inner + chunk - 1) / chunk;
        parallelFor(view_.outer * chunks, std::max<int64_t>(1, 4096 / (n * chunk)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t task = begin; task < end; ++task) {
                            int64_t from = task % chunks * chunk,
                                    at = task / chunks * n * inner + from;
                            if (inner == 1)
                                simd.softmax(x + at, y + at, n, log_);
                            else
                                simd.softmaxColumns(x + at, y + at, n, inner,
                                                    std::min(chunk, inner - from), log_);
                        }
                    });
        return Status::success();
    }
    std::string implementation() const override {
        return view_.inner == 1 ? "along rows" : "down columns";
    }

private:
    ops::AxisView view_;
    bool log_;
};

class SoftmaxKernel final : public device::Kernel {
public:
    explicit SoftmaxKernel(ops::Softmax op) : op_(op) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<SoftmaxBound>(op_, shapes);
    }
    void save(ByteWriter& out) const override { putAttributes(out, op_); }

private:
    ops::Softmax op_;
};

class SoftmaxFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        if (!q.group().anchorAs<ops::Softmax>() || !q.group().single())
            return no("not a lone softmax");
        return allFloat(q) ? yes() : no("elements are not f32");
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        out.back().overwrites = 0;
        if (q.out(0).rank() < 3) return;
        out.push_back(channelsLastCombination(q));
        out.back().overwrites = 0;
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<SoftmaxKernel>(*q.group().anchorAs<ops::Softmax>());
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<SoftmaxKernel>(getAttributes<ops::Softmax>(in));
    }
};

}  // namespace

void registerKernel_softmax_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<SoftmaxFactory>());
}

}  // namespace bireme::cpu
