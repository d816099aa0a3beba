// SPDX-License-Identifier: Apache-2.0
// A kernel that is one plan of cuDNN's, and the recipe to make it again: for other shapes, and
// where the plan is not taken back.
#pragma once

#include "backends/cuda/cudnn/engines.h"
#include "backends/cuda/device.h"
#include "backends/cuda/driver/cudnn_api.h"
#include "base/text.h"
#include "tactic/query.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace bireme::cuda::dnn {

// A spec, and where its tensors come from at run time.
struct Graph {
    GraphSpec spec;
    std::vector<Source> sources;
    int add(Operand o, Source from) {
        spec.operands.push_back(std::move(o));
        sources.push_back(from);
        return static_cast<int>(sources.size()) - 1;
    }
};

// What one engine file holds of the kernel. A Recipe has save, load, and graph(shapes): the spec,
// and where its tensors come from.
template <typename Recipe>
struct Planned {
    Recipe recipe;
    std::string tunedFor;  // keyOf the spec that `plan` is for
    BuiltPlan plan;
    uint64_t version = 0;  // of the cuDNN that made it
    size_t workspace = 0;  // for every shape within the profile

    void save(ByteWriter& out) const {
        recipe.save(out);
        out.string(tunedFor);
        out.string(plan.engine);
        out.string(plan.bytes);
        out.varint(plan.workspace);
        out.varint(version);
        out.varint(workspace);
    }
    static Planned load(ByteReader& in) {
        Planned r;
        r.recipe = Recipe::load(in);
        r.tunedFor = in.string();
        r.plan.engine = in.string();
        r.plan.bytes = in.string();
        r.plan.workspace = in.varint();
        r.version = in.varint();
        r.workspace = in.varint();
        return r;
    }
    // The plan of one engine for what the query is tuned for. Throws Error.
    static Planned make(Recipe recipe, const tactic::Query& q, const std::string& engine,
                        CudaDevice& device) {
        Planned r;
        GraphSpec spec = recipe.graph(q.shapes(ir::GroupShape::opt)).spec;
        r.plan = keptPlanOf(spec, engine, device);
        r.workspace = r.plan.workspace;
        if (!q.isStatic()) {
            BuilderHandle handle(device);
            for (auto which : {ir::GroupShape::min, ir::GroupShape::max}) {
                GraphSpec other = recipe.graph(q.shapes(which)).spec;
                r.workspace =
                    std::max(r.workspace, buildFirstPlan(other, SIZE_MAX, handle.get()).workspace);
            }
        }
        r.tunedFor = keyOf(spec);
        r.version = cudnn().cudnnGetVersion();
        r.recipe = std::move(recipe);
        return r;
    }
};

template <typename Recipe>
class PlannedKernel final : public device::Kernel {
public:
    PlannedKernel(Planned<Recipe> r, CudaDevice& device) : r_(std::move(r)), device_(device) {}

    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return r_.workspace;
    }

    void save(ByteWriter& out) const override { r_.save(out); }

    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState& context) const override {
        Graph g = r_.recipe.graph(shapes);
        std::lock_guard lock(mutex_);
        Loaded& plan = plans_[keyOf(g.spec)];
        if (!plan.plan) plan = load(g.spec, context.log);
        return std::make_unique<PlanBound>(plan.plan, plan.engine, std::move(g.sources));
    }

private:
    struct Loaded {
        std::shared_ptr<const Plan> plan;
        std::string engine;
    };

    Loaded load(const GraphSpec& spec, const Log& log) const {
        BuilderHandle handle(device_);
        bool tuned = keyOf(spec) == r_.tunedFor;
        if (tuned && r_.version == cudnn().cudnnGetVersion()) try {
                return {std::make_shared<Plan>(r_.plan.bytes, handle.get()), r_.plan.engine};
            } catch (const Error& e) {
                log.warning("cuDNN does not take its own plan back (", e.message(),
                            "): the plan is made again");
            }
        BuiltPlan made = again(spec, handle.get());
        return {std::make_shared<Plan>(made.bytes, handle.get()), made.engine};
    }

    // The engine that was fastest for the tuned shape, if it takes this one; else the first.
    BuiltPlan again(const GraphSpec& spec, cudnnHandle_t handle) const {
        try {
            BuiltPlan p = buildPlan(spec, r_.plan.engine, handle);
            if (p.workspace <= r_.workspace) return p;
        } catch (const Error&) {
            // another version, or a shape that the engine does not take
        }
        return buildFirstPlan(spec, r_.workspace, handle);
    }

    Planned<Recipe> r_;
    CudaDevice& device_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Loaded> plans_;
};

}  // namespace bireme::cuda::dnn
