// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/device_table.h"
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/late.h"
#include "device/guarded.h"
#include "ops/nms.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

// As in cu/suppress.cu.
struct Choice {
    int32_t box;
    float score;
};
struct Parameters {
    const void *boxes = nullptr, *scores = nullptr;
    void *left = nullptr, *chosen = nullptr, *counts = nullptr;
    int32_t count = 0, classes = 0, most = 0, perClass = 0;
    float overlap = 0, least = 0;
    int32_t filters = 0;
};

class SuppressBound final : public device::Bound {
public:
    SuppressBound(const Code& code, const ops::Nms& op, const Shapes& s, std::vector<int> operands)
        : device_(code.device()),
          function_(code.function("suppress")),
          op_(op),
          operands_(std::move(operands)),
          read_(s, present(operands_)) {
        const auto& scores = s.inputs[static_cast<size_t>(operands_[1])].dims;
        images_ = scores[0];
        p_.count = static_cast<int32_t>(scores[op.scoresByClass ? 2 : 1]);
        p_.classes = static_cast<int32_t>(scores[op.scoresByClass ? 1 : 2]);
        p_.perClass = s.inputs[static_cast<size_t>(operands_[0])].dims.size() == 4 ? 1 : 0;
        grid_.threads = static_cast<unsigned>(std::clamp((p_.count + 31) / 32 * 32, 32, 1024));
        grid_.x = static_cast<unsigned>(images_ * p_.classes);
        if (!read_.waits()) limits();
    }

    // How many boxes stay is known only now: this kernel has to allocate, and may throw inside.
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        return device::guarded(message_, [&] {
            if (read_.fetch(l, device_, stream)) limits();
            if (stream.isCapturing())
                return Status::failure(ErrorCode::kUNSUPPORTED_STATE,
                                       "a step whose extents are data cannot be captured");
            run(stream, l);
            return Status::success();
        });
    }
    std::string implementation() const override { return "a block a class"; }

private:
    static std::vector<int> present(const std::vector<int>& operands) {
        std::vector<int> out;
        for (size_t k = 2; k < operands.size(); ++k)
            if (operands[k] >= 0) out.push_back(operands[k]);
        return out;
    }

    void limits() {
        static const std::vector<int> results{0};
        EachShapes s(read_.shapes(), operands_, results);
        int64_t most = s.list(2).at(0);
        p_.most = static_cast<int32_t>(std::clamp<int64_t>(most, 0, p_.count));
        p_.overlap = s.has(3) ? static_cast<float>(s.reals(3).at(0)) : 0;
        p_.least = s.has(4) ? static_cast<float>(s.reals(4).at(0)) : 0;
        // ONNX filters no score unless a threshold is given; the public layer's threshold is 0.
        p_.filters = s.has(4) || !op_.scoresByClass;
        size_t blocks = grid_.x;
        counts_.assign(blocks, 0);
        chosen_.resize(blocks * static_cast<size_t>(p_.most));
        std::vector<float> zeros(blocks * static_cast<size_t>(p_.count) + 1);
        memory_[0] = std::make_unique<DeviceTable>(device_, zeros.data(), zeros.size() * 4);
        memory_[1] = std::make_unique<DeviceTable>(
            device_, chosen_.data(), std::max<size_t>(1, chosen_.size()) * sizeof(Choice));
        memory_[2] =
            std::make_unique<DeviceTable>(device_, counts_.data(), std::max<size_t>(1, blocks) * 4);
        p_.left = const_cast<void*>(memory_[0]->get());
        p_.chosen = const_cast<void*>(memory_[1]->get());
        p_.counts = const_cast<void*>(memory_[2]->get());
    }

    void run(device::Stream& stream, const device::Launch& l) {
        std::fill(counts_.begin(), counts_.end(), 0);
        if (grid_.x > 0 && p_.most > 0) {
            p_.boxes = l.inputs[operands_[0]];
            p_.scores = l.inputs[operands_[1]];
            orThrow(launch(stream, function_, grid_, &p_));
            orThrow(device_.copy(counts_.data(), p_.counts, counts_.size() * 4, stream));
            orThrow(
                device_.copy(chosen_.data(), p_.chosen, chosen_.size() * sizeof(Choice), stream));
            orThrow(stream.synchronize());
        }
        struct Selected {
            int64_t image, kind;
            Choice choice;
        };
        std::vector<Selected> all;
        for (int64_t n = 0; n < images_; ++n) {
            auto first = static_cast<std::ptrdiff_t>(all.size());
            for (int64_t k = 0; k < p_.classes; ++k) {
                auto block = static_cast<size_t>(n * p_.classes + k);
                for (size_t i = 0; i < static_cast<size_t>(counts_[block]); ++i)
                    all.push_back({n, k, chosen_[block * static_cast<size_t>(p_.most) + i]});
            }
            // ONNX orders by class, then score; the public layer by score alone.
            if (!op_.scoresByClass)
                std::stable_sort(all.begin() + first, all.end(),
                                 [](const Selected& a, const Selected& b) {
                                     return a.choice.score > b.choice.score;
                                 });
        }
        auto total = static_cast<int64_t>(all.size());
        const int64_t dims[] = {total, 3};
        void* to = l.outputs[0] ? l.outputs[0] : l.sink->resize(0, dims, 2);
        if (!to && total > 0) fail(ErrorCode::kFAILED_ALLOCATION, "no memory for a result");
        bool wide = op_.indicesType == DataType::kINT64;
        places_.assign(static_cast<size_t>(total) * (wide ? 24 : 12), 0);
        for (size_t i = 0; i < all.size(); ++i) {
            const int64_t row[] = {all[i].image, all[i].kind, all[i].choice.box};
            for (size_t k = 0; k < 3; ++k) put(3 * i + k, row[k], wide);
        }
        if (total > 0) orThrow(device_.copy(to, places_.data(), places_.size(), stream));
        auto count = static_cast<int32_t>(total);
        if (results() > 1) orThrow(device_.copy(l.outputs[1], &count, sizeof count, stream));
        orThrow(stream.synchronize());  // the host's memory is free to change again
    }

    size_t results() const { return read_.shapes().outputs.size(); }
    void put(size_t at, int64_t value, bool wide) {
        if (wide)
            reinterpret_cast<int64_t*>(places_.data())[at] = value;
        else
            reinterpret_cast<int32_t*>(places_.data())[at] = static_cast<int32_t>(value);
    }

    CudaDevice& device_;
    CUfunction function_;
    ops::Nms op_;
    std::vector<int> operands_;
    ReadBack read_;
    Parameters p_;
    Grid grid_;
    int64_t images_ = 0;
    std::vector<int32_t> counts_;
    std::vector<Choice> chosen_;
    std::vector<uint8_t> places_;
    std::unique_ptr<DeviceTable> memory_[3];
    std::string message_;
};

struct Record {
    ops::Nms op;
    std::vector<int> operands;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, operands);
    }
    static Record load(ByteReader& in) {
        Record r{getAttributes<ops::Nms>(in), {}};
        for (int64_t v : getInts(in)) r.operands.push_back(static_cast<int>(v));
        if (r.operands.size() < 3 || r.operands.size() > 5) in.corrupt("a suppression's operands");
        return r;
    }
    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        requireSizes(s);
        return std::make_unique<SuppressBound>(code, op, s, operands);
    }
};

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.nms.suppress") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        const auto* op = q.group().anchorAs<ops::Nms>();
        if (!op || !q.group().single()) return no("not a lone suppression");
        if (Support s = typesFit(q); !s.ok) return s;
        if (op->topKBoxLimit > 0) return no("a limit of boxes before suppression");
        const ir::Node& node = *q.group().anchor();
        if (q.body().outputs()[0] != node.outputs[0]) return no("nobody reads the boxes");
        r.op = *op;
        for (size_t k = 0; k < node.inputs.size(); ++k)
            r.operands.push_back(
                node.inputs[k] == ir::kNoValue ? -1 : q.group().anchorInput(static_cast<int>(k)));
        DataType boxes = q.in(r.operands[0]).type, scores = q.in(r.operands[1]).type;
        if (!isFloat(boxes) || !isFloat(scores)) return no("boxes or scores in f64");
        text.program =
            programOf("suppress.cu",
                      {cat("-DTB=", typeText(boxes)), cat("-DTS=", typeText(scores)),
                       cat("-DCENTRE=", op->boxFormat == BoundingBoxFormat::kCENTER_SIZES ? 1 : 0),
                       cat("-DBYCLASS=", op->scoresByClass ? 1 : 0)});
        return yes();
    }
};

}  // namespace

void registerKernel_nms_suppress(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
