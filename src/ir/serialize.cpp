// SPDX-License-Identifier: Apache-2.0
#include "ir/serialize.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/attributes.h"
#include "ir/eval.h"
#include "ir/verify.h"

#include <map>

namespace bireme::ir {

constexpr int kMaxDepth = 32;  // of bodies inside bodies
constexpr size_t kMaxRank = 64;
constexpr size_t kMaxDim = 65536;  // characters of a dim

namespace {

class GraphWriter {
public:
    explicit GraphWriter(ByteWriter& out) : out_(out) {}

    void write(const Graph& g) {
        out_.string(g.name);
        std::map<ValueId, uint64_t> numbers;
        auto value = [&](ValueId v) {
            numbers.emplace(v, numbers.size());
            writeValue(g.value(v));
        };
        out_.varint(g.inputs().size());
        for (ValueId v : g.inputs()) value(v);
        std::vector<ValueId> constants;
        for (ValueId v : g.valueIds())
            if (g.isConstant(v) && !g.producer(v)) constants.push_back(v);
        out_.varint(constants.size());
        for (ValueId v : constants) {
            value(v);
            out_.varint(g.value(v).constant.size());
            out_.raw(g.value(v).constant.data(), g.value(v).constant.size());
        }
        auto order = g.order();
        out_.varint(order.size());
        for (NodeId id : order) {
            const Node& n = g.node(id);
            writeNode(n);
            out_.varint(n.inputs.size());
            for (ValueId v : n.inputs) out_.varint(v == kNoValue ? 0 : numbers.at(v) + 1);
            out_.varint(n.outputs.size());
            for (ValueId v : n.outputs) value(v);
        }
        out_.varint(g.outputs().size());
        for (ValueId v : g.outputs()) out_.varint(numbers.at(v));
    }

private:
    void writeValue(const Value& v) {
        out_.string(v.name);
        out_.put(static_cast<uint8_t>(v.kind));
        out_.varint(static_cast<uint64_t>(v.desc.type));
        out_.varint(v.desc.dims.size());
        for (const Dim& d : v.desc.dims) out_.string(d.text());
        out_.string(v.desc.format.text());
    }

    void writeNode(const Node& n) {
        out_.string(n.name);
        out_.string(n.op.name());
        auto attributes = attributeBytes(n.op);
        out_.raw(attributes.data(), attributes.size());
        out_.string(n.metadata);
        const std::vector<std::string> origins = n.origins.list();
        out_.varint(origins.size());
        for (const auto& o : origins) out_.string(o);
        out_.varint(n.bodies.size());
        for (const Graph& b : n.bodies) write(b);
    }

    ByteWriter& out_;
};

class GraphReader {
public:
    explicit GraphReader(ByteReader& in) : in_(in) {}

    Graph read() {
        if (++depth_ > kMaxDepth) in_.corrupt(cat("graphs are nested deeper than ", kMaxDepth));
        Graph g;
        g.name = in_.string();
        std::vector<ValueId> ids;
        for (size_t n = in_.count(); n > 0; --n) {
            Value v = readValue();
            ids.push_back(g.addInput(v.name, v.desc));
            g.value(ids.back()).kind = v.kind;
        }
        for (size_t n = in_.count(); n > 0; --n) ids.push_back(readConstant(g));
        for (size_t n = in_.count(); n > 0; --n) readNode(g, ids);
        for (size_t n = in_.count(); n > 0; --n) addOutput(g, id(ids, in_.varint()));
        g.removeDeadValues();
        --depth_;
        return g;
    }

private:
    ValueId id(const std::vector<ValueId>& ids, uint64_t number) {
        if (number >= ids.size()) in_.corrupt(cat("value ", number, " does not exist"));
        return ids[number];
    }

    Value readValue() {
        Value v;
        v.name = in_.string();
        auto kind = in_.get<uint8_t>();
        if (kind > static_cast<uint8_t>(ValueKind::optional))
            in_.corrupt("a value is of an unknown kind");
        v.kind = static_cast<ValueKind>(kind);
        uint64_t type = in_.varint();
        v.desc.type = static_cast<DataType>(type);
        if (type > INT32_MAX || !isKnown(v.desc.type))
            in_.corrupt(cat("data type ", type, " is unknown"));
        size_t rank = in_.count();
        if (rank > kMaxRank) in_.corrupt(cat("a value has ", rank, " dimensions"));
        for (size_t i = 0; i < rank; ++i) {
            std::string dim = in_.string();
            if (dim.size() > kMaxDim) in_.corrupt("a dimension is too long");
            v.desc.dims.push_back(Dim::parse(dim));
        }
        v.desc.format = Format::parse(in_.string());
        return v;
    }

    ValueId readConstant(Graph& g) {
        Value v = readValue();
        if (!allStatic(v.desc.dims))
            in_.corrupt(cat("constant \"", v.name, "\" has a symbolic shape"));
        int64_t elements = elementCount(staticValues(v.desc.dims));
        size_t size = in_.count();
        if (elements > (int64_t{1} << 56) || bytesFor(v.desc.type, elements) != size)
            in_.corrupt(cat("constant \"", v.name, "\" has ", size,
                            " bytes, which is not its shape's size"));
        const uint8_t* bytes = in_.raw(size);
        return g.addConstant(v.name, v.desc, Blob::copy(bytes, size));
    }

    void readNode(Graph& g, std::vector<ValueId>& ids) {
        std::string name = in_.string(), opName = in_.string();
        const OpDef* def = OpRegistry::global().find(opName);
        if (!def) in_.corrupt(cat("op \"", opName, "\" is unknown"));
        Op op(*def);
        readAttributes(op, in_);
        std::string metadata = in_.string();
        std::vector<std::string> origins;
        for (size_t n = in_.count(); n > 0; --n) origins.push_back(in_.string());
        std::vector<Graph> bodies;
        for (size_t n = in_.count(); n > 0; --n) bodies.push_back(read());
        std::vector<ValueId> inputs;
        for (size_t n = in_.count(); n > 0; --n) {
            uint64_t number = in_.varint();
            inputs.push_back(number == 0 ? kNoValue : id(ids, number - 1));
        }
        std::vector<Value> outputs;
        for (size_t n = in_.count(); n > 0; --n) outputs.push_back(readValue());
        NodeId node =
            g.addNode(std::move(op), std::move(inputs), static_cast<int>(outputs.size()), name);
        Node& n = g.node(node);
        n.metadata = std::move(metadata);
        n.origins = Origins(std::move(origins));
        n.bodies = std::move(bodies);
        for (size_t i = 0; i < outputs.size(); ++i) {
            Value& v = g.value(n.outputs[i]);
            v.name = outputs[i].name;
            v.kind = outputs[i].kind;
            v.desc = std::move(outputs[i].desc);
            ids.push_back(v.id);
        }
    }

    // A value may be several outputs, which markOutput alone cannot make.
    void addOutput(Graph& g, ValueId v) {
        if (!g.isOutput(v)) return g.markOutput(v);
        size_t index = g.outputs().size();
        g.markOutput(g.addConstant(g.freshName("output"), {}, Blob::own(std::vector<uint8_t>(4))));
        g.setOutput(index, v);
    }

    ByteReader& in_;
    int depth_ = 0;
};

}  // namespace

void writeGraph(const Graph& graph, ByteWriter& out) { GraphWriter(out).write(graph); }

Graph readGraph(ByteReader& in) {
    Graph g = GraphReader(in).read();
    verifyGraph(g);
    return g;
}

}  // namespace bireme::ir
