// SPDX-License-Identifier: Apache-2.0
// A copy from any format and type to any other, element by element.
#include "base/status.h"
#include "base/text.h"
#include "ir/eval.h"
#include "tactic/catalog.h"
#include "tensor/convert.h"

#include <cstring>
#include <memory>

namespace bireme::reference {

namespace {

// Where the element of an index lies in memory, in elements.
class Locator {
public:
    explicit Locator(const device::TensorShape& s) : format_(s.format), dims_(s.dims) {
        if (!format_.isDense()) {  // a part of a larger buffer
            strides_ = format_.stridesFor(dims_);
            return;
        }
        for (size_t i = 0; i < dims_.size(); ++i)
            order_.push_back(format_.order.empty() ? static_cast<int8_t>(i) : format_.order[i]);
    }

    int64_t offset(std::vector<int64_t> index) const {
        int64_t at = format_.offset, step = 1;
        if (!format_.isDense()) {
            for (size_t i = 0; i < index.size(); ++i) at += index[i] * strides_[i];
            return at;
        }
        std::vector<int64_t> count = dims_;
        for (size_t k = format_.inner.size(); k-- > 0;) {
            const auto& b = format_.inner[k];
            auto d = static_cast<size_t>(b.dim);
            at += index[d] % b.size * step;
            index[d] /= b.size;
            count[d] = (count[d] + b.size - 1) / b.size;
            step *= b.size;
        }
        for (size_t k = order_.size(); k-- > 0;) {
            auto d = static_cast<size_t>(order_[k]);
            at += index[d] * step;
            step *= count[d];
        }
        return at;
    }

private:
    Format format_;
    std::vector<int64_t> dims_, strides_;
    std::vector<int8_t> order_;
};

class BoundReorder final : public device::Bound {
public:
    BoundReorder(device::TensorShape from, device::TensorShape to)
        : from_(std::move(from)), to_(std::move(to)) {}

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        int64_t n = ir::elementCount(from_.dims);
        if (n == 0) return Status::success();
        if (from_.format.isLinear() && to_.format.isLinear()) {
            if (from_.type == to_.type)
                std::memcpy(launch.outputs[0], launch.inputs[0], bytesFor(from_.type, n));
            else
                convertElements(from_.type, launch.inputs[0], to_.type, launch.outputs[0], n);
            return Status::success();
        }
        try {
            copy(static_cast<const uint8_t*>(launch.inputs[0]),
                 static_cast<uint8_t*>(launch.outputs[0]));
        } catch (const std::exception&) {
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for an index");
        }
        return Status::success();
    }
    std::string implementation() const override { return "reference"; }

private:
    void copy(const uint8_t* in, uint8_t* out) const {
        Locator source(from_), target(to_);
        int inSize = bits(from_.type) / 8, outSize = bits(to_.type) / 8;
        if (!to_.format.inner.empty())  // lanes of padding are zero
            std::memset(out, 0, bytesFor(to_.type, to_.format.bufferElements(to_.dims)));
        std::vector<int64_t> index(from_.dims.size(), 0);
        do {
            const uint8_t* from = in + source.offset(index) * inSize;
            uint8_t* to = out + target.offset(index) * outSize;
            if (from_.type == to_.type)
                std::memcpy(to, from, static_cast<size_t>(inSize));
            else
                convertElements(from_.type, from, to_.type, to, 1);
        } while (ir::nextIndex(index, from_.dims));
    }

    device::TensorShape from_, to_;
};

class ReorderKernel final : public device::Kernel {
public:
    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return 0;
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& s,
                                        device::ContextState&) const override {
        bool ok = s.inputs.size() == 1 && s.outputs.size() == 1 && s.inputs[0].present &&
                  s.outputs[0].present;
        if (!ok || s.inputs[0].dims != s.outputs[0].dims)
            failInvalid("a copy needs one input and one output of equal dimensions");
        bool packed = bits(s.inputs[0].type) < 8 || bits(s.outputs[0].type) < 8;
        if (packed && !(s.inputs[0].format.isLinear() && s.outputs[0].format.isLinear()))
            failInvalid("4-bit elements can only be copied in linear format");
        return std::make_unique<BoundReorder>(s.inputs[0], s.outputs[0]);
    }
    void save(ByteWriter&) const override {}
};

class ReorderFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "reference.reorder"; }
    tactic::Support supports(const tactic::Query& q) const override {
        if (!q.device().properties().hostMemory)
            return tactic::no("the device cannot be reached from the host");
        const ir::Node* anchor = q.group().single() ? q.group().anchor() : nullptr;
        if (!anchor || anchor->op.name() != "identity") return tactic::no("not a copy");
        return tactic::yes();
    }
    tactic::Created create(const tactic::Query&, const tactic::Tactic&) const override {
        return {std::make_unique<ReorderKernel>(), {}, {}};
    }
    std::unique_ptr<device::Kernel> load(ByteReader&, device::Device&) const override {
        return std::make_unique<ReorderKernel>();
    }
    bool lastResort() const override { return true; }
};

}  // namespace

void registerKernel_reorder(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ReorderFactory>());
}

}  // namespace bireme::reference
