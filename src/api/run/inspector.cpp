// SPDX-License-Identifier: Apache-2.0
#include "api/run/inspector.h"

#include "api/access.h"
#include "api/run/context.h"
#include "plan/describe.h"
#include "plan/json_text.h"

#include <optional>
#include <utility>
#include <vector>

namespace bireme::api {

namespace {

using plan::jsonString;

// What is known of run-time extents: the shapes of a context's inputs.
using Known = Dim::Values;

// A JSON object, or "Key: value, Key: value" for people.
class Record {
public:
    explicit Record(bool json) : json_(json) {}

    void add(const char* key, const std::string& jsonValue, const std::string& textValue) {
        if (!text_.empty()) text_ += ", ";
        text_ += json_ ? cat(jsonString(key), ": ", jsonValue) : cat(key, ": ", textValue);
    }
    void string(const char* key, const std::string& value) { add(key, jsonString(value), value); }
    void number(const char* key, const std::string& value) { add(key, value, value); }
    std::string finish() const { return json_ ? "{" + text_ + "}" : text_; }

private:
    bool json_;
    std::string text_;
};

std::string listOf(const std::vector<std::string>& items, bool json) {
    return json ? "[" + join(items, ", ") + "]" : "[" + join(items, "; ") + "]";
}

std::string dimsText(const DimVector& dims, const Known& known) {
    std::vector<std::string> parts;
    for (const Dim& d : dims) parts.push_back(cat(d.eval(known).value_or(-1)));
    return "[" + join(parts, ",") + "]";
}

std::string tensorText(const plan::PlanTensor& t, const Known& known, bool json) {
    std::string form = cat(publicName(t.desc.type), " ",
                           t.desc.format.isLinear() ? "linear" : t.desc.format.text());
    Record r(json);
    r.string("Name", t.name);
    r.number("Dimensions", dimsText(t.desc.dims, known));
    r.string("Format/Datatype", form);
    return r.finish();
}

std::string operandsText(const plan::Region& region, const std::vector<int32_t>& ids,
                         const Known& known, bool json) {
    std::vector<std::string> items;
    for (int32_t id : ids)
        if (id >= 0)
            items.push_back(tensorText(region.tensors[static_cast<size_t>(id)], known, json));
    return listOf(items, json);
}

const char* kindName(plan::StepKind kind) {
    switch (kind) {
        case plan::StepKind::kernel: return "Kernel";
        case plan::StepKind::convert: return "Reformat";
        case plan::StepKind::readback: return "Readback";
        case plan::StepKind::conditional: return "Conditional";
        case plan::StepKind::loop: return "Loop";
    }
    return "";
}

std::string stepText(const plan::Plan& plan, const plan::Region& region, const plan::Step& step,
                     const Known& known, bool json) {
    if (static_cast<ProfilingVerbosity>(plan.profilingVerbosity) != ProfilingVerbosity::kDETAILED)
        return json ? jsonString(step.name) : step.name;
    Record r(json);
    r.string("Name", step.name);
    r.string("LayerType", kindName(step.kind));
    std::string in = operandsText(region, step.inputs, known, json),
                out = operandsText(region, step.outputs, known, json);
    r.number("Inputs", in);
    r.number("Outputs", out);
    std::vector<std::string> origins;
    for (const std::string& o : step.origins) origins.push_back(json ? jsonString(o) : o);
    r.number("Origins", listOf(origins, json));
    r.string("TacticName", step.kernel);
    r.string("TacticValue", step.tactic);
    r.number("Workspace", cat(step.workspaceBound));
    r.number("Milliseconds", cat(step.milliseconds));
    r.number("StreamId", cat(step.stream));
    r.string("Metadata", step.metadata);
    return r.finish();
}

// The variant of the context's profile, and its symbols as far as the context knows them.
std::pair<const plan::Variant*, Known> present(const Inspector& inspector) {
    const plan::Plan& plan = inspector.engine->plan();
    if (plan.variants.empty()) return {nullptr, {}};
    const plan::Variant* variant = &plan.variants[0];
    Known known;
    if (!inspector.context) return {variant, known};
    const auto& context = Access::impl(*inspector.context).context;
    for (const plan::Variant& v : plan.variants)
        if (v.profile == context.profile()) {
            variant = &v;
            break;
        }
    for (const plan::InputSymbol& s : variant->inputSymbols) {
        if (s.element) continue;
        auto dims = context.shape(s.io);
        auto i = static_cast<size_t>(s.index);
        if (i < dims.size() && dims[i] >= 0) known[s.symbol] = dims[i];
    }
    return {variant, known};
}

bool wantsJson(LayerInformationFormat format) {
    require(format == LayerInformationFormat::kJSON || format == LayerInformationFormat::kONELINE,
            "there is no text form ", static_cast<int>(format));
    return format == LayerInformationFormat::kJSON;
}

bool silent(const plan::Plan& plan) {
    return static_cast<ProfilingVerbosity>(plan.profilingVerbosity) == ProfilingVerbosity::kNONE;
}

std::string engineText(const Inspector& inspector, bool json) {
    const plan::Plan& plan = inspector.engine->plan();
    auto [variant, known] = present(inspector);
    std::vector<std::string> layers, bindings;
    if (variant && !silent(plan))
        for (const plan::Step& s : variant->root.steps)
            layers.push_back(stepText(plan, variant->root, s, known, json));
    for (const plan::IoTensor& t : plan.io) bindings.push_back(json ? jsonString(t.name) : t.name);
    if (json)
        return cat("{\"Layers\": [", join(layers, ",\n"), "],\n\"Bindings\": [",
                   join(bindings, ", "), "]}");
    return cat("Layers:\n", join(layers, "\n"), "\nBindings:\n", join(bindings, "\n"), "\n");
}

}  // namespace

IEngineInspector* makeInspector(const Engine& engine) {
    auto impl = std::make_unique<Inspector>(Inspector{engine.reporter, engine.engine, nullptr, {}});
    return Access::adopt<IEngineInspector>(std::move(impl));
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;

IEngineInspector::~IEngineInspector() noexcept { delete impl_; }

bool IEngineInspector::setExecutionContext(IExecutionContext const* context) noexcept {
    return guard(impl_->reporter, false, [&] {
        require(!context || &api::Access::impl(*context).context.engine() == impl_->engine.get(),
                "the context belongs to another engine than the inspector");
        impl_->context = context;
        return true;
    });
}

IExecutionContext const* IEngineInspector::getExecutionContext() const noexcept {
    return impl_->context;
}

char const* IEngineInspector::getLayerInformation(int32_t layerIndex,
                                                  LayerInformationFormat format) const noexcept {
    return guard(impl_->reporter, static_cast<char const*>(nullptr), [&]() -> char const* {
        bool json = api::wantsJson(format);
        auto [variant, known] = api::present(*impl_);
        auto count = variant ? static_cast<int32_t>(variant->root.steps.size()) : 0;
        require(layerIndex >= 0 && layerIndex < count, "the engine has ", count,
                " layers, and none of index ", layerIndex);
        const auto& plan = impl_->engine->plan();
        const auto& step = variant->root.steps[static_cast<size_t>(layerIndex)];
        impl_->text =
            api::silent(plan) ? "" : api::stepText(plan, variant->root, step, known, json);
        return impl_->text.c_str();
    });
}

char const* IEngineInspector::getEngineInformation(LayerInformationFormat format) const noexcept {
    return guard(impl_->reporter, static_cast<char const*>(nullptr), [&]() -> char const* {
        impl_->text = api::engineText(*impl_, api::wantsJson(format));
        return impl_->text.c_str();
    });
}

char const* IEngineInspector::getOptimizations(LayerInformationFormat format) const noexcept {
    return guard(impl_->reporter, static_cast<char const*>(nullptr), [&]() -> char const* {
        const auto& plan = impl_->engine->plan();
        impl_->text = api::wantsJson(format) ? bireme::plan::optimizationsJson(plan)
                                             : bireme::plan::optimizationsText(plan);
        return impl_->text.c_str();
    });
}

void IEngineInspector::setErrorRecorder(IErrorRecorder* recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* IEngineInspector::getErrorRecorder() const noexcept {
    return impl_->reporter.recorder();
}

}  // namespace nvinfer1
