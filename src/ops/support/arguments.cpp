// SPDX-License-Identifier: Apache-2.0
#include "ops/support/arguments.h"

#include <algorithm>

namespace bireme::ops {

int listLength(const ir::InferContext& c, int input, const char* what) {
    const TensorDesc& d = c.in(input);
    c.require(isInteger(d.type), what, " must be integers, not ", name(d.type));
    c.require(d.rank() <= 1, what, " must be a 1-D tensor, not ", d.text());
    if (d.rank() == 0) return 1;
    c.require(d.dims[0].isStatic(), "the number of ", what, " must be known at build time, it is ",
              d.dims[0].text());
    int64_t n = d.dims[0].value();
    c.require(n <= static_cast<int64_t>(ir::InferContext::kMaxKnown), n, " ", what,
              " are too many");
    return static_cast<int>(n);
}

DimVector listArgument(ir::InferContext& c, int input, const std::vector<int64_t>& attribute,
                       const char* what, DimRange range) {
    if (!c.has(input)) return toDims(attribute);
    int n = listLength(c, input, what);
    if (const DimVector* known = c.known(input)) return *known;
    DimVector v;
    for (int i = 0; i < n; ++i) v.push_back(c.hostElement(input, i, range));
    return v;
}

std::vector<int64_t> numberArgument(const ir::InferContext& c, int input,
                                    const std::vector<int64_t>& attribute, const char* what) {
    if (!c.has(input)) return attribute;
    listLength(c, input, what);
    const DimVector* known = c.known(input);
    c.require(known && allStatic(*known), what, " must be known at build time");
    return staticValues(*known);
}

Dim scalarArgument(ir::InferContext& c, int input, const char* what, DimRange range) {
    const TensorDesc& d = c.in(input);
    c.require(isInteger(d.type), what, " must be an integer, not ", name(d.type));
    Dim n = volume(d.dims);
    c.require(!n.isStatic() || n.is(1), what, " must be one number, not ", d.text());
    const DimVector* known = c.known(input);
    return known && known->size() == 1 ? known->front() : c.hostElement(input, 0, range);
}

std::vector<int> distinctAxes(const ir::InferContext& c, const std::vector<int64_t>& axes,
                              int rank) {
    std::vector<int> out;
    for (int64_t a : axes) {
        int axis = c.axis(a, rank);
        c.require(std::find(out.begin(), out.end(), axis) == out.end(), "axis ", a,
                  " is given twice");
        out.push_back(axis);
    }
    return out;
}

Dim agree(const ir::InferContext& c, const Dim& a, const Dim& b, const char* what) {
    c.require(!a.isStatic() || !b.isStatic() || a == b, what, ": extents ", a.text(), " and ",
              b.text(), " differ");
    return a.isStatic() ? a : b.isStatic() ? b : a;
}

bool isUncertain(const Dim& d) {
    std::vector<std::string> names;
    d.collectSymbols(names);
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& s) { return s[0] == '@'; });
}

std::vector<int64_t> evalList(ir::EvalContext& c, int input,
                              const std::vector<int64_t>& attribute) {
    return c.has(input) ? c.ints(input) : attribute;
}

}  // namespace bireme::ops
