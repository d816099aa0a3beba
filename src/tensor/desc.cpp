// SPDX-License-Identifier: Apache-2.0
#include "tensor/desc.h"

namespace bireme {

std::string TensorDesc::text() const {
    std::string s = name(type) + bireme::text(dims);
    if (!format.isLinear()) s += "{" + format.text() + "}";
    if (place.isHost()) s += "@host";
    return s;
}

}  // namespace bireme
