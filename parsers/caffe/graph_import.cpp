// SPDX-License-Identifier: Apache-2.0
#include "parsers/caffe/graph_import.h"

#include "parsers/common/utf8.h"

#include <algorithm>
#include <string_view>

namespace bireme::caffe_import {

namespace {

using parsers::inQuotes;

bool isOneOf(std::string_view type, std::initializer_list<std::string_view> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

/// Layers that train or measure: nothing of them is left at inference.
bool isDropped(std::string_view type) {
    return isOneOf(type, {"Silence", "Accuracy", "HDF5Output", "EuclideanLoss", "HingeLoss",
                          "ContrastiveLoss", "InfogainLoss", "MultinomialLogisticLoss",
                          "SigmoidCrossEntropyLoss", "MultiBoxLoss", "DetectionEvaluate"});
}

bool readsTrainingData(std::string_view type) {
    return isOneOf(type, {"Data", "ImageData", "HDF5Data", "MemoryData", "WindowData",
                          "AnnotatedData", "VideoData"});
}

std::string unknown(const std::string& type) {
    if (type == "Python")
        return "a Python layer's meaning is in its module; for rpn.proposal_layer write a layer of "
               "type \"Proposal\" with proposal_param in its place";
    if (isOneOf(type, {"Recurrent", "RNN", "LSTM"})) return "recurrent layers are not supported";
    std::string why =
        "there is no importer for the type " + inQuotes(type) + ", nor a plugin of that name";
    const auto lower = [](std::string_view s) {
        std::string out(s);
        std::transform(out.begin(), out.end(), out.begin(), [](char c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        });
        return out;
    };
    for (const ImporterRow& row : ImporterTable::instance().rows())
        if (lower(row.type) == lower(type)) return why + "; did you mean " + inQuotes(row.type);
    return why;
}

}  // namespace

bool GraphImport::run() {
    for (const InputSpec& input : deploy_.inputs()) {
        try {
            addInput(input);
        } catch (const Refusal& e) {
            ok_ = false;
            report_.error("Caffe: input " + inQuotes(input.name) + ": " + e.what());
        }
    }
    for (const LayerSpec& layer : deploy_.layers()) {
        try {
            importLayer(layer);
        } catch (const Refusal& e) {
            ok_ = false;
            net_.takeMade();
            for (const std::string& top : layer.tops) broken_.insert(top);
            report_.error("Caffe: layer " + inQuotes(layer.name) + " (" + layer.type +
                          "): " + e.what());
        }
    }
    for (const auto& [name, dims] : inputDims_) {
        if (blobs_.count(name) != 0 && blobs_[name]->isNetworkInput()) continue;
        const auto isInput = [&, n = name](const InputSpec& i) { return i.name == n; };
        if (std::none_of(deploy_.inputs().begin(), deploy_.inputs().end(), isInput) &&
            read_.count(name) == 0) {
            ok_ = false;
            report_.error("Caffe: the network has no input " + inQuotes(name));
        }
    }
    if (ok_) nameTensors();
    return ok_;
}

void GraphImport::addInput(const InputSpec& input) {
    Dims dims = toDims(input.dims);
    if (const auto own = inputDims_.find(input.name); own != inputDims_.end()) {
        dims = own->second;
    } else {
        for (const int64_t d : input.dims)
            if (d < 1) throw Refusal("its shape " + toText(input.dims) + " is not positive");
        checkedVolume(input.dims);
    }
    if (input.name.empty()) throw Refusal("it has no name");
    if (blobs_.count(input.name) != 0) throw Refusal("it is declared twice");
    ITensor* tensor = net_.raw().addInput(input.name.c_str(), DataType::kFLOAT, dims);
    if (tensor == nullptr)
        throw Refusal(net_.complaint.empty() ? "the network refuses it" : net_.complaint);
    blobs_[input.name] = tensor;
    order_.push_back(input.name);
}

/// True when the layer was one that gives no layers of the network.
bool GraphImport::importSpecial(const LayerSpec& layer) {
    if (isDropped(layer.type)) {
        for (const std::string& bottom : layer.bottoms)
            if (layer.type == "Silence") read_.insert(bottom);
        return true;
    }
    if (readsTrainingData(layer.type))
        throw Refusal(
            "it reads training data; give the network an Input layer in its place, or use the "
            "deploy file");
    if (layer.type != "Input") return false;
    for (const InputSpec& input : inputsOf(layer)) addInput(input);
    return true;
}

void GraphImport::importLayer(const LayerSpec& layer) {
    if (importSpecial(layer)) return;
    std::vector<ITensor*> bottoms;
    for (size_t i = 0; i < layer.bottoms.size(); ++i) {
        const std::string& name = layer.bottoms[i];
        read_.insert(name);
        if (broken_.count(name) != 0) {  // some earlier layer is to blame, and was
            for (const std::string& top : layer.tops) broken_.insert(top);
            return;
        }
        const auto it = blobs_.find(name);
        const bool label = layer.type == "SoftmaxWithLoss" && i > 0;
        if (it == blobs_.end() && !label)
            throw Refusal("its bottom " + inQuotes(name) + " is not made by an earlier layer");
        if (it != blobs_.end()) bottoms.push_back(it->second);
    }
    if (veto)
        if (const std::string why = veto(layer); !why.empty()) throw Refusal(why);
    const Tops tops = call(layer, bottoms);
    if (tops.size() < layer.tops.size())
        throw Refusal("it has " + std::to_string(layer.tops.size()) + " tops, not " +
                      std::to_string(tops.size()));
    for (size_t i = 0; i < layer.tops.size(); ++i) net_.dims(*tops[i]);  // faults show here
    nameLayers(layer, tops);
    bind(layer, tops);
}

Tops GraphImport::call(const LayerSpec& layer, const std::vector<ITensor*>& bottoms) {
    Layer view(layer, bottoms, trainedBlobs(layer), trained_ != nullptr, net_);
    if (plugins.factory != nullptr && plugins.factory->isPluginV2(layer.name.c_str()))
        return importFromFactory(view, plugins);
    if (const ImporterRow* row = ImporterTable::instance().find(layer.type))
        return row->import(view);
    if (auto* creator = parsers::findCreator(net_.raw(), layer.type, "1", plugins.space))
        return importFromRegistry(view, *creator, plugins);
    throw Refusal(unknown(layer.type));
}

/// The layer's own blobs, or those of a layer that shares its parameters by name.
const std::vector<std::string_view>* GraphImport::trainedBlobs(const LayerSpec& layer) {
    if (trained_ == nullptr) return nullptr;
    const auto* own = trained_->find(layer.name);
    if (own != nullptr && !own->empty()) return own;
    std::vector<std::string_view> shared;
    for (const std::string& name : layer.sharedNames) {
        if (name.empty()) return own;
        for (const LayerSpec& other : deploy_.layers()) {
            const auto at = std::find(other.sharedNames.begin(), other.sharedNames.end(), name);
            const auto* blobs = trained_->find(other.name);
            const auto index = static_cast<size_t>(at - other.sharedNames.begin());
            if (at == other.sharedNames.end() || blobs == nullptr || blobs->size() <= index)
                continue;
            shared.push_back((*blobs)[index]);
            break;
        }
    }
    if (shared.empty() || shared.size() != layer.sharedNames.size()) return own;
    borrowed_.reserve(deploy_.layers().size());  // the pointer given out stays good
    borrowed_.push_back(std::move(shared));
    return &borrowed_.back();
}

void GraphImport::bind(const LayerSpec& layer, const Tops& tops) {
    for (size_t i = 0; i < layer.tops.size(); ++i) {
        const std::string& top = layer.tops[i];
        const bool inPlace =
            std::find(layer.bottoms.begin(), layer.bottoms.end(), top) != layer.bottoms.end();
        if (blobs_.count(top) != 0 && !inPlace)
            throw Refusal("its top " + inQuotes(top) + " is made by an earlier layer");
        blobs_[top] = tops[i];
        broken_.erase(top);
        read_.erase(top);
        order_.erase(std::remove(order_.begin(), order_.end(), top), order_.end());
        order_.push_back(top);
    }
}

void GraphImport::nameLayers(const LayerSpec& layer, const Tops& tops) {
    const std::vector<ILayer*> made = net_.takeMade();
    const auto unique = [&](const std::string& wanted) {
        std::string name = wanted;
        for (int i = 1; !layerNames_.insert(name).second; ++i)
            name = wanted + "/" + std::to_string(i);
        return name;
    };
    const auto gives = [&](ILayer* l) { return !tops.empty() && l->getOutput(0) == tops[0]; };
    for (ILayer* l : made)
        if (gives(l)) l->setName(unique(layer.name).c_str());
    for (ILayer* l : made)
        if (!gives(l)) l->setName(unique(layer.name + "/1").c_str());
}

void GraphImport::nameTensors() {
    std::unordered_set<ITensor*> named;
    for (const auto& [name, tensor] : blobs_)
        if (!tensor->isNetworkInput() && named.insert(tensor).second) tensor->setName(name.c_str());
    if (!deploy_.name().empty()) net_.raw().setName(deploy_.name().c_str());
}

std::vector<std::string> GraphImport::unread() const {
    std::vector<std::string> out;
    for (const std::string& name : order_)
        if (read_.count(name) == 0 && !blobs_.at(name)->isNetworkInput()) out.push_back(name);
    return out;
}

}  // namespace bireme::caffe_import
