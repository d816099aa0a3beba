// SPDX-License-Identifier: Apache-2.0
// One layer of the file as its importer sees it: bottoms, parameters, trained values.
#pragma once

#include <string>
#include <vector>

#include "parsers/caffe/deploy.h"
#include "parsers/caffe/net.h"
#include "parsers/caffe/refusal.h"

namespace bireme::caffe_import {

/// What stands for trained values when the network is built without any.
enum class Random {
    kKERNEL,    ///< normal, narrow enough that signals neither grow nor vanish
    kBIAS,      ///< near 0
    kPOSITIVE,  ///< near 1
};

class Layer {
public:
    /// `trained`: encoded blobs; null when the network has no trained file at all.
    Layer(const LayerSpec& spec, std::vector<ITensor*> bottoms,
          const std::vector<std::string_view>* trained, bool isTrained, Net& net)
        : spec_(spec),
          bottoms_(std::move(bottoms)),
          blobs_(trained),
          isTrained_(isTrained),
          net_(net) {}

    Net& net() { return net_; }
    const std::string& name() const { return spec_.name; }
    const std::string& type() const { return spec_.type; }
    const Message& params(const char* field) const { return spec_.message->message(field); }

    size_t count() const { return bottoms_.size(); }
    size_t tops() const { return spec_.tops.size(); }
    ITensor& in(size_t i = 0) const;
    Shape dims(size_t i = 0) const { return net_.dims(in(i)); }
    size_t rank(size_t i = 0) const { return dims(i).size(); }
    /// Refuses another number of bottoms or tops.
    void expect(size_t bottoms, size_t tops) const;

    /// `axis` counted from the front; refuses one outside of [-rank, rank).
    int axis(int64_t axis, size_t rank) const;
    /// The extent of an axis; refuses one known only at run time.
    int64_t extent(const Shape& dims, size_t axis) const;
    /// Product of extents from `from` up to `to`; -1 when one is known only at run time.
    static int64_t volume(const Shape& dims, size_t from, size_t to);

    bool isTrained() const { return isTrained_; }
    /// Number of trained blobs; 0 without a trained file.
    size_t blobs() const { return blobs_ == nullptr ? 0 : blobs_->size(); }
    /// Any trained blob, which must exist.
    Blob blob(size_t i) const;
    /// Blob `i`, which must have as many values as `dims`; made up where nothing is trained.
    Blob weights(size_t i, const Shape& dims, const char* what, Random random) const;

    [[noreturn]] void refuse(const std::string& why) const { throw Refusal(why); }
    void require(bool holds, const std::string& why) const {
        if (!holds) refuse(why);
    }

private:
    const LayerSpec& spec_;
    std::vector<ITensor*> bottoms_;
    const std::vector<std::string_view>* blobs_;
    bool isTrained_;
    Net& net_;
};

/// One value per spatial axis from a repeated field or its `_h` and `_w` forms.
Shape spatialOf(const Layer& layer, const Message& p, const std::string& field, const char* height,
                const char* width, size_t axes, int64_t missing);

}  // namespace bireme::caffe_import
