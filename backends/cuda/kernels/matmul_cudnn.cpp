// SPDX-License-Identifier: Apache-2.0
// Large products in 16 bits with a function behind them that cuBLASLt does not know (the exact
// GELU), by cuDNN's compiled engines: the result is written once.
#include "backends/cuda/cudnn/matmul.h"
#include "tactic/catalog.h"

#include <algorithm>

namespace bireme::cuda {

using dnn::Product;
using Planned = dnn::Planned<Product>;
using Kernel = dnn::PlannedKernel<Product>;

namespace {

constexpr size_t kTactics = 4;
constexpr int64_t kRows = 512;  // below, a second launch costs no more than the worse product

// What cuBLASLt does behind a product by itself.
bool isLibrarys(const ChainStep& s) {
    using Fn = ops::PointwiseFn;
    return s.fn == Fn::sum || s.fn == Fn::prod || s.fn == Fn::relu || s.fn == Fn::gelu_tanh;
}

class ProductFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.matmul.cudnn"; }

    Support supports(const tactic::Query& q) const override {
        if (!dynamic_cast<CudaDevice*>(&q.device())) return no("the device is not a GPU");
        Product p;
        if (Support s = dnn::readProduct(q, p); !s.ok) return s;
        if (std::all_of(p.steps.begin(), p.steps.end(), isLibrarys))
            return no("cuBLASLt does all that the group does");
        auto x = q.dimsAt(q.in(p.a), ir::GroupShape::opt);
        if (product(x) < kRows * x.back()) return no("few rows");
        if (!cudnn().library.handle()) return no(cat("cuDNN is missing: ", cudnn().library.why()));
        if (dnn::Answer a = answerAt(q, p); a.engines.empty()) return no(a.why);
        return yes();
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        for (const auto& e : answerAt(q, read(q)).engines)
            if (out.size() < kTactics) out.push_back({std::string(name()), e.name});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        auto& device = static_cast<CudaDevice&>(q.device());
        Planned r = Planned::make(read(q), q, t.parameters, device);
        return {std::make_unique<Kernel>(std::move(r), device), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        return std::make_unique<Kernel>(Planned::load(in), static_cast<CudaDevice&>(device));
    }

private:
    static dnn::Answer answerAt(const tactic::Query& q, const Product& p) {
        return dnn::enginesOf(p.graph(q.shapes(ir::GroupShape::opt)).spec,
                              static_cast<CudaDevice&>(q.device()));
    }
    static Product read(const tactic::Query& q) {
        Product p;
        if (Support s = dnn::readProduct(q, p); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        return p;
    }
};

}  // namespace

void registerKernel_matmul_cudnn(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ProductFactory>());
}

}  // namespace bireme::cuda
