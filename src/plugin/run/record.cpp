// SPDX-License-Identifier: Apache-2.0
// A plugin's kernel as bytes of the plan.
#include "base/status.h"
#include "base/text.h"
#include "plugin/run/creators.h"
#include "plugin/run/kernel.h"

#include <algorithm>

namespace bireme::plugin {

thread_local CreatorSource* CreatorScope::current_ = nullptr;

namespace {

constexpr uint8_t kRecord = 1;

void write(ByteWriter& out, const Dims& dims) {
    out.put(dims.nbDims);
    for (int32_t i = 0; i < dims.nbDims; ++i) out.put(dims.d[i]);
}

Dims readDims(ByteReader& in) {
    Dims dims{in.get<int32_t>(), {}};
    if (dims.nbDims < 0 || dims.nbDims > Dims::MAX_DIMS)
        in.corrupt(cat("a plugin's tensor of rank ", dims.nbDims));
    for (int32_t i = 0; i < dims.nbDims; ++i) dims.d[i] = in.get<int64_t>();
    return dims;
}

void write(ByteWriter& out, const std::vector<DynamicPluginTensorDesc>& list) {
    out.varint(list.size());
    for (const auto& d : list) {
        out.put(static_cast<int32_t>(d.desc.type));
        out.put(static_cast<int32_t>(d.desc.format));
        out.put(d.desc.scale);
        for (const Dims* dims : {&d.desc.dims, &d.min, &d.opt, &d.max}) write(out, *dims);
    }
}

std::vector<DynamicPluginTensorDesc> readDescs(ByteReader& in) {
    std::vector<DynamicPluginTensorDesc> list(in.count(28));
    for (auto& d : list) {
        auto type = in.get<int32_t>(), format = in.get<int32_t>();
        d.desc.type = static_cast<DataType>(type);
        d.desc.format = static_cast<TensorFormat>(format);
        if (!isKnown(d.desc.type)) in.corrupt(cat("a plugin's tensor of data type ", type));
        if (format < 0 || format >= EnumMax<TensorFormat>())
            in.corrupt(cat("a plugin's tensor of format ", format));
        d.desc.scale = in.get<float>();
        for (Dims* dims : {&d.desc.dims, &d.min, &d.opt, &d.max}) *dims = readDims(in);
    }
    return list;
}

void write(ByteWriter& out, const Recipe& r) {
    write(out, r.setup.inputs);
    write(out, r.setup.outputs);
    out.put(r.setup.tactic);
    for (const auto* slots : {&r.inputSlots, &r.outputSlots})
        for (int32_t slot : *slots) out.put(slot);
    out.put(r.workspace);
    out.put(static_cast<uint8_t>(r.batched));
    out.varint(r.aliases.size());
    for (int32_t a : r.aliases) out.put(a);
    out.varint(r.told.size());
    for (const auto& t : r.told) {
        out.put(t.output), out.put(t.index), out.put(t.size), out.put(t.most);
        out.string(t.upper.text());
    }
    out.varint(r.inputDims.size());
    for (const DimVector& dims : r.inputDims) {
        out.varint(dims.size());
        for (const Dim& d : dims) out.string(d.text());
    }
}

// Extents of outputs that only the plugin tells stay within the lists they index.
void check(const ByteReader& in, const Recipe& r) {
    auto inside = [](int32_t i, size_t n) { return i >= 0 && static_cast<size_t>(i) < n; };
    bool ok =
        r.aliases.size() == r.setup.outputs.size() && r.inputDims.size() == r.setup.inputs.size();
    for (int32_t slot : r.inputSlots) ok = ok && slot >= 0;
    for (int32_t slot : r.outputSlots) ok = ok && slot >= -1;
    for (size_t i = 0; ok && i < r.inputDims.size(); ++i)
        ok = static_cast<int32_t>(r.inputDims[i].size()) == r.setup.inputs[i].desc.dims.nbDims;
    for (int32_t a : r.aliases) ok = ok && (a == -1 || inside(a, r.setup.inputs.size()));
    for (const auto& t : r.told)
        ok = ok && inside(t.output, r.setup.outputs.size()) &&
             inside(t.size, r.setup.outputs.size()) && t.most >= 0 &&
             inside(t.index, static_cast<size_t>(
                                 r.setup.outputs[static_cast<size_t>(t.output)].desc.dims.nbDims));
    if (!ok) in.corrupt("a plugin's record does not fit together");
}

Recipe readRecipe(ByteReader& in) {
    Recipe r;
    r.setup.inputs = readDescs(in);
    r.setup.outputs = readDescs(in);
    r.setup.tactic = in.get<int32_t>();
    r.inputSlots.resize(r.setup.inputs.size());
    r.outputSlots.resize(r.setup.outputs.size());
    for (auto* slots : {&r.inputSlots, &r.outputSlots})
        for (int32_t& slot : *slots) slot = in.get<int32_t>();
    r.workspace = in.get<uint64_t>();
    r.batched = in.get<uint8_t>() != 0;
    r.aliases.resize(in.count(4));
    for (int32_t& a : r.aliases) a = in.get<int32_t>();
    r.told.resize(in.count(21));
    for (auto& t : r.told) {
        t.output = in.get<int32_t>(), t.index = in.get<int32_t>(), t.size = in.get<int32_t>();
        t.most = in.get<int64_t>();
        t.upper = Dim::parse(in.string());
    }
    r.inputDims.resize(in.count());
    for (DimVector& dims : r.inputDims) {
        size_t rank = in.count();
        for (size_t i = 0; i < rank; ++i) dims.push_back(Dim::parse(in.string()));
    }
    check(in, r);
    return r;
}

IPluginCreatorInterface& creatorFor(const Identity& id, const std::string& library) {
    CreatorSource* source = CreatorScope::current();
    if (auto* creator =
            source ? source->find(id.name.c_str(), id.version.c_str(), id.space.c_str()) : nullptr)
        return *creator;
    std::string there = source ? source->list() : "";
    fail(ErrorCode::kFAILED_INITIALIZATION,
         cat("the engine needs ", id.text(),
             library.empty() ? ", which the program that built it registered itself"
                             : cat(", built from library ", library),
             ": no creator of that name is registered (",
             there.empty() ? "there is none at all" : cat("there are ", there),
             "); load its library with IPluginRegistry::loadLibrary or --plugins first"));
}

}  // namespace

void PluginKernel::save(ByteWriter& out) const {
    const Identity& id = instance_->identity();
    out.put(kRecord);
    out.put(static_cast<uint8_t>(id.generation));
    out.string(id.name);
    out.string(id.version);
    out.string(id.space);
    out.string(recipe_.library);
    write(out, recipe_);
    std::vector<uint8_t> state = instance_->state();
    out.varint(state.size());
    out.raw(state.data(), state.size());
}

std::unique_ptr<PluginKernel> PluginKernel::load(ByteReader& in, device::Device& device) {
    if (auto version = in.get<uint8_t>(); version != kRecord)
        in.corrupt(cat("a plugin's record of version ", static_cast<int>(version)));
    Identity id;
    auto generation = in.get<uint8_t>();
    if (generation > static_cast<uint8_t>(Generation::v3))
        in.corrupt(cat("a plugin of generation ", static_cast<int>(generation)));
    id.generation = static_cast<Generation>(generation);
    id.name = in.string();
    id.version = in.string();
    id.space = in.string();
    std::string library = in.string();
    Recipe recipe = readRecipe(in);
    size_t size = in.count();
    const uint8_t* bytes = in.raw(size);
    auto instance = restore(id, creatorFor(id, library), {bytes, bytes + size}, recipe.batched);
    auto outputs = static_cast<size_t>(std::max(0, instance->nbOutputs()));
    if (id.generation != Generation::v3 && outputs != recipe.setup.outputs.size())
        fail(ErrorCode::kINVALID_STATE,
             cat(id.text(), " has ", outputs, " outputs, the engine's has ",
                 recipe.setup.outputs.size()));
    recipe.library = std::move(library);
    recipe.setup.device = device.properties().type;
    auto kernel = std::make_unique<PluginKernel>(std::move(instance), std::move(recipe), device);
    kernel->start();
    return kernel;
}

}  // namespace bireme::plugin
