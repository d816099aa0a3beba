// SPDX-License-Identifier: Apache-2.0
// Product of two computed operands, in batches; transposes and views are strides.
#include "backends/cpu/onednn/bound.h"
#include "backends/cpu/onednn/desc.h"
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/matrix_multiply.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace bireme::cpu {

using device::Shapes;
using device::TensorShape;
using dnnl::memory;

namespace {

constexpr const char* kName = "cpu.matmul.batched";

struct BatchedRecord {
    int a = 0, b = 1;  // body inputs
    MatrixOperation opA = MatrixOperation::kNONE, opB = MatrixOperation::kNONE;
    Epilogue epilogue;
    size_t workspace = 0;

    void save(ByteWriter& out) const {
        putInts(out, {a, b, static_cast<int64_t>(opA), static_cast<int64_t>(opB)});
        epilogue.save(out);
        out.varint(workspace);
    }
    static BatchedRecord load(ByteReader& in) {
        BatchedRecord r;
        auto v = getInts(in);
        if (v.size() != 4) in.corrupt("a matrix product has four numbers");
        r.a = static_cast<int>(v[0]), r.b = static_cast<int>(v[1]);
        r.opA = static_cast<MatrixOperation>(v[2]), r.opB = static_cast<MatrixOperation>(v[3]);
        r.epilogue = Epilogue::load(in);
        r.workspace = in.varint();
        return r;
    }
};

// Extents and strides of one operand in the order [batch..., rows, columns].
struct Strided {
    std::vector<int64_t> dims, strides;
    int64_t offset = 0;

    explicit Strided(const TensorShape& t)
        : dims(t.dims), strides(t.format.stridesFor(t.dims)), offset(t.format.offset) {}
    void insert(size_t at) {
        dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(at), 1);
        strides.insert(strides.begin() + static_cast<std::ptrdiff_t>(at),
                       at < strides.size() ? strides[at] * dims[at + 1] : 1);
    }
    void align(size_t rank) {
        while (dims.size() < rank) insert(0);
    }
    void transpose() {
        std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
        std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
    }
    void dense() {
        int64_t stride = 1;
        for (size_t i = dims.size(); i-- > 0; stride *= dims[i]) strides[i] = stride;
        offset = 0;
    }
    memory::desc desc() const { return memory::desc(dims, memory::data_type::f32, strides); }
    size_t bytes() const { return static_cast<size_t>(offset) * sizeof(float); }
};

// All operands of a product with leading ones up to one rank; batch dims that stay together in all
// of them are one.
struct Operands {
    Strided a, b, y;
    std::vector<Strided> others;  // of the epilogue, in order of its steps that have one

    Operands(const BatchedRecord& r, const Shapes& s)
        : a(s.inputs[static_cast<size_t>(r.a)]),
          b(s.inputs[static_cast<size_t>(r.b)]),
          y(s.outputs[0]) {
        bool row = r.opA == MatrixOperation::kVECTOR, column = r.opB == MatrixOperation::kVECTOR;
        if (row) a.insert(a.dims.size() - 1);
        if (r.opA == MatrixOperation::kTRANSPOSE) a.transpose();
        if (column) b.insert(b.dims.size());
        if (r.opB == MatrixOperation::kTRANSPOSE) b.transpose();
        for (const EpilogueStep& step : r.epilogue.steps)
            if (step.other >= 0) others.emplace_back(s.inputs[static_cast<size_t>(step.other)]);
        auto widen = [&](Strided& t) {
            if (column) t.insert(t.dims.size());
            if (row) t.insert(t.dims.size() - 1);
        };
        widen(y);
        for (auto& o : others) o.align(y.dims.size() - size_t(row) - size_t(column)), widen(o);
        for (Strided* t : all()) t->align(std::max<size_t>(y.dims.size(), 2));
        for (size_t d = 0; d + 3 < y.dims.size();) {
            if (mergeable(d))
                merge(d);
            else
                ++d;
        }
    }

    // A sum of no products is one of zeros: true when the operands are to be that.
    bool withoutTerms() {
        if (a.dims.back() != 0) return false;
        a.dims.back() = b.dims[b.dims.size() - 2] = 1;
        a.dense(), b.dense();
        return true;
    }

private:
    std::vector<Strided*> all() {
        std::vector<Strided*> list{&a, &b, &y};
        for (auto& o : others) list.push_back(&o);
        return list;
    }
    // Batch dims d and d+1 walk as one in every operand.
    bool mergeable(size_t d) {
        for (Strided* t : all()) {
            bool ones = t->dims[d] == 1 && t->dims[d + 1] == 1;
            bool whole = t->dims[d] == y.dims[d] && t->dims[d + 1] == y.dims[d + 1] &&
                         t->strides[d] == t->strides[d + 1] * t->dims[d + 1];
            if (!ones && !whole) return false;
        }
        return true;
    }
    void merge(size_t d) {
        for (Strided* t : all()) {
            auto at = static_cast<std::ptrdiff_t>(d);
            t->dims[d + 1] *= t->dims[d];
            t->dims.erase(t->dims.begin() + at);
            t->strides.erase(t->strides.begin() + at);
        }
    }
};

struct OperandContext {
    const BatchedRecord* record;
    const Operands* operands;
};

memory::desc operandDesc(const void* context, const EpilogueStep& step) {
    const auto& c = *static_cast<const OperandContext*>(context);
    size_t k = 0;
    for (const EpilogueStep& s : c.record->epilogue.steps) {
        if (&s == &step) break;
        if (s.other >= 0) ++k;
    }
    return c.operands->others[k].desc();
}

// Can all operands be addressed? Extents that only running tells may have no bound, or be negative
// at one.
bool addressable(const Shapes& s) {
    for (const auto* list : {&s.inputs, &s.outputs})
        for (const TensorShape& t : *list) {
            int64_t n = 1;
            for (int64_t d : t.dims)
                if (d < 0 || __builtin_mul_overflow(n, std::max<int64_t>(d, 1), &n) ||
                    n > int64_t(1) << 44)
                    return false;
        }
    return true;
}

dnnl::matmul::primitive_desc describe(const Operands& o, const dnnl::primitive_attr& attributes) {
    return guarded("matrix product", [&] {
        return dnnl::matmul::primitive_desc(dnnlEngine(), o.a.desc(), o.b.desc(), o.y.desc(),
                                            attributes);
    });
}

class BatchedKernel final : public device::Kernel {
public:
    explicit BatchedKernel(BatchedRecord r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override {
        return r_.workspace;
    }
    void save(ByteWriter& out) const override { r_.save(out); }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        Operands o(r_, shapes);
        const bool zeros = o.withoutTerms();
        OperandContext operands{&r_, &o};
        PostOps post(r_.epilogue, operandDesc, &operands);
        auto pd = describe(o, post.attributes());
        // A built engine runs on every shape of its profile, if need be by plain loops.
        if (isReference(pd.impl_info_str()))
            context.log.warning("matrix product: oneDNN runs ", dimsText(o.a.dims), " times ",
                                dimsText(o.b.dims), " by its slow reference implementation");
        auto bound = guarded("matrix product", [&] {
            return std::make_unique<PrimitiveBound>(dnnl::matmul(pd), pd.impl_info_str());
        });
        auto source = [&](const Strided& t, int input) {
            if (!zeros) return ArgSource::input(input, t.bytes());
            const size_t bytes = t.desc().get_size();
            return ArgSource::memory(std::memset(bound->keep(bytes), 0, bytes));
        };
        bound->execution.add(DNNL_ARG_SRC, o.a.desc(), source(o.a, r_.a));
        bound->execution.add(DNNL_ARG_WEIGHTS, o.b.desc(), source(o.b, r_.b));
        bound->execution.add(DNNL_ARG_DST, o.y.desc(), ArgSource::output(0, o.y.bytes()));
        post.addArguments(*bound);
        bound->addScratch(pd.scratchpad_desc(), r_.workspace);
        return bound;
    }

private:
    BatchedRecord r_;
};

class BatchedFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        BatchedRecord r;
        std::vector<int> consumed;
        return read(q, r, consumed);
    }

    // Heads between batch and sequence may stay where projections left them: [B,S,H,D] in memory
    // for [B,H,S,D].
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        BatchedRecord r;
        std::vector<int> consumed;
        read(q, r, consumed);
        if (q.in(r.a).rank() != 4 || q.in(r.b).rank() != 4 || !r.epilogue.steps.empty()) return;
        Format heads;
        heads.order = {0, 2, 1, 3};
        for (auto [a, b, y] :
             {std::array<bool, 3>{true, true, false}, {false, true, true}, {true, true, true}}) {
            out.push_back(combination(q));
            if (a) out.back().inputs[static_cast<size_t>(r.a)].format = heads;
            if (b) out.back().inputs[static_cast<size_t>(r.b)].format = heads;
            if (y) out.back().outputs[0].format = heads;
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        BatchedRecord r;
        tactic::Created made;
        Support s = read(q, r, made.consumed);
        if (!s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        ThreadCount threads(q.flags.threads);
        for (auto which : {ir::GroupShape::opt, ir::GroupShape::min, ir::GroupShape::max}) {
            const Shapes shapes = q.shapes(which);
            if (!addressable(shapes)) continue;  // binding finds what it needs
            Operands o(r, shapes);
            OperandContext context{&r, &o};
            PostOps post(r.epilogue, operandDesc, &context);
            auto pd = describe(o, post.attributes());
            if (which == ir::GroupShape::opt && isReference(pd.impl_info_str()))
                fail(ErrorCode::kUNSUPPORTED_STATE,
                     "oneDNN has only a reference implementation of this matrix product");
            r.workspace = std::max(r.workspace, pd.scratchpad_desc().get_size());
            if (q.isStatic()) break;
        }
        made.kernel = std::make_unique<BatchedKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<BatchedKernel>(BatchedRecord::load(in));
    }

private:
    static bool oneMatrix(const DimVector& dims) {
        for (size_t i = 0; i + 2 < dims.size(); ++i)
            if (!dims[i].is(1)) return false;
        return true;
    }

    static Support read(const tactic::Query& q, BatchedRecord& r, std::vector<int>& consumed) {
        const auto* op = q.group().anchorAs<ops::MatrixMultiply>();
        if (!op) return no("the anchor is not a matrix product");
        if (q.outputs() != 1 || !allFloat(q))
            return no("not one output of f32 from operands of f32");
        if (lacksElements(q)) return no("an operand has no elements");
        r.a = q.group().anchorInput(0), r.b = q.group().anchorInput(1);
        if (r.a < 0 || r.b < 0) return no("an operand is computed inside the group");
        r.opA = op->opA, r.opB = op->opB;
        if (op->opA != MatrixOperation::kTRANSPOSE && q.constant(r.b) && oneMatrix(q.in(r.b).dims))
            return no("one constant matrix is better packed");
        if (Support s = readEpilogue(q, r.epilogue, &consumed); !s.ok) return s;
        for (const EpilogueStep& s : r.epilogue.steps)
            if (s.other >= 0 && !(q.in(s.other).dims == q.out(0).dims) &&
                !isPerChannel(q.in(s.other).dims, q.out(0).dims, q.out(0).rank() - 1))
                return no("an operand of the epilogue is neither full-sized nor per column");
        return postOpsSupport(q, r.epilogue);
    }
};

}  // namespace

void registerKernel_matmul_batched(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<BatchedFactory>());
}

}  // namespace bireme::cpu
