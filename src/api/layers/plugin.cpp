// SPDX-License-Identifier: Apache-2.0
#include "ops/plugin.h"

#include "api/access.h"
#include "api/layers/layer_prelude.h"
#include "api/network/plugin_rule.h"
#include "api/plugin_registry.h"
#include "bireme/builder.h"

#include <memory>

namespace nvinfer1 {

namespace {

namespace api = bireme::api;
namespace plugin = bireme::plugin;

const api::PluginRule* ruleOf(const ILayer& handle) {
    return static_cast<const api::PluginRule*>(read<ops::Plugin>(handle).rule.get());
}

std::vector<bireme::ir::ValueId> valuesOf(Network& n, ITensor* const* inputs, int32_t count,
                                          const char* what) {
    require(count == 0 || (count > 0 && inputs), "the ", what, " of the plugin are null");
    std::vector<bireme::ir::ValueId> values;
    for (int32_t i = 0; i < count; ++i) values.push_back(n.value(inputs[i]));
    return values;
}

Layer& addPlugin(Network& n, LayerType type, std::unique_ptr<plugin::Instance> instance,
                 std::vector<bireme::ir::ValueId> inputs, int32_t shapeInputs) {
    const int32_t outputs = instance->nbOutputs();
    const plugin::Identity& id = instance->identity();
    require(outputs >= 1, id.text(), " has ", outputs, " outputs");
    ops::Plugin op;
    op.name = id.name;
    op.version = id.version;
    op.space = id.space;
    IPluginRegistry& registry = n.builder ? n.builder->getPluginRegistry() : *::getPluginRegistry();
    op.library = api::libraryOf(registry, id.name, id.version, id.space);
    op.timingId = instance->timingId();
    if (n.hidden() && !instance->symbolic()) instance->setBatched(true);
    op.shapeInputs = shapeInputs;
    // Without the recorder, which may be a parser's for the time of this call.
    const api::Reporter log(n.reporter.logger());
    op.rule = std::make_shared<api::PluginRule>(std::move(instance), shapeInputs, log);
    return n.addLayer(type, Op::of(std::move(op)), std::move(inputs), outputs);
}

}  // namespace

IPluginV2Layer* INetworkDefinition::addPluginV2(ITensor* const* inputs, int32_t nbInputs,
                                                IPluginV2& plugin) noexcept {
    return add<IPluginV2Layer>(*impl_, [&](Network& n) -> Layer& {
        return addPlugin(n, LayerType::kPLUGIN_V2, plugin::instanceOf(plugin),
                         valuesOf(n, inputs, nbInputs, "inputs"), 0);
    });
}

IPluginV3Layer* INetworkDefinition::addPluginV3(ITensor* const* inputs, int32_t nbInputs,
                                                ITensor* const* shapeInputs, int32_t nbShapeInputs,
                                                IPluginV3& plugin) noexcept {
    return add<IPluginV3Layer>(*impl_, [&](Network& n) -> Layer& {
        auto values = valuesOf(n, inputs, nbInputs, "inputs");
        for (auto v : valuesOf(n, shapeInputs, nbShapeInputs, "shape inputs")) values.push_back(v);
        return addPlugin(n, LayerType::kPLUGIN_V3, plugin::instanceOf(plugin), std::move(values),
                         nbShapeInputs);
    });
}

IPluginV2& IPluginV2Layer::getPlugin() noexcept {
    return *static_cast<IPluginV2*>(ruleOf(*this)->instance().object());
}

bool IPluginV2Layer::setLeadingBatch(bool leading) noexcept {
    return edit<ops::Plugin>(*this,
                             [&](ops::Plugin&) { ruleOf(*this)->instance().setBatched(leading); });
}

bool IPluginV2Layer::getLeadingBatch() const noexcept {
    return ruleOf(*this)->instance().batched();
}

IPluginV3& IPluginV3Layer::getPlugin() noexcept {
    return *static_cast<IPluginV3*>(ruleOf(*this)->instance().object());
}

}  // namespace nvinfer1
