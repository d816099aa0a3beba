// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "plan/describe_parts.h"
#include "plan/json_text.h"
#include "plan/sizes.h"

namespace bireme::plan {

namespace {

// One JSON object, key by key.
class Object {
public:
    void raw(const char* key, const std::string& value) {
        text_ += cat(text_.empty() ? "" : ", ", jsonString(key), ": ", value);
    }
    void string(const char* key, const std::string& value) { raw(key, jsonString(value)); }
    template <typename T>
    void number(const char* key, T value) {
        raw(key, cat(value));
    }
    std::string finish() const { return "{" + text_ + "}"; }

private:
    std::string text_;
};

std::string list(const std::vector<std::string>& items) { return "[" + join(items, ", ") + "]"; }

std::string strings(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const auto& t : texts) quoted.push_back(jsonString(t));
    return list(quoted);
}

std::string object(const std::vector<std::pair<std::string, std::string>>& pairs) {
    Object o;
    for (const auto& [key, value] : pairs) o.string(key.c_str(), value);
    return o.finish();
}

class Describer {
public:
    Describer(const Plan& plan, const DescribeOptions& options) : plan_(plan), options_(options) {
        for (const auto& [name, range] :
             plan.variants.at(static_cast<size_t>(options.variant)).ranges)
            ranges_[name] = range;
    }

    std::string step(const Region& r, const Step& s) const {
        if (!options_.detailed) return jsonString(s.name);
        Object o;
        o.string("Name", s.name);
        o.string("LayerType", kindName(s.kind));
        o.raw("Inputs", operands(r, s.inputs));
        o.raw("Outputs", operands(r, s.outputs));
        o.raw("Origins", strings(s.origins));
        o.string("TacticName", s.kernel);
        o.string("TacticValue", s.tactic);
        work(o, "Operations", s.operations);
        work(o, "Bytes", s.bytes);
        o.number("WeightsBytes", constantBytes(plan_, r, s));
        o.number("Workspace", s.workspaceBound);
        o.number("WorkspaceOffset", s.workspaceOffset);
        o.number("Milliseconds", s.milliseconds);
        o.number("Device", s.device);
        o.number("StreamId", s.stream);
        o.string("Metadata", s.metadata);
        if (!s.considered.empty()) o.raw("Considered", considered(s));
        if (!s.children.empty()) o.raw("Branches", branches(s));
        return o.finish();
    }

    // What lies where in the arena, from the step that writes it first to the one that reads it
    // last; bytes at the upper bounds.
    std::string memory(const Region& r) const {
        std::vector<std::pair<int, int>> lives(r.tensors.size(), {-1, -1});
        auto touch = [&](int32_t id, int step) {
            if (id < 0) return;
            const int32_t whole = r.tensors[static_cast<size_t>(id)].aliasOf;
            auto& [first, last] = lives[static_cast<size_t>(whole < 0 ? id : whole)];
            if (first < 0) first = step;
            last = step;
        };
        std::vector<std::string> all;
        auto add = [&](const std::string& name, int64_t offset, int64_t bytes, int a, int b) {
            Object o;
            o.string("Name", name);
            o.number("Offset", offset);
            o.number("Bytes", bytes);
            o.number("First", a);
            o.number("Last", b);
            all.push_back(o.finish());
        };
        for (int s = 0; s < static_cast<int>(r.steps.size()); ++s) {
            const Step& step = r.steps[static_cast<size_t>(s)];
            for (int32_t id : step.inputs) touch(id, s);
            for (int32_t id : step.outputs) touch(id, s);
            if (step.workspaceBound > 0)
                add("workspace of " + step.name, step.workspaceOffset, step.workspaceBound, s, s);
        }
        for (size_t t = 0; t < r.tensors.size(); ++t) {
            const PlanTensor& x = r.tensors[t];
            auto bytes = upperBytes(x.desc, ranges_);
            if (x.storage == Storage::arena && x.aliasOf < 0 && bytes && lives[t].first >= 0)
                add(x.name, x.offset, *bytes, lives[t].first, lives[t].second);
        }
        return "[" + join(all, ",\n") + "]";
    }

private:
    // Left out where it is not known, or only running tells.
    void work(Object& o, const char* key, const Dim& count) const {
        auto n = count.eval(options_.symbols ? *options_.symbols : Dim::Values());
        if (n && *n >= 0) o.number(key, *n);
    }

    // -1 for an extent that only running tells.
    static std::string dims(const DimVector& dims) {
        std::vector<std::string> parts;
        for (const Dim& d : dims) parts.push_back(cat(d.eval({}).value_or(-1)));
        return "[" + join(parts, ",") + "]";
    }

    std::string operand(const Region& r, int32_t id) const {
        const PlanTensor& t = r.tensors[static_cast<size_t>(id)];
        Object o;
        o.number("Id", id);
        const DimVector extents = filled(t.desc.dims, options_);
        o.string("Name", t.name);
        o.raw("Dimensions", dims(extents));
        if (!allStatic(extents)) o.string("Shape", text(extents));
        o.string("Format/Datatype",
                 cat(publicName(t.desc.type), " ",
                     t.desc.format.isLinear() ? "linear" : t.desc.format.text()));
        if (t.aliasOf >= 0)
            o.number("ViewOf", t.aliasOf);
        else
            o.string("Memory", storageName(t.storage));
        return o.finish();
    }

    std::string operands(const Region& r, const std::vector<int32_t>& tensors) const {
        std::vector<std::string> parts;
        for (int32_t t : tensors)
            if (t >= 0) parts.push_back(operand(r, t));
        return list(parts);
    }

    static std::string considered(const Step& s) {
        std::vector<std::string> parts;
        for (const Considered& c : s.considered) {
            Object o;
            o.string("Tactic", c.tactic);
            if (c.reason.empty())
                o.number("Milliseconds", c.milliseconds);
            else
                o.string("Reason", c.reason);
            parts.push_back(o.finish());
        }
        return list(parts);
    }

    std::string branches(const Step& s) const {
        std::vector<std::string> all;
        for (const Region& child : s.children) {
            std::vector<std::string> steps;
            for (const Step& inner : child.steps) steps.push_back(step(child, inner));
            all.push_back(list(steps));
        }
        return list(all);
    }

    const Plan& plan_;
    const DescribeOptions& options_;
    SymbolRanges ranges_;
};

std::string sourceLayers(const Plan& plan) {
    std::vector<std::string> layers;
    for (const SourceLayer& l : plan.network) {
        Object o;
        std::vector<std::string> inputs;
        for (int32_t i : l.inputs) inputs.push_back(cat(i));
        o.string("Name", l.name);
        o.string("Op", l.op);
        o.raw("Inputs", list(inputs));
        layers.push_back(o.finish());
    }
    return "[" + join(layers, ",\n") + "]";
}

std::string binding(const IoTensor& t, const DescribeOptions& options) {
    Object o;
    std::vector<std::string> profiles;
    for (const ProfileShape& p : t.profiles)
        profiles.push_back(cat("{\"Min\": ", text(toDims(p.min)), ", \"Opt\": ",
                               text(toDims(p.opt)), ", \"Max\": ", text(toDims(p.max)), "}"));
    o.string("Name", t.name);
    o.string("Mode", t.input ? "input" : "output");
    o.string("Type", publicName(t.desc.type));
    o.string("Shape", text(filled(t.desc.dims, options)));
    o.raw("ShapeTensor", t.shapeTensor ? "true" : "false");
    o.raw("Profiles", list(profiles));
    return o.finish();
}

}  // namespace

std::string layerJson(const Plan& plan, int32_t layer, const DescribeOptions& o) {
    const Region& r = rootOf(plan, o);
    return Describer(plan, o).step(r, r.steps.at(static_cast<size_t>(layer)));
}

std::string engineJson(const Plan& plan, const DescribeOptions& options) {
    std::vector<std::string> layers, names, tensors;
    const Region& root = rootOf(plan, options);
    const Describer describer(plan, options);
    if (options.layers)
        for (const Step& s : root.steps) layers.push_back(describer.step(root, s));
    for (const IoTensor& t : plan.io) {
        names.push_back(t.name);
        tensors.push_back(binding(t, options));
    }
    Object o;
    o.raw("Layers", "[" + join(layers, ",\n") + "]");
    o.raw("Bindings", strings(names));
    o.string("Name", plan.name);
    o.string("Backend", plan.backend);
    o.raw("Metadata", object(plan.metadata));
    o.raw("Device", object(plan.fingerprint));
    o.number("Threads", plan.threads);
    o.number("Profiles", plan.profileCount);
    o.number("WeightsBytes", plan.weights.size());
    o.number("ScratchBytes", scratchBytes(plan));
    if (options.detailed) {
        o.raw("Tensors", list(tensors));
        o.raw("Memory", describer.memory(root));
        o.raw("Network", sourceLayers(plan));
    }
    o.raw("Slices", slicesJson(plan));
    if (plan.variants.size() > static_cast<size_t>(plan.profileCount))
        o.raw("Variants", variantsJson(plan, options.detailed));
    return o.finish() + "\n";
}

}  // namespace bireme::plan
