// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/layer_table.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

namespace bireme::cli {

namespace {

// What follows the first `"key": ` of a layer's JSON, as the inspector writes it; a quote inside of
// a name has a backslash there.
std::string_view after(std::string_view json, std::string_view key) {
    const size_t at = json.find(key);
    return at == json.npos ? std::string_view() : json.substr(at + key.size());
}

double number(std::string_view json, std::string_view key) {
    const std::string_view rest = after(json, key);
    return rest.empty() ? -1 : std::strtod(rest.data(), nullptr);
}

// Up to the quote that ends it.
std::string quoted(std::string_view text) {
    size_t end = 0;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    return std::string(text.substr(0, end));
}

struct Facts {
    double operations, bytes;
    Width width;
};

// By name, as JSON spells it.
std::map<std::string, Facts> layerFacts(Session& session) {
    std::map<std::string, Facts> facts;
    std::unique_ptr<IEngineInspector> inspector(session.engine().createEngineInspector());
    if (!inspector || !inspector->setExecutionContext(&session.context())) return facts;
    for (int i = 0; i < session.engine().getNbLayers(); ++i) {
        const char* text = inspector->getLayerInformation(i, LayerInformationFormat::kJSON);
        if (!text) continue;
        const std::string_view json(text);
        const std::string type = quoted(after(json, "\"Format/Datatype\": \""));
        facts[quoted(after(json, "\"Name\": \""))] = {
            number(json, "\"Operations\": "), number(json, "\"Bytes\": "),
            widthOf(std::string_view(type).substr(0, type.find(' ')))};
    }
    return facts;
}

bool usesTf32(Session& session) {
    std::unique_ptr<IEngineInspector> inspector(session.engine().createEngineInspector());
    const char* text =
        inspector ? inspector->getEngineInformation(LayerInformationFormat::kJSON) : nullptr;
    return text && std::string_view(text).find("\"precision\": \"tf32") != std::string_view::npos;
}

template <typename... Args>
std::string format(const char* pattern, Args... args) {
    char text[160];
    std::snprintf(text, sizeof text, pattern, args...);
    return text;
}

}  // namespace

LayerTable::LayerTable(Session& session, const LayerTimes& times) {
    if (!session.onGpu())
        roof_ = measuredRoof(session.engine().getNbThreads());
    else if (auto gpu = roofOfGpu(usesTf32(session)))
        roof_ = *gpu;
    const auto facts = layerFacts(session);
    for (const auto& l : times.layers()) {
        Row row{l.name, l.median(), l.mean()};
        if (auto f = facts.find(jsonText(l.name)); f != facts.end()) {
            row.operations = f->second.operations, row.bytes = f->second.bytes;
            if (row.operations >= 0 && row.bytes >= 0)
                row.roof = 1e3 * roof_.seconds(row.operations, row.bytes, f->second.width);
        }
        rows_.push_back(std::move(row));
    }
}

std::string LayerTable::text() const {
    double total = 0, roof = 0;
    std::vector<const Row*> sorted;
    for (const Row& r : rows_) total += r.median, roof += r.roof, sorted.push_back(&r);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Row* a, const Row* b) { return a->lost() > b->lost(); });
    std::string out = describe(roof_) + "\n";
    out += format("layers: %.3f ms together, %.3f ms at the roof: %.0f %% of what is possible\n",
                  total, roof, total > 0 ? 100 * roof / total : 0);
    out += "median ms      %  GFLOP/s     GB/s  of roof   lost ms  layer\n";
    for (const Row* r : sorted) {
        out += format("%9.4f %6.2f", r->median, total > 0 ? 100 * r->median / total : 0);
        const double s = 1e6 * r->median;  // nanoseconds
        out += r->operations < 0 || s <= 0 ? "        -" : format(" %8.1f", r->operations / s);
        out += r->bytes < 0 || s <= 0 ? "        -" : format(" %8.1f", r->bytes / s);
        out += r->roof <= 0 || s <= 0
                   ? "        -         -"
                   : format(" %6.0f %% %9.4f", 100 * r->roof / r->median, r->lost());
        out += "  " + r->name + "\n";
    }
    return out;
}

std::string LayerTable::json() const {
    double total = 0, roof = 0;
    std::string layers;
    for (const Row& r : rows_) {
        total += r.median, roof += r.roof;
        layers += (layers.empty() ? "" : ",\n") + ("  {\"name\": \"" + jsonText(r.name)) +
                  format("\", \"medianMs\": %.6f, \"averageMs\": %.6f", r.median, r.mean);
        if (r.operations >= 0) layers += format(", \"operations\": %.0f", r.operations);
        if (r.bytes >= 0) layers += format(", \"bytes\": %.0f", r.bytes);
        if (r.roof > 0) layers += format(", \"roofMs\": %.6f", r.roof);
        layers += "}";
    }
    return "{\"roof\": " + cli::json(roof_) +
           format(",\n \"milliseconds\": %.6f, \"roofMilliseconds\": %.6f", total, roof) +
           ",\n \"layers\": [\n" + layers + "]}\n";
}

}  // namespace bireme::cli
