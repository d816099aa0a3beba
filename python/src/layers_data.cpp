// SPDX-License-Identifier: Apache-2.0
// Layers that move data, select from it or make it.
#include <nanobind/stl/vector.h>

#include <vector>

#include "layers.h"

namespace bireme::python {

static std::vector<float> scalesOf(const IResizeLayer& layer) {
    int32_t count = layer.getScales(0, nullptr);
    std::vector<float> scales(static_cast<size_t>(count < 0 ? 0 : count));
    if (count > 0) layer.getScales(count, scales.data());
    return scales;
}

template <typename L>
static void setIndices(L& layer, DataType type) {
    if (!layer.setIndicesType(type)) throw nb::value_error("indices are INT32 or INT64");
}

static void bindMovement(nb::module_& m) {
    layerClass<IConcatenationLayer>(m, "IConcatenationLayer")
        .def_prop_rw("axis", &IConcatenationLayer::getAxis, &IConcatenationLayer::setAxis);
    using H = IShuffleLayer;
    layerClass<H>(m, "IShuffleLayer")
        .def_prop_rw("first_transpose", &H::getFirstTranspose, &H::setFirstTranspose)
        .def_prop_rw("reshape_dims", &H::getReshapeDimensions, &H::setReshapeDimensions)
        .def_prop_rw("second_transpose", &H::getSecondTranspose, &H::setSecondTranspose)
        .def_prop_rw("zero_is_placeholder", &H::getZeroIsPlaceholder, &H::setZeroIsPlaceholder);
    using S = ISliceLayer;
    layerClass<S>(m, "ISliceLayer")
        .def_prop_rw("start", &S::getStart, &S::setStart)
        .def_prop_rw("shape", &S::getSize, &S::setSize)
        .def_prop_rw("stride", &S::getStride, &S::setStride)
        .def_prop_rw("mode", &S::getMode, &S::setMode)
        .def_prop_rw("axes", &S::getAxes, &S::setAxes);
    using P = IPaddingLayer;
    layerClass<P>(m, "IPaddingLayer")
        .def_prop_rw("pre_padding_nd", &P::getPrePaddingNd, &P::setPrePaddingNd)
        .def_prop_rw("post_padding_nd", &P::getPostPaddingNd, &P::setPostPaddingNd);
    using R = IResizeLayer;
    layerClass<R>(m, "IResizeLayer")
        .def_prop_rw("shape", &R::getOutputDimensions, &R::setOutputDimensions)
        .def_prop_rw("scales", &scalesOf,
                     [](R& s, const std::vector<float>& scales) {
                         s.setScales(scales.data(), static_cast<int32_t>(scales.size()));
                     })
        .def_prop_rw("resize_mode", &R::getResizeMode, &R::setResizeMode)
        .def_prop_rw("coordinate_transformation", &R::getCoordinateTransformation,
                     &R::setCoordinateTransformation)
        .def_prop_rw("selector_for_single_pixel", &R::getSelectorForSinglePixel,
                     &R::setSelectorForSinglePixel)
        .def_prop_rw("nearest_rounding", &R::getNearestRounding, &R::setNearestRounding)
        .def_prop_rw("cubic_coeff", &R::getCubicCoeff, &R::setCubicCoeff)
        .def_prop_rw("exclude_outside", &R::getExcludeOutside, &R::setExcludeOutside);
    layerClass<ISqueezeLayer>(m, "ISqueezeLayer");
    layerClass<IUnsqueezeLayer>(m, "IUnsqueezeLayer");
    layerClass<IShapeLayer>(m, "IShapeLayer");
    using Q = IReverseSequenceLayer;
    layerClass<Q>(m, "IReverseSequenceLayer")
        .def_prop_rw("batch_axis", &Q::getBatchAxis, &Q::setBatchAxis)
        .def_prop_rw("sequence_axis", &Q::getSequenceAxis, &Q::setSequenceAxis);
}

static void bindSelection(nb::module_& m) {
    using G = IGatherLayer;
    layerClass<G>(m, "IGatherLayer")
        .def_prop_rw("axis", &G::getGatherAxis, &G::setGatherAxis)
        .def_prop_rw("num_elementwise_dims", &G::getNbElementWiseDims, &G::setNbElementWiseDims)
        .def_prop_rw("mode", &G::getMode, &G::setMode);
    using S = IScatterLayer;
    layerClass<S>(m, "IScatterLayer")
        .def_prop_rw("axis", &S::getAxis, &S::setAxis)
        .def_prop_rw("mode", &S::getMode, &S::setMode);
    using T = ITopKLayer;
    layerClass<T>(m, "ITopKLayer")
        .def_prop_rw("op", &T::getOperation, &T::setOperation)
        .def_prop_rw("k", &T::getK, &T::setK)
        .def_prop_rw("axes", &T::getReduceAxes, &T::setReduceAxes)
        .def_prop_rw("indices_type", &T::getIndicesType, &setIndices<T>);
    layerClass<IOneHotLayer>(m, "IOneHotLayer")
        .def_prop_rw("axis", &IOneHotLayer::getAxis, &IOneHotLayer::setAxis);
    layerClass<INonZeroLayer>(m, "INonZeroLayer")
        .def_prop_rw("indices_type", &INonZeroLayer::getIndicesType, &setIndices<INonZeroLayer>);
    using D = IGridSampleLayer;
    layerClass<D>(m, "IGridSampleLayer")
        .def_prop_rw("interpolation_mode", &D::getInterpolationMode, &D::setInterpolationMode)
        .def_prop_rw("align_corners", &D::getAlignCorners, &D::setAlignCorners)
        .def_prop_rw("sample_mode", &D::getSampleMode, [](D& s, SampleMode mode) {
            if (!s.setSampleMode(mode))
                throw nb::value_error("grid sampling takes FILL, CLAMP or REFLECT");
        });
    using N = INMSLayer;
    layerClass<N>(m, "INMSLayer")
        .def_prop_rw("bounding_box_format", &N::getBoundingBoxFormat, &N::setBoundingBoxFormat)
        .def_prop_rw("topk_box_limit", &N::getTopKBoxLimit, &N::setTopKBoxLimit)
        .def_prop_rw("indices_type", &N::getIndicesType, &setIndices<N>);
}

// A coefficient of a fill is an int when it was set as one.
static void setFill(IFillLayer& layer, nb::handle value,
                    void (IFillLayer::*ofInt)(int64_t) noexcept,
                    void (IFillLayer::*ofFloat)(double) noexcept) {
    if (nb::isinstance<nb::int_>(value))
        (layer.*ofInt)(nb::cast<int64_t>(value));
    else
        (layer.*ofFloat)(nb::cast<double>(value));
}

static void bindSources(nb::module_& m) {
    using C = IConstantLayer;
    auto constant = layerClass<C>(m, "IConstantLayer");
    constant.def_prop_rw("shape", &C::getDimensions, &C::setDimensions);
    weightsProperty(constant, "weights", &C::getWeights, &C::setWeights);
    using F = IFillLayer;
    layerClass<F>(m, "IFillLayer")
        .def_prop_rw("shape", &F::getDimensions, &F::setDimensions)
        .def_prop_rw("operation", &F::getOperation, &F::setOperation)
        .def_prop_rw(
            "alpha",
            [](const F& s) -> nb::object {
                if (s.isAlphaBetaInt64()) return nb::int_(s.getAlphaInt64());
                return nb::float_(s.getAlpha());
            },
            [](F& s, nb::object v) { setFill(s, v, &F::setAlphaInt64, &F::setAlpha); })
        .def_prop_rw(
            "beta",
            [](const F& s) -> nb::object {
                if (s.isAlphaBetaInt64()) return nb::int_(s.getBetaInt64());
                return nb::float_(s.getBeta());
            },
            [](F& s, nb::object v) { setFill(s, v, &F::setBetaInt64, &F::setBeta); })
        .def_prop_rw("to_type", &F::getToType, &F::setToType)
        .def("is_alpha_beta_int64", &F::isAlphaBetaInt64);
    layerClass<IAssertionLayer>(m, "IAssertionLayer")
        .def_prop_rw("message", &IAssertionLayer::getMessage, &IAssertionLayer::setMessage);
    layerClass<ICustomOpLayer>(m, "ICustomOpLayer")
        .def_prop_ro("operator_name", &ICustomOpLayer::getOperatorName);
}

void bindDataLayers(nb::module_& m) {
    bindMovement(m);
    bindSelection(m);
    bindSources(m);
}

}  // namespace bireme::python
