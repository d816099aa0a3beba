// SPDX-License-Identifier: Apache-2.0
// Layers that compute: convolutions, functions of elements, linear algebra, reductions.
#include "layers.h"

namespace bireme::python {

static void bindWindowed(nb::module_& m) {
    auto convolution = layerClass<IConvolutionLayer>(m, "IConvolutionLayer");
    convolutionProperties(convolution);
    windowProperties(convolution);

    auto deconvolution = layerClass<IDeconvolutionLayer>(m, "IDeconvolutionLayer");
    convolutionProperties(deconvolution);
    windowProperties(deconvolution);

    using P = IPoolingLayer;
    auto pooling = layerClass<P>(m, "IPoolingLayer");
    windowProperties(pooling);
    pooling.def_prop_rw("type", &P::getPoolingType, &P::setPoolingType)
        .def_prop_rw("window_size_nd", &P::getWindowSizeNd, &P::setWindowSizeNd)
        .def_prop_rw("blend_factor", &P::getBlendFactor, &P::setBlendFactor)
        .def_prop_rw("average_count_excludes_padding", &P::getAverageCountExcludesPadding,
                     &P::setAverageCountExcludesPadding);
}

static void bindElementwise(nb::module_& m) {
    using A = IActivationLayer;
    layerClass<A>(m, "IActivationLayer")
        .def_prop_rw("type", &A::getActivationType, &A::setActivationType)
        .def_prop_rw("alpha", &A::getAlpha, &A::setAlpha)
        .def_prop_rw("beta", &A::getBeta, &A::setBeta);
    layerClass<IUnaryLayer>(m, "IUnaryLayer")
        .def_prop_rw("op", &IUnaryLayer::getOperation, &IUnaryLayer::setOperation);
    layerClass<IElementWiseLayer>(m, "IElementWiseLayer")
        .def_prop_rw("op", &IElementWiseLayer::getOperation, &IElementWiseLayer::setOperation);
    layerClass<IParametricReLULayer>(m, "IParametricReLULayer");
    layerClass<ISelectLayer>(m, "ISelectLayer");
    layerClass<IIdentityLayer>(m, "IIdentityLayer");
    layerClass<ICastLayer>(m, "ICastLayer")
        .def_prop_rw("to_type", &ICastLayer::getToType, &ICastLayer::setToType);

    using S = IScaleLayer;
    auto scale = layerClass<S>(m, "IScaleLayer");
    scale.def_prop_rw("mode", &S::getMode, &S::setMode)
        .def_prop_rw("channel_axis", &S::getChannelAxis, &S::setChannelAxis);
    weightsProperty(scale, "shift", &S::getShift, &S::setShift);
    weightsProperty(scale, "scale", &S::getScale, &S::setScale);
    weightsProperty(scale, "power", &S::getPower, &S::setPower);

    using Q = IQuantizeLayer;
    layerClass<Q>(m, "IQuantizeLayer")
        .def_prop_rw("axis", &Q::getAxis, &Q::setAxis)
        .def_prop_rw("to_type", &Q::getToType, &Q::setToType);
    using D = IDequantizeLayer;
    layerClass<D>(m, "IDequantizeLayer")
        .def_prop_rw("axis", &D::getAxis, &D::setAxis)
        .def_prop_rw("to_type", &D::getToType, &D::setToType);
}

static void bindLinear(nb::module_& m) {
    using X = IMatrixMultiplyLayer;
    layerClass<X>(m, "IMatrixMultiplyLayer")
        .def_prop_rw(
            "op0", [](const X& s) { return s.getOperation(0); },
            [](X& s, MatrixOperation op) { s.setOperation(0, op); })
        .def_prop_rw(
            "op1", [](const X& s) { return s.getOperation(1); },
            [](X& s, MatrixOperation op) { s.setOperation(1, op); });
    layerClass<IEinsumLayer>(m, "IEinsumLayer")
        .def_prop_rw("equation", &IEinsumLayer::getEquation,
                     [](IEinsumLayer& s, const char* equation) {
                         if (!s.setEquation(equation))
                             throw nb::value_error("the equation does not fit the operands");
                     });
    layerClass<ISoftMaxLayer>(m, "ISoftMaxLayer")
        .def_prop_rw("axes", &ISoftMaxLayer::getAxes, &ISoftMaxLayer::setAxes);
    using R = IReduceLayer;
    layerClass<R>(m, "IReduceLayer")
        .def_prop_rw("op", &R::getOperation, &R::setOperation)
        .def_prop_rw("axes", &R::getReduceAxes, &R::setReduceAxes)
        .def_prop_rw("keep_dims", &R::getKeepDimensions, &R::setKeepDimensions);
    using C = ICumulativeLayer;
    layerClass<C>(m, "ICumulativeLayer")
        .def_prop_rw("op", &C::getOperation,
                     [](C& s, CumulativeOperation op) { s.setOperation(op); })
        .def_prop_rw("exclusive", &C::getExclusive, &C::setExclusive)
        .def_prop_rw("reverse", &C::getReverse, &C::setReverse);
    using L = ILRNLayer;
    layerClass<L>(m, "ILRNLayer")
        .def_prop_rw("window_size", &L::getWindowSize, &L::setWindowSize)
        .def_prop_rw("alpha", &L::getAlpha, &L::setAlpha)
        .def_prop_rw("beta", &L::getBeta, &L::setBeta)
        .def_prop_rw("k", &L::getK, &L::setK);
    using N = INormalizationLayer;
    layerClass<N>(m, "INormalizationLayer")
        .def_prop_rw("epsilon", &N::getEpsilon, &N::setEpsilon)
        .def_prop_rw("axes", &N::getAxes, &N::setAxes)
        .def_prop_rw("num_groups", &N::getNbGroups, &N::setNbGroups)
        .def_prop_rw("compute_precision", &N::getComputePrecision, &N::setComputePrecision)
        .def("is_v2", &N::isV2);
}

void bindComputeLayers(nb::module_& m) {
    bindWindowed(m);
    bindElementwise(m);
    bindLinear(m);
}

}  // namespace bireme::python
