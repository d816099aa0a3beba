// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "device/registry.h"
#include "ir/interpret.h"
#include "ir/parse.h"
#include "ir/serialize.h"
#include "plan/read.h"
#include "plan/write.h"
#include "runtime/context.h"
#include "tactic/factory.h"

#include <gtest/gtest.h>

extern "C" bireme::device::Backend* bireme_backend_reference(uint32_t api);

using namespace bireme;
using plan::Storage;

namespace {

device::Backend& reference() {
    static device::Backend* backend = [] {
        device::Backend* b = bireme_backend_reference(device::kBackendApi);
        device::BackendRegistry::global().add(*b);
        return b;
    }();
    return *backend;
}

const tactic::KernelFactory& factory(std::string_view name) {
    for (const auto* f : reference().factories())
        if (f->name() == name) return *f;
    throw Error(ErrorCode::kINVALID_ARGUMENT, "no such factory");
}

// A plan of one step that runs the whole graph; every dim of the inputs that is a symbol is
// in 1..16.
std::shared_ptr<const plan::Plan> planOf(const ir::Graph& g, bool defines) {
    tactic::Query q(g, *reference().devices()[0]);
    EXPECT_TRUE(factory("reference.group").supports(q).ok);
    ByteWriter bytes;
    factory("reference.group").create(q, {}).kernel->save(bytes);
    plan::Plan p;
    p.backend = "reference";
    p.fingerprint = reference().devices()[0]->fingerprint();
    plan::Variant v;
    plan::Step s;
    s.name = "all";
    s.kernel = "reference.group";
    s.kernelBytes = Blob::own(bytes.take());
    for (const auto& [name, info] : g.symbols) v.ranges.push_back({name, {0, 4096}});
    auto add = [&](ir::ValueId id, bool input) {
        const ir::Value& value = g.value(id);
        auto io = static_cast<int32_t>(p.io.size());
        plan::IoTensor t{value.name, value.desc, {}, input, false, {}};
        if (input) {
            std::vector<int64_t> min, max;
            for (size_t k = 0; k < value.desc.dims.size(); ++k) {
                const Dim& d = value.desc.dims[k];
                min.push_back(d.valueOr(1)), max.push_back(d.valueOr(16));
                if (!d.isSymbol()) continue;
                v.inputSymbols.push_back({d.text(), io, static_cast<int32_t>(k), false});
                if (!g.symbols.count(d.text())) v.ranges.push_back({d.text(), {1, 16}});
            }
            t.profiles = {{min, min, max, {}, {}, {}}};
        }
        (input ? s.inputs : s.outputs).push_back(io);
        v.root.tensors.push_back(
            {value.name, value.desc, input ? Storage::input : Storage::output, 0, io, -1});
        p.io.push_back(t);
    };
    for (ir::ValueId id : g.inputs()) add(id, true);
    for (ir::ValueId id : g.outputs()) add(id, false);
    for (size_t o = 0; defines && o < g.outputs().size(); ++o) {
        const auto& dims = g.value(g.outputs()[o]).desc.dims;
        for (size_t k = 0; k < dims.size(); ++k)
            if (dims[k].isSymbol() && dims[k].text()[0] == '$')
                s.defines.push_back({dims[k].text(), s.outputs[o], static_cast<int32_t>(k)});
    }
    v.root.steps = {s};
    p.variants = {v};
    auto file = plan::write(p);
    return std::make_shared<const plan::Plan>(plan::read(file.data(), file.size()));
}

}  // namespace

TEST(Reference, AGroupGivesTheInterpretedResult) {
    ir::Graph g = ir::parse(R"(graph main(%x: f32[N,6], %w: f32[6,5], %b: f32[1,5]) -> (%y) {
        %m = matrix_multiply(%x, %w)
        %s = pointwise(%m, %b) {fn=sum}
        %y = softmax(%s) {axis=1}
    })");
    runtime::ExecutionContext c(runtime::Engine::load(planOf(g, false), Log()));
    for (int64_t n : {1, 3}) {
        std::vector<float> x(static_cast<size_t>(n * 6)), w(30), b(5),
            y(static_cast<size_t>(n * 5));
        for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) * 0.1f;
        for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 4) - 1;
        c.setInputShape(0, {n, 6});
        void* addresses[] = {x.data(), w.data(), b.data(), y.data()};
        for (int i = 0; i < 4; ++i) c.setAddress(i, addresses[i]);
        Status s = c.enqueue();
        ASSERT_TRUE(s.ok()) << s.message;
        auto expected = ir::interpret(g, {{DataType::kFLOAT, {n, 6}, Blob::of(x)},
                                          {DataType::kFLOAT, {6, 5}, Blob::of(w)},
                                          {DataType::kFLOAT, {1, 5}, Blob::of(b)}});
        for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], expected[0].bytes.as<float>()[i]);
    }
    EXPECT_EQ(c.implementations()[0].second, "reference");
}

TEST(Reference, DataDependentOutputsGoThroughTheSink) {
    ir::Graph g = ir::parse("graph main(%x: f32[N]) -> (%y) {\n %y = non_zero(%x)\n}");
    runtime::ExecutionContext c(runtime::Engine::load(planOf(g, true), Log()));
    std::vector<float> x{0, 2, 0, 3, 4};
    std::vector<int32_t> y(16, -1);
    c.setInputShape(0, {5});
    c.setAddress(0, x.data());
    c.setAddress(1, y.data());
    Status s = c.enqueue();
    ASSERT_TRUE(s.ok()) << s.message;
    EXPECT_EQ(c.shape(1), (std::vector<int64_t>{1, 3}));
    EXPECT_EQ(y[0], 1);
    EXPECT_EQ(y[2], 4);
}

TEST(Reference, DamagedKernelsGiveErrors) {
    plan::Plan p = *planOf(ir::parse("graph main(%x: f32[4], %i: i64[2]) -> (%y) {\n %g = "
                                     "gather(%x, %i) {axis=0}\n %y = pointwise(%g) {fn=relu}\n}"),
                           false);
    std::vector<float> x(4, 1), y(64);
    std::vector<int64_t> index{1, 3};
    Blob& kernel = p.variants[0].root.steps[0].kernelBytes;
    const std::vector<uint8_t> good(kernel.data(), kernel.data() + kernel.size());
    int loaded = 0, ran = 0;
    for (size_t i = 0; i < good.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bytes = good;
            bytes[i] = static_cast<uint8_t>(bytes[i] ^ (1 << bit));
            kernel = Blob::own(bytes);
            try {
                runtime::ExecutionContext c(
                    runtime::Engine::load(std::make_shared<const plan::Plan>(p), Log()));
                ++loaded;
                c.setAddress(0, x.data());
                c.setAddress(1, index.data());
                c.setAddress(2, y.data());
                ran += c.enqueue().ok();
            } catch (const Error& e) {
                EXPECT_STRNE(e.what(), "");
            }
        }
    }
    EXPECT_GT(loaded, ran);
    EXPECT_GT(ran, 0);
}

TEST(Reference, ReordersBetweenFormats) {
    auto nhwc = Format::channelsLast(4);
    Format blocked;
    blocked.order = {0, 1, 2, 3};
    blocked.inner = {{1, 4}};
    Format strided;
    strided.strides = {64, 16, 4, 1};
    std::vector<int64_t> dims{2, 3, 2, 2};
    std::vector<float> x(24);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i + 1);
    ByteReader nothing(nullptr, 0);
    auto kernel = factory("reference.reorder").load(nothing, *reference().devices()[0]);
    device::ContextState state;
    auto stream = reference().devices()[0]->createStream();
    auto copy = [&](const Format& from, const std::vector<float>& in, const Format& to) {
        device::Shapes s;
        s.inputs = {{DataType::kFLOAT, dims, from, true}};
        s.outputs = {{DataType::kFLOAT, dims, to, true}};
        std::vector<float> out(128, 9);
        const void* inputs[] = {in.data()};
        void* outputs[] = {out.data()};
        device::Launch l;
        l.inputs = inputs;
        l.outputs = outputs;
        EXPECT_TRUE(kernel->bind(s, state)->enqueue(*stream, l).ok());
        return out;
    };
    auto last = copy({}, x, nhwc);
    EXPECT_EQ((std::vector<float>(last.begin(), last.begin() + 4)),
              (std::vector<float>{1, 5, 9, 2}));
    auto packed = copy(nhwc, last, blocked);
    EXPECT_EQ((std::vector<float>(packed.begin(), packed.begin() + 5)),
              (std::vector<float>{1, 5, 9, 0, 2}));
    auto spread = copy(blocked, packed, strided);
    auto back = copy(strided, spread, {});
    back.resize(24);
    EXPECT_EQ(back, x);
}
