// SPDX-License-Identifier: Apache-2.0
// What a profiler says of each layer of an engine over some runs.
#pragma once

#include "tools/bireme/session.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace bireme::cli {

class LayerTimes final : public IProfiler {
public:
    void reportLayerTime(char const* layer, float ms) noexcept override {
        for (auto& l : layers_)
            if (l.name == layer) return l.times.push_back(ms);
        layers_.push_back({layer, {ms}});
    }
    struct Layer {
        std::string name;
        std::vector<double> times;  // milliseconds, run by run
        double mean() const {
            return std::accumulate(times.begin(), times.end(), 0.0) /
                   static_cast<double>(times.size());
        }
        double least() const { return *std::min_element(times.begin(), times.end()); }
        double median() const {
            std::vector<double> t = times;
            std::nth_element(t.begin(), t.begin() + static_cast<std::ptrdiff_t>(t.size() / 2),
                             t.end());
            return t[t.size() / 2];
        }
    };
    const std::vector<Layer>& layers() const { return layers_; }

private:
    std::vector<Layer> layers_;
};

inline LayerTimes layerTimes(Session& session, int runs) {
    LayerTimes times;
    session.context().setProfiler(&times);
    for (int i = 0; i < runs; ++i) session.run();
    session.context().setProfiler(nullptr);
    return times;
}

// Text inside of a JSON string.
inline std::string jsonText(const std::string& s) {
    std::string out;
    for (char c : s) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
    return out;
}

}  // namespace bireme::cli
