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
            if (l.name == layer) return l.add(ms);
        layers_.push_back({layer, ms, ms, 1});
    }
    struct Layer {
        std::string name;
        double total, least;
        int count;
        void add(double ms) { total += ms, least = std::min(least, ms), ++count; }
    };
    const std::vector<Layer>& layers() const { return layers_; }
    double total() const {
        return std::accumulate(layers_.begin(), layers_.end(), 0.0,
                               [](double s, const Layer& l) { return s + l.total; });
    }

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
