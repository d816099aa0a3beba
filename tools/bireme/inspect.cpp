// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/layer_times.h"
#include "tools/bireme/report.h"
#include "tools/bireme/session.h"

#include <cstdio>
#include <stdexcept>

namespace bireme::cli {

namespace {

std::string textOf(Session& session, const char* text) {
    if (!text) throw std::runtime_error(session.logger().errors());
    return text;
}

// {"layer": milliseconds of its fastest run}: other load of the machine is left out
std::string timesJson(Session& session, const Options& o) {
    session.setInputs(o);
    session.run();
    const LayerTimes times = layerTimes(session, std::max(5, o.iterations));
    std::string json;
    for (const auto& l : times.layers())
        json +=
            (json.empty() ? "\"" : ", \"") + jsonText(l.name) + "\": " + std::to_string(l.least());
    return "{" + json + "}";
}

void writePage(Session& session, const IEngineInspector& inspector, const Options& o) {
    std::string data =
        "{\"engine\": " +
        textOf(session, inspector.getEngineInformation(LayerInformationFormat::kJSON));
    data += ",\n\"optimizations\": " +
            textOf(session, inspector.getOptimizations(LayerInformationFormat::kJSON));
    data += ",\n\"times\": " + (o.layerTimes ? timesJson(session, o) : "null") + "}";
    const std::string page = reportPage(data);
    writeFile(o.html, page.data(), page.size());
    std::printf("%s: %zu KiB\n", o.html.c_str(), page.size() / 1024);
}

}  // namespace

int runInspect(const Options& o) {
    Session session(o);
    std::unique_ptr<IEngineInspector> inspector(session.engine().createEngineInspector());
    if (!inspector) throw std::runtime_error(session.logger().errors());
    if (!o.shapes.empty()) {  // the steps that these shapes run
        session.setInputs(o);
        session.context().inferShapes(0, nullptr);
        inspector->setExecutionContext(&session.context());
    }
    if (!o.html.empty()) return writePage(session, *inspector, o), 0;
    auto format = o.json ? LayerInformationFormat::kJSON : LayerInformationFormat::kONELINE;
    const char* text = o.optimizations ? inspector->getOptimizations(format)
                                       : inspector->getEngineInformation(format);
    std::fputs(textOf(session, text).c_str(), stdout);
    return 0;
}

}  // namespace bireme::cli
