// SPDX-License-Identifier: Apache-2.0
// Product with a constant second operand: all leading dims of the first are one, the second is
// packed once.
#include "backends/cpu/onednn/bound.h"
#include "backends/cpu/onednn/desc.h"
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/matrix_multiply.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;
using dnnl::memory;

namespace {

constexpr const char* kName = "cpu.matmul.packed";

struct MatmulRecord {
    bool innerProduct = true;  // which of the library's two primitives
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t n = 1, k = 1;
    Epilogue epilogue;
    std::string layout;  // of the packed operand; [N,K] for an inner product, else [K,N]
    size_t workspace = 0;

    void save(ByteWriter& out) const {
        out.put<uint8_t>(innerProduct);
        putInts(out, {input, bias, n, k});
        epilogue.save(out);
        out.string(layout);
        out.varint(workspace);
    }
    static MatmulRecord load(ByteReader& in) {
        MatmulRecord r;
        r.innerProduct = in.get<uint8_t>() != 0;
        auto v = getInts(in);
        if (v.size() != 4) in.corrupt("a matrix product has four numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]), r.n = v[2], r.k = v[3];
        r.epilogue = Epilogue::load(in);
        r.layout = in.string();
        r.workspace = in.varint();
        return r;
    }
};

memory::desc matrix(int64_t rows, int64_t columns) {
    return memory::desc({rows, columns}, memory::data_type::f32, memory::format_tag::ab);
}

struct OperandContext {
    const MatmulRecord* record;
    const Shapes* shapes;
};

int64_t rowsOf(const MatmulRecord& r, const Shapes& s) {
    return product(s.inputs[static_cast<size_t>(r.input)].dims) / r.k;
}

memory::desc operandDesc(const void* context, const EpilogueStep& step) {
    const auto& c = *static_cast<const OperandContext*>(context);
    int64_t count = product(c.shapes->inputs[static_cast<size_t>(step.other)].dims);
    int64_t rows = rowsOf(*c.record, *c.shapes);
    return matrix(count == rows * c.record->n ? rows : 1, c.record->n);
}

memory::desc anyLayout(const MatmulRecord& r) {
    memory::dims d = r.innerProduct ? memory::dims{r.n, r.k} : memory::dims{r.k, r.n};
    return memory::desc(d, memory::data_type::f32, memory::format_tag::any);
}

// A made description of either primitive.
struct Description {
    dnnl::primitive_desc pd;
    memory::desc weights;
};

Description describe(const MatmulRecord& r, const Shapes& s, const memory::desc& weights,
                     const dnnl::primitive_attr& attributes) {
    int64_t m = rowsOf(r, s);
    memory::desc x = matrix(m, r.k), y = matrix(m, r.n);
    return guarded("matrix product", [&]() -> Description {
        if (r.innerProduct) {
            auto bias = r.bias >= 0
                            ? memory::desc({r.n}, memory::data_type::f32, memory::format_tag::a)
                            : memory::desc();
            dnnl::inner_product_forward::primitive_desc pd(
                dnnlEngine(), dnnl::prop_kind::forward_inference, x, weights, bias, y, attributes);
            return {pd, pd.weights_desc()};
        }
        auto bias = r.bias >= 0 ? matrix(1, r.n) : memory::desc();
        dnnl::matmul::primitive_desc pd(dnnlEngine(), x, weights, bias, y, attributes);
        return {pd, pd.weights_desc()};
    });
}

class MatmulKernel final : public device::Kernel {
public:
    explicit MatmulKernel(MatmulRecord r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override {
        return r_.workspace;
    }
    void save(ByteWriter& out) const override { r_.save(out); }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        OperandContext operands{&r_, &shapes};
        PostOps post(r_.epilogue, operandDesc, &operands);
        memory::desc packed = parseLayout(r_.layout);
        Description d;
        bool fits = true;
        try {
            d = describe(r_, shapes, packed, post.attributes());
            fits = !isReference(d.pd.impl_info_str());
        } catch (const Error&) {
            fits = false;
        }
        if (!fits) d = describe(r_, shapes, anyLayout(r_), post.attributes());
        if (isReference(d.pd.impl_info_str()))
            fail(ErrorCode::kUNSUPPORTED_STATE,
                 "oneDNN has only a reference implementation of this matrix product");
        auto bound = guarded("matrix product", [&] {
            return std::make_unique<PrimitiveBound>(dnnl::primitive(d.pd.get()),
                                                    d.pd.impl_info_str());
        });
        Execution& e = bound->execution;
        int64_t m = rowsOf(r_, shapes);
        e.add(DNNL_ARG_SRC, matrix(m, r_.k), ArgSource::input(r_.input));
        if (fits) {
            e.add(DNNL_ARG_WEIGHTS, packed, ArgSource::constant(0));
        } else {
            context.log.info("matrix product: operand packed as ", r_.layout,
                             " is packed again as ", layoutText(d.weights), " for this shape");
            void* target = bound->keep(d.weights.get_size());
            reorder(packed, shapes.constants.at(0), d.weights, target);
            e.add(DNNL_ARG_WEIGHTS, d.weights, ArgSource::memory(target));
        }
        if (r_.bias >= 0) {
            auto bias = r_.innerProduct
                            ? memory::desc({r_.n}, memory::data_type::f32, memory::format_tag::a)
                            : matrix(1, r_.n);
            e.add(DNNL_ARG_BIAS, bias, ArgSource::input(r_.bias));
        }
        e.add(DNNL_ARG_DST, matrix(m, r_.n), ArgSource::output(0));
        post.addArguments(e);
        bound->addScratch(d.pd.scratchpad_desc(), r_.workspace);
        return bound;
    }

private:
    MatmulRecord r_;
};

class MatmulFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        MatmulRecord r;
        std::vector<int> consumed;
        return read(q, r, consumed);
    }

    void tactics(const tactic::Query&, tactic::TacticList& out) const override {
        out.push_back({kName, "inner_product"});
        out.push_back({kName, "matmul"});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        MatmulRecord r;
        tactic::Created made;
        Support s = read(q, r, made.consumed);
        if (!s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        r.innerProduct = t.parameters != "matmul";
        ThreadCount threads(q.flags.threads);
        int operand = q.group().anchorInput(1);
        bool transposed =
            q.group().anchorAs<ops::MatrixMultiply>()->opB == MatrixOperation::kTRANSPOSE;
        // The bytes as [N,K] (inner product) or [K,N].
        bool swapped = r.innerProduct != transposed;
        memory::dims dims = r.innerProduct ? memory::dims{r.n, r.k} : memory::dims{r.k, r.n};
        memory::desc plain(dims, memory::data_type::f32,
                           swapped ? memory::dims{1, dims[0]} : memory::dims{dims[1], 1});
        memory::desc packed = layout(q, r);
        r.layout = layoutText(packed);
        std::vector<uint8_t> bytes(packed.get_size());
        reorder(plain, q.constant(operand)->data(), packed, bytes.data());
        made.constants.push_back({Blob::own(std::move(bytes)), r.layout});
        made.consumed.push_back(operand);
        made.kernel = std::make_unique<MatmulKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<MatmulKernel>(MatmulRecord::load(in));
    }

private:
    // The layout that the library asks for at the optimum, and the scratch of all shapes.
    static memory::desc layout(const tactic::Query& q, MatmulRecord& r) {
        memory::desc packed = anyLayout(r);
        for (auto which : {ir::GroupShape::opt, ir::GroupShape::min, ir::GroupShape::max}) {
            Shapes shapes = q.shapes(which);
            OperandContext operands{&r, &shapes};
            PostOps post(r.epilogue, operandDesc, &operands);
            bool first = which == ir::GroupShape::opt;
            try {
                Description d = describe(r, shapes, packed, post.attributes());
                if (first && isReference(d.pd.impl_info_str()))
                    fail(ErrorCode::kUNSUPPORTED_STATE,
                         "oneDNN has only a reference implementation");
                if (first) packed = d.weights;
                if (first && layoutText(packed).empty())
                    packed = matrix(r.innerProduct ? r.n : r.k, r.innerProduct ? r.k : r.n);
                r.workspace = std::max(r.workspace, d.pd.scratchpad_desc().get_size());
            } catch (const Error&) {
                if (first) throw;
            }
            if (q.isStatic()) break;
        }
        return packed;
    }

    static Support read(const tactic::Query& q, MatmulRecord& r, std::vector<int>& consumed) {
        const auto* op = q.group().anchorAs<ops::MatrixMultiply>();
        if (!op) return no("the anchor is not a matrix product");
        if (q.outputs() != 1 || !allFloat(q))
            return no("not one output of f32 from operands of f32");
        r.input = q.group().anchorInput(0);
        int operand = q.group().anchorInput(1);
        if (r.input < 0) return no("the first operand is computed inside the group");
        if (operand < 0 || !q.constant(operand)) return no("the second operand is not constant");
        if (op->opA == MatrixOperation::kTRANSPOSE) return no("the first operand is transposed");
        auto b = staticValues(q.in(operand).dims);
        size_t matrixRank = op->opB == MatrixOperation::kVECTOR ? 1 : 2;
        if (b.size() < matrixRank || product(b) == 0) return no("the second operand is empty");
        if (b.size() > std::max<size_t>(matrixRank, q.in(r.input).dims.size()))
            return no("the second operand has more dimensions than the first");
        for (size_t i = 0; i + matrixRank < b.size(); ++i)
            if (b[i] != 1) return no("the second operand is a batch of matrices");
        r.k =
            matrixRank == 1 || op->opB == MatrixOperation::kTRANSPOSE ? b.back() : b[b.size() - 2];
        r.n = product(b) / r.k;
        if (Support s = readEpilogue(q, r.epilogue, &consumed); !s.ok) return s;
        foldBias(q, r);
        for (const EpilogueStep& s : r.epilogue.steps)
            if (s.other >= 0 && !(q.in(s.other).dims == q.out(0).dims) && !perColumn(q, s.other))
                return no("an operand of the epilogue is neither full-sized nor per column");
        return postOpsSupport(r.epilogue);
    }

    static bool perColumn(const tactic::Query& q, int i) {
        bool hasColumns =
            q.group().anchorAs<ops::MatrixMultiply>()->opB != MatrixOperation::kVECTOR;
        return hasColumns && isPerChannel(q.in(i).dims, q.out(0).dims, q.out(0).rank() - 1);
    }

    static void foldBias(const tactic::Query& q, MatmulRecord& r) {
        if (r.epilogue.steps.empty() || r.n == 1) return;
        const EpilogueStep& s = r.epilogue.steps[0];
        if (s.fn != ops::PointwiseFn::sum || s.other < 0 || !perColumn(q, s.other)) return;
        r.bias = s.other;
        r.epilogue.steps.erase(r.epilogue.steps.begin());
    }
};

}  // namespace

void registerKernel_matmul_packed(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<MatmulFactory>());
}

}  // namespace bireme::cpu
