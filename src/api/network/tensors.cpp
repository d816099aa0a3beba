// SPDX-License-Identifier: Apache-2.0
// Tensors of a network: names, extents of inputs and the symbols that stand for run-time extents.
#include "api/access.h"
#include "api/convert.h"
#include "api/network/network.h"

#include <algorithm>

namespace bireme::api {

Tensor& Network::tensor(ir::ValueId value) {
    auto i = static_cast<size_t>(value);
    if (byValue_.size() <= i) byValue_.resize(i + 1, nullptr);
    if (byValue_[i]) return *byValue_[i];
    Tensor& t = tensors_.emplace_back(Tensor{*this, value});
    t.handle = Access::make<ITensor>(&t);
    byValue_[i] = &t;
    ir::Value& v = graph.value(value);
    // Our own name gives way to one that stands already.
    while (!byName_.emplace(v.name, value).second) v.name += "'";
    t.name = v.name;
    return t;
}

ITensor* Network::handle(ir::ValueId value) {
    return value == ir::kNoValue ? nullptr : tensor(value).handle;
}

ir::ValueId Network::value(const ITensor* tensor) {
    require(tensor, "a tensor is null");
    Tensor& t = Access::impl(*tensor);
    require(&t.network == this, "tensor \"", t.name, "\" belongs to another network");
    require(graph.hasValue(t.value), "tensor \"", t.name, "\" was removed");
    return t.value;
}

void Network::nameTensor(Tensor& t, const char* name) {
    require(*requireName(name, "the tensor's name") != 0, "the tensor's name is empty");
    if (t.name == name) {
        t.named = true;
        return;
    }
    if (auto holder = byName_.find(name); holder != byName_.end()) {
        Tensor& other = tensor(holder->second);
        require(!other.named, "another tensor has the name \"", name, "\"");
        byName_.erase(holder);
        std::string& moved = graph.value(other.value).name;
        do moved += "'";
        while (!byName_.emplace(moved, other.value).second);
        other.name = moved;
    }
    byName_.erase(t.name);
    byName_.emplace(name, t.value);
    graph.value(t.value).name = t.name = name;
    t.named = true;
}

static void requireInputDims(const Dims& dims, const char* name) {
    for (int64_t d : toVector(dims, "the input's shape"))
        require(d >= -1, "input \"", name, "\": extent ", d, " is neither -1 nor 0 or more");
}

ITensor* Network::addInput(const char* name, DataType type, const Dims& dims) {
    require(*requireName(name, "the input's name") != 0, "the input's name is empty");
    require(isKnown(type), "input \"", name, "\": unknown data type ", static_cast<int>(type));
    settleBatch();
    requireInputDims(dims, name);
    if (auto holder = byName_.find(name); holder != byName_.end())
        require(!tensor(holder->second).named, "another tensor has the name \"", name, "\"");
    ir::ValueId v = graph.addInput(cat("input.", graph.inputs().size()), {type, {}, {}, {}});
    Tensor& t = tensor(v);
    nameTensor(t, name);
    setInputDims(t, dims);
    return t.handle;
}

void Network::setInputDims(Tensor& t, const Dims& dims) {
    require(graph.isInput(t.value), "tensor \"", t.name,
            "\" is no input: its shape follows from its layer");
    requireInputDims(dims, t.name.c_str());
    ir::Value& v = graph.value(t.value);
    v.desc.dims.clear();
    for (int64_t d : behindBatch(toVector(dims, "the input's shape"), hidden(), -1))
        v.desc.dims.push_back(d < 0 ? Dim::symbol("?") : Dim(d));
    v.dimNames.resize(v.desc.dims.size());
    t.dimNames.resize(v.desc.dims.size());
    nameBatch(t);
    renameSymbols();
    touchUsers(t.value);
}

void Network::removeInput(ir::ValueId value) {
    const auto& inputs = graph.inputs();
    byName_.erase(tensor(value).name);
    graph.removeGraphInput(
        static_cast<size_t>(std::find(inputs.begin(), inputs.end(), value) - inputs.begin()));
    renameSymbols();
    changed();
}

void Network::setDimensionName(Tensor& t, int32_t index, const char* name) {
    ir::Value& v = graph.value(t.value);
    require(graph.isInput(t.value), "tensor \"", t.name,
            "\" is no input: its extents cannot be named");
    const int32_t shown = index;
    index += hidden();
    require(shown >= 0 && index < v.desc.rank(), "tensor \"", t.name, "\" has no dimension ",
            shown);
    std::string text = name ? requireName(name, "the dimension's name") : "";
    v.dimNames[static_cast<size_t>(index)] = t.dimNames[static_cast<size_t>(index)] = text;
    renameSymbols();
}

// Gives every run-time extent of the inputs its symbol: extents of one name share one.
void Network::renameSymbols() {
    std::erase_if(graph.symbols,
                  [](const auto& s) { return s.second.source == ir::SymbolSource::inputExtent; });
    std::unordered_map<std::string, std::string> byDimName;
    for (ir::ValueId input : graph.inputs()) {
        ir::Value& v = graph.value(input);
        DimVector dims = v.desc.dims;
        for (size_t i = 0; i < dims.size(); ++i) {
            if (dims[i].isStatic()) continue;
            const std::string& given = v.dimNames[i];
            auto known = given.empty() ? byDimName.end() : byDimName.find(given);
            if (known != byDimName.end()) {
                dims[i] = Dim::symbol(known->second);
                continue;
            }
            std::string symbol = symbolName(given.empty() ? cat(v.name, "_", i) : given);
            while (graph.symbols.count(symbol)) symbol += "_";
            graph.symbols[symbol] = {ir::SymbolSource::inputExtent, input, static_cast<int>(i), {}};
            if (!given.empty()) byDimName[given] = symbol;
            dims[i] = Dim::symbol(symbol);
        }
        if (dims == v.desc.dims) continue;
        v.desc.dims = std::move(dims);
        touchUsers(input);
    }
}

}  // namespace bireme::api
