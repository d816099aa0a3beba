// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "builder/job.h"

#include <algorithm>

namespace bireme::builder {

static std::string opsOf(const ir::Graph& body) {
    std::string text;
    for (ir::NodeId id : body.order())
        text += (text.empty() ? "" : " + ") + std::string(body.node(id).op.name());
    return text;
}

static LayerPlace placeOf(const ir::Node& group, const GroupChoice& choice) {
    LayerPlace place{
        group.name, opsOf(group.bodies.at(0)), group.origins.list(), LayerPlace::kView, {}, {}};
    bool slow = true;
    for (const Candidate& c : choice.candidates) {
        if (!c.factory) continue;  // a view, where the neighbours agree
        std::string name(c.factory->name());
        slow = slow && c.factory->lastResort();
        if (std::find(place.kernels.begin(), place.kernels.end(), name) == place.kernels.end())
            place.kernels.push_back(std::move(name));
    }
    if (place.kernels.empty()) return place;
    place.kind = choice.onHost ? LayerPlace::kHost
                 : slow        ? LayerPlace::kLastResort
                               : LayerPlace::kKernel;
    return place;
}

// A group, and in its place those of its bodies where they are steps themselves.
static void addPlaces(const VariantJob& variant, std::vector<LayerPlace>& places) {
    for (ir::NodeId id : variant.order) {
        const GroupChoice& choice = variant.choices.at(id);
        if (choice.bodies.empty()) places.push_back(placeOf(variant.graph.node(id), choice));
        for (const auto& body : choice.bodies) addPlaces(*body, places);
    }
}

CheckReport check(const ir::Graph& network, const BuildOptions& options) {
    BuildJob job(options);
    job.cache = &job.ownCache;
    chooseDevice(job);
    prepare(job, network);
    CheckReport report{std::string(job.backend->name()),
                       job.device->properties().name,
                       job.report.layersBefore,
                       {}};
    VariantJob variant;
    variant.threads = job.threads;
    variant.graph = job.graph;
    variant.shapes = job.profiles.at(0);
    enterProfile(variant);
    wrapGroups(variant.graph);
    try {
        listCandidates(job, variant);
    } catch (const Error& e) {  // of the group whose list stayed empty
        for (ir::NodeId id : variant.order) {
            auto it = variant.choices.find(id);
            if (it == variant.choices.end() || !it->second.candidates.empty()) continue;
            const ir::Node& group = variant.graph.node(id);
            report.layers.push_back({group.name,
                                     opsOf(group.bodies.at(0)),
                                     group.origins.list(),
                                     LayerPlace::kNowhere,
                                     {},
                                     e.what()});
            return report;
        }
        throw;
    }
    addPlaces(variant, report.layers);
    return report;
}

}  // namespace bireme::builder
