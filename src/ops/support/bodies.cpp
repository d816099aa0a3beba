// SPDX-License-Identifier: Apache-2.0
#include "ops/support/bodies.h"

#include "ir/interpret.h"
#include "ir/verify.h"

#include <cstring>

namespace bireme::ops {

ir::Graph inferBody(const ir::InferContext& c, const ir::Graph& body, int firstInput) {
    ir::Graph g = body;
    c.require(static_cast<int>(g.inputs().size()) == c.inputs() - firstInput, "the body has ",
              static_cast<int>(g.inputs().size()), " inputs, the node passes ",
              c.inputs() - firstInput);
    for (size_t i = 0; i < g.inputs().size(); ++i) {
        int from = firstInput + static_cast<int>(i);
        ir::Value& v = g.value(g.inputs()[i]);
        v.desc.type = c.in(from).type;
        v.desc.dims = c.in(from).dims;
        v.known.reset();
        if (const DimVector* known = c.known(from)) v.known = *known;
        if (const Blob* bytes = c.constant(from)) v.constant = *bytes;
    }
    ir::inferGraph(g);
    return g;
}

bool isKnownOutside(const ir::Graph& body, const Dim& d) {
    std::vector<std::string> names;
    d.collectSymbols(names);
    for (const auto& n : names) {
        auto it = body.symbols.find(n);
        if (it != body.symbols.end() && it->second.source != ir::SymbolSource::inputExtent)
            return false;
    }
    return true;
}

void evalBody(ir::EvalContext& c, const ir::Graph& body, int firstInput) {
    std::vector<ir::Tensor> inputs;
    for (int i = firstInput; i < c.inputs(); ++i) {
        c.require(c.has(i), "input ", i, " is missing");
        inputs.push_back(
            {c.type(i), c.dims(i), Blob::borrow(c.data(i), bytesFor(c.type(i), c.count(i)))});
    }
    auto results = ir::interpret(body, inputs);
    for (int i = 0; i < c.outputs(); ++i) {
        const ir::Tensor& r = results[static_cast<size_t>(i)];
        if (c.outData(i) == nullptr) c.resize(i, r.dims);
        c.require(c.outType(i) == r.type && c.outDims(i) == r.dims, "output ", i,
                  " of the body is ", toDims(r.dims).size(), "-dimensional ", name(r.type), " ",
                  text(toDims(r.dims)), ", inference said ", text(toDims(c.outDims(i))));
        if (r.bytes.size()) std::memcpy(c.outData(i), r.bytes.data(), r.bytes.size());
    }
}

}  // namespace bireme::ops
