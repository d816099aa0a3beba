// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/device_table.h"
#include "backends/cuda/support/jit_kernel.h"
#include "ops/non_zero.h"

#include <algorithm>
#include <utility>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr uint32_t kBlocks = 1024;

// As in cu/compact.cu.
struct Parameters {
    const void* x = nullptr;
    void* counts = nullptr;
    void* y = nullptr;
    uint32_t count = 0, stretch = 0, total = 0;
    int32_t rank = 0;
    uint32_t extent[8] = {};
};

class CompactBound final : public device::Bound {
public:
    CompactBound(const Code& code, const Shapes& s)
        : device_(code.device()),
          count_(code.function("count_chosen")),
          write_(code.function("write_chosen")) {
        const auto& dims = s.inputs.at(0).dims;
        p_.count = static_cast<uint32_t>(product(dims));
        p_.rank = static_cast<int32_t>(dims.size());
        std::transform(dims.begin(), dims.end(), p_.extent,
                       [](int64_t d) { return static_cast<uint32_t>(d); });
        uint32_t blocks = std::clamp(divideUp(p_.count, 1024), 1u, kBlocks);
        p_.stretch = (divideUp(p_.count, blocks) + 255) / 256 * 256;
        blocks_.resize(std::max(1u, divideUp(p_.count, std::max(1u, p_.stretch))));
        grid_.threads = 256;
        grid_.x = static_cast<unsigned>(blocks_.size());
        counts_ = std::make_unique<DeviceTable>(device_, blocks_.data(),
                                                blocks_.size() * sizeof(uint32_t));
        p_.counts = const_cast<void*>(counts_->get());
    }
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        if (stream.isCapturing())
            return Status::failure(ErrorCode::kUNSUPPORTED_STATE,
                                   "a step whose extents are data cannot be captured");
        p_.x = l.inputs[0];
        uint32_t total = 0;
        if (p_.count > 0) {
            if (Status s = launch(stream, count_, grid_, &p_); !s.ok()) return s;
            size_t bytes = blocks_.size() * sizeof(uint32_t);
            if (Status s = device_.copy(blocks_.data(), p_.counts, bytes, stream); !s.ok())
                return s;
            if (Status s = stream.synchronize(); !s.ok()) return s;
            for (uint32_t& n : blocks_) n = std::exchange(total, total + n);
            if (Status s = device_.copy(p_.counts, blocks_.data(), bytes, stream); !s.ok())
                return s;
        }
        const int64_t dims[] = {p_.rank, total};
        p_.total = total;
        p_.y = l.outputs[0] ? l.outputs[0] : l.sink->resize(0, dims, 2);
        if (total == 0 || p_.rank == 0) return Status::success();
        if (!p_.y) return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a result");
        return launch(stream, write_, grid_, &p_);
    }
    std::string implementation() const override {
        return cat(grid_.x, " blocks count, then write");
    }

private:
    CudaDevice& device_;
    CUfunction count_, write_;
    Parameters p_;
    Grid grid_;
    std::vector<uint32_t> blocks_;
    std::unique_ptr<DeviceTable> counts_;
};

struct Record {
    void save(ByteWriter&) const {}
    static Record load(ByteReader&) { return {}; }
    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        return std::make_unique<CompactBound>(code, s);
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.non_zero.compact") {}
    Support read(const tactic::Query& q, Record&, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::NonZero>();
        if (!op || !q.group().single()) return no("not a lone non_zero");
        if (Support s = typesFit(q); !s.ok) return s;
        text.program = programOf("compact.cu", {cat("-DTX=", typeText(q.in(0).type)),
                                                cat("-DTI=", typeText(op->indicesType))});
        return yes();
    }
};

}  // namespace

void registerKernel_non_zero_compact(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
