// SPDX-License-Identifier: Apache-2.0
// BatchedNMS_TRT and BatchedNMSDynamic_TRT: boxes [N,B,1 or C,4] as corners, scores [N,B,C] ->
// number [N,1], boxes [N,K,4], scores [N,K], classes [N,K] as reals; entries behind the number are
// 0, their class -1.
#include "plugin/run/shipped/shipped.h"
#include "plugin/run/shipped/suppression.h"

#include <algorithm>

namespace bireme::plugin {

namespace {

struct Settings {
    int32_t shareLocation, backgroundLabelId, numClasses, topK, keepTopK, isNormalized, clipBoxes;
    float scoreThreshold, iouThreshold;
};

Settings read(const PluginFieldCollection* f) {
    auto whole = [&](const char* name, int32_t missing) {
        return static_cast<int32_t>(numberOf(f, name, missing));
    };
    return {whole("shareLocation", 1),
            whole("backgroundLabelId", -1),
            whole("numClasses", 1),
            whole("topK", 100),
            whole("keepTopK", 100),
            whole("isNormalized", 1),
            whole("clipBoxes", 1),
            static_cast<float>(numberOf(f, "scoreThreshold", 0)),
            static_cast<float>(numberOf(f, "iouThreshold", 0.5))};
}

class BatchedNms final : public ShippedPlugin<BatchedNms, Settings> {
public:
    using ShippedPlugin::ShippedPlugin;

    int32_t getNbOutputs() const noexcept override { return 4; }
    DataType getOutputDataType(int32_t index, DataType const* types,
                               int32_t) const noexcept override {
        return index == 0 ? DataType::kINT32 : types[0];
    }
    DimsExprs getOutputDimensions(int32_t index, DimsExprs const* inputs, int32_t nbInputs,
                                  IExprBuilder& b) noexcept override {
        if (nbInputs != 2 || inputs[0].nbDims != 4 || inputs[1].nbDims < 3 ||
            settings_.keepTopK < 1)
            return {-1, {}};
        auto const* n = inputs[0].d[0];
        if (index == 0) return {2, {n, b.constant(1)}};
        auto const* most = b.constant(settings_.keepTopK);
        return index == 1 ? DimsExprs{3, {n, most, b.constant(4)}} : DimsExprs{2, {n, most}};
    }
    bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* inOut, int32_t nbInputs,
                                   int32_t) noexcept override {
        return inOut[pos].format == TensorFormat::kLINEAR &&
               inOut[pos].type == (pos == nbInputs ? DataType::kINT32 : DataType::kFLOAT);
    }
    int32_t enqueue(PluginTensorDesc const* in, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void*, cudaStream_t) noexcept override {
        const Dims &boxes = in[0].dims, &scores = in[1].dims;
        const int64_t perBox = settings_.shareLocation ? 1 : settings_.numClasses;
        if (boxes.d[0] != scores.d[0] || boxes.d[1] != scores.d[1] || boxes.d[2] != perBox ||
            scores.d[2] != settings_.numClasses || boxes.d[3] != 4)
            return 1;
        const int64_t count = boxes.d[1];
        for (int64_t n = 0; n < boxes.d[0]; ++n) {
            auto const* b = static_cast<float const*>(inputs[0]) + n * count * perBox * 4;
            auto const* s = static_cast<float const*>(inputs[1]) + n * count * settings_.numClasses;
            std::vector<Detection> kept;
            for (int32_t k = 0; k < settings_.numClasses; ++k) addKind(b, s, count, k, kept);
            sortByScore(kept);
            kept.resize(std::min(kept.size(), static_cast<size_t>(settings_.keepTopK)));
            write(kept, outputs, n);
        }
        return 0;
    }

private:
    void addKind(const float* boxes, const float* scores, int64_t count, int32_t kind,
                 std::vector<Detection>& kept) const {
        if (kind == settings_.backgroundLabelId) return;
        std::vector<Detection> found;
        for (int64_t i = 0; i < count; ++i) {
            float score = scores[i * settings_.numClasses + kind];
            if (!(score > settings_.scoreThreshold)) continue;
            const float* p =
                boxes + (settings_.shareLocation ? i : i * settings_.numClasses + kind) * 4;
            found.push_back({p[0], p[1], p[2], p[3], score, kind});
        }
        sortByScore(found);
        if (settings_.topK > 0)
            found.resize(std::min(found.size(), static_cast<size_t>(settings_.topK)));
        auto best = suppress(found, settings_.iouThreshold, found.size(), false,
                             settings_.isNormalized == 0);
        kept.insert(kept.end(), best.begin(), best.end());
    }

    void write(const std::vector<Detection>& kept, void* const* outputs, int64_t n) const {
        const int64_t most = settings_.keepTopK;
        const bool clip = settings_.isNormalized && settings_.clipBoxes;
        auto inside = [&](float v) { return clip ? std::clamp(v, 0.0F, 1.0F) : v; };
        static_cast<int32_t*>(outputs[0])[n] = static_cast<int32_t>(kept.size());
        auto* boxes = static_cast<float*>(outputs[1]) + n * most * 4;
        auto* scores = static_cast<float*>(outputs[2]) + n * most;
        auto* kinds = static_cast<float*>(outputs[3]) + n * most;
        for (int64_t i = 0; i < most; ++i) {
            bool there = i < static_cast<int64_t>(kept.size());
            const Detection d = there ? kept[static_cast<size_t>(i)] : Detection{};
            boxes[4 * i] = inside(d.x1), boxes[4 * i + 1] = inside(d.y1);
            boxes[4 * i + 2] = inside(d.x2), boxes[4 * i + 3] = inside(d.y2);
            scores[i] = d.score;
            kinds[i] = there ? static_cast<float>(d.kind) : -1.0F;
        }
    }
};

}  // namespace

IPluginCreator* batchedNmsCreator(const char* name) {
    constexpr auto kReal = PluginFieldType::kFLOAT32, kWhole = PluginFieldType::kINT32;
    std::vector<PluginField> fields;
    for (const char* f : {"shareLocation", "backgroundLabelId", "numClasses", "topK", "keepTopK",
                          "isNormalized", "clipBoxes"})
        fields.emplace_back(f, nullptr, kWhole, 1);
    for (const char* f : {"scoreThreshold", "iouThreshold"})
        fields.emplace_back(f, nullptr, kReal, 1);
    return new ShippedCreator<BatchedNms, Settings>(name, std::move(fields), read);
}

}  // namespace bireme::plugin
