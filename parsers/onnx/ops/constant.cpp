// SPDX-License-Identifier: Apache-2.0
// Constants, casts and operators that do nothing at inference.
#include <algorithm>
#include <cstring>

#include "parsers/onnx/element.h"
#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/random.h"

namespace bireme::onnx_import {

namespace {

Outputs importConstant(Node& n) {
    ConstantPool& pool = n.net().pool();
    const std::string name(n.outputs() > 0 ? n.proto().outputs[0] : std::string_view{});
    const auto reals = [&](const std::vector<float>& v, int rank) -> Outputs {
        const Dims dims{rank, {static_cast<int64_t>(v.size())}};
        return {pool.makeReals(name, DataType::kFLOAT, dims, {v.begin(), v.end()})};
    };
    if (const AttributeProto* a = n.find("value")) {
        n.require(a->t != nullptr, "attribute value is not a tensor");
        if (a->t->name.empty()) a->t->name = n.proto().outputs[0];
        return {pool.import(*a->t)};
    }
    if (const AttributeProto* a = n.find("sparse_value")) {
        n.require(a->sparse != nullptr, "attribute sparse_value is not a sparse tensor");
        if (a->sparse->values.name.empty()) a->sparse->values.name = n.proto().outputs[0];
        return {pool.import(*a->sparse)};
    }
    if (n.hasAttribute("value_float")) return reals({n.real("value_float", 0)}, 0);
    if (n.hasAttribute("value_floats")) return reals(n.reals("value_floats"), 1);
    if (n.hasAttribute("value_ints")) return {pool.makeIntegers(name, n.integers("value_ints"))};
    if (n.hasAttribute("value_int")) {
        const Constant* list = pool.makeIntegers(name, {n.integer("value_int", 0)});
        return {pool.reshaped(*list, Dims{})};
    }
    n.refuse("texts are not supported", ErrorCode::kUNSUPPORTED_NODE_ATTR);
}

/// Fills `out` with `count` copies of an element, doubling what stands there already.
void repeat(const void* element, size_t bytes, void* out, size_t count) {
    if (count == 0) return;
    auto* at = static_cast<char*>(out);
    std::memcpy(at, element, bytes);
    const size_t total = bytes * count;
    for (size_t done = bytes; done < total;) {
        const size_t more = std::min({done, total - done, size_t{1} << 16});
        std::memcpy(at + done, at, more);
        done += more;
    }
}

// A shape known now gives a constant, so that layers can take it as weights.
Outputs importConstantOfShape(Node& n) {
    constexpr int64_t kMostBytes = int64_t{1} << 30;
    Net& net = n.net();
    const Constant* value = nullptr;
    if (const AttributeProto* a = n.find("value")) {
        n.require(a->t != nullptr, "attribute value is not a tensor");
        value = net.pool().import(*a->t);
    } else {
        value = net.pool().makeReals({}, DataType::kFLOAT, Dims{1, {1}}, {0});
    }
    n.require(value->count == 1, "attribute value must have one element");
    const int bytes = elementBits(value->type) / 8;
    n.require(bytes > 0, "types of less than a byte", ErrorCode::kUNSUPPORTED_NODE_DATATYPE);
    if (n.known(0) != nullptr) {
        const std::vector<int64_t> shape = n.integersOf(0, "shape");
        int64_t count = 1;
        for (const int64_t d : shape) {
            n.require(d >= 0, "an extent is negative");
            n.require(d == 0 || count <= kMostBytes / d, "the constant is too large",
                      ErrorCode::kUNSUPPORTED_NODE_SHAPE);
            count *= d;
        }
        if (count <= kMostBytes / bytes) {
            const std::string name(n.wants(0) ? n.proto().outputs[0] : std::string_view{});
            const ConstantPool::Writable out = net.pool().make(name, value->type, toDims(shape));
            repeat(value->values, static_cast<size_t>(bytes), out.values,
                   static_cast<size_t>(count));
            return {out.constant};
        }
    }
    ITensor& scalar = net.tensor(net.pool().reshaped(*value, Dims{}));
    ITensor& shape = net.cast(n.in(0), DataType::kINT64);
    return {Net::out(net.op("expand", {}, {&scalar, &shape}))};
}

Outputs importIdentity(Node& n) {
    if (n.constant(0) != nullptr || n.value(0).list != nullptr) return {n.value(0)};
    return {n.net().identity(n.in(0))};
}

/// y = keep ? x / (1 - ratio) : 0 while training, x otherwise.
Outputs trainingDropout(Node& n) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    const auto scalar = [&](int i) -> ITensor& {
        return n.rank(i) == 0 ? n.in(i) : net.reshape(n.in(i), Dims{});
    };
    ITensor& ratio =
        n.has(1) ? net.cast(scalar(1), DataType::kFLOAT) : net.splat(DataType::kFLOAT, 0, 0.5);
    ITensor& draw = drawn(n, n.net().extents(n.value(0)), DataType::kFLOAT, "random_uniform", 0, 1);
    ITensor& idle = net.unary(scalar(2), UnaryOperation::kNOT);
    ITensor& dropped = net.binary(draw, ratio, ElementWiseOperation::kLESS);
    ITensor& keep =
        net.binary(idle, net.unary(dropped, UnaryOperation::kNOT), ElementWiseOperation::kOR);
    ITensor& rest = net.binary(net.splat(ratio, 1), ratio, ElementWiseOperation::kSUB);
    ITensor& factor = net.cast(net.select(idle, net.splat(rest, 1), rest), x.getType());
    ITensor& scaled = net.binary(x, factor, ElementWiseOperation::kDIV);
    return {net.select(keep, scaled, net.splat(x, 0)), keep};
}

Outputs importDropout(Node& n) {
    if (n.has(2)) {
        const Constant* training = n.known(2);
        if (training == nullptr || training->count != 1 || toIntegers(*training)[0] != 0)
            return trainingDropout(n);
    }
    Outputs out = importIdentity(n);
    if (n.wants(1)) {  // the mask: everything is kept
        const DataType type = n.opset() < 10 ? n.type(0) : DataType::kBOOL;
        ITensor& yes = n.net().splat(type, 0, 1);
        ITensor& shape = n.net().shapeTensor(n.net().extents(n.value(0)));
        out.emplace_back(Net::out(n.net().op("expand", {}, {&yes, &shape})));
    }
    return out;
}

/// Integers below a byte lose their high bits, as ONNX has it for integers out of range.
Outputs castTo(Node& n, DataType to) {
    Net& net = n.net();
    ITensor& x = n.in(0);
    n.require(to != DataType::kE8M0 || n.text("round_mode", "up") == "up",
              "only round_mode \"up\" is supported", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    const bool saturate = elementBits(to) >= 8 || to == DataType::kFP4;
    if (x.getType() == to || (saturate && n.integer("saturate", 1) != 0)) return {net.cast(x, to)};
    OperatorAttributes attributes;
    attributes.add("fn", std::string("cast"));
    attributes.add("to", static_cast<int64_t>(to));
    attributes.add("saturate", int64_t{0});
    return {Net::out(net.op("pointwise", attributes, {&x}))};
}

Outputs importCast(Node& n) {
    const auto to = static_cast<ElementType>(n.integer("to", 0));
    return castTo(n, dataTypeOf(to, "attribute to"));
}

Outputs importCastLike(Node& n) { return castTo(n, n.type(1)); }

Outputs importRange(Node& n) {
    std::vector<ITensor*> inputs;
    for (int i = 0; i < 3; ++i)
        inputs.push_back(n.rank(i) == 0 ? &n.in(i) : &n.net().reshape(n.in(i), Dims{}));
    return {Net::out(n.net().op("range", {}, inputs))};
}

Outputs importEyeLike(Node& n) {
    const Dims d = n.dims(0);
    n.require(d.nbDims == 2 && d.d[0] >= 0 && d.d[1] >= 0, "x must be a matrix of known extents",
              ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    n.require(d.d[0] < 65536 && d.d[1] < 65536, "x is too large");
    const AttributeProto* dtype = n.find("dtype");
    const DataType type =
        dtype != nullptr ? dataTypeOf(static_cast<ElementType>(dtype->i), "dtype") : n.type(0);
    std::vector<double> values(static_cast<size_t>(d.d[0] * d.d[1]), 0);
    const int64_t k = n.integer("k", 0);
    for (int64_t i = 0; i < d.d[0]; ++i)
        if (k > -65536 && k < 65536 && i + k >= 0 && i + k < d.d[1])
            values[static_cast<size_t>(i * d.d[1] + i + k)] = 1;
    return {n.net().pool().makeReals({}, type, d, values)};
}

}  // namespace

void registerImporters_constant(ImporterTable& table) {
    table.add({
        {"Cast", importCast},
        {"CastLike", importCastLike, "", 15},
        {"Constant", importConstant},
        {"ConstantOfShape", importConstantOfShape, "", 9},
        {"Dropout", importDropout},
        {"EyeLike", importEyeLike, "", 9},
        {"Identity", importIdentity},
        {"Range", importRange, "", 11},
    });
}

}  // namespace bireme::onnx_import
