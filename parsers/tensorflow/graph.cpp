// SPDX-License-Identifier: Apache-2.0
#include "parsers/tensorflow/graph.h"

#include <bit>
#include <charconv>

#include "parsers/common/file.h"
#include "parsers/protobuf/tensorflow_fields.h"

namespace bireme::tensorflow {

namespace pb = bireme::protobuf;
namespace tf = bireme::protobuf::tensorflow;

static_assert(std::endian::native == std::endian::little, "tensor_content is little-endian");

namespace {

using Kind = Attribute::Kind;

void shapeOf(pb::Reader r, Attribute& out) {
    out.kind = Kind::kShape;
    while (r.next()) {
        if (r.number() == tf::shape::unknownRank.number)
            out.unknownRank = r.integer(tf::shape::unknownRank) != 0;
        if (r.number() != tf::shape::dim.number) continue;
        pb::Reader dim = r.message(tf::shape::dim);
        int64_t size = 0;
        while (dim.next())
            if (dim.number() == tf::shape::size.number) size = dim.integer(tf::shape::size);
        out.integers.push_back(size);
    }
}

void listOf(pb::Reader r, Attribute& out) {
    out.kind = Kind::kIntegers;
    std::vector<float> reals;
    while (r.next()) {
        switch (r.number()) {
            case tf::list::s.number:
                out.kind = Kind::kTexts;
                out.texts.emplace_back(r.bytes(tf::list::s));
                break;
            case tf::list::i.number: r.integers(tf::list::i, out.integers); break;
            case tf::list::f.number:
                out.kind = Kind::kReals;
                r.reals(tf::list::f, reals);
                break;
            case tf::list::b.number:
                out.kind = Kind::kFlags;
                r.integers(tf::list::b, out.integers);
                break;
            case tf::list::type.number:
                out.kind = Kind::kTypes;
                r.integers(tf::list::type, out.integers);
                break;
            default: break;
        }
    }
    out.reals.assign(reals.begin(), reals.end());
}

Attribute attributeOf(pb::Reader r) {
    Attribute out;
    while (r.next()) {
        switch (r.number()) {
            case tf::attr::list.number: listOf(r.message(tf::attr::list), out); break;
            case tf::attr::s.number:
                out.kind = Kind::kText;
                out.text = r.bytes(tf::attr::s);
                break;
            case tf::attr::i.number:
                out.kind = Kind::kInteger;
                out.integer = r.integer(tf::attr::i);
                break;
            case tf::attr::f.number:
                out.kind = Kind::kReal;
                out.real = r.real(tf::attr::f);
                break;
            case tf::attr::b.number:
                out.kind = Kind::kFlag;
                out.integer = r.integer(tf::attr::b) != 0;
                break;
            case tf::attr::type.number:
                out.kind = Kind::kType;
                out.integer = r.integer(tf::attr::type);
                break;
            case tf::attr::shape.number: shapeOf(r.message(tf::attr::shape), out); break;
            case tf::attr::tensor.number:
                out.kind = Kind::kTensor;
                out.tensor = r.bytes(tf::attr::tensor);
                break;
            default: break;
        }
    }
    return out;
}

Node nodeOf(pb::Reader r) {
    Node node;
    while (r.next()) {
        switch (r.number()) {
            case tf::node::name.number: node.name = r.text(tf::node::name); break;
            case tf::node::op.number: node.op = r.text(tf::node::op); break;
            case tf::node::input.number: node.inputs.emplace_back(r.text(tf::node::input)); break;
            case tf::node::attr.number: {
                std::pair<std::string, Attribute> entry;
                pb::Reader e = r.message(tf::node::attr);
                while (e.next()) {
                    if (e.number() == tf::entry::key.number) entry.first = e.text(tf::entry::key);
                    if (e.number() == tf::entry::value.number)
                        entry.second = attributeOf(e.message(tf::entry::value));
                }
                node.attributes.push_back(std::move(entry));
                break;
            }
            default: break;
        }
    }
    return node;
}

const Attribute* typed(const Node& node, std::string_view name, Kind kind, const char* what) {
    const Attribute* a = node.find(name);
    if (a != nullptr && a->kind != kind)
        throw Refusal("the attribute " + std::string(name) + " is not " + what);
    return a;
}

}  // namespace

const Attribute* Node::find(std::string_view name) const {
    for (const auto& [key, value] : attributes)
        if (key == name) return &value;
    return nullptr;
}

int64_t Node::integer(std::string_view name, int64_t missing) const {
    const Attribute* a = typed(*this, name, Kind::kInteger, "an integer");
    return a == nullptr ? missing : a->integer;
}

double Node::real(std::string_view name, double missing) const {
    const Attribute* a = typed(*this, name, Kind::kReal, "a real number");
    return a == nullptr ? missing : a->real;
}

bool Node::flag(std::string_view name, bool missing) const {
    const Attribute* a = typed(*this, name, Kind::kFlag, "a boolean");
    return a == nullptr ? missing : a->integer != 0;
}

std::string Node::text(std::string_view name, const std::string& missing) const {
    const Attribute* a = typed(*this, name, Kind::kText, "a text");
    return a == nullptr ? missing : a->text;
}

Shape Node::integers(std::string_view name) const {
    const Attribute* a = typed(*this, name, Kind::kIntegers, "a list of integers");
    return a == nullptr ? Shape{} : a->integers;
}

void Node::set(const std::string& name, Attribute value) {
    for (auto& [key, old] : attributes)
        if (key == name) {
            old = std::move(value);
            return;
        }
    attributes.emplace_back(name, std::move(value));
}

Graph::Graph(std::string_view bytes) {
    if (const std::string other = parsers::foreignFormat(bytes); !other.empty())
        throw Refusal("this is no TensorFlow graph but " + other);
    try {
        pb::Document document(bytes);
        pb::Reader r(document);
        while (r.next()) {
            if (r.number() != tf::graph::node.number) continue;
            if (!r.isLengthDelimited())
                throw Refusal("this is no frozen graph; a SavedModel has to be frozen first");
            nodes_.push_back(nodeOf(r.message(tf::graph::node)));
        }
    } catch (const pb::Malformed& e) {
        throw Refusal(std::string("the bytes are no frozen TensorFlow graph: ") + e.what());
    }
    if (nodes_.empty()) throw Refusal("the bytes hold no TensorFlow graph");
    index();
}

void Graph::index() {
    byName_.clear();
    for (Node& node : nodes_) {
        if (node.name.empty() || node.op.empty()) throw Refusal("a node has no name or operation");
        if (!byName_.emplace(node.name, &node).second)
            throw Refusal("two nodes are called \"" + node.name + "\"");
    }
}

Node* Graph::find(std::string_view name) {
    const auto it = byName_.find(name);
    return it == byName_.end() ? nullptr : it->second;
}

void Graph::remove(const std::unordered_set<const Node*>& gone) {
    std::deque<Node> left;
    for (Node& node : nodes_)
        if (gone.count(&node) == 0) left.push_back(std::move(node));
    nodes_ = std::move(left);
    index();
}

void Graph::rename(Node& node, const std::string& name) {
    for (Node& user : nodes_)
        for (std::string& input : user.inputs)
            if (split(input).first == node.name && split(input).second >= 0) input = name;
    node.name = name;
    index();
}

std::pair<std::string_view, int64_t> split(std::string_view input) {
    if (!input.empty() && input[0] == '^') return {input.substr(1), -1};
    const size_t colon = input.rfind(':');
    int64_t output = 0;
    if (colon == std::string_view::npos) return {input, 0};
    const char* end = input.data() + input.size();
    const auto [at, error] = std::from_chars(input.data() + colon + 1, end, output);
    if (error != std::errc{} || at != end || output < 0) return {input, 0};
    return {input.substr(0, colon), output};
}

}  // namespace bireme::tensorflow
