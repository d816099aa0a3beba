// SPDX-License-Identifier: Apache-2.0
// Conv, ConvTranspose and Pool.
#include <algorithm>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

struct Window {
    Shape strides, dilations, padding;
    bool same = false;
};

Shape perExtent(Node& n, const char* name, size_t count, int64_t missing, int64_t least) {
    Shape out = n.integers(name).value_or(Shape{});
    if (out.empty()) out.assign(count, missing);
    n.require(out.size() == count, std::string("field ") + name + " has " +
                                       std::to_string(out.size()) + " values, " +
                                       std::to_string(count) + " were expected");
    for (const int64_t v : out)
        n.require(v >= least && v <= (int64_t{1} << 31),
                  std::string("field ") + name + " contains " + std::to_string(v));
    return out;
}

Window windowOf(Node& n, size_t spatial) {
    Window w;
    w.strides = perExtent(n, "strides", spatial, 1, 1);
    w.dilations = perExtent(n, "dilation", spatial, 1, 1);
    w.padding = perExtent(n, "padding", spatial, 0, 0);
    std::string implicit = n.text("implicit_padding", "");
    std::transform(implicit.begin(), implicit.end(), implicit.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    n.require(implicit.empty() || implicit == "same" || implicit == "valid",
              "implicit_padding \"" + implicit + "\" is unknown");
    w.same = implicit == "same";
    return w;
}

/// What comes in: spatial rank and order, which is N, spatial, C unless the file says otherwise.
Axes dataOrder(Node& n) {
    const size_t rank = n.rank(0);
    n.require(rank >= 3 && rank <= 5, "its input has the shape " + toText(n.dims(0)) +
                                          "; 1 to 3 spatial extents are taken");
    return n.order(0, rank).value_or(channelsFirst(rank));
}

/// The kernel as [K, C, spatial].
struct Kernel {
    const Constant* constant = nullptr;  ///< null: `tensor`
    ITensor* tensor = nullptr;
    Shape dims;

    int64_t k() const { return dims[0]; }
    int64_t c() const { return dims[1]; }
    Shape spatial() const { return {dims.begin() + 2, dims.end()}; }
    Weights weights() const {
        return constant == nullptr ? Weights{DataType::kFLOAT, nullptr, 0} : constant->weights();
    }
};

Axes inverse(const Axes& axes) {
    Axes out(axes.size());
    for (size_t i = 0; i < axes.size(); ++i)
        out[static_cast<size_t>(axes[i])] = static_cast<int>(i);
    return out;
}

/// `perm[i]`: dimension of the file's kernel that becomes dimension i.
Kernel permuted(Node& n, const Axes& perm) {
    Net& net = n.net();
    Kernel out;
    const Value& v = n.in(1);
    if (const Constant* c = net.known(v); c != nullptr) {
        out.constant = isIdentity(perm) ? c : net.pool().transposed(*c, perm);
        out.dims = out.constant->dims;
    } else {
        out.tensor = &net.transpose(net.logical(v), perm);
        out.dims = net.dims({*out.tensor});
    }
    for (const int64_t d : out.dims)
        n.require(d > 0, "its kernel has the shape " + toText(n.dims(1)));
    return out;
}

Kernel reshaped(Node& n, Kernel k, const Shape& dims) {
    if (k.constant != nullptr) k.constant = n.net().pool().reshaped(*k.constant, dims);
    if (k.tensor != nullptr) k.tensor = &n.net().reshape(*k.tensor, dims);
    k.dims = dims;
    return k;
}

/// Order of the kernel's dimensions: spatial, C, K unless the file says otherwise.
Axes kernelOrder(Node& n, size_t rank, bool transposed) {
    n.require(n.rank(1) == rank, "its kernel has the shape " + toText(n.dims(1)) +
                                     ", its input has rank " + std::to_string(rank));
    if (const std::optional<Axes> order = n.order(1, rank)) return *order;
    Axes out;
    for (size_t i = 2; i < rank; ++i) out.push_back(static_cast<int>(i));
    out.push_back(transposed ? 0 : 1);
    out.push_back(transposed ? 1 : 0);
    return out;
}

template <class L>
void setWindow(L& layer, const Window& w) {
    layer.setStrideNd(toDims(w.strides));
    if (w.same)
        layer.setPaddingMode(PaddingMode::kSAME_UPPER);
    else
        layer.setPaddingNd(toDims(w.padding));
}

Value importConv(Node& n) {
    Net& net = n.net();
    n.require(n.count() == 2, "it has " + std::to_string(n.count()) + " inputs, not 2");
    const Axes order = dataOrder(n);
    const size_t rank = order.size();
    ITensor& x = net.arranged(n.in(0), order);
    const int64_t channels = net.dims({x})[1];
    n.require(channels > 0, "its input's channels are known only at run time");
    const int64_t groups = n.integer("number_groups", 1);
    n.require(groups >= 1 && channels % groups == 0, "number_groups is " + std::to_string(groups) +
                                                         ", its input has " +
                                                         std::to_string(channels) + " channels");
    const Axes kOrder = kernelOrder(n, rank, false);
    Axes perm = inverse(kOrder);
    Kernel k = permuted(n, perm);
    if (groups > 1 && k.c() == channels && groups == channels) {
        // One group a channel: TensorFlow's [.., C, multiplier], output channel c * multiplier + m.
        std::swap(perm[0], perm[1]);
        k = permuted(n, perm);
        Shape dims = k.dims;
        dims[0] *= dims[1];
        dims[1] = 1;
        k = reshaped(n, k, dims);
    }
    n.require(k.c() == channels / groups,
              "its kernel has " + std::to_string(k.c()) + " input channels, its input has " +
                  std::to_string(channels) + " in " + std::to_string(groups) + " groups");
    const Window w = windowOf(n, rank - 2);
    IConvolutionLayer& layer = net.made(net.raw().addConvolutionNd(
        x, k.k(), toDims(k.spatial()), k.weights(), Weights{DataType::kFLOAT, nullptr, 0}));
    if (k.tensor != nullptr) layer.setInput(1, *k.tensor);
    layer.setNbGroups(groups);
    layer.setDilationNd(toDims(w.dilations));
    setWindow(layer, w);
    return {net.out(layer), order};
}

Value importConvTranspose(Node& n) {
    Net& net = n.net();
    n.require(n.count() >= 2, "it has " + std::to_string(n.count()) + " inputs, not 2 or 3");
    const Axes order = dataOrder(n);
    const size_t rank = order.size();
    ITensor& x = net.arranged(n.in(0), order);
    const Shape in = net.dims({x});
    Axes perm = inverse(kernelOrder(n, rank, true));
    std::swap(perm[0], perm[1]);  // the layer wants [C, K, spatial]
    Kernel k = permuted(n, perm);
    n.require(n.integer("number_groups", 1) == 1, "number_groups above 1 is not supported");
    n.require(k.dims[0] == in[1], "its kernel has " + std::to_string(k.dims[0]) +
                                      " input channels, its input has " + std::to_string(in[1]));
    const Window w = windowOf(n, rank - 2);
    Shape before = w.padding;
    Shape after = w.padding;
    Shape behind(rank, 0);
    if (n.count() > 2) {
        const Shape wanted = n.integersOf(2, "the output's shape");
        n.require(wanted.size() == rank,
                  "its output's shape " + toText(wanted) + " has not its input's rank");
        for (size_t i = 0; i < rank; ++i) {
            if (order[i] < 2) continue;
            const auto s = static_cast<size_t>(order[i]) - 2;
            n.require(in[s + 2] > 0, "its input's spatial extents are known only at run time");
            const int64_t whole =
                (in[s + 2] - 1) * w.strides[s] + (k.spatial()[s] - 1) * w.dilations[s] + 1;
            const int64_t total = whole - wanted[i];
            n.require(wanted[i] > 0 && total > -w.strides[s] && total < whole,
                      "an output extent of " + std::to_string(wanted[i]) + " does not come from " +
                          std::to_string(in[s + 2]));
            const int64_t least = w.same ? std::max<int64_t>(total, 0) / 2 : w.padding[s];
            before[s] = std::min(least, std::max<int64_t>(total, 0));
            after[s] = std::max<int64_t>(total - before[s], 0);
            behind[s + 2] = std::max<int64_t>(before[s] - total, 0);
        }
    } else {
        n.require(!w.same, "implicit_padding needs the output's shape as third input");
    }
    IDeconvolutionLayer& layer = net.made(net.raw().addDeconvolutionNd(
        x, k.dims[1], toDims(k.spatial()), k.weights(), Weights{DataType::kFLOAT, nullptr, 0}));
    if (k.tensor != nullptr) layer.setInput(1, *k.tensor);
    layer.setStrideNd(toDims(w.strides));
    layer.setDilationNd(toDims(w.dilations));
    layer.setPrePadding(toDims(before));
    layer.setPostPadding(toDims(after));
    return {net.pad(net.out(layer), Shape(rank, 0), behind), order};
}

Value importPool(Node& n) {
    Net& net = n.net();
    const Axes order = dataOrder(n);
    const size_t rank = order.size();
    const std::string func = n.text("func", "");
    n.require(func == "max" || func == "avg", "func \"" + func + "\" is unknown");
    const Shape size = perExtent(n, "kernel", rank - 2, 0, 1);
    Window w = windowOf(n, rank - 2);
    for (const int64_t d : w.dilations) n.require(d == 1, "dilation is not supported");
    ITensor* x = &net.arranged(n.in(0), order);
    const bool padded =
        !w.same && std::any_of(w.padding.begin(), w.padding.end(), [](int64_t p) { return p > 0; });
    if (padded && func == "max") {
        // The padding stands for a Pad of zeros in front, not for the pooling's own.
        Shape around(2, 0);
        around.insert(around.end(), w.padding.begin(), w.padding.end());
        x = &net.pad(*x, around, around);
        w.padding.assign(rank - 2, 0);
    }
    IPoolingLayer& layer = net.made(net.raw().addPoolingNd(
        *x, func == "max" ? PoolingType::kMAX : PoolingType::kAVERAGE, toDims(size)));
    setWindow(layer, w);
    layer.setAverageCountExcludesPadding(!padded);
    return {net.out(layer), order};
}

}  // namespace

void registerImporters_window(ImporterTable& table) {
    constexpr OrderRole tells = OrderRole::kTells;
    table.add({
        {"Conv", importConv,
         "convolution over 1 to 3 extents; groups, dilation, SAME or explicit padding", tells},
        {"ConvTranspose", importConvTranspose,
         "transposed convolution; the third input is the output's shape", tells},
        {"Pool", importPool,
         "max or avg; under SAME the average counts real elements, explicit padding counts zeros",
         tells},
    });
}

}  // namespace bireme::uff_import
