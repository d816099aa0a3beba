// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/gpu_clock.h"
#include "tools/bireme/layer_table.h"
#include "tools/bireme/layer_times.h"
#include "tools/bireme/run_times.h"
#include "tools/bireme/session.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace bireme::cli {

static void exportProfile(const LayerTimes& times, const std::string& file) {
    std::string json = "[\n";
    for (const auto& l : times.layers()) {
        char line[128];
        std::snprintf(line, sizeof line,
                      "\", \"averageMs\": %.6f, \"medianMs\": %.6f, \"count\": %zu},\n", l.mean(),
                      l.median(), l.times.size());
        json += "  {\"name\": \"" + jsonText(l.name) + line;
    }
    if (json.size() > 2) json.erase(json.size() - 2, 1);
    json += "]\n";
    writeFile(file, json.data(), json.size());
}

static void profile(Session& session, const Options& o) {
    const LayerTimes times = layerTimes(session, std::max(5, o.iterations));
    if (!o.exportProfile.empty()) exportProfile(times, o.exportProfile);
    if (!o.dumpProfile && o.exportLayers.empty()) return;
    const LayerTable table(session, times);
    if (o.dumpProfile) std::fputs(table.text().c_str(), stdout);
    if (o.exportLayers.empty()) return;
    const std::string json = table.json();
    writeFile(o.exportLayers, json.data(), json.size());
}

int runBench(const Options& o) {
    Session session(o);
    session.setInputs(o);
    double begin = nowMs();
    session.run();
    double first = nowMs() - begin;
    if (!o.exportOutput.empty()) session.exportOutputs(o.exportOutput);  // fails before measuring
    for (begin = nowMs(); nowMs() - begin < o.warmUp;) session.run();
    std::vector<double> times;
    for (begin = nowMs();
         static_cast<int>(times.size()) < o.iterations || nowMs() - begin < 1000 * o.duration;) {
        double t = nowMs();
        session.run();
        times.push_back(nowMs() - t);
    }
    // Back to back, without waiting in between: what a GPU does when it is kept busy.
    double perRun = 0;
    std::vector<double> calls;  // how long the host is busy with one of them
    if (session.onGpu()) {
        int runs = std::max(o.iterations, 20);
        begin = nowMs();
        for (int i = 0; i < runs; ++i) {
            double t = nowMs();
            session.enqueue();
            calls.push_back(nowMs() - t);
        }
        session.wait();
        perRun = (nowMs() - begin) / runs;
        std::sort(calls.begin(), calls.end());
    }
    std::vector<double> sorted = times;
    std::sort(sorted.begin(), sorted.end());
    auto at = [&](double p) {
        return sorted[std::min(sorted.size() - 1,
                               static_cast<size_t>(p * static_cast<double>(sorted.size())))];
    };
    double mean =
        std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
    std::printf("%s, %zu runs, %d threads\n", o.model.c_str(), times.size(),
                session.engine().getNbThreads());
    std::printf("latency ms: min %.3f  median %.3f  mean %.3f  p90 %.3f  p99 %.3f  max %.3f\n",
                sorted.front(), at(0.5), mean, at(0.9), at(0.99), sorted.back());
    std::printf("throughput: %.2f runs/s; load %.1f ms, first run %.1f ms\n", 1000 / mean,
                1000 * session.loadSeconds(), first);
    if (session.onGpu()) {
        std::printf("back to back: %.4f ms a run\n", perRun);
        std::printf("enqueue us: min %.1f  median %.1f\n", 1000 * calls.front(),
                    1000 * calls[calls.size() / 2]);
        auto gpu = runTimes(session, std::max(o.iterations, 50));
        std::printf("gpu ms: min %.4f  median %.4f  max %.4f\n", gpu.front(), gpu[gpu.size() / 2],
                    gpu.back());
        if (auto device = GpuClock::open(); device && device->memoryInUse() >= 0)
            std::printf("device memory: %.0f MB in use, by all processes\n",
                        device->memoryInUse() / (1 << 20));
    }
    for (int n = 1; n <= o.streams; n *= 2)
        std::printf("%d stream%s: %.2f runs/s\n", n, n == 1 ? "" : "s",
                    streamThroughput(session, n, std::max(0.2, o.duration)));
    if (!o.exportTimes.empty()) {
        std::string json = "[";
        for (double t : times) json += (json.size() > 1 ? ", " : "") + std::to_string(t);
        json += "]\n";
        writeFile(o.exportTimes, json.data(), json.size());
    }
    if (o.dumpProfile || !o.exportProfile.empty() || !o.exportLayers.empty()) profile(session, o);
    return 0;
}

}  // namespace bireme::cli
