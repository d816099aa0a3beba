// SPDX-License-Identifier: Apache-2.0
#include "plugin/run/instance.h"

#include "base/status.h"
#include "base/text.h"
#include "plugin/run/fields.h"

#include <algorithm>
#include <string_view>

namespace bireme::plugin {

namespace {

const char* orEmpty(const char* text) { return text ? text : ""; }

}  // namespace

Dims toDims(const std::vector<int64_t>& values) {
    Dims out{-1, {}};
    if (values.size() > static_cast<size_t>(Dims::MAX_DIMS)) return out;
    out.nbDims = static_cast<int32_t>(values.size());
    std::copy(values.begin(), values.end(), out.d);
    return out;
}

std::string Identity::text() const {
    return cat("plugin \"", name, "\" version \"", version, "\"",
               space.empty() ? "" : cat(" namespace \"", space, "\""));
}

void Instance::failed(const char* function, int32_t code) const {
    fail(ErrorCode::kFAILED_EXECUTION,
         cat(identity_.text(), ": ", function, " failed with ", code));
}

std::vector<DimsExprs> Instance::outputShapes(const std::vector<DimsExprs>&,
                                              const std::vector<DimsExprs>&, IExprBuilder&) const {
    failed("outputShapes", -1);
}

Dims Instance::outputDims(int32_t, const std::vector<Dims>&) const { failed("outputDims", -1); }

void Instance::setBatched(bool batched) {
    if (batched)
        failInvalid(cat(identity_.text(),
                        " sees every extent: only plugins of fixed shapes leave the batch out"));
}

std::unique_ptr<Instance> instanceOf(const IPluginV2& plugin) {
    Identity id{orEmpty(plugin.getPluginType()), orEmpty(plugin.getPluginVersion()),
                orEmpty(plugin.getPluginNamespace()), generationOf(plugin)};
    IPluginV2* clone = plugin.clone();
    if (!clone) failInvalid(cat(id.text(), " cannot be cloned"));
    if (!id.space.empty()) clone->setPluginNamespace(id.space.c_str());
    return adoptV2(std::move(id), clone);
}

std::unique_ptr<Instance> instanceOf(IPluginV3& plugin) {
    auto* core =
        static_cast<IPluginV3OneCore*>(plugin.getCapabilityInterface(PluginCapabilityType::kCORE));
    if (!core) failInvalid("the plugin has no core capability: it cannot say its name");
    Identity id{orEmpty(core->getPluginName()), orEmpty(core->getPluginVersion()),
                orEmpty(core->getPluginNamespace()), Generation::v3};
    IPluginV3* clone = plugin.clone();
    if (!clone) failInvalid(cat(id.text(), " cannot be cloned"));
    return adoptV3(std::move(id), clone);
}

static void requireKind(const Identity& id, IPluginCreatorInterface& creator,
                        std::string_view kind) {
    if (creator.getInterfaceInfo().kind == kind) return;
    fail(ErrorCode::kINVALID_STATE,
         cat("the creator of ", id.text(), " is a ", creator.getInterfaceInfo().kind,
             ", the engine holds a plugin of a ", kind));
}

std::unique_ptr<Instance> restore(const Identity& id, IPluginCreatorInterface& creator,
                                  const std::vector<uint8_t>& state, bool batched) {
    std::unique_ptr<Instance> made;
    if (id.generation == Generation::v3) {
        requireKind(id, creator, "PLUGIN CREATOR_V3ONE");
        ByteReader in(state.data(), state.size(), "the plugin's fields");
        Fields fields = readFields(in);
        IPluginV3* p = static_cast<IPluginCreatorV3One&>(creator).createPlugin(
            id.name.c_str(), &fields.collection(), TensorRTPhase::kRUNTIME);
        if (!p)
            fail(ErrorCode::kFAILED_INITIALIZATION,
                 cat("the creator of ", id.text(), " makes none of the fields in the engine"));
        return adoptV3(id, p);
    }
    requireKind(id, creator, "PLUGIN CREATOR_V1");
    IPluginV2* p = static_cast<IPluginCreator&>(creator).deserializePlugin(
        id.name.c_str(), state.data(), state.size());
    if (!p)
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("the creator of ", id.text(), " makes none of the ", state.size(),
                 " bytes in the engine"));
    if (Generation found = generationOf(*p); found != id.generation) {
        p->destroy();
        fail(ErrorCode::kINVALID_STATE, cat("the creator of ", id.text(),
                                            " makes a plugin of another interface than the one "
                                            "in the engine"));
    }
    p->setPluginNamespace(id.space.c_str());
    made = adoptV2(id, p);
    if (batched) made->setBatched(true);
    return made;
}

}  // namespace bireme::plugin
