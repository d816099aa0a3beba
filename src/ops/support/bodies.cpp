// SPDX-License-Identifier: Apache-2.0
#include "ops/support/bodies.h"

#include "ir/interpret.h"
#include "ir/verify.h"

#include <cstring>

namespace bireme::ops {

ir::Graph inferBodyOn(const ir::Graph& body, const std::vector<BodyInput>& inputs) {
    ir::Graph g = body;
    for (size_t i = 0; i < inputs.size(); ++i) {
        ir::Value& v = g.value(g.inputs()[i]);
        v.desc.type = inputs[i].desc.type;
        v.desc.dims = inputs[i].desc.dims;
        v.known = inputs[i].known;
        if (inputs[i].constant) v.constant = *inputs[i].constant;
    }
    ir::inferGraph(g);
    return g;
}

BodyInput passed(const ir::InferContext& c, int i) {
    BodyInput in{c.in(i), std::nullopt, c.constant(i)};
    if (const DimVector* known = c.known(i)) in.known = *known;
    return in;
}

ir::Graph inferBody(const ir::InferContext& c, const ir::Graph& body, int firstInput) {
    c.require(static_cast<int>(body.inputs().size()) == c.inputs() - firstInput, "the body has ",
              static_cast<int>(body.inputs().size()), " inputs, the node passes ",
              c.inputs() - firstInput);
    std::vector<BodyInput> inputs;
    for (int i = firstInput; i < c.inputs(); ++i) inputs.push_back(passed(c, i));
    return inferBodyOn(body, inputs);
}

ir::Tensor inputTensor(const ir::EvalContext& c, int i) {
    c.require(c.has(i), "input ", i, " is missing");
    return {c.type(i), c.dims(i), Blob::borrow(c.data(i), bytesFor(c.type(i), c.count(i)))};
}

void giveTensor(ir::EvalContext& c, int i, const ir::Tensor& t) {
    if (c.outData(i) == nullptr) c.resize(i, t.dims);
    c.require(c.outType(i) == t.type && c.outDims(i) == t.dims, "output ", i, " of the body is ",
              name(t.type), " ", text(toDims(t.dims)), ", inference said ",
              text(toDims(c.outDims(i))));
    if (t.bytes.size()) std::memcpy(c.outData(i), t.bytes.data(), t.bytes.size());
}

ir::Tensor stacked(const std::vector<ir::Tensor>& parts, int64_t axis, const ir::Tensor& empty) {
    const ir::Tensor& first = parts.empty() ? empty : parts.front();
    std::vector<int64_t> dims = first.dims;
    int64_t outer = 1;
    for (int64_t d = 0; d < axis; ++d) outer *= dims[static_cast<size_t>(d)];
    dims.insert(dims.begin() + axis, static_cast<int64_t>(parts.size()));
    std::vector<uint8_t> bytes(bytesFor(first.type, ir::elementCount(dims)));
    size_t row = outer ? bytesFor(first.type, first.count()) / static_cast<size_t>(outer) : 0;
    for (size_t k = 0; k < parts.size(); ++k) {
        if (parts[k].dims != first.dims)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("the turns of a loop give ", text(toDims(first.dims)), " and ",
                     text(toDims(parts[k].dims)), ", which cannot be stacked"));
        for (size_t o = 0; o < static_cast<size_t>(outer) && row; ++o)
            std::memcpy(bytes.data() + (o * parts.size() + k) * row,
                        static_cast<const uint8_t*>(parts[k].bytes.data()) + o * row, row);
    }
    return {first.type, dims, Blob::own(std::move(bytes))};
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
    for (int i = firstInput; i < c.inputs(); ++i) inputs.push_back(inputTensor(c, i));
    auto results = ir::interpret(body, inputs);
    for (int i = 0; i < c.outputs(); ++i) giveTensor(c, i, results[static_cast<size_t>(i)]);
}

}  // namespace bireme::ops
