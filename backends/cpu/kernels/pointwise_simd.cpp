// SPDX-License-Identifier: Apache-2.0
// Any group of pointwise nodes as one pass over memory.
#include "backends/cpu/pointwise/walk.h"
#include "backends/cpu/support/factory.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.pointwise.simd";

class PointwiseBound final : public device::Bound {
public:
    PointwiseBound(const Program& program, const Shapes& shapes) : walk_(program, shapes) {}
    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        walk_.run(launch);
        return Status::success();
    }
    std::string implementation() const override { return cat("tiles of ", walk_.tileElements()); }

private:
    PointwiseWalk walk_;
};

class PointwiseKernel final : public device::Kernel {
public:
    explicit PointwiseKernel(Program program) : program_(std::move(program)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<PointwiseBound>(program_, shapes);
    }
    void save(ByteWriter& out) const override { program_.save(out); }

private:
    Program program_;
};

class PointwiseFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    int revision() const override { return 2; }

    Support supports(const tactic::Query& q) const override {
        Program program;
        std::vector<int> consumed;
        if (Support s = compile(q, program, consumed); !s.ok) return s;
        if (program.code.size() > 96 || program.operands.size() + program.constants.size() > 64 ||
            q.outputs() > 16)
            return no("the group is too long for one kernel");
        if (q.out(0).rank() > 16) return no("rank above 16");
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        int rank = q.out(0).rank(), writable = overwritable(q);
        const bool packed = hasPacked(q);
        auto add = [&](tactic::Combination c) {
            c.acceptsViews = !packed;
            if (writable >= 0 &&
                c.inputs[static_cast<size_t>(writable)].format == c.outputs[0].format)
                c.overwrites = writable;
            out.push_back(std::move(c));
        };
        add(combination(q));
        if (rank < 3 || packed) return;
        add(channelsLastCombination(q));
        if (q.inputs() != 1 || q.outputs() != 1) return;
        // A single operand may change its layout on the way.
        for (bool last : {false, true}) {
            tactic::Combination c = combination(q);
            if (q.in(0).rank() != rank) return;
            (last ? c.outputs : c.inputs)[0].format = Format::channelsLast(rank);
            add(std::move(c));
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        Program program;
        tactic::Created made;
        Support s = compile(q, program, made.consumed);
        if (!s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        made.kernel = std::make_unique<PointwiseKernel>(std::move(program));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<PointwiseKernel>(Program::load(in));
    }

private:
    // Whether elements below a byte take part: these lie row-major and dense.
    static bool hasPacked(const tactic::Query& q) {
        bool any = false;
        for (int i = 0; i < q.inputs(); ++i) any = any || bits(q.in(i).type) < 8;
        for (int i = 0; i < q.outputs(); ++i) any = any || bits(q.out(i).type) < 8;
        return any;
    }
    // An operand whose elements are each read just before the output's own element is written.
    static int overwritable(const tactic::Query& q) {
        if (q.outputs() != 1) return -1;
        for (int i = 0; i < q.inputs(); ++i)
            if (!q.constant(i) && q.in(i).type == q.out(0).type && q.in(i).dims == q.out(0).dims)
                return i;
        return -1;
    }
};

}  // namespace

void registerKernel_pointwise_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PointwiseFactory>());
}

}  // namespace bireme::cpu
