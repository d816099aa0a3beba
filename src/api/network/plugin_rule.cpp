// SPDX-License-Identifier: Apache-2.0
#include "api/network/plugin_rule.h"

#include "api/convert.h"
#include "api/run/dim_expr.h"
#include "ir/infer.h"

namespace bireme::api {

int PluginRule::dataInputs(const ir::InferContext& c) const { return c.inputs() - shapeInputs_; }

void PluginRule::infer(ir::InferContext& c) const {
    const plugin::Instance& p = instance();
    c.require(c.outputs() == p.nbOutputs(), p.identity().text(), " has ", p.nbOutputs(),
              " outputs, the layer ", c.outputs());
    std::vector<DataType> types;
    for (int i = 0; i < dataInputs(c); ++i) types.push_back(c.in(i).type);
    types = p.outputTypes(types);
    for (int o = 0; o < c.outputs(); ++o) {
        c.require(isKnown(types[static_cast<size_t>(o)]), p.identity().text(), ": output ", o,
                  " has the unknown data type ", static_cast<int>(types[static_cast<size_t>(o)]));
        c.out(o).type = types[static_cast<size_t>(o)];
    }
    if (p.symbolic())
        inferSymbolic(c);
    else
        inferFixed(c);
}

// Plugins of fixed shapes see numbers; a batch that they leave out may be an expression.
void PluginRule::inferFixed(ir::InferContext& c) const {
    const plugin::Instance& p = instance();
    const size_t skip = p.batched() ? 1 : 0;
    std::vector<Dims> inputs;
    for (int i = 0; i < dataInputs(c); ++i) {
        const DimVector& dims = c.in(i).dims;
        c.require(dims.size() >= skip, "input ", i, " of ", p.identity().text(), " has no batch");
        DimVector rest(dims.begin() + static_cast<std::ptrdiff_t>(skip), dims.end());
        c.require(allStatic(rest), p.identity().text(), " is a plugin of fixed shapes, input ", i,
                  " is ", c.in(i).text());
        inputs.push_back(publicDims(rest));
        c.require(skip == 0 || dims[0] == c.in(0).dims[0], "inputs 0 and ", i, " of ",
                  p.identity().text(), " have different batches");
    }
    c.require(skip == 0 || !inputs.empty(), p.identity().text(), " has no input, and so no batch");
    for (int o = 0; o < c.outputs(); ++o) {
        Dims dims = p.outputDims(o, inputs);
        DimVector out;
        if (skip) out.push_back(c.in(0).dims[0]);
        for (int64_t d : toVector(dims, "a plugin's output")) out.emplace_back(d);
        c.out(o).dims = std::move(out);
    }
}

namespace {

// Elements of an integer tensor as expressions.
DimsExprs valuesOf(ir::InferContext& c, int input, ExprBuilder& builder) {
    const TensorDesc& d = c.in(input);
    c.require(isInteger(d.type) && d.rank() <= 1 && allStatic(d.dims), "shape input ", input,
              " is ", d.text(), ", not integers of rank 0 or 1 and known number");
    const int64_t count = volume(d.dims).value();
    c.require(count <= Dims::MAX_DIMS, "shape input ", input, " has ", count, " elements");
    const DimVector* known = c.known(input);
    DimsExprs out{static_cast<int32_t>(count), {}};
    for (int i = 0; i < static_cast<int>(count); ++i)
        out.d[i] = builder.wrap(known ? (*known)[static_cast<size_t>(i)]
                                      : c.hostElement(input, i, {0, INT32_MAX}));
    return out;
}

const ExprBuilder::Size* sizeOf(const ExprBuilder& builder, const Dim& d) {
    for (const auto& s : builder.sizes)
        if (s.symbol == d) return &s;
    return nullptr;
}

}  // namespace

void PluginRule::inferSymbolic(ir::InferContext& c) const {
    const plugin::Instance& p = instance();
    ExprBuilder builder(reporter_);
    std::vector<DimsExprs> inputs, shapes;
    for (int i = 0; i < dataInputs(c); ++i) {
        const DimVector& dims = c.in(i).dims;
        c.require(dims.size() <= static_cast<size_t>(Dims::MAX_DIMS), "input ", i, " of ",
                  p.identity().text(), " has more than 8 dimensions");
        DimsExprs e{static_cast<int32_t>(dims.size()), {}};
        for (size_t k = 0; k < dims.size(); ++k) e.d[k] = builder.wrap(dims[k]);
        inputs.push_back(e);
    }
    for (int i = dataInputs(c); i < c.inputs(); ++i) shapes.push_back(valuesOf(c, i, builder));
    auto outputs = p.outputShapes(inputs, shapes, *builder.handle);
    told_.clear();
    std::map<std::string, Dim, std::less<>> sizes;
    for (int o = 0; o < c.outputs(); ++o) {
        const DimsExprs& e = outputs[static_cast<size_t>(o)];
        c.require(e.nbDims >= 0 && e.nbDims <= Dims::MAX_DIMS, p.identity().text(), ": output ", o,
                  " has ", e.nbDims, " dimensions");
        for (int k = 0; k < e.nbDims; ++k) {
            c.require(e.d[k] != nullptr, p.identity().text(), ": dimension ", k, " of output ", o,
                      " is null");
            Dim d = builder.unwrap(*e.d[k]);
            if (const auto* size = sizeOf(builder, d)) {
                told_.push_back({o, k, size->output, size->upper});
                auto& symbol = sizes[d.text()];
                if (symbol.isStatic()) symbol = c.stepExtent(o, k, size->upper);
                d = symbol;
            }
            c.out(o).dims.push_back(std::move(d));
        }
    }
    for (const auto& size : builder.sizes) {
        const bool inside = size.output < c.outputs();
        c.require(inside && c.out(size.output).dims.empty() && isInteger(c.out(size.output).type),
                  p.identity().text(),
                  ": the size of an output has to be a scalar integer, output ", size.output,
                  inside ? cat(" is ", c.out(size.output).text()) : " is not there");
        c.require(sizes.count(size.symbol.text()), p.identity().text(),
                  ": a declared size has to be an extent by itself");
    }
    for (int o = 0; o < c.outputs(); ++o)
        for (const Dim& d : c.out(o).dims) {
            std::vector<std::string> symbols;
            d.collectSymbols(symbols);
            for (const std::string& s : symbols)
                c.require(!sizes.count(s), p.identity().text(),
                          ": a declared size has to be an extent by itself");
        }
}

}  // namespace bireme::api
