// SPDX-License-Identifier: Apache-2.0
// What random networks share: how they grow, and how one is checked against its interpretation.
#pragma once

#include "base/text.h"
#include "builder/build.h"
#include "ir/interpret.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "ops/concat.h"
#include "ops/pointwise.h"
#include "runtime/context.h"
#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace bireme::random_graphs {

using Fn = ops::PointwiseFn;

// A graph that grows node by node; values_ are those that further nodes may read.
class Grower {
public:
    explicit Grower(uint32_t seed) : random_(seed) {}
    const ir::Graph& graph() const { return graph_; }

protected:
    int pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
    Fn pick(std::initializer_list<Fn> all) {
        return all.begin()[pick(static_cast<int>(all.size()))];
    }
    ir::ValueId any() {  // later ones more often, so that chains grow
        size_t back = static_cast<size_t>(pick(4)) * static_cast<size_t>(pick(4));
        return values_[values_.size() - 1 - std::min(back, values_.size() - 1)];
    }
    const DimVector& dims(ir::ValueId v) const { return graph_.value(v).desc.dims; }

    // A node whose result nobody else will read, unless it is kept.
    ir::ValueId add(ir::Op op, std::vector<ir::ValueId> in) {
        ir::NodeId n = graph_.addNode(std::move(op), std::move(in), 1, graph_.freshName("n"));
        ir::inferNode(graph_, n);
        return graph_.node(n).outputs[0];
    }
    ir::ValueId add(Fn fn, std::vector<ir::ValueId> in, float alpha = 0, float beta = 0) {
        ops::Pointwise p;
        p.fn = fn, p.alpha = alpha, p.beta = beta;
        return add(ir::Op::of(p), std::move(in));
    }
    void keep(ir::ValueId v) { values_.push_back(v); }
    void keep(ir::Op op, std::vector<ir::ValueId> in) { keep(add(std::move(op), std::move(in))); }

    ir::ValueId constant(std::vector<int64_t> d) {
        std::vector<float> v(static_cast<size_t>(ir::elementCount(d)));
        for (float& f : v) f = static_cast<float>(pick(2001) - 1000) / 2000.f;
        return graph_.addConstant(graph_.freshName("c"), {DataType::kFLOAT, toDims(d), {}, {}},
                                  Blob::of(v));
    }
    ir::ValueId number(float x) {
        return graph_.addConstant(graph_.freshName("c"), {DataType::kFLOAT, {}, {}, {}},
                                  Blob::of(std::vector<float>{x}));
    }

    // Another tensor of the same dims, or kNoValue.
    ir::ValueId like(ir::ValueId v) {
        std::vector<ir::ValueId> all;
        for (ir::ValueId w : values_)
            if (w != v && dims(w) == dims(v)) all.push_back(w);
        return all.empty() ? ir::kNoValue
                           : all[static_cast<size_t>(pick(static_cast<int>(all.size())))];
    }

    // Several outputs, intermediate results among them.
    void markOutputs(ir::ValueId input) {
        if (values_.back() == input) keep(add(Fn::relu, {input}));
        graph_.markOutput(values_.back());
        for (int i = pick(3); i > 0; --i) {
            ir::ValueId v = any();
            if (v != input && !graph_.isOutput(v)) graph_.markOutput(v);
        }
    }

    ir::Graph graph_;
    std::vector<ir::ValueId> values_;

private:
    std::mt19937 random_;
};

inline void expectSameResults(const ir::Graph& g, runtime::ExecutionContext& context,
                              const std::vector<int64_t>& dims) {
    std::vector<float> x(static_cast<size_t>(ir::elementCount(dims)));
    for (size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>((i * 2654435761u >> 16) % 2001) / 1000.f - 1.f;
    auto expected = ir::interpret(g, {{DataType::kFLOAT, dims, Blob::of(x)}});
    context.setInputShape(0, dims);
    context.setAddress(0, x.data());
    std::vector<std::vector<float>> results;
    for (const auto& e : expected) results.emplace_back(static_cast<size_t>(e.count()) + 16, 7e7f);
    for (size_t i = 0; i < results.size(); ++i)
        context.setAddress(1 + static_cast<int>(i), results[i].data());
    Status s = context.enqueue();
    ASSERT_TRUE(s.ok()) << s.message;
    for (size_t i = 0; i < expected.size(); ++i) {
        const auto* want = expected[i].bytes.as<float>();
        float range = 1;
        for (int64_t k = 0; k < expected[i].count(); ++k)
            range = std::max(range, std::fabs(want[k]));
        for (int64_t k = 0; k < expected[i].count(); ++k)
            ASSERT_NEAR(results[i][static_cast<size_t>(k)], want[k], 2e-4f * range)
                << "output " << i << ", element " << k;
        ASSERT_EQ(results[i][static_cast<size_t>(expected[i].count())], 7e7f) << "written past";
    }
}

// Builds the network for `smallest` to `largest` dims of its one input and runs both.
inline void check(const ir::Graph& g, uint32_t seed, const std::vector<int64_t>& smallest,
                  const std::vector<int64_t>& largest) {
    SCOPED_TRACE(cat("seed ", seed, "\n", ir::print(g)));
    builder::BuildOptions o;
    o.device = DeviceType::kCPU;
    o.tf32 = false;
    o.level = 0;
    o.threads = 1;
    if (!g.symbols.empty()) {
        builder::Profile p;
        p.inputs["x"] = {smallest, largest, largest};
        o.profiles = {p};
    }
    plan::Plan plan;
    ASSERT_NO_THROW(plan = builder::build(g, o));
    // As it was built, and built anew from the network that the engine keeps.
    plan::Plan again;
    ASSERT_NO_THROW(again = builder::rebuild(plan, o));
    for (plan::Plan* p : {&plan, &again}) {
        std::shared_ptr<const runtime::Engine> engine;
        ASSERT_NO_THROW(engine = runtime::Engine::load(
                            std::make_shared<const plan::Plan>(std::move(*p)), Log()));
        runtime::ExecutionContext context(engine);
        ASSERT_NO_FATAL_FAILURE(expectSameResults(g, context, largest));
        if (!g.symbols.empty()) {
            ASSERT_NO_FATAL_FAILURE(expectSameResults(g, context, smallest));
        }
    }
}

// `seeds` networks, or as many as fit into BIREME_FUZZ_SECONDS from BIREME_FUZZ_SEED on.
template <typename Check>
void forSeeds(uint32_t seeds, Check check) {
    const char *more = std::getenv("BIREME_FUZZ_SECONDS"), *from = std::getenv("BIREME_FUZZ_SEED");
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::seconds(more ? std::strtol(more, nullptr, 10) : 0);
    const auto first = from ? static_cast<uint32_t>(std::strtoul(from, nullptr, 10)) : 1u;
    uint32_t i = 0;
    for (; i < seeds || std::chrono::steady_clock::now() < end; ++i)
        ASSERT_NO_FATAL_FAILURE(check(first + i));
    std::printf("%u networks, seeds from %u on\n", i, first);
}

}  // namespace bireme::random_graphs
