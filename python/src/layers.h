// SPDX-License-Identifier: Apache-2.0
#pragma once

// Helpers of the sources that bind layer classes.

#include "bindings.h"

namespace bireme::python {

template <typename L>
nb::class_<L, ILayer> layerClass(nb::module_& m, const char* name) {
    return nb::class_<L, ILayer>(m, name);
}

// A property whose value is an array: it is kept alive by the layer's network.
template <typename L, typename Get, typename Set>
void weightsProperty(nb::class_<L, ILayer>& cls, const char* name, Get get, Set set) {
    cls.def_prop_rw(
        name, [get](Self<L> s) { return fromWeights((s.p->*get)(), s.h); },
        [set](Self<L> s, nb::object value) { (s.p->*set)(toWeights(networkOf(s.h), value)); },
        nb::for_setter(nb::arg("value").none()));
}

// What convolution and deconvolution share.
template <typename L>
void convolutionProperties(nb::class_<L, ILayer>& cls) {
    cls.def_prop_rw("num_output_maps", &L::getNbOutputMaps, &L::setNbOutputMaps)
        .def_prop_rw("num_groups", &L::getNbGroups, &L::setNbGroups)
        .def_prop_rw("kernel_size_nd", &L::getKernelSizeNd, &L::setKernelSizeNd)
        .def_prop_rw("dilation_nd", &L::getDilationNd, &L::setDilationNd);
    weightsProperty(cls, "kernel", &L::getKernelWeights, &L::setKernelWeights);
    weightsProperty(cls, "bias", &L::getBiasWeights, &L::setBiasWeights);
}

// What everything with a sliding window shares.
template <typename L>
void windowProperties(nb::class_<L, ILayer>& cls) {
    cls.def_prop_rw("stride_nd", &L::getStrideNd, &L::setStrideNd)
        .def_prop_rw("padding_nd", &L::getPaddingNd, &L::setPaddingNd)
        .def_prop_rw("pre_padding", &L::getPrePadding, &L::setPrePadding)
        .def_prop_rw("post_padding", &L::getPostPadding, &L::setPostPadding)
        .def_prop_rw("padding_mode", &L::getPaddingMode, &L::setPaddingMode);
}

}  // namespace bireme::python
