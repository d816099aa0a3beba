// SPDX-License-Identifier: Apache-2.0
// Product with a constant second operand: all leading dims of the first are one, the second is
// packed once.
#include "backends/cpu/onednn/bound.h"
#include "backends/cpu/onednn/desc.h"
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/isa.h"
#include "backends/cpu/support/matmul_query.h"
#include "backends/cpu/support/packing_factory.h"
#include "base/parallel_for.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;
using dnnl::memory;

namespace {

constexpr const char* kName = "cpu.matmul.packed";

struct MatmulRecord {
    ConstantProduct product;
    bool innerProduct = true;  // which of the library's two primitives
    std::string layout;        // of the packed operand; [N,K] for an inner product, else [K,N]
    size_t workspace = 0;

    void save(ByteWriter& out) const {
        product.save(out);
        out.put<uint8_t>(innerProduct);
        out.string(layout);
        out.varint(workspace);
    }
    static MatmulRecord load(ByteReader& in) {
        MatmulRecord r;
        r.product = ConstantProduct::load(in);
        r.innerProduct = in.get<uint8_t>() != 0;
        r.layout = in.string();
        r.workspace = in.varint();
        return r;
    }
};

memory::desc matrix(const MatmulRecord& r, int64_t rows, int64_t columns) {
    return memory::desc({rows, columns}, dnnlType(r.product.type), memory::format_tag::ab);
}

memory::desc biasOf(const MatmulRecord& r) {
    if (r.product.bias < 0) return {};
    return r.innerProduct
               ? memory::desc({r.product.n}, dnnlType(r.product.type), memory::format_tag::a)
               : matrix(r, 1, r.product.n);
}

struct OperandContext {
    const MatmulRecord* record;
    const Shapes* shapes;
};

int64_t rowsOf(const MatmulRecord& r, const Shapes& s) {
    return bireme::product(s.inputs[static_cast<size_t>(r.product.input)].dims) / r.product.k;
}

memory::desc operandDesc(const void* context, const EpilogueStep& step) {
    const auto& c = *static_cast<const OperandContext*>(context);
    int64_t count = bireme::product(c.shapes->inputs[static_cast<size_t>(step.other)].dims);
    int64_t rows = rowsOf(*c.record, *c.shapes);
    return matrix(*c.record, count == rows * c.record->product.n ? rows : 1, c.record->product.n);
}

memory::desc anyLayout(const MatmulRecord& r) {
    memory::dims d = r.innerProduct ? memory::dims{r.product.n, r.product.k}
                                    : memory::dims{r.product.k, r.product.n};
    return memory::desc(d, dnnlType(r.product.type), memory::format_tag::any);
}

// A made description of either primitive.
struct Description {
    dnnl::primitive_desc pd;
    memory::desc weights;
};

Description describe(const MatmulRecord& r, const Shapes& s, const memory::desc& weights,
                     const dnnl::primitive_attr& attributes) {
    int64_t m = rowsOf(r, s);
    memory::desc x = matrix(r, m, r.product.k), y = matrix(r, m, r.product.n);
    return guarded("matrix product", [&]() -> Description {
        if (r.innerProduct) {
            dnnl::inner_product_forward::primitive_desc pd(dnnlEngine(),
                                                           dnnl::prop_kind::forward_inference, x,
                                                           weights, biasOf(r), y, attributes);
            return {pd, pd.weights_desc()};
        }
        dnnl::matmul::primitive_desc pd(dnnlEngine(), x, weights, biasOf(r), y, attributes);
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
        PostOps post(r_.product.epilogue, operandDesc, &operands);
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
        // A built engine runs on every shape of its profile, if need be by plain loops.
        if (isReference(d.pd.impl_info_str()))
            context.log.warning("matrix product: oneDNN runs ", rowsOf(r_, shapes), "x",
                                r_.product.k, "x", r_.product.n,
                                " by its slow reference implementation");
        auto bound = guarded("matrix product", [&] {
            return std::make_unique<PrimitiveBound>(dnnl::primitive(d.pd.get()),
                                                    d.pd.impl_info_str());
        });
        Execution& e = bound->execution;
        int64_t m = rowsOf(r_, shapes);
        e.add(DNNL_ARG_SRC, matrix(r_, m, r_.product.k), ArgSource::input(r_.product.input));
        if (fits) {
            e.add(DNNL_ARG_WEIGHTS, packed, ArgSource::constant(0));
        } else {
            context.log.info("matrix product: operand packed as ", r_.layout,
                             " is packed again as ", layoutText(d.weights), " for this shape");
            void* target = bound->keep(d.weights.get_size());
            reorder(packed, shapes.constants.at(0), d.weights, target);
            e.add(DNNL_ARG_WEIGHTS, d.weights, ArgSource::memory(target));
        }
        if (r_.product.bias >= 0)
            e.add(DNNL_ARG_BIAS, biasOf(r_), ArgSource::input(r_.product.bias));
        e.add(DNNL_ARG_DST, matrix(r_, m, r_.product.n), ArgSource::output(0));
        post.addArguments(*bound);
        bound->addScratch(d.pd.scratchpad_desc(), r_.workspace);
        return bound;
    }

private:
    MatmulRecord r_;
};

class MatmulFactory final : public PackingFactory<MatmulRecord, MatmulKernel> {
public:
    std::string_view name() const override { return kName; }

    void tactics(const tactic::Query&, tactic::TacticList& out) const override {
        out.push_back({kName, "inner_product"});
        // Below AVX-512 the library's matmul packs nothing.
        if (kernelIsa() >= Isa::avx512) out.push_back({kName, "matmul"});
    }

private:
    Support read(const tactic::Query& q, MatmulRecord& r,
                 std::vector<int>& consumed) const override {
        if (Support s = readConstantProduct(q, r.product, consumed); !s.ok) return s;
        return postOpsSupport(q, r.product.epilogue, columnDim(q));
    }

    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic& t, int operand,
                                MatmulRecord& r) const override {
        r.innerProduct = t.parameters != "matmul";
        ThreadCount threads(q.flags.threads);
        // The bytes as [N,K] (inner product) or [K,N].
        bool swapped = r.innerProduct != secondIsTransposed(q);
        memory::dims dims = r.innerProduct ? memory::dims{r.product.n, r.product.k}
                                           : memory::dims{r.product.k, r.product.n};
        memory::desc plain(dims, dnnlType(r.product.type),
                           swapped ? memory::dims{1, dims[0]} : memory::dims{dims[1], 1});
        memory::desc packed = layout(q, r);
        r.layout = layoutText(packed);
        std::vector<uint8_t> bytes(packed.get_size());
        reorder(plain, q.constant(operand)->data(), packed, bytes.data());
        return {Blob::own(std::move(bytes)), r.layout};
    }

    // The layout that the library asks for at the optimum, and the scratch of all shapes.
    static memory::desc layout(const tactic::Query& q, MatmulRecord& r) {
        memory::desc packed = anyLayout(r);
        for (auto which : {ir::GroupShape::opt, ir::GroupShape::min, ir::GroupShape::max}) {
            Shapes shapes = q.shapes(which);
            OperandContext operands{&r, &shapes};
            PostOps post(r.product.epilogue, operandDesc, &operands);
            bool first = which == ir::GroupShape::opt;
            try {
                Description d = describe(r, shapes, packed, post.attributes());
                if (first && isReference(d.pd.impl_info_str()))
                    fail(ErrorCode::kUNSUPPORTED_STATE,
                         "oneDNN has only a reference implementation");
                if (first) packed = d.weights;
                if (first && layoutText(packed).empty())
                    packed = matrix(r, r.innerProduct ? r.product.n : r.product.k,
                                    r.innerProduct ? r.product.k : r.product.n);
                r.workspace = std::max(r.workspace, d.pd.scratchpad_desc().get_size());
            } catch (const Error&) {
                if (first) throw;
            }
            if (q.isStatic()) break;
        }
        return packed;
    }
};

}  // namespace

void registerKernel_matmul_packed(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<MatmulFactory>());
}

}  // namespace bireme::cpu
