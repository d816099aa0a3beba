// SPDX-License-Identifier: Apache-2.0
// EfficientNMS_TRT: boxes [N,B,4] or [N,B,C,4], scores [N,B,C], optional anchors [1 or N,B,4] ->
// number [N,1], boxes [N,K,4] as corners, scores [N,K], classes [N,K]; entries behind the number
// are 0.
#include "plugin/run/shipped/shipped.h"
#include "plugin/run/shipped/suppression.h"

#include <algorithm>
#include <cmath>

namespace bireme::plugin {

namespace {

constexpr size_t kMostConsidered = 4096;  // of the best scores of an image

struct Settings {
    float scoreThreshold, iouThreshold;
    int32_t maxOutputBoxes, backgroundClass, scoreActivation, classAgnostic, boxCoding;
};

Settings read(const PluginFieldCollection* f) {
    auto whole = [&](const char* name, int32_t missing) {
        return static_cast<int32_t>(numberOf(f, name, missing));
    };
    return {static_cast<float>(numberOf(f, "score_threshold", 0.25)),
            static_cast<float>(numberOf(f, "iou_threshold", 0.5)),
            whole("max_output_boxes", 100),
            whole("background_class", -1),
            whole("score_activation", 0),
            whole("class_agnostic", 0),
            whole("box_coding", 0)};
}

class EfficientNms final : public ShippedPlugin<EfficientNms, Settings> {
public:
    using ShippedPlugin::ShippedPlugin;

    int32_t getNbOutputs() const noexcept override { return 4; }
    DataType getOutputDataType(int32_t index, DataType const* types,
                               int32_t) const noexcept override {
        return index == 0 || index == 3 ? DataType::kINT32 : types[0];
    }
    DimsExprs getOutputDimensions(int32_t index, DimsExprs const* inputs, int32_t nbInputs,
                                  IExprBuilder& b) noexcept override {
        bool anchorsFit = nbInputs == 2 || (nbInputs == 3 && settings_.boxCoding == 1);
        bool boxesFit = inputs[0].nbDims == 3 || inputs[0].nbDims == 4;
        if (!anchorsFit || !boxesFit || inputs[1].nbDims != 3 || settings_.maxOutputBoxes < 1)
            return {-1, {}};
        auto const* n = inputs[0].d[0];
        if (index == 0) return {2, {n, b.constant(1)}};
        auto const* most = b.constant(settings_.maxOutputBoxes);
        return index == 1 ? DimsExprs{3, {n, most, b.constant(4)}} : DimsExprs{2, {n, most}};
    }
    bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* inOut, int32_t nbInputs,
                                   int32_t) noexcept override {
        bool whole = pos == nbInputs || pos == nbInputs + 3;
        return inOut[pos].format == TensorFormat::kLINEAR &&
               inOut[pos].type == (whole ? DataType::kINT32 : DataType::kFLOAT);
    }
    void configurePlugin(DynamicPluginTensorDesc const*, int32_t nbInputs,
                         DynamicPluginTensorDesc const*, int32_t) noexcept override {
        hasAnchors_ = nbInputs == 3;
    }
    int32_t enqueue(PluginTensorDesc const* in, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void*, cudaStream_t) noexcept override {
        const Dims &boxes = in[0].dims, &scores = in[1].dims;
        if (boxes.d[0] != scores.d[0] || boxes.d[1] != scores.d[1]) return 1;
        if (boxes.nbDims == 4 && boxes.d[2] != scores.d[2] && boxes.d[2] != 1) return 1;
        for (int64_t n = 0; n < scores.d[0]; ++n) {
            auto found = candidates(in, inputs, n);
            sortByScore(found);
            if (found.size() > kMostConsidered) found.resize(kMostConsidered);
            write(suppress(found, settings_.iouThreshold,
                           static_cast<size_t>(settings_.maxOutputBoxes),
                           settings_.classAgnostic != 0, false),
                  outputs, n);
        }
        return 0;
    }

private:
    std::vector<Detection> candidates(PluginTensorDesc const* in, void const* const* inputs,
                                      int64_t n) const {
        const int64_t count = in[1].dims.d[1], kinds = in[1].dims.d[2];
        const int64_t perBox = in[0].dims.nbDims == 4 ? in[0].dims.d[2] : 1;
        auto const* scores = static_cast<float const*>(inputs[1]) + n * count * kinds;
        auto const* boxes = static_cast<float const*>(inputs[0]) + n * count * perBox * 4;
        float const* anchors = nullptr;
        if (hasAnchors_)
            anchors =
                static_cast<float const*>(inputs[2]) + (in[2].dims.d[0] == 1 ? 0 : n * count * 4);
        std::vector<Detection> out;
        for (int64_t b = 0; b < count; ++b)
            for (int64_t k = 0; k < kinds; ++k) {
                float score = scores[b * kinds + k];
                if (settings_.scoreActivation) score = 1 / (1 + std::exp(-score));
                if (score < settings_.scoreThreshold || k == settings_.backgroundClass) continue;
                out.push_back(detection(boxes + (b * perBox + (perBox > 1 ? k : 0)) * 4,
                                        anchors ? anchors + b * 4 : nullptr));
                out.back().score = score;
                out.back().kind = static_cast<int32_t>(k);
            }
        return out;
    }

    Detection detection(const float* p, const float* anchor) const {
        if (settings_.boxCoding == 0) return {p[0], p[1], p[2], p[3]};
        float x = p[0], y = p[1], w = p[2], h = p[3];
        if (anchor) {
            x = x * anchor[2] + anchor[0], y = y * anchor[3] + anchor[1];
            w = std::exp(w) * anchor[2], h = std::exp(h) * anchor[3];
        }
        return {x - w / 2, y - h / 2, x + w / 2, y + h / 2};
    }

    void write(const std::vector<Detection>& kept, void* const* outputs, int64_t n) const {
        const int64_t most = settings_.maxOutputBoxes;
        static_cast<int32_t*>(outputs[0])[n] = static_cast<int32_t>(kept.size());
        auto* boxes = static_cast<float*>(outputs[1]) + n * most * 4;
        auto* scores = static_cast<float*>(outputs[2]) + n * most;
        auto* kinds = static_cast<int32_t*>(outputs[3]) + n * most;
        for (int64_t i = 0; i < most; ++i) {
            const Detection d =
                i < static_cast<int64_t>(kept.size()) ? kept[static_cast<size_t>(i)] : Detection{};
            boxes[4 * i] = d.x1, boxes[4 * i + 1] = d.y1;
            boxes[4 * i + 2] = d.x2, boxes[4 * i + 3] = d.y2;
            scores[i] = d.score;
            kinds[i] = d.kind;
        }
    }

    bool hasAnchors_ = false;
};

}  // namespace

IPluginCreator* efficientNmsCreator() {
    constexpr auto kReal = PluginFieldType::kFLOAT32, kWhole = PluginFieldType::kINT32;
    static ShippedCreator<EfficientNms, Settings> creator("EfficientNMS_TRT",
                                                          {{"score_threshold", nullptr, kReal, 1},
                                                           {"iou_threshold", nullptr, kReal, 1},
                                                           {"max_output_boxes", nullptr, kWhole, 1},
                                                           {"background_class", nullptr, kWhole, 1},
                                                           {"score_activation", nullptr, kWhole, 1},
                                                           {"class_agnostic", nullptr, kWhole, 1},
                                                           {"box_coding", nullptr, kWhole, 1}},
                                                          read);
    return &creator;
}

}  // namespace bireme::plugin
