// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/list.h"

#include <algorithm>

#include "parsers/onnx/refusal.h"

namespace bireme::onnx_import {

namespace {

ListType elementType(Net& net, const Value& v) {
    ListType out;
    if (ListTypePtr inner = listTypeOf(v)) {
        out.type = DataType::kUINT8;
        out.dims = Dims{1, {-1}};
        out.inner = std::move(inner);
    } else {
        out.type = net.type(v);
        out.dims = net.dims(v);
    }
    return out;
}

Dims common(const Dims& a, const Dims& b) {
    if (a.nbDims != b.nbDims) return Dims{ListType::kAnyRank, {}};
    Dims out = a;
    for (int32_t k = 0; k < a.nbDims; ++k)
        if (a.d[k] != b.d[k]) out.d[k] = -1;
    return out;
}

}  // namespace

bool ListType::operator==(const ListType& o) const {
    const bool inside = !inner || !o.inner ? inner == o.inner : *inner == *o.inner;
    return optional == o.optional && type == o.type && inside && dims.nbDims == o.dims.nbDims &&
           std::equal(dims.d, dims.d + std::max(dims.nbDims, 0), o.dims.d);
}

ListTypePtr listTypeOf(const Value& v) {
    return v.list == nullptr ? nullptr : std::make_shared<ListType>(v.list->type);
}

ListType declaredType(const ValueInfoProto& info) {
    ListType out;
    out.optional = info.kind == ValueInfoProto::Kind::kOptional;
    const ValueInfoProto* e = info.element.get();
    if (e == nullptr)
        throw Refusal(ErrorCode::kINVALID_GRAPH,
                      "\"" + std::string(info.name) + "\" does not tell what its elements are");
    if (e->kind == ValueInfoProto::Kind::kTensor) {
        out.type = dataTypeOf(e->type, "\"" + std::string(info.name) + "\"");
        // Writers declare scalars where elements have any shape.
        out.dims.nbDims = ListType::kAnyRank;
        if (!e->hasShape || e->dims.empty() || e->dims.size() > Dims::MAX_DIMS) return out;
        out.dims.nbDims = static_cast<int32_t>(e->dims.size());
        for (size_t i = 0; i < e->dims.size(); ++i)
            out.dims.d[i] = e->dims[i].symbol.empty() ? e->dims[i].value : -1;
        return out;
    }
    if (e->kind != ValueInfoProto::Kind::kSequence)
        throw Refusal(ErrorCode::kUNSUPPORTED_GRAPH, "the elements of \"" + std::string(info.name) +
                                                         "\" are no tensors and no sequences");
    out.type = DataType::kUINT8;
    out.dims = Dims{1, {-1}};
    out.inner = std::make_shared<ListType>(declaredType(*e));
    return out;
}

ListType merge(const ListType& a, const ListType& b) {
    if (a.dims.nbDims == ListType::kNothing || b.dims.nbDims == ListType::kNothing) {
        ListType out = a.dims.nbDims == ListType::kNothing ? b : a;
        out.optional = a.optional;
        return out;
    }
    if (a.type != b.type || (a.inner == nullptr) != (b.inner == nullptr))
        throw Refusal(ErrorCode::kUNSUPPORTED_NODE_DATATYPE,
                      std::string("a sequence of ") + typeName(a.type) + " and " +
                          typeName(b.type) + " elements is not supported");
    ListType out = a;
    out.dims = common(a.dims, b.dims);
    if (a.inner) out.inner = std::make_shared<ListType>(merge(*a.inner, *b.inner));
    return out;
}

Value makeList(Net& net, std::vector<Value> elements, bool optional) {
    auto list = std::make_shared<List>();
    for (const Value& v : elements) list->type = merge(list->type, elementType(net, v));
    list->type.optional = optional;
    list->known = true;
    list->elements = std::move(elements);
    Value out;
    out.list = std::move(list);
    return out;
}

Value packedList(ITensor& bytes, const ListType& type) {
    auto list = std::make_shared<List>();
    list->type = type;
    list->packed = &bytes;
    Value out;
    out.list = std::move(list);
    return out;
}

ITensor& packed(Net& net, const Value& v) {
    if (v.list == nullptr)
        throw Refusal(ErrorCode::kINVALID_NODE, "a sequence is expected, a tensor is given");
    List& list = *v.list;
    if (list.packed == nullptr) {
        std::vector<ITensor*> inputs;
        for (const Value& e : list.elements)
            inputs.push_back(e.list != nullptr ? &packed(net, e) : &net.tensor(e));
        list.packed = &Net::out(net.op("list_pack", {}, inputs));
    }
    return *list.packed;
}

Value elementAt(Net& net, const Value& v, ITensor& position) {
    ITensor& bytes = packed(net, v);
    const ListType& type = v.list->type;
    if (type.dims.nbDims == ListType::kAnyRank)
        throw Refusal(ErrorCode::kUNSUPPORTED_NODE_SHAPE,
                      "the elements of the sequence have different or unknown ranks");
    OperatorAttributes attributes;
    attributes.add("type", static_cast<int64_t>(type.type));
    attributes.add("dims",
                   std::vector<int64_t>(type.dims.d, type.dims.d + std::max(type.dims.nbDims, 0)));
    ITensor& element = Net::out(net.op("list_at", attributes, {&bytes, &position}));
    if (type.inner) return packedList(element, *type.inner);
    return element;
}

Value unwrapped(Net& net, const Value& v) {
    if (v.list == nullptr || !v.list->type.optional) return v;
    if (!v.list->known) return elementAt(net, v, net.integer(0));
    if (v.list->elements.empty()) throw Refusal(ErrorCode::kINVALID_NODE, "the optional is empty");
    return v.list->elements[0];
}

Value asDeclared(Net& net, const Value& v, ValueInfoProto::Kind kind) {
    using Kind = ValueInfoProto::Kind;
    const bool optional = v.list != nullptr && v.list->type.optional;
    if (kind == Kind::kOptional) return optional ? v : makeList(net, {v}, true);
    return kind == Kind::kTensor || kind == Kind::kSequence ? unwrapped(net, v) : v;
}

}  // namespace bireme::onnx_import
