// SPDX-License-Identifier: Apache-2.0
// BatchNorm and its relatives, Scale, Bias, LRN, MVN, Normalize.
#include <cmath>

#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

using Bin = ElementWiseOperation;
using Reduce = ReduceOperation;
constexpr int64_t kWithinChannel = 1;

ITensor& perChannel(Layer& l, const Blob* scale, const Blob* shift) {
    const Weights none{DataType::kFLOAT, nullptr, 0};
    return Net::out(l.net().made(
        l.net().raw().addScaleNd(l.in(), ScaleMode::kCHANNEL, shift ? shift->weights() : none,
                                 scale ? scale->weights() : none, none, 1)));
}

/// slope * (x - mean) / sqrt(variance + eps) + bias; slope and bias may be absent.
ITensor& normalized(Layer& l, const Blob& mean, const Blob& variance, double factor, double eps,
                    const Blob* slope, const Blob* bias) {
    const auto n = static_cast<size_t>(mean.count);
    std::vector<float> scale(n), shift(n);
    for (size_t c = 0; c < n; ++c) {
        const double s =
            (slope ? slope->values[c] : 1.0) / std::sqrt(factor * variance.values[c] + eps);
        scale[c] = static_cast<float>(s);
        shift[c] = static_cast<float>((bias ? bias->values[c] : 0.0) - factor * mean.values[c] * s);
    }
    const Blob a = l.net().pool().copy(scale), b = l.net().pool().copy(shift);
    return perChannel(l, &a, &b);
}

/// (x - mean) over `axes`, and the variance there.
std::pair<ITensor*, ITensor*> moments(Layer& l, uint32_t axes) {
    ITensor& mean = l.net().reduce(l.in(), Reduce::kAVG, axes, true);
    ITensor& centred = l.net().binary(l.in(), mean, Bin::kSUB);
    ITensor& square = l.net().binary(centred, centred, Bin::kPROD);
    return {&centred, &l.net().reduce(square, Reduce::kAVG, axes, true)};
}

Tops importBatchNorm(Layer& l) {
    const Message& p = l.params("batch_norm_param");
    l.expect(1, 1);
    const Shape x = l.dims();
    l.require(x.size() >= 2, "its bottom has no channels");
    const Shape channels{l.extent(x, 1)};
    const double eps = p.real("eps", 1e-5);
    if (p.has("use_global_stats") && !p.flag("use_global_stats", true) && l.blobs() < 5) {
        const auto [centred, variance] = moments(l, ((1U << x.size()) - 1) & ~2U);
        ITensor& deviation = l.net().unary(l.net().power(*variance, 1, static_cast<float>(eps)),
                                           UnaryOperation::kSQRT);
        return {&l.net().binary(*centred, deviation, Bin::kDIV)};
    }
    const Blob mean = l.weights(0, channels, "its mean", Random::kBIAS);
    const Blob variance = l.weights(1, channels, "its variance", Random::kPOSITIVE);
    if (l.blobs() == 5) {  // NVIDIA's fork: an affine part, and a correction that does not count
        const Blob slope = l.weights(3, channels, "its scale", Random::kPOSITIVE);
        const Blob bias = l.weights(4, channels, "its bias", Random::kBIAS);
        return {&normalized(l, mean, variance, 1, eps, &slope, &bias)};
    }
    l.require(!l.isTrained() || l.blobs() == 3,
              "it has " + std::to_string(l.blobs()) +
                  " blobs; 3 (Caffe's) or 5 (NVIDIA's fork) are known");
    double factor = 1;
    if (l.isTrained()) {
        const float sum = l.weights(2, {1}, "its factor", Random::kPOSITIVE).values[0];
        factor = sum == 0 ? 0 : 1.0 / sum;
    }
    return {&normalized(l, mean, variance, factor, eps, nullptr, nullptr)};
}

Tops importBn(Layer& l) {
    l.expect(1, 1);
    const Shape channels{l.extent(l.dims(), 1)};
    const Blob slope = l.weights(0, channels, "its slope", Random::kPOSITIVE);
    const Blob bias = l.weights(1, channels, "its bias", Random::kBIAS);
    if (l.blobs() == 2)  // some files carry the statistics folded in
        return {&perChannel(l, &slope, &bias)};
    const Blob mean = l.weights(2, channels, "its mean", Random::kBIAS);
    const Blob variance = l.weights(3, channels, "its variance", Random::kPOSITIVE);
    return {
        &normalized(l, mean, variance, 1, l.params("bn_param").real("eps", 1e-5), &slope, &bias)};
}

/// Shape that values of `own` dims take beside a tensor of `rank`, from `axis` on.
Shape placed(size_t axis, const Shape& own, size_t rank) {
    Shape out(rank, 1);
    for (size_t i = 0; i < own.size(); ++i) out[axis + i] = own[i];
    return out;
}

/// Dimensions that the coefficients of a Scale or Bias layer have.
Shape coefficientDims(Layer& l, const Message& p, const Shape& x, size_t axis) {
    int64_t axes = p.integer("num_axes", 1);
    if (axes == -1) axes = static_cast<int64_t>(x.size() - axis);
    l.require(axes >= 0 && axis + static_cast<size_t>(axes) <= x.size(),
              "num_axes " + std::to_string(axes) + " reaches beyond its bottom " + toText(x));
    Shape out;
    for (size_t i = 0; i < static_cast<size_t>(axes); ++i) out.push_back(l.extent(x, axis + i));
    return out;
}

/// The second bottom, its dimensions set beside those of the first from `axis` on.
ITensor& secondBottom(Layer& l, size_t axis, Shape& own) {
    const size_t rank = l.rank();
    own = l.dims(1);
    l.require(axis + own.size() <= rank, "its bottoms " + toText(l.dims()) + " and " + toText(own) +
                                             " do not fit at axis " + std::to_string(axis));
    Shape added;
    for (size_t i = 0; i < rank; ++i)
        if (i < axis || i >= axis + own.size()) added.push_back(static_cast<int64_t>(i));
    return l.net().unsqueeze(l.in(1), added);
}

Tops importScale(Layer& l) {
    const Message& p = l.params("scale_param");
    l.expect(l.count() == 2 ? 2 : 1, 1);
    const Shape x = l.dims();
    const auto axis = static_cast<size_t>(l.axis(p.integer("axis", 1), x.size()));
    const bool biased = p.flag("bias_term", false);
    Shape own;
    if (l.count() == 2) {
        ITensor& y = l.net().binary(l.in(), secondBottom(l, axis, own), Bin::kPROD);
        if (!biased) return {&y};
        const Blob b = l.weights(0, own, "its bias", Random::kBIAS);
        return {&l.net().binary(y, l.net().constant(placed(axis, own, x.size()), b), Bin::kSUM)};
    }
    own = coefficientDims(l, p, x, axis);
    const Blob s = l.weights(0, own, "its scale", Random::kPOSITIVE);
    Blob b;
    if (biased) b = l.weights(1, own, "its bias", Random::kBIAS);
    if (axis == 1 && own.size() == 1) return {&perChannel(l, &s, biased ? &b : nullptr)};
    const Shape dims = placed(axis, own, x.size());
    ITensor& y = l.net().binary(l.in(), l.net().constant(dims, s), Bin::kPROD);
    return {biased ? &l.net().binary(y, l.net().constant(dims, b), Bin::kSUM) : &y};
}

Tops importBias(Layer& l) {
    const Message& p = l.params("bias_param");
    l.expect(l.count() == 2 ? 2 : 1, 1);
    const Shape x = l.dims();
    const auto axis = static_cast<size_t>(l.axis(p.integer("axis", 1), x.size()));
    Shape own;
    if (l.count() == 2) return {&l.net().binary(l.in(), secondBottom(l, axis, own), Bin::kSUM)};
    own = coefficientDims(l, p, x, axis);
    const Blob b = l.weights(0, own, "its bias", Random::kBIAS);
    if (axis == 1 && own.size() == 1) return {&perChannel(l, nullptr, &b)};
    return {&l.net().binary(l.in(), l.net().constant(placed(axis, own, x.size()), b), Bin::kSUM)};
}

Tops importLrn(Layer& l) {
    const Message& p = l.params("lrn_param");
    l.expect(1, 1);
    const int64_t size = p.integer("local_size", 5);
    const auto alpha = static_cast<float>(p.real("alpha", 1));
    const auto beta = static_cast<float>(p.real("beta", 0.75));
    l.require(l.rank() == 4, "its bottom " + toText(l.dims()) + " needs 4 dimensions");
    l.require(size > 0 && size % 2 == 1 && size < 10000, "local_size must be odd");
    if (p.integer("norm_region", 0) != kWithinChannel)
        return {&Net::out(l.net().made(
            l.net().raw().addLRN(l.in(), size, alpha, beta, static_cast<float>(p.real("k", 1)))))};
    // x * (1 + alpha * average of x^2 around it) ^ -beta
    ITensor& square = l.net().binary(l.in(), l.in(), Bin::kPROD);
    IPoolingLayer& mean =
        l.net().made(l.net().raw().addPoolingNd(square, PoolingType::kAVERAGE, filled(2, size)));
    mean.setPaddingNd(filled(2, (size - 1) / 2));
    mean.setAverageCountExcludesPadding(false);
    return {&l.net().binary(l.in(), l.net().power(Net::out(mean), alpha, 1, -beta), Bin::kPROD)};
}

Tops importMvn(Layer& l) {
    const Message& p = l.params("mvn_param");
    l.expect(1, 1);
    l.require(l.rank() >= 3, "its bottom has no spatial axes");
    const uint32_t all = (1U << l.rank()) - 1;
    const auto [centred, variance] =
        moments(l, p.flag("across_channels", false) ? all & ~1U : all & ~3U);
    if (!p.flag("normalize_variance", true)) return {centred};
    ITensor& deviation = l.net().power(l.net().unary(*variance, UnaryOperation::kSQRT), 1,
                                       static_cast<float>(p.real("eps", 1e-9)));
    return {&l.net().binary(*centred, deviation, Bin::kDIV)};
}

/// s * x / sqrt(sum x^2 + eps)
Tops importNormalize(Layer& l) {
    const Message& p = l.params("norm_param");
    l.expect(1, 1);
    const Shape x = l.dims();
    l.require(x.size() >= 2, "its bottom has no channels");
    const uint32_t axes = p.flag("across_spatial", true) ? ((1U << x.size()) - 1) & ~1U : 2U;
    ITensor& square = l.net().binary(l.in(), l.in(), Bin::kPROD);
    ITensor& sum = l.net().reduce(square, Reduce::kSUM, axes, true);
    ITensor& norm = l.net().unary(l.net().power(sum, 1, static_cast<float>(p.real("eps", 1e-10))),
                                  UnaryOperation::kSQRT);
    ITensor& y = l.net().binary(l.in(), norm, Bin::kDIV);
    Shape dims(x.size(), 1);
    if (!p.flag("channel_shared", true)) dims[1] = l.extent(x, 1);
    const Blob s = l.weights(0, dims, "its scale", Random::kPOSITIVE);
    return {&l.net().binary(y, l.net().constant(dims, s), Bin::kPROD)};
}

}  // namespace

void registerImporters_normalization(ImporterTable& table) {
    table.add({
        {"BN", importBn, "of SegNet and PSPNet: slope, bias, mean, variance"},
        {"BatchNorm", importBatchNorm,
         "3 blobs as Caffe, 5 as NVIDIA's fork; use_global_stats: false takes the batch's own"},
        {"Bias", importBias, "one or two bottoms, axis, num_axes"},
        {"LRN", importLrn, "ACROSS_CHANNELS, WITHIN_CHANNEL"},
        {"MVN", importMvn},
        {"Normalize", importNormalize, "of SSD"},
        {"Scale", importScale, "one or two bottoms, axis, num_axes, bias_term"},
    });
}

}  // namespace bireme::caffe_import
