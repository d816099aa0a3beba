// SPDX-License-Identifier: Apache-2.0
#include "ops/support/reshape_dims.h"

#include "ops/support/arguments.h"

#include <algorithm>

namespace bireme::ops {

// What is left of `from` for the dims not in `given`. Equal dims cancel first, so that products of
// sums stay exact.
static Dim rest(const ir::InferContext& c, DimVector from, const DimVector& given) {
    DimVector others;
    for (const Dim& d : given) {
        auto it = std::find(from.begin(), from.end(), d);
        if (it != from.end())
            from.erase(it);
        else
            others.push_back(d);
    }
    Dim a = volume(from), b = volume(others);
    c.require(!b.is(0), "-1 cannot be inferred beside an extent of 0");
    c.require(!a.isStatic() || !b.isStatic() || a.value() % b.value() == 0, a.text(),
              " elements cannot be split by ", b.text());
    return floorDiv(a, b);
}

// Elements that only the run tells may be 0 or -1 then; the expressions decide when they are
// evaluated.
static DimVector decideWhenRun(const DimVector& from, const DimVector& shape,
                               bool zeroIsPlaceholder) {
    DimVector out = shape;
    for (size_t i = 0; i < shape.size(); ++i)
        if (zeroIsPlaceholder && i < from.size()) out[i] += equal(shape[i], Dim(0)) * from[i];
    DimVector positive = out;
    for (size_t i = 0; i < shape.size(); ++i)
        positive[i] += Dim(2) * equal(shape[i], Dim(-1));  // -1 counts as 1
    Dim left = floorDiv(volume(from), max(volume(positive), Dim(1)));
    for (size_t i = 0; i < shape.size(); ++i) out[i] += equal(shape[i], Dim(-1)) * (left + Dim(1));
    return out;
}

DimVector reshapedDims(ir::InferContext& c, const DimVector& from,
                       const std::vector<int64_t>& attribute, bool zeroIsPlaceholder) {
    Dim total = volume(from);
    DimVector shape = listArgument(c, 1, attribute, "new dimensions",
                                   {-1, total.isStatic() ? total.value() : INT64_MAX});
    auto mayBeCode = [&](const Dim& d) {
        return isUncertain(d) && std::find(from.begin(), from.end(), d) == from.end();
    };
    if (std::any_of(shape.begin(), shape.end(), mayBeCode))
        return decideWhenRun(from, shape, zeroIsPlaceholder);
    int inferred = -1;
    DimVector given;
    for (size_t i = 0; i < shape.size(); ++i) {
        if (shape[i].is(-1)) {
            c.require(inferred < 0, "more than one -1 in the new shape ", text(shape));
            inferred = static_cast<int>(i);
            continue;
        }
        if (shape[i].is(0) && zeroIsPlaceholder) {
            c.require(i < from.size(), "new dimension ", i, " copies a dimension that ", text(from),
                      " lacks");
            shape[i] = from[i];
        }
        c.require(!shape[i].isStatic() || shape[i].value() >= 0, "new dimension ", i, " is ",
                  shape[i].text());
        given.push_back(shape[i]);
    }
    if (inferred >= 0) {
        shape[static_cast<size_t>(inferred)] = rest(c, from, given);
        return shape;
    }
    Dim difference = total - volume(shape);
    c.require(!difference.isStatic() || difference.is(0), text(from), " cannot become ",
              text(shape), ": ", total.text(), " elements against ", volume(shape).text());
    return shape;
}

}  // namespace bireme::ops
