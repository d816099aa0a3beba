// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/epilogue.h"

#include "backends/cpu/support/record.h"
#include "base/text.h"
#include "tensor/convert.h"

namespace bireme::cpu {

using ops::PointwiseFn;
using tactic::no;
using tactic::Support;
using tactic::yes;

void Epilogue::save(ByteWriter& out) const {
    out.varint(steps.size());
    for (const EpilogueStep& s : steps) {
        out.string(ops::name(s.fn));  // by name: the order of the function table may change
        out.put(s.alpha);
        out.put(s.beta);
        putInt(out, s.through);
        putInt(out, s.other);
        out.put<uint8_t>(s.hasScalar);
        out.put(s.scalar);
    }
}

Epilogue Epilogue::load(ByteReader& in) {
    Epilogue e;
    e.steps.resize(in.count());
    for (EpilogueStep& s : e.steps) {
        int64_t fn = 0;
        std::string name = in.string();
        if (!enumValue(name, enumNames(PointwiseFn()), fn))
            in.corrupt(cat("unknown function \"", name, "\""));
        s.fn = static_cast<PointwiseFn>(fn);
        s.alpha = in.get<float>();
        s.beta = in.get<float>();
        s.through = static_cast<int>(getInt(in));
        s.other = static_cast<int>(getInt(in));
        s.hasScalar = in.get<uint8_t>() != 0;
        s.scalar = in.get<float>();
    }
    return e;
}

const Blob* constantOf(const tactic::Query& q, ir::ValueId v) {
    if (v == ir::kNoValue) return nullptr;
    if (int i = q.group().inputIndex(v); i >= 0) return q.constant(i);
    return q.body().isConstant(v) ? &q.body().value(v).constant : nullptr;
}

// The element of a constant that has one, of a type whose values f32 holds.
static bool scalarOf(const Blob& b, DataType type, float& value) {
    if (!isReal(type) || bits(type) % 8 != 0 || type == DataType::kDOUBLE ||
        b.size() != static_cast<size_t>(bits(type)) / 8)
        return false;
    convertElements(type, b.data(), DataType::kFLOAT, &value, 1);
    return true;
}

bool splatOf(const tactic::Query& q, int i, float& value) {
    const Blob* b = q.constant(i);
    if (!b) return false;
    for (const Dim& d : q.in(i).dims)
        if (!d.is(1)) return false;
    return scalarOf(*b, q.in(i).type, value);
}

Support readStep(const tactic::Query& q, const ir::EpilogueTerm& term, EpilogueStep& s,
                 std::vector<int>* consumed) {
    const DataType type = q.out(0).type;
    const auto* op = q.body().node(term.node).op.as<ops::Pointwise>();
    s.fn = op->fn;
    s.alpha = op->alpha;
    s.beta = op->beta;
    s.through = term.through;
    if (op->fn == PointwiseFn::cast && op->to != type) return no("a cast follows the anchor");
    if (ops::arity(op->fn) != 2) return yes();
    if (q.body().value(term.other).desc.type != type)
        return no("an operand of the epilogue is of another type");
    s.other = q.group().inputIndex(term.other);
    if (s.other < 0) {  // a constant inside the body
        const Blob* b = constantOf(q, term.other);
        if (!b || !scalarOf(*b, type, s.scalar))
            return no("a constant inside the body is not a scalar");
        s.hasScalar = true;
    } else if (splatOf(q, s.other, s.scalar)) {
        s.hasScalar = true;
        if (consumed) consumed->push_back(s.other);
        s.other = -1;
    }
    return yes();
}

Support readEpilogue(const tactic::Query& q, Epilogue& out, std::vector<int>* consumed) {
    const ir::GroupView& g = q.group();
    if (!g.anchor()) return no("the group has no single anchor");
    if (g.hasPrologue()) return no("nodes stand before the anchor");
    if (!g.hasChainEpilogue()) return no("what follows the anchor is not one chain");
    for (const ir::EpilogueTerm& term : g.epilogue()) {
        EpilogueStep s;
        if (Support read = readStep(q, term, s, consumed); !read.ok) return read;
        out.steps.push_back(s);
    }
    return yes();
}

bool isPerChannel(const DimVector& dims, const DimVector& to, int axis) {
    int shift = static_cast<int>(to.size()) - static_cast<int>(dims.size());
    if (shift < 0 || axis < shift) return false;
    for (int i = 0; i < static_cast<int>(dims.size()); ++i) {
        if (i + shift == axis) {
            if (!(dims[i] == to[axis])) return false;
        } else if (!dims[i].is(1)) {
            return false;
        }
    }
    return true;
}

}  // namespace bireme::cpu
