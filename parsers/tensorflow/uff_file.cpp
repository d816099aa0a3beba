// SPDX-License-Identifier: Apache-2.0
#include "parsers/tensorflow/uff_file.h"

#include "parsers/protobuf/uff_fields.h"

namespace bireme::tensorflow {

namespace pb = bireme::protobuf;
namespace uff = bireme::protobuf::uff;

namespace {

constexpr int64_t kIncrement = 2147483647;
constexpr int64_t kSpecial = -1;

std::string entry(const std::string& key, const std::string& value) {
    pb::Writer w;
    w.bytes(uff::entry::key, key);
    w.bytes(uff::entry::value, value);
    return w.take();
}

/// A list in a Data message; present even when it is empty.
template <class T>
std::string listData(const pb::Field& member, const std::vector<T>& values) {
    pb::Writer list;
    list.packed(uff::listValue, values);
    pb::Writer w;
    w.bytes(member, list.data());
    return w.take();
}

/// N, C and K are axes 0, 1 and 0 (1 for the kernel's C); + is all that follows.
Shape orderOf(const std::string& name) {
    Shape out;
    for (const char c : name) {
        if (c == '+') {
            out.push_back(2);
            out.push_back(kIncrement);
        } else {
            out.push_back(c == 'C' ? 1 : 0);
        }
    }
    return out;
}

}  // namespace

UffNode::UffNode(std::string id, std::string operation, std::vector<std::string> inputs)
    : id_(std::move(id)), operation_(std::move(operation)), inputs_(std::move(inputs)) {}

UffNode& UffNode::field(const std::string& name, const std::string& data) {
    pb::Writer w;
    w.bytes(uff::node::fields, entry(name, data));
    fields_ += w.data();
    return *this;
}

UffNode& UffNode::text(const char* name, const std::string& value) {
    pb::Writer w;
    w.bytes(uff::data::s, value);
    return field(name, w.data());
}

UffNode& UffNode::integer(const char* name, int64_t value) {
    pb::Writer w;
    w.integer(uff::data::i, value);
    return field(name, w.data());
}

UffNode& UffNode::real(const char* name, double value) {
    pb::Writer w;
    w.real64(uff::data::d, value);
    return field(name, w.data());
}

UffNode& UffNode::flag(const char* name, bool value) {
    pb::Writer w;
    w.flag(uff::data::b, value);
    return field(name, w.data());
}

UffNode& UffNode::integers(const char* name, const Shape& values) {
    return field(name, listData(uff::data::iList, values));
}

UffNode& UffNode::type(const char* name, int64_t type) {
    pb::Writer w;
    w.integer(uff::data::dtype, type);
    return field(name, w.data());
}

UffNode& UffNode::reference(const char* name, const std::string& key) {
    pb::Writer w;
    w.bytes(uff::data::ref, key);
    return field(name, w.data());
}

UffNode& UffNode::attribute(const std::string& name, const Attribute& a) {
    using Kind = Attribute::Kind;
    const char* key = name.c_str();
    switch (a.kind) {
        case Kind::kText: return text(key, a.text);
        case Kind::kInteger: return integer(key, a.integer);
        case Kind::kReal: return real(key, a.real);
        case Kind::kFlag: return flag(key, a.integer != 0);
        case Kind::kType: return type(key, uffType(a.integer));
        case Kind::kShape: return integers(key, a.integers);
        case Kind::kIntegers: return a.integers.empty() ? *this : integers(key, a.integers);
        case Kind::kReals:
            return a.reals.empty() ? *this : field(name, listData(uff::data::dList, a.reals));
        case Kind::kFlags:
            return a.integers.empty() ? *this : field(name, listData(uff::data::bList, a.integers));
        case Kind::kTypes: {
            Shape types;
            for (const int64_t t : a.integers) types.push_back(uffType(t));
            return types.empty() ? *this : field(name, listData(uff::data::dtypeList, types));
        }
        case Kind::kTexts: {
            pb::Writer list;
            for (const std::string& t : a.texts) list.bytes(uff::listValue, t);
            pb::Writer w;
            w.bytes(uff::data::sList, list.data());
            return field(name, w.data());
        }
        default: return *this;
    }
}

std::string UffNode::message() const {
    pb::Writer w;
    w.bytes(uff::node::id, id_);
    for (const std::string& input : inputs_) w.bytes(uff::node::inputs, input);
    w.bytes(uff::node::operation, operation_);
    return w.take() + fields_;
}

void UffFile::add(const UffNode& node) {
    if (!ids_.emplace(node.id(), true).second)
        throw Refusal("two nodes would be called \"" + node.id() + "\"");
    custom_ = custom_ || node.operation().starts_with('_');
    pb::Writer w;
    w.bytes(uff::graph::nodes, node.message());
    nodes_ += w.data();
}

void UffFile::constant(const std::string& id, const Array& value) {
    std::string key = "weights_" + id;
    for (int n = 0; referenced_.count(key) != 0; ++n)
        key = "weights_" + id + "_" + std::to_string(n);
    UffNode node(id, "Const", {});
    node.reference("values", key).type("dtype", value.type).integers("shape", value.dims);
    add(node);
    pb::Writer w;
    w.bytes(uff::data::blob, value.bytes);
    referenced_[key] = w.take();
}

std::string UffFile::orders(const std::vector<std::string>& names) {
    std::string key = "orders";
    for (const std::string& name : names) key += "_" + name;
    if (referenced_.count(key) != 0) return key;
    pb::Writer list;
    for (const std::string& name : names) {
        pb::Writer axes;
        axes.packed(uff::listValue, orderOf(name));
        pb::Writer special;
        special.integer(uff::entry::key, kSpecial);
        special.bytes(uff::entry::value, axes.data());
        pb::Writer one;
        one.bytes(uff::ordersEntry, special.data());
        list.bytes(uff::listValue, one.data());
    }
    pb::Writer w;
    w.bytes(uff::data::ordersList, list.data());
    referenced_[key] = w.take();
    return key;
}

std::string UffFile::finish() const {
    pb::Writer w;
    w.integer(uff::meta::version, 1);
    w.integer(uff::meta::coreVersion, 1);
    for (const char* id : {"tensorflow_extension", "custom"}) {
        if (!custom_ && std::string(id) == "custom") continue;
        pb::Writer d;
        d.bytes(uff::descriptor::id, id);
        d.integer(uff::descriptor::version, 1);
        w.bytes(uff::meta::descriptors, d.data());
    }
    {
        pb::Writer head;
        head.bytes(uff::graph::id, "main");
        w.bytes(uff::meta::graphs, head.data() + nodes_);
    }
    for (const auto& [key, data] : referenced_) w.bytes(uff::meta::referenced, entry(key, data));
    return w.take();
}

}  // namespace bireme::tensorflow
