// SPDX-License-Identifier: Apache-2.0
// Where the windows of convolution, deconvolution and pooling lie. All shape arithmetic of the
// family is here.
#pragma once

#include "bireme/layers/padding_mode.h"
#include "ir/infer.h"

#include <array>
#include <vector>

namespace bireme::ops {

// One spatial dim, padding resolved: before and after are what is padded there, or what is trimmed
// off the result of a deconvolution.
struct WindowAxis {
    Dim input, window, output, before, after;
    int64_t stride = 1, dilation = 1;
    Dim reach() const { return Dim(dilation) * (window - Dim(1)) + Dim(1); }  // of a dilated window
};

// The window attributes of one node; an empty vector has the default everywhere (1, 0, 0, 1, 0).
struct WindowAttributes {
    const std::vector<int64_t>& stride;
    const std::vector<int64_t>& before;
    const std::vector<int64_t>& after;
    const std::vector<int64_t>& dilation;
    PaddingMode mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
    const std::vector<int64_t>* outputPadding = nullptr;

    template <typename OpType>
    static WindowAttributes of(const OpType& op) {
        return {op.stride, op.prePadding, op.postPadding, op.dilation, op.paddingMode};
    }
};

// Throw Error when an attribute does not fit the spatial dims, or a number says that a window
// exceeds the input.
std::vector<WindowAxis> convolutionAxes(const WindowAttributes& a, const DimVector& input,
                                        const DimVector& window);
// As convolutionAxes, but a window that would start behind the input and its front padding is
// dropped.
std::vector<WindowAxis> poolingAxes(const WindowAttributes& a, const DimVector& input,
                                    const DimVector& window);
std::vector<WindowAxis> deconvolutionAxes(const WindowAttributes& a, const DimVector& input,
                                          const DimVector& window);

// Spatial dims (all but the first two) of a tensor.
DimVector spatialDims(const DimVector& dims);

// The same in numbers for plain loops, always three axes: missing leading ones have extent 1.
struct WindowGrid {
    using Triple = std::array<int64_t, 3>;
    Triple input{1, 1, 1}, window{1, 1, 1}, output{1, 1, 1}, before{}, after{}, stride{1, 1, 1},
        dilation{1, 1, 1};
    explicit WindowGrid(const std::vector<WindowAxis>& axes);
    int64_t inputSize() const { return input[0] * input[1] * input[2]; }
    int64_t windowSize() const { return window[0] * window[1] * window[2]; }
    int64_t outputSize() const { return output[0] * output[1] * output[2]; }
};

}  // namespace bireme::ops
