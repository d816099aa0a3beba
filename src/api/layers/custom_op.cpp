// SPDX-License-Identifier: Apache-2.0
#include "api/access.h"
#include "api/layers/layer_prelude.h"
#include "ir/attributes.h"
#include "ir/verify.h"

#include <memory>
#include <string_view>

namespace nvinfer1 {

namespace {

using Kind = OperatorAttribute::Kind;

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

template <typename T>
std::string listOf(const T* values, int32_t count) {
    std::string out = "[";
    for (int32_t i = 0; i < count; ++i) out += (i ? "," : "") + bireme::cat(values[i]);
    return out + "]";
}

// May an attribute that the operator declares as `type` be given as `kind`?
bool fits(std::string_view type, Kind kind) {
    if (type == "int" || type == "bool") return kind == Kind::kINT;
    if (type == "enum") return kind == Kind::kINT || kind == Kind::kSTRING;
    if (type == "float") return kind == Kind::kFLOAT || kind == Kind::kINT;
    if (type == "string") return kind == Kind::kSTRING || kind == Kind::kSTRINGS;
    if (type == "ints") return kind == Kind::kINTS;
    return type == "floats" && kind == Kind::kFLOATS;
}

void requireData(const OperatorAttribute& a, const void* data, int32_t least) {
    require(a.count >= least && (data || a.count == 0), "attribute \"", a.name, "\" has no data");
}

std::string textOf(const OperatorAttribute& a, std::string_view type) {
    switch (a.kind) {
        case Kind::kINT:
            requireData(a, a.ints, 1);
            if (type == "bool") return a.ints[0] ? "true" : "false";
            return bireme::cat(a.ints[0]);
        case Kind::kFLOAT: requireData(a, a.floats, 1); return bireme::cat(a.floats[0]);
        case Kind::kINTS: requireData(a, a.ints, 0); return listOf(a.ints, a.count);
        case Kind::kFLOATS: requireData(a, a.floats, 0); return listOf(a.floats, a.count);
        case Kind::kSTRING:
            requireData(a, a.strings, 1);
            require(a.strings[0], "attribute \"", a.name, "\" is null");
            return type == "enum" ? std::string(a.strings[0]) : quoted(a.strings[0]);
        case Kind::kSTRINGS: {
            requireData(a, a.strings, 0);
            std::string joined;
            for (int32_t i = 0; i < a.count; ++i) {
                require(a.strings[i], "attribute \"", a.name, "\" is null");
                joined += (i ? "," : "") + std::string(a.strings[i]);
            }
            return quoted(joined);
        }
    }
    bireme::failInvalid(
        bireme::cat("attribute \"", a.name, "\" is of unknown kind ", static_cast<int>(a.kind)));
}

const bireme::ir::OpDef& findOp(const char* name) {
    require(name, "the operator's name is null");
    const auto& registry = bireme::ir::OpRegistry::global();
    if (const auto* def = registry.find(name)) return *def;
    std::vector<std::string> names;
    for (const auto* def : registry.all()) names.emplace_back(def->name);
    std::string hint = bireme::nearest(name, names);
    bireme::fail(ErrorCode::kUNSUPPORTED_STATE,
                 bireme::cat("there is no operator \"", name, "\"",
                             hint.empty() ? "" : "; did you mean \"" + hint + "\"?"));
}

void setAttributes(Op& op, const OperatorAttribute* attributes, int32_t count) {
    require(count == 0 || (count > 0 && attributes), "the attributes are null");
    const auto docs = bireme::ir::attributeDocs(op.def());
    for (int32_t i = 0; i < count; ++i) {
        const OperatorAttribute& a = attributes[i];
        require(a.name, "attribute ", i, " of ", op.name(), " has no name");
        std::string type;
        for (const auto& d : docs)
            if (d.name == a.name) type = d.type;
        require(type.empty() || fits(type, a.kind), "attribute \"", a.name, "\" of ", op.name(),
                " is of type ", type);
        bireme::ir::setAttribute(op, a.name, type.empty() ? "" : textOf(a, type));
    }
}

int outputCount(const bireme::ir::OpDef& def, int32_t wanted) {
    if (wanted < 0) return def.maxOutputs < 0 ? def.minOutputs : def.maxOutputs;
    require(wanted >= def.minOutputs && (def.maxOutputs < 0 || wanted <= def.maxOutputs), def.name,
            " has no ", wanted, " outputs");
    return wanted;
}

using bireme::ir::Graph;

// A body's values get the names of its layer: symbols named after them may not meet those outside.
Graph closedBody(const Graph& graph, const std::string& prefix) {
    Graph body = graph;
    for (bireme::ir::ValueId v : body.valueIds()) body.value(v).name = prefix + body.value(v).name;
    for (bireme::ir::NodeId id : body.order()) {  // constant layers become constants
        bireme::ir::ValueId v = bireme::ir::kNoValue;
        if (const auto& outputs = body.node(id).outputs; !outputs.empty()) v = outputs[0];
        if (v == bireme::ir::kNoValue || !body.isConstant(v)) continue;
        const bireme::ir::Value value = body.value(v);
        body.replaceUses(v, body.addConstant(value.name + ".bytes", value.desc, value.constant));
        body.removeNode(id);
    }
    body.symbols.clear();
    for (bireme::ir::ValueId v : body.inputs()) {
        int index = 0;
        for (bireme::Dim& d : body.value(v).desc.dims) {
            const std::string name =
                bireme::symbolName(bireme::cat(body.value(v).name, ".", index));
            if (!d.isStatic()) {
                d = bireme::Dim::symbol(name);
                body.symbols[name] = {bireme::ir::SymbolSource::inputExtent, v, index, {}};
            }
            ++index;
        }
    }
    bireme::ir::inferGraph(body);
    return body;
}

}  // namespace

char const* ICustomOpLayer::getOperatorName() const noexcept {
    return impl_->network.graph.node(impl_->node).op.def().name;
}

ILayer* INetworkDefinition::addOperator(char const* opName, OperatorAttribute const* attributes,
                                        int32_t nbAttributes, ITensor* const* inputs,
                                        int32_t nbInputs, int32_t nbOutputs) noexcept {
    return addOperator(opName, attributes, nbAttributes, inputs, nbInputs, nullptr, 0, nbOutputs);
}

INetworkDefinition* INetworkDefinition::createBody() const noexcept {
    return bireme::api::guard(impl_->reporter, static_cast<INetworkDefinition*>(nullptr), [&] {
        auto network = std::make_unique<Network>(impl_->builder, impl_->reporter, impl_->flags);
        return bireme::api::Access::adopt<INetworkDefinition>(std::move(network));
    });
}

ILayer* INetworkDefinition::addOperator(char const* opName, OperatorAttribute const* attributes,
                                        int32_t nbAttributes, ITensor* const* inputs,
                                        int32_t nbInputs, INetworkDefinition* const* bodies,
                                        int32_t nbBodies, int32_t nbOutputs) noexcept {
    return add<ILayer>(*impl_, [&](Network& n) -> Layer& {
        const bireme::ir::OpDef& def = findOp(opName);
        require(nbInputs == 0 || (nbInputs > 0 && inputs), "the inputs of ", def.name, " are null");
        require(nbBodies == 0 || (nbBodies > 0 && bodies), "the bodies of ", def.name, " are null");
        require(nbInputs >= def.minInputs && (def.maxInputs < 0 || nbInputs <= def.maxInputs),
                def.name, " takes ", def.minInputs,
                def.maxInputs < 0 ? std::string(" or more") : bireme::cat(" to ", def.maxInputs),
                " inputs, got ", nbInputs);
        Op op(def);
        setAttributes(op, attributes, nbAttributes);
        std::vector<bireme::ir::ValueId> values;
        for (int32_t i = 0; i < nbInputs; ++i)
            values.push_back(inputs[i] ? n.value(inputs[i]) : bireme::ir::kNoValue);
        Layer& layer = n.addLayer(LayerType::kCUSTOM_OP, std::move(op), std::move(values),
                                  outputCount(def, nbOutputs));
        for (int32_t i = 0; i < nbBodies; ++i) {
            require(bodies[i] && bodies[i]->impl_ != impl_, "body ", i, " of ", def.name,
                    " is null or the network itself");
            n.graph.node(layer.node)
                .bodies.push_back(
                    closedBody(bodies[i]->impl_->graph, bireme::cat(layer.name, ".", i, "/")));
        }
        return layer;
    });
}

}  // namespace nvinfer1
