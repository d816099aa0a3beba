// SPDX-License-Identifier: Apache-2.0
// IBuilder::checkNetwork: where the layers of a network would run, as text or JSON.
#include "api/access.h"
#include "api/build/config.h"
#include "api/build/reporting.h"
#include "api/host_memory.h"
#include "api/network/network.h"
#include "base/text.h"
#include "builder/build.h"
#include "plan/json_text.h"

#include <map>

namespace bireme::api {

namespace {

using builder::LayerPlace;
using plan::jsonString;

const char* placeName(LayerPlace::Kind kind) {
    switch (kind) {
        case LayerPlace::kKernel: return "kernel";
        case LayerPlace::kLastResort: return "last resort";
        case LayerPlace::kHost: return "host";
        case LayerPlace::kView: return "view";
        case LayerPlace::kNowhere: return "nowhere";
    }
    return "";
}

std::string jsonList(const std::vector<std::string>& items) {
    std::vector<std::string> quoted;
    for (const auto& item : items) quoted.push_back(jsonString(item));
    return "[" + join(quoted, ", ") + "]";
}

std::string jsonOf(const builder::CheckReport& report) {
    std::vector<std::string> layers;
    for (const LayerPlace& l : report.layers)
        layers.push_back(cat(
            "{\"Name\": ", jsonString(l.name), ", \"Operations\": ", jsonString(l.ops),
            ", \"Place\": ", jsonString(placeName(l.kind)), ", \"Kernels\": ", jsonList(l.kernels),
            ", \"Origins\": ", jsonList(l.origins), ", \"Reason\": ", jsonString(l.why), "}"));
    return cat("{\"Backend\": ", jsonString(report.backend),
               ", \"Device\": ", jsonString(report.device),
               ", \"LayersBefore\": ", report.layersBefore, ", \"Layers\": [", join(layers, ",\n"),
               "]}\n");
}

std::string counted(size_t n) { return cat(n, n == 1 ? " layer " : " layers "); }

// "convolution 5, softmax 1" of the layers of one kind.
std::string kinds(const builder::CheckReport& report, LayerPlace::Kind kind, size_t& count) {
    std::map<std::string, size_t> byOps;
    count = 0;
    for (const LayerPlace& l : report.layers)
        if (l.kind == kind) ++byOps[l.ops], ++count;
    std::vector<std::string> parts;
    for (const auto& [ops, n] : byOps) parts.push_back(cat(ops, " ", n));
    return join(parts, ", ");
}

std::string linesOf(const builder::CheckReport& report, LayerPlace::Kind kind) {
    std::string text;
    for (const LayerPlace& l : report.layers)
        if (l.kind == kind)
            text +=
                cat("      \"", l.name, "\" (", l.ops, ")", l.why.empty() ? "" : ": ", l.why, "\n");
    return text;
}

std::string textOf(const builder::CheckReport& report) {
    std::string text =
        cat("Backend ", report.backend, " (", report.device, "): ", counted(report.layersBefore),
            "of the network become ", report.layers.size(), ".\n");
    size_t n = 0;
    if (std::string ops = kinds(report, LayerPlace::kKernel, n); n)
        text += cat("  ", counted(n), "by kernels of the backend: ", ops, "\n");
    kinds(report, LayerPlace::kView, n);
    if (n) text += cat("  ", counted(n), "without work, as views\n");
    kinds(report, LayerPlace::kHost, n);
    if (n)
        text += cat("  ", counted(n), "on the CPU, with copies to it and back:\n",
                    linesOf(report, LayerPlace::kHost));
    kinds(report, LayerPlace::kLastResort, n);
    if (n)
        text += cat("  ", counted(n), "by slow kernels of last resort:\n",
                    linesOf(report, LayerPlace::kLastResort));
    return text + linesOf(report, LayerPlace::kNowhere);
}

}  // namespace

}  // namespace bireme::api

namespace nvinfer1 {

namespace api = bireme::api;
using api::Access;

IHostMemory* IBuilder::checkNetwork(INetworkDefinition& network, IBuilderConfig& config,
                                    LayerInformationFormat format) noexcept {
    const api::Reporter& reporter = api::reporterOf(*this);
    return api::guard(reporter, static_cast<IHostMemory*>(nullptr), [&] {
        const api::Network& n = Access::impl(network);
        auto options = api::makeOptions(n, Access::impl(config).settings, reporter.log());
        const auto report = bireme::builder::check(api::graphToBuild(n), options);
        const std::string text =
            format == LayerInformationFormat::kJSON ? api::jsonOf(report) : api::textOf(report);
        return api::makeHostMemory({text.begin(), text.end()});
    });
}

}  // namespace nvinfer1
