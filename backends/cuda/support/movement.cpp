// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/movement.h"

#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/late.h"
#include "backends/cuda/support/strided_copy.h"
#include "device/guarded.h"
#include "moves/factory.h"

#include <algorithm>
#include <array>

namespace bireme::cuda {

using device::Shapes;

namespace {

class MoveBound final : public device::Bound {
public:
    MoveBound(const Code& code, const Shapes& shapes, const moves::Layout& layout)
        : fill_(layout.fillBytes) {
        DataType to = shapes.outputs[0].type;
        for (const auto& m : layout.boxes) {
            DataType from = m.input < 0 ? to : shapes.inputs[static_cast<size_t>(m.input)].type;
            copies_.push_back({m.input, StridedCopy(code, from, to, m.dims, m.from, m.to,
                                                    m.fromOffset, m.toOffset)});
        }
        bool filled =
            std::any_of(copies_.begin(), copies_.end(), [](const Item& i) { return i.input < 0; });
        if (!filled) return;
        orThrow(code.device().makeCurrent());
        BIREME_CU_OR_THROW(cuMemAlloc, &number_, sizeof fill_);
        BIREME_CU_OR_THROW(cuMemcpyHtoD, number_, fill_.data(), sizeof fill_);
        orThrow(statusOf(cu().cuCtxSynchronize(), "cuCtxSynchronize"));  // may still be under way
        device_ = &code.device();
    }
    ~MoveBound() override {
        if (device_ && device_->makeCurrent().ok()) (void)cu().cuMemFree(number_);
    }
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        for (Item& i : copies_) {
            const void* from =  // NOLINTNEXTLINE(performance-no-int-to-ptr)
                i.input < 0 ? reinterpret_cast<const void*>(number_) : launch.inputs[i.input];
            if (Status s = i.copy.run(stream, from, launch.outputs[0]); !s.ok()) return s;
        }
        return Status::success();
    }
    std::string implementation() const override {
        if (copies_.size() == 1) return copies_[0].copy.text();
        return cat(copies_.size(), " strided copies");
    }

private:
    struct Item {
        int input;
        StridedCopy copy;
    };
    std::vector<Item> copies_;
    std::array<uint8_t, 8> fill_;
    CUdeviceptr number_ = 0;
    CudaDevice* device_ = nullptr;
};

// A move whose lists only running tells, though they decide no extents: they are read back.
class LateMoveBound final : public device::Bound {
public:
    LateMoveBound(const moves::MoveOp& op, const moves::Record& r, const Code& code,
                  const Shapes& shapes, const std::vector<int>& unknown)
        : op_(op), r_(r), code_(code), read_(shapes, unknown) {}
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        return device::guarded(message_, [&] {
            if (read_.fetch(launch, code_.device(), stream))
                inner_ = moveBound(code_, read_.shapes(), r_.layout(op_, read_.shapes()));
            return inner_->enqueue(stream, launch);
        });
    }
    std::string implementation() const override { return "copies by lists read back"; }

private:
    const moves::MoveOp& op_;
    const moves::Record& r_;
    const Code& code_;
    ReadBack read_;
    std::unique_ptr<device::Bound> inner_;
    std::string message_;
};

class MoveKernel final : public device::Kernel {
public:
    MoveKernel(const moves::MoveOp& op, moves::Record r, Code code)
        : op_(op), r_(std::move(r)), code_(std::move(code)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        requireSizes(shapes);
        if (auto unknown = r_.unknownLists(op_, shapes); !unknown.empty())
            return std::make_unique<LateMoveBound>(op_, r_, code_, shapes, unknown);
        return moveBound(code_, shapes, r_.layout(op_, shapes));
    }
    void save(ByteWriter& out) const override {
        code_.save(out);
        r_.save(out);
    }

private:
    const moves::MoveOp& op_;
    moves::Record r_;
    Code code_;
};

class MoveFactory final : public moves::Factory {
public:
    explicit MoveFactory(const moves::MoveOp& op) : Factory("cuda", op) {}
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<MoveKernel>(move(), moves::Record::load(move(), in),
                                            std::move(code));
    }

private:
    bool converts() const override { return true; }
    bool readsLate() const override { return true; }
    Support typesFit(const tactic::Query& q) const override { return cuda::typesFit(q); }
    std::unique_ptr<device::Kernel> make(const tactic::Query& q, moves::Record r) const override {
        DataType to = q.out(0).type, from = move().changesType ? q.in(0).type : to;
        Code code(q.device(), compile(copyProgram(from, to), architectureOf(q)));
        return std::make_unique<MoveKernel>(move(), std::move(r), std::move(code));
    }
};

}  // namespace

std::unique_ptr<device::Bound> moveBound(const Code& code, const Shapes& shapes,
                                         const moves::Layout& layout) {
    return std::make_unique<MoveBound>(code, shapes, layout);
}

std::unique_ptr<tactic::KernelFactory> moveFactory(const moves::MoveOp& op) {
    return std::make_unique<MoveFactory>(op);
}

}  // namespace bireme::cuda
