// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM as one launch for the whole sequence.
#include "backends/cuda/support/jit_kernel.h"
#include "ops/gru.h"
#include "ops/lstm.h"
#include "ops/rnn.h"
#include "ops/support/recurrent.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

namespace bireme::cuda {

using device::Shapes;

namespace {

constexpr int64_t kSharedBytes = int64_t{96} * 1024;  // every GPU lends a block so much

// As in cu/recurrent.cu.
struct Parameters {
    const void *x = nullptr, *w = nullptr, *r = nullptr, *bias = nullptr, *first[2] = {},
               *peephole = nullptr, *lengths = nullptr;
    void *y = nullptr, *last[2] = {};
    int32_t steps = 0, batch = 0, input = 0, hidden = 0;
    int32_t layout = 0, reverse = 0, directions = 1;
    float clip = 0;
};

struct Record {
    int gates = 1, reverse = 0, layout = 0;
    float clip = 0;
    std::array<int, 8> operands{};  // of the body; -1: absent
    std::array<int, 3> results{};   // -1: nobody reads it

    void save(ByteWriter& out) const {
        putInts(out, std::vector<int>{gates, reverse, layout});
        putInts(out, std::vector<int>(operands.begin(), operands.end()));
        putInts(out, std::vector<int>(results.begin(), results.end()));
        out.put(clip);
    }
    static Record load(ByteReader& in) {
        Record r;
        auto v = getInts(in), o = getInts(in), y = getInts(in);
        if (v.size() != 3 || o.size() != 8 || y.size() != 3) in.corrupt("a recurrence's record");
        r.gates = static_cast<int>(v[0]), r.reverse = static_cast<int>(v[1]);
        r.layout = static_cast<int>(v[2]);
        std::transform(o.begin(), o.end(), r.operands.begin(),
                       [](int64_t i) { return static_cast<int>(i); });
        std::transform(y.begin(), y.end(), r.results.begin(),
                       [](int64_t i) { return static_cast<int>(i); });
        r.clip = in.get<float>();
        return r;
    }

    std::unique_ptr<device::Bound> bind(const Code& code, const Shapes& s) const {
        auto in = [&](size_t k) -> const device::TensorShape& {
            return s.inputs[static_cast<size_t>(operands[k])];
        };
        const auto &x = in(0).dims, &r = in(2).dims;
        Parameters p;
        p.steps = static_cast<int32_t>(x[layout ? 1 : 0]);
        p.batch = static_cast<int32_t>(x[layout ? 0 : 1]);
        p.input = static_cast<int32_t>(x[2]), p.hidden = static_cast<int32_t>(r[2]);
        p.directions = static_cast<int32_t>(r[0]);
        p.layout = layout, p.reverse = reverse, p.clip = clip;
        int64_t size = in(0).type == DataType::kDOUBLE ? 8 : 4;
        int64_t bytes = ((2 + gates) * r[2] + x[2]) * size;
        if (bytes > kSharedBytes)
            fail(ErrorCode::kUNSUPPORTED_STATE,
                 cat("a recurrence of ", r[2], " states and ", x[2], " inputs is too wide"));
        Grid grid;
        grid.threads = 512;
        grid.x = static_cast<unsigned>(p.directions * p.batch);
        grid.sharedBytes = static_cast<unsigned>(bytes);
        auto place = [o = operands, y = results](Parameters& to, const device::Launch& l) {
            auto at = [&](size_t k) { return o[k] < 0 ? nullptr : l.inputs[o[k]]; };
            auto out = [&](size_t k) { return y[k] < 0 ? nullptr : l.outputs[y[k]]; };
            to.x = at(0), to.w = at(1), to.r = at(2), to.bias = at(3), to.lengths = at(4);
            to.first[0] = at(5), to.first[1] = at(6), to.peephole = at(7);
            to.y = out(0), to.last[0] = out(1), to.last[1] = out(2);
        };
        return launchBound(code.function("recurrent", grid.sharedBytes), grid, p, place,
                           "a block a sequence");
    }
};

// The three ops as one.
struct Recurrence {
    ops::RecurrentAttributes attributes;
    int kind;
    bool before = false, tied = false;
};

std::optional<Recurrence> recurrenceOf(const ir::GroupView& g) {
    using ops::RecurrentAttributes;
    if (const auto* op = g.anchorAs<ops::Rnn>())
        return Recurrence{RecurrentAttributes::of(*op, 1, "Tanh", 1), 0};
    if (const auto* op = g.anchorAs<ops::Gru>())
        return Recurrence{RecurrentAttributes::of(*op, 3, "Sigmoid,Tanh", 1), 1,
                          op->linearBeforeReset};
    if (const auto* op = g.anchorAs<ops::Lstm>())
        return Recurrence{RecurrentAttributes::of(*op, 4, "Sigmoid,Tanh,Tanh", 2), 2, false,
                          op->inputForget};
    return std::nullopt;
}

// R activate(int which, R v): three places a direction.
std::string activationText(const Recurrence& r, const char* reg) {
    auto all = ops::recurrentActivations(r.attributes);
    size_t each = all.size() / static_cast<size_t>(r.attributes.directions());
    std::string text =
        cat("#include \"math.cuh\"\ntypedef ", reg,
            " R;\n"
            "__device__ __forceinline__ R activate(int which, R a) {\n    typedef R T;\n"
            "    const R b = 0, c = 0;\n    (void)b, (void)c;\n    switch (which) {\n");
    auto number = [](float v) {
        return cat("R(__uint_as_float(", std::bit_cast<uint32_t>(v), "u))");
    };
    for (size_t i = 0; i < all.size(); ++i) {
        const auto& f = all[i];
        text += cat("        case ", i / each * 3 + i % each, ": { const R p = ", number(f.alpha),
                    ", q = ", number(f.beta), "; (void)p, (void)q; return R(",
                    f.affine ? "p * a + q" : ops::cudaExpression(f.fn), "); }\n");
    }
    return text + "    }\n    return a;\n}\n";
}

class Factory final : public JitFactory<Record> {
public:
    Factory() : JitFactory("cuda.recurrent.jit") {}
    Support read(const tactic::Query& q, Record& r, JitText& text) const override {
        auto recurrence = recurrenceOf(q.group());
        if (!recurrence || !q.group().single()) return no("not a lone recurrence");
        if (Support s = operandsFit(q); !s.ok) return s;
        const ir::Node& node = *q.group().anchor();
        r.operands.fill(-1), r.results.fill(-1);
        for (size_t k = 0; k < node.inputs.size(); ++k)
            if (node.inputs[k] != ir::kNoValue)
                r.operands[k] = q.group().anchorInput(static_cast<int>(k));
        const auto& outputs = q.body().outputs();
        for (size_t k = 0; k < node.outputs.size(); ++k) {
            auto at = std::find(outputs.begin(), outputs.end(), node.outputs[k]);
            if (at != outputs.end()) r.results[k] = static_cast<int>(at - outputs.begin());
        }
        const TensorDesc &x = q.in(r.operands[0]), &w = q.in(r.operands[2]);
        r.gates = recurrence->attributes.gates, r.clip = recurrence->attributes.clip;
        r.reverse = recurrence->attributes.direction == "reverse" ? 1 : 0;
        r.layout = static_cast<int>(recurrence->attributes.layout);
        bool wide = x.type == DataType::kDOUBLE;
        if (!w.dims[2].isStatic() || !x.dims[2].isStatic() ||
            ((2 + r.gates) * w.dims[2].value() + x.dims[2].value()) * (wide ? 8 : 4) > kSharedBytes)
            return no("the states of a step do not fit into a block's memory");
        DataType lengths = r.operands[4] < 0 ? DataType::kINT32 : q.in(r.operands[4]).type;
        text.program = programOf(
            "recurrent.cu",
            {cat("-DTX=", typeText(x.type)), cat("-DTI=", typeText(lengths)),
             cat("-DKIND=", recurrence->kind), cat("-DBEFORE=", recurrence->before ? 1 : 0),
             cat("-DTIED=", recurrence->tied ? 1 : 0)});
        text.program.source =
            activationText(*recurrence, wide ? "double" : "float") + text.program.source;
        return yes();
    }
};

}  // namespace

void registerKernel_recurrent_jit(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
