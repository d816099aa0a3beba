// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/late.h"

#include "backends/cuda/support/record.h"
#include "device/guarded.h"
#include "ir/eval.h"
#include "ir/op.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bireme::cuda {

using device::Shapes;

ReadBack::ReadBack(const Shapes& shapes, const std::vector<int>& inputs) : shapes_(shapes) {
    shapes_.hostInputs.resize(shapes_.inputs.size(), nullptr);
    for (size_t i = 0; i < shapes_.inputs.size(); ++i) {
        const auto& s = shapes_.inputs[i];
        const void*& host = shapes_.hostInputs[i];
        const bool read =
            std::find(inputs.begin(), inputs.end(), static_cast<int>(i)) != inputs.end();
        if (!s.present || (!host && !read)) continue;
        size_t size = bytesFor(s.type, product(s.dims));
        bytes_.emplace_back(std::max<size_t>(1, size));
        // What the host knows is ours from now on: the caller keeps it only while we bind.
        if (host) std::memcpy(bytes_.back().data(), host, size);
        if (!host && size > 0) addFetched(static_cast<int>(i), s);
        host = bytes_.back().data();
    }
}

// Operands may be parts of larger buffers: all from their first element to their last is fetched.
void ReadBack::addFetched(int input, const device::TensorShape& s) {
    auto strides = s.format.stridesFor(s.dims);
    auto element = static_cast<size_t>(bits(s.type) / 8);
    Fetched f{input, bytes_.size() - 1, static_cast<size_t>(s.format.offset) * element, {}, {}};
    std::vector<int64_t> index(s.dims.size(), 0);
    size_t last = 0;
    do {
        size_t at = 0;
        for (size_t d = 0; d < index.size(); ++d) at += static_cast<size_t>(index[d] * strides[d]);
        f.from.push_back(at * element);
        last = std::max(last, at);
    } while (ir::nextIndex(index, s.dims));
    f.raw.resize((last + 1) * element);
    fetched_.push_back(std::move(f));
}

bool ReadBack::fetch(const device::Launch& launch, CudaDevice& device, device::Stream& stream) {
    if (fetched_.empty()) return false;
    if (stream.isCapturing())
        fail(ErrorCode::kUNSUPPORTED_STATE, "a step whose extents are data cannot be captured");
    for (Fetched& f : fetched_) {
        const auto* from = static_cast<const uint8_t*>(launch.inputs[f.input]) + f.offset;
        orThrow(device.copy(f.raw.data(), from, f.raw.size(), stream));
    }
    orThrow(stream.synchronize());
    bool changed = !std::exchange(any_, true);
    for (const Fetched& f : fetched_) {
        size_t element = bytes_[f.at].size() / f.from.size();
        for (size_t k = 0; k < f.from.size(); ++k) {
            uint8_t* to = bytes_[f.at].data() + k * element;
            changed = changed || std::memcmp(to, f.raw.data() + f.from[k], element) != 0;
            std::memcpy(to, f.raw.data() + f.from[k], element);
        }
    }
    return changed;
}

namespace {

struct LateRecord {
    ir::Op op;
    std::vector<int> operands;
};

class LateBound final : public device::Bound {
public:
    LateBound(const LateOp& row, const LateRecord& r, const Code& code, const Shapes& shapes,
              const std::vector<int>& reads)
        : row_(row), r_(r), code_(code), read_(shapes, reads) {
        const auto& dims = shapes.outputs.at(0).dims;
        open_ = std::find(dims.begin(), dims.end(), -1) != dims.end();
        if (!read_.waits()) make();
    }

    // The extents are known only now: this kernel has to allocate, and may throw inside.
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        return device::guarded(message_, [&] {
            if (read_.fetch(launch, code_.device(), stream)) make();
            device::Launch l = launch;
            void* to = launch.outputs[0];
            if (open_) {
                to = launch.sink->resize(0, extents_.data(), static_cast<int>(extents_.size()));
                if (!to && product(extents_) > 0)
                    return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a result");
            }
            if (product(extents_) == 0) return Status::success();
            l.outputs = &to;
            return inner_->enqueue(stream, l);
        });
    }
    std::string implementation() const override { return "extents read back"; }

private:
    void make() {
        static const std::vector<int> results{0};
        EachShapes s(read_.shapes(), r_.operands, results);
        extents_ = row_.extents(r_.op, s);
        auto& planned = read_.shapes().outputs[0].dims;
        if (!open_ && planned != extents_)
            failInvalid(cat("the operands give ", text(toDims(extents_)), ", the shapes said ",
                            text(toDims(planned))));
        planned = extents_;
        requireSizes(read_.shapes());
        inner_.reset();
        if (product(extents_) > 0) inner_ = row_.bind(r_.op, s, read_.shapes(), code_);
    }

    const LateOp& row_;
    const LateRecord& r_;
    const Code& code_;
    ReadBack read_;
    bool open_ = false;
    std::vector<int64_t> extents_;
    std::unique_ptr<device::Bound> inner_;
    std::string message_;
};

class LateKernel final : public device::Kernel {
public:
    LateKernel(const LateOp& row, LateRecord r, Code code)
        : row_(row), r_(std::move(r)), code_(std::move(code)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        std::vector<int> reads;
        for (int k : row_.reads)
            if (static_cast<size_t>(k) < r_.operands.size() &&
                r_.operands[static_cast<size_t>(k)] >= 0)
                reads.push_back(r_.operands[static_cast<size_t>(k)]);
        return std::make_unique<LateBound>(row_, r_, code_, shapes, std::move(reads));
    }
    void save(ByteWriter& out) const override {
        code_.save(out);
        auto bytes = ir::attributeBytes(r_.op);
        out.varint(bytes.size());
        out.raw(bytes.data(), bytes.size());
        putInts(out, r_.operands);
    }

private:
    const LateOp& row_;
    LateRecord r_;
    Code code_;
};

class LateFactory final : public tactic::KernelFactory {
public:
    explicit LateFactory(const LateOp& row) : row_(row) {}
    std::string_view name() const override { return row_.kernel; }

    Support supports(const tactic::Query& q) const override {
        LateRecord r;
        DeviceProgram program;
        return read(q, r, program);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        LateRecord r;
        DeviceProgram program;
        if (Support s = read(q, r, program); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        Code code(q.device(), compile(program, architectureOf(q)));
        return {std::make_unique<LateKernel>(row_, std::move(r), std::move(code)), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        LateRecord r;
        const ir::OpDef* def = ir::OpRegistry::global().find(row_.op);
        if (!def) in.corrupt(cat("op ", row_.op, " is unknown"));
        r.op = ir::Op(*def);
        ByteReader part = in.sub(in.count());
        ir::readAttributes(r.op, part);
        for (int64_t v : getInts(in)) r.operands.push_back(static_cast<int>(v));
        return std::make_unique<LateKernel>(row_, std::move(r), std::move(code));
    }

private:
    Support read(const tactic::Query& q, LateRecord& r, DeviceProgram& program) const {
        if (!q.group().single()) return no("the group has more than one node");
        const ir::Node& node = q.body().node(q.body().order()[0]);
        if (node.op.name() != row_.op) return no(cat("the node is not ", row_.op));
        if (q.outputs() != 1) return no("more than one output");
        if (Support s = typesFit(q); !s.ok) return s;
        r.op = node.op;
        for (ir::ValueId v : node.inputs) {
            r.operands.push_back(v == ir::kNoValue ? -1 : q.group().inputIndex(v));
            if (v != ir::kNoValue && r.operands.back() < 0)
                return no("an operand lies inside the group");
        }
        return row_.read(q, node, program);
    }

    LateOp row_;
};

}  // namespace

std::unique_ptr<tactic::KernelFactory> lateFactory(const LateOp& op) {
    return std::make_unique<LateFactory>(op);
}

}  // namespace bireme::cuda
