// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/pointwise/program.h"

#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/support/epilogue.h"
#include "backends/cpu/support/record.h"
#include "base/text.h"
#include "tensor/convert.h"
#include "tensor/dtype.h"

#include <cstring>
#include <map>
#include <tuple>

namespace bireme::cpu {

using ops::PointwiseFn;
using tactic::no;
using tactic::Support;
using tactic::yes;

bool isRegisterType(DataType t) {
    return t == DataType::kFLOAT || t == DataType::kDOUBLE || (!isReal(t) && bits(t) >= 8);
}

DataType Program::typeOf(int value) const {
    auto v = static_cast<size_t>(value);
    if (v < operands.size()) return operands[v].type;
    v -= operands.size();
    return v < constants.size() ? constants[v].type : results[v - constants.size()];
}

void Program::save(ByteWriter& out) const {
    out.varint(operands.size());
    for (const auto& o : operands) putInts(out, {o.input, static_cast<int64_t>(o.type)});
    out.varint(constants.size());
    for (const auto& c : constants) {
        putInt(out, static_cast<int64_t>(c.type));
        out.put(c.bits);
    }
    out.varint(code.size());
    for (size_t i = 0; i < code.size(); ++i) {
        const Instruction& c = code[i];
        out.string(ops::name(c.fn));
        putInts(out, {static_cast<int64_t>(c.type), static_cast<int64_t>(results[i]), c.in[0],
                      c.in[1], c.in[2]});
        out.put(c.alpha);
        out.put(c.beta);
    }
    putInts(out, std::vector<int64_t>(outputs.begin(), outputs.end()));
}

static std::vector<int64_t> numbers(ByteReader& in, size_t count) {
    auto v = getInts(in);
    if (v.size() != count) in.corrupt("a pointwise program has a list of the wrong length");
    return v;
}

Program Program::load(ByteReader& in) {
    Program p;
    p.operands.resize(in.count());
    for (auto& o : p.operands) {
        auto v = numbers(in, 2);
        o = {static_cast<int>(v[0]), static_cast<DataType>(v[1])};
    }
    p.constants.resize(in.count());
    for (auto& c : p.constants) {
        c.type = static_cast<DataType>(getInt(in));
        c.bits = in.get<uint64_t>();
    }
    p.code.resize(in.count());
    p.results.resize(p.code.size());
    int64_t known = p.firstResult();
    for (size_t i = 0; i < p.code.size(); ++i, ++known) {
        Instruction& c = p.code[i];
        std::string fn = in.string();
        int64_t value = 0;
        if (!enumValue(fn, enumNames(PointwiseFn()), value))
            in.corrupt(cat("unknown function \"", fn, "\""));
        c.fn = static_cast<PointwiseFn>(value);
        auto v = numbers(in, 5);
        c.type = static_cast<DataType>(v[0]);
        p.results[i] = static_cast<DataType>(v[1]);
        if (!isKnown(c.type) || !isKnown(p.results[i]) ||
            (c.fn != PointwiseFn::cast && !tileFunction(c.fn, c.type).function))
            in.corrupt(cat("an instruction ", fn, " of a type that it does not take"));
        for (size_t k = 0; k < 3; ++k) {
            if (v[2 + k] >= known || (v[2 + k] < 0 && static_cast<int>(k) < ops::arity(c.fn)))
                in.corrupt("an instruction reads a value that is not there");
            c.in[k] = static_cast<int>(v[2 + k]);
        }
        c.alpha = in.get<float>();
        c.beta = in.get<float>();
    }
    for (int64_t v : getInts(in)) {
        if (v < 0 || v >= known) in.corrupt("an output is a value that is not there");
        p.outputs.push_back(static_cast<int>(v));
    }
    return p;
}

namespace {

class Compiler {
public:
    Compiler(const tactic::Query& q, Program& p, std::vector<int>& consumed)
        : q_(q), p_(p), consumed_(consumed) {}

    Support run() {
        const ir::Graph& body = q_.body();
        std::vector<ir::NodeId> order = body.order();
        if (Support s = readOperands(order); !s.ok) return s;
        for (ir::NodeId id : order)
            if (Support s = add(body.node(id)); !s.ok) return s;
        for (int i = 0; i < q_.outputs(); ++i) {
            ir::ValueId v = body.outputs()[static_cast<size_t>(i)];
            // Registers of small reals may hold floats; the edge has the stored type.
            p_.outputs.push_back(converted(value_.at(v), body.value(v).desc.type));
        }
        return yes();
    }

private:
    // Operands and constants come first, so that their numbers are known before any instruction.
    Support readOperands(const std::vector<ir::NodeId>& order) {
        std::vector<ir::ValueId> tensors, splats;
        for (ir::NodeId id : order)
            for (ir::ValueId v : q_.body().node(id).inputs) {
                if (q_.body().producer(v) || value_.count(v)) continue;
                const TensorDesc& d = q_.body().value(v).desc;
                const Blob* bytes = constantOf(q_, v);
                bool one = true;
                for (const Dim& x : d.dims) one = one && x.is(1);
                if (bytes && one && (isRegisterType(d.type) || isSmallReal(d.type)))
                    splats.push_back(v);
                else if (q_.group().inputIndex(v) < 0)
                    return no("a constant tensor lies inside the body");
                else
                    tensors.push_back(v);
                value_[v] = -1;
            }
        for (ir::ValueId v : tensors) {
            value_[v] = static_cast<int>(p_.operands.size());
            p_.operands.push_back({q_.group().inputIndex(v), q_.body().value(v).desc.type});
        }
        for (ir::ValueId v : splats) {
            value_[v] = static_cast<int>(p_.operands.size() + p_.constants.size());
            const DataType type = q_.body().value(v).desc.type;
            Program::Constant c{isSmallReal(type) ? DataType::kFLOAT : type, 0};
            const Blob* bytes = constantOf(q_, v);
            if (isSmallReal(type) && bytes->size() > 0)
                convertElements(type, bytes->data(), DataType::kFLOAT, &c.bits, 1);
            else
                std::memcpy(&c.bits, bytes->data(), std::min<size_t>(8, bytes->size()));
            p_.constants.push_back(c);
            if (int i = q_.group().inputIndex(v); i >= 0) consumed_.push_back(i);
        }
        return yes();
    }

    static bool isSmallReal(DataType t) {
        return isReal(t) && t != DataType::kFLOAT && t != DataType::kDOUBLE;
    }

    int emit(Instruction c, DataType result) {
        p_.code.push_back(c);
        p_.results.push_back(result);
        return p_.firstResult() + static_cast<int>(p_.code.size()) - 1;
    }

    int converted(int v, DataType to, bool saturate = true) {
        if (p_.typeOf(v) == to) return v;
        auto [it, fresh] = conversions_.try_emplace({v, to, saturate}, -1);
        if (fresh)
            it->second =
                emit({PointwiseFn::cast, p_.typeOf(v), {v, -1, -1}, saturate ? 0.f : 1.f, 0}, to);
        return it->second;
    }

    Support add(const ir::Node& node) {
        const auto* op = node.op.as<ops::Pointwise>();
        if (!op) return no("a node is not pointwise");
        int operand = value_.at(node.inputs[0]);
        if (op->fn == PointwiseFn::copy) return define(node, operand);
        if (op->fn == PointwiseFn::cast)
            return define(node, converted(operand, op->to, op->saturate));
        Instruction c{op->fn, DataType::kFLOAT, {-1, -1, -1}, op->alpha, op->beta};
        for (size_t i = 0; i < node.inputs.size(); ++i) {
            int v = value_.at(node.inputs[i]);
            c.in[i] = isSmallReal(p_.typeOf(v)) ? converted(v, DataType::kFLOAT) : v;
        }
        c.type = p_.typeOf(c.in[op->fn == PointwiseFn::select ? 1 : 0]);
        if (!isRegisterType(c.type) || !tileFunction(op->fn, c.type).function)
            return no(cat(ops::name(op->fn), " of ", name(c.type), " is not supported"));
        DataType result =
            ops::resultRule(op->fn) == ops::PointwiseResult::boolean ? DataType::kBOOL : c.type;
        if (int v = simplified(c); v >= 0) return define(node, v);
        int v = emit(c, result);
        // FP16 and BF16 are rounded once for the whole group, coarser numbers after every function.
        DataType own = q_.body().value(node.outputs[0]).desc.type;
        return define(node, isSmallReal(own) && bits(own) <= 8 ? converted(v, own) : v);
    }

    Support define(const ir::Node& node, int v) {
        value_[node.outputs[0]] = v;
        return yes();
    }

    // Powers with small constant exponents, which need no general power function.
    int simplified(const Instruction& c) {
        if (c.fn != PointwiseFn::pow || c.type != DataType::kFLOAT) return -1;
        int k = c.in[1] - static_cast<int>(p_.operands.size());
        if (k < 0 || k >= static_cast<int>(p_.constants.size())) return -1;
        float exponent;
        std::memcpy(&exponent, &p_.constants[static_cast<size_t>(k)].bits, sizeof exponent);
        auto unary = [&](PointwiseFn fn) {
            return emit({fn, DataType::kFLOAT, {c.in[0], -1, -1}, 0, 0}, DataType::kFLOAT);
        };
        auto product = [&](int a, int b) {
            return emit({PointwiseFn::prod, DataType::kFLOAT, {a, b, -1}, 0, 0}, DataType::kFLOAT);
        };
        if (exponent == 1.f) return c.in[0];
        if (exponent == 2.f) return product(c.in[0], c.in[0]);
        if (exponent == 3.f) return product(product(c.in[0], c.in[0]), c.in[0]);
        if (exponent == 0.5f) return unary(PointwiseFn::sqrt);
        if (exponent == -1.f) return unary(PointwiseFn::recip);
        return -1;
    }

    const tactic::Query& q_;
    Program& p_;
    std::vector<int>& consumed_;
    std::map<ir::ValueId, int> value_;
    std::map<std::tuple<int, DataType, bool>, int> conversions_;
};

}  // namespace

Support compile(const tactic::Query& q, Program& program, std::vector<int>& consumed) {
    if (!q.group().isPointwise()) return no("the group has nodes that are not pointwise");
    for (int i = 1; i < q.outputs(); ++i)
        if (!(q.out(i).dims == q.out(0).dims)) return no("outputs have different dimensions");
    return Compiler(q, program, consumed).run();
}

}  // namespace bireme::cpu
