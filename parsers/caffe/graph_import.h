// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "parsers/caffe/importer_table.h"
#include "parsers/caffe/plugin.h"
#include "parsers/common/report.h"

namespace bireme::caffe_import {

/// Adds one network of Caffe to a network. Every fault goes to the report; the import goes on past
/// it as far as it can, so that one run tells all of them.
class GraphImport {
public:
    using InputDims = std::map<std::string, Dims>;

    /// \param trained null for weights that are made up \param inputDims instead of the file's
    GraphImport(const Deploy& deploy, const Trained* trained, const InputDims& inputDims, Net& net,
                parsers::Report& report)
        : deploy_(deploy), trained_(trained), inputDims_(inputDims), net_(net), report_(report) {}

    /// Says of a layer why it must not be imported; empty: nothing speaks against it.
    std::function<std::string(const LayerSpec&)> veto;

    PluginSources plugins;

    /// False when something failed.
    bool run();
    /// By the name of the blob: the tensors that stand for it when the network ends.
    const std::map<std::string, ITensor*>& blobs() const { return blobs_; }
    /// Blobs that no layer reads, in the order of the file.
    std::vector<std::string> unread() const;

private:
    void addInput(const InputSpec& input);
    void importLayer(const LayerSpec& layer);
    bool importSpecial(const LayerSpec& layer);
    Tops call(const LayerSpec& layer, const std::vector<ITensor*>& bottoms);
    const std::vector<std::string_view>* trainedBlobs(const LayerSpec& layer);
    void bind(const LayerSpec& layer, const Tops& tops);
    void nameLayers(const LayerSpec& layer, const Tops& tops);
    void nameTensors();

    const Deploy& deploy_;
    const Trained* trained_;
    const InputDims& inputDims_;
    Net& net_;
    parsers::Report& report_;
    bool ok_ = true;
    std::map<std::string, ITensor*> blobs_;
    std::vector<std::string> order_;
    std::unordered_set<std::string> read_;
    std::unordered_set<std::string> broken_;
    std::unordered_set<std::string> layerNames_;
    std::vector<std::vector<std::string_view>> borrowed_;
};

}  // namespace bireme::caffe_import
