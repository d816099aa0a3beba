// SPDX-License-Identifier: Apache-2.0
// Matrix products and 1x1 convolutions by cuBLASLt, bias, residual and activation inside.
#include "backends/cuda/chain/chain.h"
#include "backends/cuda/cublaslt/group.h"
#include "backends/cuda/device.h"
#include "backends/cuda/driver/cublaslt_api.h"
#include "backends/cuda/support/pack.h"
#include "base/text.h"
#include "tactic/catalog.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;
using lt::Algorithm;
using lt::ProductGroup;
using lt::ProductSpec;

namespace {

constexpr int kTactics = 8, kManyTactics = 64;
constexpr size_t kWorkspace = size_t(32) << 20;

class ProductBound final : public device::Bound {
public:
    ProductBound(const ProductGroup& group, const ProductSpec& spec, const Algorithm& algorithm,
                 CudaDevice& device)
        : group_(group), product_(spec, algorithm, device) {}
    size_t workspace() const noexcept override { return product_.workspace(); }
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        auto input = [&](int i) -> const void* {
            return i >= 0 ? l.inputs[static_cast<size_t>(i)] : nullptr;
        };
        const void* b = group_.packed() ? l.constants[0] : input(group_.b);
        return product_.run({input(group_.a), b, input(group_.residual), input(group_.bias),
                             l.outputs[0], l.workspace},
                            stream);
    }
    std::string implementation() const override { return "cublaslt"; }

private:
    ProductGroup group_;
    lt::Product product_;
};

// A product without elements.
class NothingBound final : public device::Bound {
public:
    Status enqueue(device::Stream&, const device::Launch&) noexcept override {
        return Status::success();
    }
};

class ProductKernel final : public device::Kernel {
public:
    struct Record {
        ProductGroup group;
        Algorithm algorithm;
        uint64_t version = 0;  // of the library that gave the algorithm
        size_t workspace = 0;
    };
    ProductKernel(Record r, CudaDevice& device) : r_(std::move(r)), device_(device) {}

    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override {
        return lt::roomFor(r_.workspace);
    }
    void save(ByteWriter& out) const override {
        r_.group.save(out);
        out.string(r_.algorithm.text);
        out.varint(r_.algorithm.workspace);
        out.varint(r_.version);
        out.varint(r_.workspace);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.group = ProductGroup::load(in);
        r.algorithm.text = in.string();
        r.algorithm.workspace = in.varint();
        r.version = in.varint();
        r.workspace = in.varint();
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        ProductSpec spec = r_.group.at(shapes);
        if (spec.m * spec.n * spec.batch == 0) return std::make_unique<NothingBound>();
        Algorithm algorithm = r_.algorithm;
        bool same = r_.version == cublaslt().cublasLtGetVersion();
        if (!same || !lt::accepts(spec, algorithm, device_)) {
            auto found = lt::algorithmsFor(spec, device_, 1, r_.workspace);
            if (found.empty())
                fail(ErrorCode::kUNSUPPORTED_STATE,
                     "cuBLASLt has no algorithm for a matrix product of this shape");
            algorithm = found.front();
            context.log.verbose("cuBLASLt: another ", same ? "shape" : "version",
                                ", the algorithm is chosen again");
        }
        return std::make_unique<ProductBound>(r_.group, spec, algorithm, device_);
    }

private:
    Record r_;
    CudaDevice& device_;
};

class ProductFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.matmul.cublaslt"; }
    int revision() const override { return 2; }  // since constant matrices are turned

    Support supports(const tactic::Query& q) const override {
        if (!dynamic_cast<CudaDevice*>(&q.device())) return no("the device is not a GPU");
        ProductGroup g;
        if (Support s = lt::readProduct(q, g); !s.ok) return s;
        if (!cublaslt().library.handle())
            return no(cat("cuBLASLt is missing: ", cublaslt().library.why()));
        return tactic::yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        ProductGroup g;
        lt::readProduct(q, g);
        tactic::Combination c = g.convolution ? channelsLastCombination(q) : combination(q);
        for (int i : {g.b, g.bias})
            if (g.convolution && i >= 0) c.inputs[static_cast<size_t>(i)].format = Format::linear();
        c.overwrites = g.residual;
        out.push_back(std::move(c));
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        ProductGroup g = read(q);
        ProductSpec spec = g.at(q.shapes(ir::GroupShape::opt));
        auto found = lt::algorithmsFor(spec, static_cast<CudaDevice&>(q.device()),
                                       q.flags.level >= 5 ? kManyTactics : kTactics, kWorkspace);
        for (const Algorithm& a : found)
            out.push_back({std::string(name()), cat(a.text, " ", a.workspace)});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        ProductKernel::Record r;
        r.group = read(q);
        auto parts = split(t.parameters, ' ');
        if (parts.size() != 2) fail(ErrorCode::kINVALID_STATE, "not a tactic of cuBLASLt");
        r.algorithm = {parts[0], static_cast<size_t>(std::strtoull(parts[1].c_str(), nullptr, 10))};
        r.version = cublaslt().cublasLtGetVersion();
        r.workspace = q.isStatic() ? r.algorithm.workspace : kWorkspace;
        tactic::Created made;
        if (r.group.factor >= 0) made.consumed.push_back(r.group.factor);  // it is alpha now
        if (r.group.packed()) {
            const DataType type = q.in(r.group.b).type;
            const std::vector<int64_t> dims{1, r.group.packedDepth, r.group.packedColumns};
            made.constants.push_back(
                {Blob::own(packChannelsLast(q.constant(r.group.b)->data(),
                                            static_cast<size_t>(bits(type)) / 8, dims, 0)),
                 channelsLastLayout(type, dims, 0)});
            made.consumed.push_back(r.group.b);
        }
        made.kernel =
            std::make_unique<ProductKernel>(std::move(r), static_cast<CudaDevice&>(q.device()));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        return std::make_unique<ProductKernel>(ProductKernel::load(in),
                                               static_cast<CudaDevice&>(device));
    }

private:
    static ProductGroup read(const tactic::Query& q) {
        ProductGroup g;
        if (Support s = lt::readProduct(q, g); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        lt::packB(q, g);
        return g;
    }
};

}  // namespace

void registerKernel_matmul_cublaslt(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ProductFactory>());
}

}  // namespace bireme::cuda
