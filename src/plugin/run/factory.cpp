// SPDX-License-Identifier: Apache-2.0
#include "plugin/run/factory.h"

#include "base/status.h"
#include "base/text.h"
#include "plugin/run/kernel.h"

#include <algorithm>

namespace bireme::plugin {

namespace {

using tactic::Query;

// In the order of preference; those of a DLA are left out.
constexpr TensorFormat kFormats[] = {
    TensorFormat::kLINEAR, TensorFormat::kHWC,   TensorFormat::kDHWC,  TensorFormat::kHWC8,
    TensorFormat::kHWC16,  TensorFormat::kDHWC8, TensorFormat::kCHW2,  TensorFormat::kCHW4,
    TensorFormat::kCHW16,  TensorFormat::kCHW32, TensorFormat::kCDHW32};

const ops::Plugin* pluginOf(const Query& q) {
    const ir::Graph& body = q.body();
    return body.nodeCount() == 1 ? body.node(body.order()[0]).op.as<ops::Plugin>() : nullptr;
}

const NodeRule& ruleOf(const ops::Plugin& op) {
    const auto* rule = dynamic_cast<const NodeRule*>(op.rule.get());
    if (!rule) failInvalid(cat("plugin \"", op.name, "\" has no object behind it"));
    return *rule;
}

bool fits(TensorFormat format, int rank) {
    bool deep = format == TensorFormat::kDHWC || format == TensorFormat::kDHWC8 ||
                format == TensorFormat::kCDHW32;
    return format == TensorFormat::kLINEAR || rank >= (deep ? 4 : 3);
}

DynamicPluginTensorDesc descOf(const Query& q, const TensorDesc& d) {
    DynamicPluginTensorDesc out{};
    std::vector<int64_t> dims;
    for (const Dim& x : d.dims) dims.push_back(x.valueOr(-1));
    out.desc = {toDims(dims), d.type, TensorFormat::kLINEAR, 1.0F};
    for (TensorFormat f : kFormats)
        if (fits(f, d.rank()) && Format::fromTensorFormat(f, d.rank()) == d.format) {
            out.desc.format = f;
            break;
        }
    out.min = toDims(q.dimsAt(d, ir::GroupShape::min));
    out.opt = toDims(q.dimsAt(d, ir::GroupShape::opt));
    out.max = toDims(q.dimsAt(d, ir::GroupShape::max));
    return out;
}

// A plugin's own inputs and outputs in a group, which has a value that is read twice once, and only
// outputs that are read.
struct Ports {
    Setup setup;
    std::vector<int32_t> inputSlots, outputSlots;
};

int32_t indexOf(const std::vector<ir::ValueId>& list, ir::ValueId v) {
    auto it = std::find(list.begin(), list.end(), v);
    return it == list.end() ? -1 : static_cast<int32_t>(it - list.begin());
}

Ports portsOf(const Query& q, const ops::Plugin& op) {
    Ports p;
    const ir::Graph& body = q.body();
    const ir::Node& node = body.node(body.order()[0]);
    for (size_t i = 0; i + static_cast<size_t>(op.shapeInputs) < node.inputs.size(); ++i) {
        p.inputSlots.push_back(indexOf(body.inputs(), node.inputs[i]));
        BIREME_ASSERT(p.inputSlots.back() >= 0);
        p.setup.inputs.push_back(descOf(q, q.in(p.inputSlots.back())));
    }
    for (ir::ValueId v : node.outputs) {
        p.outputSlots.push_back(indexOf(body.outputs(), v));
        int32_t slot = p.outputSlots.back();
        p.setup.outputs.push_back(descOf(q, slot < 0 ? body.value(v).desc : q.out(slot)));
    }
    return p;
}

// Chooses a format for every tensor, depth first, until the plugin takes them all.
class FormatSearch {
public:
    FormatSearch(const Instance& plugin, const Ports& ports, TensorFormat first)
        : plugin_(plugin), nbInputs_(static_cast<int32_t>(ports.setup.inputs.size())) {
        list = ports.setup.inputs;
        list.insert(list.end(), ports.setup.outputs.begin(), ports.setup.outputs.end());
        slots_ = ports.inputSlots;
        budget_ = 100 * static_cast<int>(list.size() + 1);
        order_.push_back(first);
        for (TensorFormat f : kFormats)
            if (f != first) order_.push_back(f);
    }

    bool choose(size_t pos = 0) {
        if (pos == list.size()) return true;
        auto& d = list[pos].desc;
        for (TensorFormat f : order_) {
            if (!fits(f, d.dims.nbDims) || !agrees(pos, f)) continue;
            if (budget_-- <= 0) return false;
            d.format = f;
            if (plugin_.supports(static_cast<int32_t>(pos), list, nbInputs_) && choose(pos + 1))
                return true;
        }
        d.format = TensorFormat::kLINEAR;
        return false;
    }

    std::vector<DynamicPluginTensorDesc> list;

private:
    // The same tensor lies in one format.
    bool agrees(size_t pos, TensorFormat f) const {
        for (size_t i = 0; i < pos && pos < slots_.size(); ++i)
            if (slots_[i] == slots_[pos] && list[i].desc.format != f) return false;
        return true;
    }

    const Instance& plugin_;
    int32_t nbInputs_;
    std::vector<int32_t> slots_;
    std::vector<TensorFormat> order_;
    int budget_;  // of questions
};

// The combinations worth a candidate: the linear one, and channels last where it is taken.
std::vector<std::vector<DynamicPluginTensorDesc>> combinations(const Query& q,
                                                               const ops::Plugin& op) {
    const Ports ports = portsOf(q, op);
    std::vector<std::vector<DynamicPluginTensorDesc>> found;
    auto same = [](const auto& a, const auto& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
            return x.desc.format == y.desc.format;
        });
    };
    for (TensorFormat first : {TensorFormat::kLINEAR, TensorFormat::kHWC}) {
        FormatSearch search(ruleOf(op).instance(), ports, first);
        if (!search.choose()) break;
        if (found.empty() || !same(found[0], search.list)) found.push_back(std::move(search.list));
    }
    return found;
}

std::string typesText(const Query& q) {
    std::vector<std::string> in, out;
    for (int i = 0; i < q.inputs(); ++i) in.emplace_back(bireme::name(q.in(i).type));
    for (int i = 0; i < q.outputs(); ++i) out.emplace_back(bireme::name(q.out(i).type));
    return cat("(", join(in, ", "), ") -> (", join(out, ", "), ")");
}

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "plugin.call"; }

    tactic::Support supports(const Query& q) const override {
        const ops::Plugin* op = pluginOf(q);
        if (!op) return tactic::no("not a plugin");
        const device::DeviceProperties& device = q.device().properties();
        if (!ruleOf(*op).instance().runsOn(device.type))
            return tactic::no(cat(ruleOf(*op).instance().identity().text(), " does not run on ",
                                  device.type == DeviceType::kCPU ? "CPUs" : "GPUs"));
        for (const auto* list : {&q.body().inputs(), &q.body().outputs()})
            for (ir::ValueId v : *list)
                if (q.body().value(v).desc.rank() > Dims::MAX_DIMS)
                    return tactic::no("a tensor of more than 8 dimensions");
        if (combinations(q, *op).empty())
            return tactic::no(cat(ruleOf(*op).instance().identity().text(),
                                  " supports no format for the types ", typesText(q)));
        return tactic::yes();
    }

    void formats(const Query& q, tactic::FormatList& out) const override {
        const ops::Plugin& op = *pluginOf(q);
        const Ports ports = portsOf(q, op);
        const size_t inputs = ports.inputSlots.size();
        for (const auto& list : combinations(q, op)) {
            tactic::FormatList linear;
            KernelFactory::formats(q, linear);
            tactic::Combination c = std::move(linear.at(0));
            for (size_t i = 0; i < list.size(); ++i) {
                const PluginTensorDesc& d = list[i].desc;
                int32_t slot = i < inputs ? ports.inputSlots[i] : ports.outputSlots[i - inputs];
                if (slot < 0) continue;
                auto& side = i < inputs ? c.inputs : c.outputs;
                side[static_cast<size_t>(slot)].format =
                    Format::fromTensorFormat(d.format, d.dims.nbDims);
            }
            out.push_back(std::move(c));
        }
    }

    void tactics(const Query& q, tactic::TacticList& out) const override {
        const ops::Plugin& op = *pluginOf(q);
        auto plugin = ruleOf(op).instance().clone();
        plugin->configure(portsOf(q, op).setup);
        for (int32_t t : plugin->tactics()) out.push_back({std::string(name()), cat(t)});
        if (out.empty()) out.push_back({std::string(name()), {}});
    }

    tactic::Created create(const Query& q, const tactic::Tactic& t) const override {
        const ops::Plugin& op = *pluginOf(q);
        const NodeRule& rule = ruleOf(op);
        auto plugin = rule.instance().clone();
        Ports ports = portsOf(q, op);
        Recipe r;
        r.setup = std::move(ports.setup);
        r.setup.device = q.device().properties().type;
        r.inputSlots = std::move(ports.inputSlots);
        r.outputSlots = std::move(ports.outputSlots);
        if (!t.parameters.empty()) r.setup.tactic = std::stoi(t.parameters);
        r.library = op.library;
        r.batched = plugin->batched();
        plugin->configure(r.setup);
        r.workspace = plugin->workspace(r.setup);
        for (size_t o = 0; o < r.setup.outputs.size(); ++o)
            r.aliases.push_back(plugin->aliasedInput(static_cast<int32_t>(o)));
        for (int32_t slot : r.inputSlots) r.inputDims.push_back(q.in(slot).dims);
        for (const auto& told : rule.toldExtents()) {
            Recipe::Told& most = r.told.emplace_back();
            static_cast<NodeRule::ToldExtent&>(most) = told;
            const auto& d = r.setup.outputs[static_cast<size_t>(told.output)];
            most.most = std::max<int64_t>(0, d.max.d[told.index]);
        }
        return {
            std::make_unique<PluginKernel>(std::move(plugin), std::move(r), q.device()), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        return PluginKernel::load(in, device);
    }
};

}  // namespace

std::unique_ptr<tactic::KernelFactory> makeFactory() { return std::make_unique<Factory>(); }

}  // namespace bireme::plugin
