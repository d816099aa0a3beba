// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/layer_table.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

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
    std::string tactic;
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
            widthOf(std::string_view(type).substr(0, type.find(' '))),
            quoted(after(json, "\"TacticName\": \""))};
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
    const int threads = session.engine().getNbThreads();
    if (!session.onGpu())
        roof_ = measuredRoof(threads);
    else if (auto gpu = roofOfGpu(usesTf32(session)))
        roof_ = *gpu;
    const auto facts = layerFacts(session);
    for (const auto& l : times.layers()) {
        Row row;
        row.name = l.name, row.median = l.median(), row.mean = l.mean();
        if (auto f = facts.find(jsonText(l.name)); f != facts.end()) {
            row.operations = f->second.operations, row.bytes = f->second.bytes;
            row.width = f->second.width, row.tactic = f->second.tactic;
        }
        rows_.push_back(std::move(row));
    }
    holdAgainstRoof();
    if (session.onGpu() || total(&Row::roof) <= total(&Row::median)) return;
    roof_ = higher(roof_, measuredRoof(threads));
    holdAgainstRoof();
}

void LayerTable::holdAgainstRoof() {
    for (Row& r : rows_)
        if (r.operations >= 0 && r.bytes >= 0)
            r.roof = 1e3 * roof_.seconds(r.operations, r.bytes, r.width);
}

double LayerTable::total(double Row::*figure) const {
    double sum = 0;
    for (const Row& r : rows_) sum += r.*figure;
    return sum;
}

std::string LayerTable::text() const {
    const double total = this->total(&Row::median), roof = this->total(&Row::roof);
    std::vector<const Row*> sorted;
    int width = 6;  // of the kernels' names
    for (const Row& r : rows_) {
        sorted.push_back(&r);
        width = std::clamp(static_cast<int>(r.tactic.size()), width, 40);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const Row* a, const Row* b) {
        return std::pair(a->lost(), a->median) > std::pair(b->lost(), b->median);
    });
    std::string out = describe(roof_) + "\n";
    out += format("layers: %.3f ms together, %.3f ms at the roof: %.0f %% of what is possible\n",
                  total, roof, total > 0 ? 100 * roof / total : 0);
    if (roof > total && total > 0)
        out +=
            "more than 100 %: layers need fewer operations than they count (Winograd's), find "
            "their data in a cache, or other programs slowed the measuring of the roof\n";
    out += format("median ms of time  GFLOP/s     GB/s  of roof   lost ms  %-*s  layer\n", width,
                  "kernel");
    for (const Row* r : sorted) {
        out += format("%9.4f %5.1f %%", r->median, total > 0 ? 100 * r->median / total : 0);
        const double s = 1e6 * r->median;  // nanoseconds
        out += r->operations < 0 || s <= 0 ? "        -" : format(" %8.1f", r->operations / s);
        out += r->bytes < 0 || s <= 0 ? "        -" : format(" %8.1f", r->bytes / s);
        out += r->roof <= 0 || s <= 0
                   ? "        -         -"
                   : format(" %6.0f %% %9.4f", 100 * r->roof / r->median, r->lost());
        out += format("  %-*s  ", width, r->tactic.empty() ? "-" : r->tactic.c_str());
        out += r->name + "\n";
    }
    return out;
}

std::string LayerTable::json() const {
    const double total = this->total(&Row::median), roof = this->total(&Row::roof);
    std::string layers;
    for (const Row& r : rows_) {
        layers += (layers.empty() ? "" : ",\n") + ("  {\"name\": \"" + jsonText(r.name)) +
                  format("\", \"medianMs\": %.6f, \"averageMs\": %.6f", r.median, r.mean);
        if (!r.tactic.empty()) layers += ", \"tactic\": \"" + r.tactic + "\"";
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
