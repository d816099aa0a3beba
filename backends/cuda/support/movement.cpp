// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/movement.h"

#include "backends/cuda/support/late.h"
#include "ir/op.h"
#include "tensor/convert.h"
#include "tensor/dtype.h"

#include <algorithm>
#include <functional>

namespace bireme::cuda {

using device::Shapes;

std::vector<int64_t> MoveContext::list(int input, const std::vector<int64_t>& attribute) const {
    if (input < 0) return attribute;
    if (auto it = lists_.find(input); it != lists_.end()) return it->second;
    auto i = static_cast<size_t>(input);
    const void* host = i < shapes_.hostInputs.size() ? shapes_.hostInputs[i] : nullptr;
    if (!host)
        fail(ErrorCode::kUNSUPPORTED_STATE,
             cat("input ", input, " has to be known before the kernel is bound"));
    std::vector<int64_t> values(static_cast<size_t>(product(shapes_.inputs[i].dims)));
    convertElements(shapes_.inputs[i].type, host, DataType::kINT64, values.data(),
                    static_cast<int64_t>(values.size()));
    return values;
}

void MoveContext::copy(int input, const std::vector<int64_t>& dims,
                       const std::vector<int64_t>& from, int64_t fromOffset,
                       const std::vector<int64_t>& to, int64_t toOffset) {
    if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return;
    moves.push_back({input, dims, from, to, fromOffset, toOffset});
}

namespace {

// A stretch of output indices that reads an arithmetic series of input indices, or the fill
// element.
struct Segment {
    int64_t begin = 0, count = 0, from = 0, step = 0;
    bool fill = false;
};

std::vector<Segment> segmentsOf(const std::vector<int64_t>& table) {
    std::vector<Segment> all;
    for (size_t i = 0; i < table.size(); ++i) {
        auto at = static_cast<int64_t>(i);
        if (!all.empty()) {
            Segment& s = all.back();
            if (s.fill && table[i] < 0) {
                ++s.count;
                continue;
            }
            if (!s.fill && table[i] >= 0) {
                if (s.count == 1) s.step = table[i] - s.from;
                if (s.count == 1 || table[i] == s.from + s.step * s.count) {
                    ++s.count;
                    continue;
                }
            }
        }
        all.push_back({at, 1, std::max<int64_t>(table[i], 0), 1, table[i] < 0});
    }
    return all;
}

}  // namespace

void MoveContext::copyByTables(int input, const std::vector<std::vector<int64_t>>& tables,
                               int fill) {
    size_t rank = tables.size();
    auto from = in(input).format.stridesFor(in(input).dims),
         to = out().format.stridesFor(out().dims);
    std::vector<std::vector<Segment>> segments;
    for (const auto& t : tables) segments.push_back(segmentsOf(t));
    std::vector<size_t> at(rank, 0);
    std::vector<int64_t> dims(rank), steps(rank), still(rank, 0);
    std::function<void(size_t)> visit;
    auto box =
        [&](size_t filledFrom) {  // dims from `filledFrom` on are whole: the fill covers them
            int64_t fromOffset = in(input).format.offset, toOffset = out().format.offset;
            bool filled = filledFrom < rank;
            for (size_t d = 0; d < rank; ++d) {
                if (filled && d > filledFrom) {
                    dims[d] = out().dims[d];
                    continue;
                }
                const Segment& s = segments[d][at[d]];
                dims[d] = s.count;
                steps[d] = s.step * from[d];
                fromOffset += s.from * from[d];
                toOffset += s.begin * to[d];
            }
            if (!filled)
                copy(input, dims, steps, fromOffset, to, toOffset);
            else
                copy(fill, dims, still, fill >= 0 ? in(fill).format.offset : 0, to, toOffset);
        };
    visit = [&](size_t d) {
        if (d == rank) return box(rank);
        for (at[d] = 0; at[d] < segments[d].size(); ++at[d]) {
            if (segments[d][at[d]].fill)
                box(d);
            else
                visit(d + 1);
        }
    };
    visit(0);
}

namespace {

class MoveBound final : public device::Bound {
public:
    MoveBound(const Code& code, const Shapes& shapes, const MoveContext& c) : fill_(c.fillBytes) {
        DataType to = shapes.outputs[0].type;
        for (const auto& m : c.moves) {
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

struct MoveRecord {
    ir::Op op;
    std::vector<int> operands;                  // body input of each operand of the op, or -1
    std::map<int, std::vector<int64_t>> lists;  // known integer operands, by body input
};

// A move whose lists only running tells, though they decide no extents: they are read back.
class LateMoveBound final : public device::Bound {
public:
    LateMoveBound(const MoveOp& op, const MoveRecord& r, const Code& code, const Shapes& shapes,
                  const std::vector<int>& unknown)
        : op_(op), r_(r), code_(code), read_(shapes, unknown) {}
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        try {
            if (read_.fetch(launch, code_.device(), stream)) {
                MoveContext c(r_.lists, read_.shapes());
                op_.lay(r_.op, r_.operands, c);
                inner_ = moveBound(code_, read_.shapes(), c);
            }
            return inner_->enqueue(stream, launch);
        } catch (const Error& e) {
            message_ = e.what();
            return {e.code(), message_.c_str()};
        } catch (const std::exception&) {
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a step");
        }
    }
    std::string implementation() const override { return "copies by lists read back"; }

private:
    const MoveOp& op_;
    const MoveRecord& r_;
    const Code& code_;
    ReadBack read_;
    std::unique_ptr<device::Bound> inner_;
    std::string message_;
};

class MoveKernel final : public device::Kernel {
public:
    MoveKernel(const MoveOp& op, MoveRecord r, Code code)
        : op_(op), r_(std::move(r)), code_(std::move(code)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        requireSizes(shapes);
        if (auto unknown = unknownLists(shapes); !unknown.empty())
            return std::make_unique<LateMoveBound>(op_, r_, code_, shapes, unknown);
        MoveContext c(r_.lists, shapes);
        op_.lay(r_.op, r_.operands, c);
        return moveBound(code_, shapes, c);
    }
    void save(ByteWriter& out) const override {
        code_.save(out);
        auto bytes = ir::attributeBytes(r_.op);
        out.varint(bytes.size());
        out.raw(bytes.data(), bytes.size());
        putInts(out, std::vector<int64_t>(r_.operands.begin(), r_.operands.end()));
        out.varint(r_.lists.size());
        for (const auto& [input, list] : r_.lists) {
            putInt(out, input);
            putInts(out, list);
        }
    }

private:
    // Body inputs that the layout reads and nobody knows yet.
    std::vector<int> unknownLists(const Shapes& shapes) const {
        std::vector<int> out;
        for (int k : op_.lists) {
            auto at = static_cast<size_t>(k);
            int input = at < r_.operands.size() ? r_.operands[at] : -1;
            if (input < 0 || r_.lists.count(input)) continue;
            auto i = static_cast<size_t>(input);
            if (i >= shapes.hostInputs.size() || !shapes.hostInputs[i]) out.push_back(input);
        }
        return out;
    }

    const MoveOp& op_;
    MoveRecord r_;
    Code code_;
};

class MoveFactory final : public tactic::KernelFactory {
public:
    explicit MoveFactory(const MoveOp& op) : op_(op) {}
    std::string_view name() const override { return op_.kernel; }
    bool alwaysBest() const override { return op_.alwaysBest; }

    Support supports(const tactic::Query& q) const override {
        const ir::Node* node = q.group().anchor();
        if (!q.group().single()) return no("the group has more than one node");
        if (!node) return no("the node is pointwise");
        if (node->op.name() != op_.op) return no(cat("the node is not ", op_.op));
        if (q.outputs() != 1) return no("more than one output");
        if (Support s = typesFit(q); !s.ok) return s;
        return op_.supports ? op_.supports(q) : yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        op_.formats(q, out);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        MoveRecord r;
        const ir::Node& node = q.body().node(q.body().order()[0]);
        r.op = node.op;
        for (ir::ValueId v : node.inputs)
            r.operands.push_back(v == ir::kNoValue ? -1 : q.group().inputIndex(v));
        tactic::Created made;
        for (int k : op_.lists) {
            int i = inputOf(q, node, k);
            const Blob* bytes = i < 0 ? nullptr : q.constant(i);
            if (!bytes) continue;
            std::vector<int64_t> list(static_cast<size_t>(product(staticValues(q.in(i).dims))));
            convertElements(q.in(i).type, bytes->data(), DataType::kINT64, list.data(),
                            static_cast<int64_t>(list.size()));
            r.lists[i] = std::move(list);
            made.consumed.push_back(i);
        }
        for (int k : op_.ignored)
            if (int i = inputOf(q, node, k); i >= 0 && q.constant(i)) made.consumed.push_back(i);
        DataType from = op_.changesType ? q.in(0).type : q.out(0).type;
        Code code(q.device(), compile(copyProgram(from, q.out(0).type), architectureOf(q)));
        made.kernel = std::make_unique<MoveKernel>(op_, std::move(r), std::move(code));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        MoveRecord r;
        const ir::OpDef* def = ir::OpRegistry::global().find(op_.op);
        if (!def) in.corrupt(cat("op ", op_.op, " is unknown"));
        r.op = ir::Op(*def);
        ByteReader part = in.sub(in.count());
        ir::readAttributes(r.op, part);
        for (int64_t v : getInts(in)) r.operands.push_back(static_cast<int>(v));
        for (size_t n = in.count(); n-- > 0;) {
            int64_t input = getInt(in);
            r.lists[static_cast<int>(input)] = getInts(in);
        }
        return std::make_unique<MoveKernel>(op_, std::move(r), std::move(code));
    }

private:
    // Body input of an operand of the node, or -1.
    static int inputOf(const tactic::Query& q, const ir::Node& node, int operand) {
        auto k = static_cast<size_t>(operand);
        return k < node.inputs.size() && node.inputs[k] != ir::kNoValue
                   ? q.group().inputIndex(node.inputs[k])
                   : -1;
    }
    MoveOp op_;
};

}  // namespace

std::unique_ptr<device::Bound> moveBound(const Code& code, const Shapes& shapes,
                                         const MoveContext& c) {
    return std::make_unique<MoveBound>(code, shapes, c);
}

std::unique_ptr<tactic::KernelFactory> moveFactory(const MoveOp& op) {
    return std::make_unique<MoveFactory>(op);
}

}  // namespace bireme::cuda
