// SPDX-License-Identifier: Apache-2.0
#include "api/run/inspector.h"

#include "api/access.h"
#include "api/run/context.h"
#include "plan/describe.h"

namespace bireme::api {

namespace {

// What there is to describe: of the context's profile, as far as the context knows the shapes of
// its inputs.
struct Present {
    explicit Present(const Inspector& inspector) : plan(inspector.engine->plan()) {
        options.detailed = static_cast<ProfilingVerbosity>(plan.profilingVerbosity) ==
                           ProfilingVerbosity::kDETAILED;
        options.layers = !silent();
        options.symbols = &known;
        if (!inspector.context) return;
        const auto& context = Access::impl(*inspector.context).context;
        options.variant = context.variant();
        for (const plan::InputSymbol& s : variant().inputSymbols) {
            if (s.element) continue;
            auto dims = context.shape(s.io);
            auto i = static_cast<size_t>(s.index);
            if (i < dims.size() && dims[i] >= 0) known[s.symbol] = dims[i];
        }
    }
    Present(const Present&) = delete;
    Present& operator=(const Present&) = delete;

    const plan::Variant& variant() const {
        return plan.variants.at(static_cast<size_t>(options.variant));
    }
    bool silent() const {
        return static_cast<ProfilingVerbosity>(plan.profilingVerbosity) ==
               ProfilingVerbosity::kNONE;
    }

    const plan::Plan& plan;
    Dim::Values known;
    plan::DescribeOptions options;
};

bool wantsJson(LayerInformationFormat format) {
    require(format == LayerInformationFormat::kJSON || format == LayerInformationFormat::kONELINE,
            "there is no text form ", static_cast<int>(format));
    return format == LayerInformationFormat::kJSON;
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
        const api::Present now(*impl_);
        const int32_t count = bireme::plan::layerCount(now.plan, now.options.variant);
        require(layerIndex >= 0 && layerIndex < count, "the engine has ", count,
                " layers, and none of index ", layerIndex);
        if (now.silent())
            impl_->text = "";
        else
            impl_->text = json ? bireme::plan::layerJson(now.plan, layerIndex, now.options)
                               : bireme::plan::layerText(now.plan, layerIndex, now.options);
        return impl_->text.c_str();
    });
}

char const* IEngineInspector::getEngineInformation(LayerInformationFormat format) const noexcept {
    return guard(impl_->reporter, static_cast<char const*>(nullptr), [&]() -> char const* {
        bool json = api::wantsJson(format);
        const api::Present now(*impl_);
        impl_->text = json ? bireme::plan::engineJson(now.plan, now.options)
                           : bireme::plan::engineText(now.plan, now.options);
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
