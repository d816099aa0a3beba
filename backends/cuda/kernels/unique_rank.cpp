// SPDX-License-Identifier: Apache-2.0
// Distinct elements or slices: every one is compared with the others, so only few are taken.
#include "backends/cuda/device.h"
#include "backends/cuda/support/jit_kernel.h"
#include "ops/unique.h"

#include <algorithm>
#include <array>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kMostSlices = 1 << 15;

// As in cu/unique.cu.
struct Parameters {
    const void* x = nullptr;
    uint32_t *first = nullptr, *rank = nullptr, *count = nullptr, *total = nullptr;
    void* y = nullptr;
    void *places = nullptr, *inverse = nullptr, *counts = nullptr;
    int64_t outer = 1, inner = 1;
    uint32_t slices = 0, found = 0;
    int32_t sorted = 1;
};

struct Record {
    bool alongAxis = false, sorted = true;
    int64_t axis = 0;
    std::array<int, 4> results{};  // of the body; -1: nobody reads it

    void save(ByteWriter& out) const {
        putInts(out, std::vector<int64_t>{alongAxis, sorted, axis});
        putInts(out, std::vector<int>(results.begin(), results.end()));
    }
    static Record load(ByteReader& in) {
        auto v = getInts(in), y = getInts(in);
        if (v.size() != 3 || y.size() != 4) in.corrupt("a record of distinct elements");
        Record r;
        r.alongAxis = v[0] != 0, r.sorted = v[1] != 0, r.axis = v[2];
        std::transform(y.begin(), y.end(), r.results.begin(),
                       [](int64_t i) { return static_cast<int>(i); });
        return r;
    }
    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const;
};

class UniqueBound final : public device::Bound {
public:
    UniqueBound(const Record& r, const Code& code, const Shapes& s)
        : r_(r),
          device_(code.device()),
          find_(code.function("find_first")),
          rank_(code.function("rank_first")),
          write_(code.function("write_unique")),
          dims_(s.inputs.at(0).dims) {
        const auto axis = static_cast<size_t>(r.axis);
        if (r.alongAxis) {
            if (axis >= dims_.size()) failInvalid("the tensor lacks the axis");
            p_.outer = product({dims_.begin(), dims_.begin() + r.axis});
            p_.inner = product({dims_.begin() + r.axis + 1, dims_.end()});
        } else {
            dims_ = {product(dims_)};
        }
        p_.slices = static_cast<uint32_t>(dims_[axis]);
        p_.sorted = r.sorted ? 1 : 0;
        grid_.threads = 128;
        grid_.x = divideUp(p_.slices, 128);
    }
    size_t workspace() const noexcept override { return (3 * size_t{p_.slices} + 1) * 4; }

    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (stream.isCapturing())
            return Status::failure(ErrorCode::kUNSUPPORTED_STATE,
                                   "a step whose extents are data cannot be captured");
        uint32_t found = 0;
        p_.x = l.inputs[0];
        p_.total = static_cast<uint32_t*>(l.workspace);
        p_.first = p_.total + 1, p_.rank = p_.first + p_.slices, p_.count = p_.rank + p_.slices;
        if (p_.slices > 0) {
            if (Status s = device_.copy(p_.total, &found, sizeof found, stream); !s.ok()) return s;
            if (Status s = launch(stream, find_, grid_, &p_); !s.ok()) return s;
            if (Status s = launch(stream, rank_, grid_, &p_); !s.ok()) return s;
            if (Status s = device_.copy(&found, p_.total, sizeof found, stream); !s.ok()) return s;
            if (Status s = stream.synchronize(); !s.ok()) return s;
        }
        p_.found = found;
        const int64_t many[] = {found}, all[] = {p_.slices};
        dims_[static_cast<size_t>(r_.axis)] = found;
        void* const results[] = {memory(l, 0, dims_.data(), static_cast<int>(dims_.size())),
                                 memory(l, 1, many, 1), memory(l, 2, all, 1),
                                 memory(l, 3, many, 1)};
        dims_[static_cast<size_t>(r_.axis)] = p_.slices;
        for (size_t k = 0; k < r_.results.size() && found > 0; ++k)
            if (r_.results[k] >= 0 && !results[k])
                return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a result");
        p_.y = results[0], p_.places = results[1], p_.inverse = results[2], p_.counts = results[3];
        return p_.slices ? launch(stream, write_, grid_, &p_) : Status::success();
    }
    std::string implementation() const override { return "all with all"; }

private:
    void* memory(const device::Launch& l, size_t result, const int64_t* dims, int rank) const {
        const int at = r_.results[result];
        if (at < 0) return nullptr;
        return l.outputs[at] ? l.outputs[at] : l.sink->resize(at, dims, rank);
    }
    Record r_;
    CudaDevice& device_;
    CUfunction find_, rank_, write_;
    std::vector<int64_t> dims_;
    Parameters p_;
    Grid grid_;
};

std::unique_ptr<device::Bound> Record::bind(const Code& code, const Shapes& s) const {
    return std::make_unique<UniqueBound>(*this, code, s);
}

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.unique.rank") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Unique>();
        if (!op || !q.group().single()) return no("not a lone unique");
        if (Support s = typesFit(q); !s.ok) return s;
        const TensorDesc& x = q.in(0);
        if (x.type == DataType::kUINT64) return no("elements are u64");
        r.alongAxis = op->alongAxis, r.sorted = op->sorted;
        if (op->alongAxis) r.axis = op->axis < 0 ? op->axis + x.rank() : op->axis;
        const auto most = q.dimsAt(x, ir::GroupShape::max);
        const int64_t slices = op->alongAxis ? most[static_cast<size_t>(r.axis)] : product(most);
        if (slices > kMostSlices) return no(cat("more than ", kMostSlices, " elements"));
        const auto& made = q.group().anchor()->outputs;
        const auto& outputs = q.body().outputs();
        r.results.fill(-1);
        for (size_t k = 0; k < made.size(); ++k) {
            auto at = std::find(outputs.begin(), outputs.end(), made[k]);
            if (at != outputs.end()) r.results[k] = static_cast<int>(at - outputs.begin());
        }
        text.program = programOf("unique.cu", {cat("-DTX=", typeText(x.type))});
        return yes();
    }
};

}  // namespace

void registerKernel_unique_rank(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
