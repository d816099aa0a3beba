// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/deploy.h"

#include <algorithm>

#include "parsers/caffe/refusal.h"
#include "parsers/caffe/text_reader.h"

namespace bireme::caffe_import {

namespace {

constexpr int64_t kTest = 1;

bool has(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool isMet(const Message& rule, const Message& state) {
    const int64_t level = state.integer("level", 0);
    const std::vector<std::string> stages = state.texts("stage");
    if (rule.has("phase") && rule.integer("phase", kTest) != state.integer("phase", kTest))
        return false;
    if (rule.has("min_level") && level < rule.integer("min_level", 0)) return false;
    if (rule.has("max_level") && level > rule.integer("max_level", 0)) return false;
    for (const std::string& s : rule.texts("stage"))
        if (!has(stages, s)) return false;
    for (const std::string& s : rule.texts("not_stage"))
        if (has(stages, s)) return false;
    return true;
}

bool isKept(const Message& layer, const Message& state, const std::string& name) {
    const auto include = layer.messages("include");
    const auto exclude = layer.messages("exclude");
    if (!include.empty() && !exclude.empty())
        throw Refusal("layer \"" + name + "\" has both include and exclude rules");
    const auto met = [&](const Message* rule) { return isMet(*rule, state); };
    if (!include.empty()) return std::any_of(include.begin(), include.end(), met);
    return std::none_of(exclude.begin(), exclude.end(), met);
}

std::string_view checkedText(std::string_view text) {
    if (text.find('\0') != text.npos)
        throw Refusal("it holds zero bytes: is it the .caffemodel file instead of the .prototxt?");
    return text;
}

Shape checkedShape(const Message& shape, const std::string& name) {
    Shape dims = shape.integers("dim");
    if (dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal("input \"" + name + "\" has " + std::to_string(dims.size()) +
                      " dimensions; the most is 8");
    return dims;
}

}  // namespace

Deploy::Deploy(std::string_view text)
    : root_(readText(checkedText(text), netParameter(), warnings_)) {
    const auto layers = root_.messages("layer");
    const auto old = root_.messages("layers");
    if (!layers.empty() && !old.empty())
        throw Refusal("the file has layers of both kinds, \"layer\" and \"layers\"");
    readInputs();
    for (const Message* m : layers) addLayer(*m, false);
    for (const Message* m : old) addLayer(*m, true);
    if (layers_.empty()) throw Refusal("the file holds no layer of the phase TEST");
}

void Deploy::readInputs() {
    const auto names = root_.texts("input");
    const auto shapes = root_.messages("input_shape");
    const auto dims = root_.integers("input_dim");
    if (!shapes.empty() && !dims.empty())
        throw Refusal("the file has both input_shape and input_dim");
    if (shapes.empty() && dims.empty()) return;  // such an input declares nothing
    if (!dims.empty() && dims.size() != 4 * names.size())
        throw Refusal("the file has " + std::to_string(dims.size()) + " input_dim for " +
                      std::to_string(names.size()) + " inputs; each takes 4");
    if (dims.empty() && shapes.size() != names.size())
        throw Refusal("the file has " + std::to_string(shapes.size()) + " input_shape for " +
                      std::to_string(names.size()) + " inputs");
    for (size_t i = 0; i < names.size(); ++i) {
        Shape shape;
        if (dims.empty())
            shape = checkedShape(*shapes[i], names[i]);
        else
            shape.assign(dims.begin() + static_cast<long>(4 * i),
                         dims.begin() + static_cast<long>(4 * i + 4));
        inputs_.push_back({names[i], std::move(shape)});
    }
}

void Deploy::addLayer(const Message& m, bool v1) {
    if (v1 && m.has("layer"))
        throw Refusal("line " + std::to_string(m.line) +
                      ": the file is of Caffe's oldest form (V0); upgrade it with Caffe's "
                      "upgrade_net_proto_text and upgrade_net_proto_binary");
    LayerSpec layer;
    layer.name = m.text("name");
    layer.type = v1 ? std::string(v1TypeName(m.integer("type", 0))) : m.text("type");
    if (!isKept(m, root_.message("state"), layer.name)) return;
    if (layer.type.empty())
        throw Refusal("line " + std::to_string(m.line) + ": layer \"" + layer.name +
                      "\" has no type");
    layer.bottoms = m.texts("bottom");
    layer.tops = m.texts("top");
    if (layer.name.empty()) layer.name = layer.tops.empty() ? layer.type : layer.tops[0];
    if (v1)
        layer.sharedNames = m.texts("param");
    else
        for (const Message* p : m.messages("param")) layer.sharedNames.push_back(p->text("name"));
    layer.message = &m;
    layers_.push_back(std::move(layer));
}

std::vector<InputSpec> inputsOf(const LayerSpec& layer) {
    const auto shapes = layer.message->message("input_param").messages("shape");
    if (shapes.empty()) throw Refusal("it gives no shape");
    if (shapes.size() != 1 && shapes.size() != layer.tops.size())
        throw Refusal("it gives " + std::to_string(shapes.size()) + " shapes for " +
                      std::to_string(layer.tops.size()) + " tops");
    std::vector<InputSpec> out;
    for (size_t i = 0; i < layer.tops.size(); ++i)
        out.push_back(
            {layer.tops[i], checkedShape(*shapes[shapes.size() == 1 ? 0 : i], layer.tops[i])});
    return out;
}

}  // namespace bireme::caffe_import
