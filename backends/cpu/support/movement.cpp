// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/movement.h"

#include "backends/cpu/support/factory.h"
#include "moves/factory.h"

#include <array>

namespace bireme::cpu {

using device::Shapes;

std::vector<Move> copiesOf(const moves::Layout& layout) {
    const size_t elementSize = static_cast<size_t>(bits(layout.out().type)) / 8;
    std::vector<Move> copies;
    for (const moves::Box& b : layout.boxes) {
        StridedCopy copy(elementSize, b.dims, b.from, b.to, b.fromOffset, b.toOffset);
        if (!copy.empty()) copies.push_back({b.input, std::move(copy)});
    }
    return copies;
}

namespace {

class MoveBound final : public device::Bound {
public:
    explicit MoveBound(const moves::Layout& l) : moves_(copiesOf(l)), fill_(l.fillBytes) {}
    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        for (const Move& m : moves_)
            m.copy.run(m.input < 0 ? fill_.data() : launch.inputs[m.input], launch.outputs[0]);
        return Status::success();
    }
    std::string implementation() const override {
        if (moves_.size() == 1 && moves_[0].copy.isIdentity()) return "one run of memory";
        return cat(moves_.size(), moves_.size() == 1 ? " strided copy" : " strided copies");
    }

private:
    std::vector<Move> moves_;
    std::array<uint8_t, 8> fill_;
};

class MoveKernel final : public device::Kernel {
public:
    MoveKernel(const moves::MoveOp& op, moves::Record r) : op_(op), r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<MoveBound>(r_.layout(op_, shapes));
    }
    void save(ByteWriter& out) const override { r_.save(out); }

private:
    const moves::MoveOp& op_;
    moves::Record r_;
};

class MoveFactory final : public moves::Factory {
public:
    explicit MoveFactory(const moves::MoveOp& op) : Factory("cpu", op) {}
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<MoveKernel>(move(), moves::Record::load(move(), in));
    }

private:
    Support typesFit(const tactic::Query& q) const override {
        if (bits(q.out(0).type) < 8) return no("elements of less than a byte");
        return q.out(0).rank() > 16 ? no("rank above 16") : yes();
    }
    std::unique_ptr<device::Kernel> make(const tactic::Query&, moves::Record r) const override {
        return std::make_unique<MoveKernel>(move(), std::move(r));
    }
};

}  // namespace

std::unique_ptr<tactic::KernelFactory> moveFactory(const moves::MoveOp& op) {
    return std::make_unique<MoveFactory>(op);
}

}  // namespace bireme::cpu
