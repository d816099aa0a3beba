// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/list.h>
#include <nanobind/stl/vector.h>

#include <vector>

#include "plugins.h"

namespace bireme::python {

namespace {

using Net = INetworkDefinition;
using NetSelf = Self<Net>;
using NetClass = nb::class_<Net>;

// Binds a function that adds a layer: the result knows the network, arguments are those of `Add`.
template <typename... Args, typename Add, typename... Extra>
void adder(NetClass& cls, const char* name, Add add, const Extra&... extra) {
    cls.def(
        name, [add](NetSelf s, Args... args) { return layerObject(s.h, add(*s.p, s.h, args...)); },
        extra...);
}

// None in a list of inputs is an absent optional one.
std::vector<ITensor*> tensorsOf(nb::sequence inputs) {
    std::vector<ITensor*> tensors;
    for (nb::handle input : inputs)
        tensors.push_back(input.is_none() ? nullptr : nb::cast<ITensor*>(input));
    return tensors;
}

void bindBookkeeping(NetClass& cls) {
    constexpr auto internal = nb::rv_policy::reference_internal;
    cls.def_prop_rw("name", &Net::getName, &Net::setName)
        .def_prop_rw("error_recorder", &Net::getErrorRecorder, &Net::setErrorRecorder,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()))
        .def_prop_ro("num_layers", &Net::getNbLayers)
        .def_prop_ro("num_inputs", &Net::getNbInputs)
        .def_prop_ro("num_outputs", &Net::getNbOutputs)
        .def_prop_ro("has_implicit_batch_dimension", &Net::hasImplicitBatchDimension)
        .def_prop_ro("builder", &Net::getBuilder, nb::rv_policy::reference)
        .def_prop_ro("flags", &Net::getFlags)
        .def("get_flag", &Net::getFlag, "flag"_a)
        .def("add_input", &Net::addInput, "name"_a, "dtype"_a, "shape"_a, internal)
        .def("mark_output", &Net::markOutput, "tensor"_a)
        .def("unmark_output", &Net::unmarkOutput, "tensor"_a)
        .def("mark_output_for_shapes", &Net::markOutputForShapes, "tensor"_a)
        .def("unmark_output_for_shapes", &Net::unmarkOutputForShapes, "tensor"_a)
        .def("remove_tensor", &Net::removeTensor, "tensor"_a)
        .def("get_input", &Net::getInput, "index"_a, internal)
        .def("get_output", &Net::getOutput, "index"_a, internal)
        .def(
            "set_weights_name",
            [](NetSelf s, nb::object weights, const Text& name) {
                return s.p->setWeightsName(toWeights(s.h, weights), orNull(name));
            },
            "weights"_a, "name"_a.none())
        .def(
            "get_layer",
            [](NetSelf s, int32_t i) { return plainLayerObject(s.h, s.p->getLayer(i)); }, "index"_a)
        .def("__len__", &Net::getNbLayers)
        .def("__getitem__", [](NetSelf s, int32_t i) {
            int32_t count = s.p->getNbLayers();
            if (i < 0) i += count;
            if (i < 0 || i >= count) throw nb::index_error("no such layer");
            return plainLayerObject(s.h, s.p->getLayer(i));
        });
    contextManager(cls);
}

void bindWindowed(NetClass& cls) {
    adder<ITensor&, int64_t, Dims, nb::object, nb::object>(
        cls, "add_convolution_nd",
        [](Net& n, nb::handle self, ITensor& input, int64_t maps, const Dims& shape,
           nb::object kernel, nb::object bias) {
            return n.addConvolutionNd(input, maps, shape, toWeights(self, kernel),
                                      toWeights(self, bias));
        },
        "input"_a, "num_output_maps"_a, "kernel_shape"_a, "kernel"_a.none(), "bias"_a = nb::none());
    adder<ITensor&, int64_t, Dims, nb::object, nb::object>(
        cls, "add_deconvolution_nd",
        [](Net& n, nb::handle self, ITensor& input, int64_t maps, const Dims& shape,
           nb::object kernel, nb::object bias) {
            return n.addDeconvolutionNd(input, maps, shape, toWeights(self, kernel),
                                        toWeights(self, bias));
        },
        "input"_a, "num_output_maps"_a, "kernel_shape"_a, "kernel"_a.none(), "bias"_a = nb::none());
    adder<ITensor&, PoolingType, Dims>(
        cls, "add_pooling_nd",
        [](Net& n, nb::handle, ITensor& input, PoolingType type, const Dims& window) {
            return n.addPoolingNd(input, type, window);
        },
        "input"_a, "type"_a, "window_size"_a);
}

void bindElementwise(NetClass& cls) {
    adder<ITensor&, ActivationType>(
        cls, "add_activation",
        [](Net& n, nb::handle, ITensor& x, ActivationType t) { return n.addActivation(x, t); },
        "input"_a, "type"_a);
    adder<ITensor&, UnaryOperation>(
        cls, "add_unary",
        [](Net& n, nb::handle, ITensor& x, UnaryOperation op) { return n.addUnary(x, op); },
        "input"_a, "op"_a);
    adder<ITensor&, ITensor&, ElementWiseOperation>(
        cls, "add_elementwise",
        [](Net& n, nb::handle, ITensor& a, ITensor& b, ElementWiseOperation op) {
            return n.addElementWise(a, b, op);
        },
        "input1"_a, "input2"_a, "op"_a);
    adder<ITensor&, ITensor&>(
        cls, "add_parametric_relu",
        [](Net& n, nb::handle, ITensor& x, ITensor& slopes) {
            return n.addParametricReLU(x, slopes);
        },
        "input"_a, "slopes"_a);
    adder<ITensor&, ScaleMode, nb::object, nb::object, nb::object>(
        cls, "add_scale",
        [](Net& n, nb::handle self, ITensor& x, ScaleMode mode, nb::object shift, nb::object scale,
           nb::object power) {
            return n.addScale(x, mode, toWeights(self, shift), toWeights(self, scale),
                              toWeights(self, power));
        },
        "input"_a, "mode"_a, "shift"_a = nb::none(), "scale"_a = nb::none(),
        "power"_a = nb::none());
    adder<ITensor&, ScaleMode, nb::object, nb::object, nb::object, int32_t>(
        cls, "add_scale_nd",
        [](Net& n, nb::handle self, ITensor& x, ScaleMode mode, nb::object shift, nb::object scale,
           nb::object power, int32_t axis) {
            return n.addScaleNd(x, mode, toWeights(self, shift), toWeights(self, scale),
                                toWeights(self, power), axis);
        },
        "input"_a, "mode"_a, "shift"_a = nb::none(), "scale"_a = nb::none(), "power"_a = nb::none(),
        "channel_axis"_a);
    adder<ITensor&, ITensor&, ITensor&>(
        cls, "add_select",
        [](Net& n, nb::handle, ITensor& c, ITensor& a, ITensor& b) { return n.addSelect(c, a, b); },
        "condition"_a, "then_input"_a, "else_input"_a);
    adder<ITensor&>(
        cls, "add_identity", [](Net& n, nb::handle, ITensor& x) { return n.addIdentity(x); },
        "input"_a);
    adder<ITensor&, DataType>(
        cls, "add_cast", [](Net& n, nb::handle, ITensor& x, DataType t) { return n.addCast(x, t); },
        "input"_a, "to_type"_a);
}

void bindLinear(NetClass& cls) {
    adder<ITensor&, MatrixOperation, ITensor&, MatrixOperation>(
        cls, "add_matrix_multiply",
        [](Net& n, nb::handle, ITensor& a, MatrixOperation opA, ITensor& b, MatrixOperation opB) {
            return n.addMatrixMultiply(a, opA, b, opB);
        },
        "input0"_a, "op0"_a, "input1"_a, "op1"_a);
    adder<nb::sequence, const char*>(
        cls, "add_einsum",
        [](Net& n, nb::handle, nb::sequence inputs, const char* equation) {
            std::vector<ITensor*> tensors = tensorsOf(inputs);
            return n.addEinsum(tensors.data(), static_cast<int32_t>(tensors.size()), equation);
        },
        "inputs"_a, "equation"_a);
    adder<ITensor&>(
        cls, "add_softmax", [](Net& n, nb::handle, ITensor& x) { return n.addSoftMax(x); },
        "input"_a);
    adder<ITensor&, ReduceOperation, uint32_t, bool>(
        cls, "add_reduce",
        [](Net& n, nb::handle, ITensor& x, ReduceOperation op, uint32_t axes, bool keep) {
            return n.addReduce(x, op, axes, keep);
        },
        "input"_a, "op"_a, "axes"_a, "keep_dims"_a);
    adder<ITensor&, ITensor&, CumulativeOperation, bool, bool>(
        cls, "add_cumulative",
        [](Net& n, nb::handle, ITensor& x, ITensor& axis, CumulativeOperation op, bool exclusive,
           bool reverse) { return n.addCumulative(x, axis, op, exclusive, reverse); },
        "input"_a, "axis"_a, "op"_a, "exclusive"_a, "reverse"_a);
    adder<ITensor&, int64_t, float, float, float>(
        cls, "add_lrn",
        [](Net& n, nb::handle, ITensor& x, int64_t window, float alpha, float beta, float k) {
            return n.addLRN(x, window, alpha, beta, k);
        },
        "input"_a, "window"_a, "alpha"_a, "beta"_a, "k"_a);
    adder<ITensor&, ITensor&, ITensor&, uint32_t>(
        cls, "add_normalization",
        [](Net& n, nb::handle, ITensor& x, ITensor& scale, ITensor& bias, uint32_t axes) {
            return n.addNormalization(x, scale, bias, axes);
        },
        "input"_a, "scale"_a, "bias"_a, "axesMask"_a);
    adder<ITensor&, ITensor&, ITensor&, uint32_t>(
        cls, "add_normalization_v2",
        [](Net& n, nb::handle, ITensor& x, ITensor& scale, ITensor& bias, uint32_t axes) {
            return n.addNormalizationV2(x, scale, bias, axes);
        },
        "input"_a, "scale"_a, "bias"_a, "axesMask"_a);
}

void bindMovement(NetClass& cls) {
    adder<ITensor&>(
        cls, "add_shuffle", [](Net& n, nb::handle, ITensor& x) { return n.addShuffle(x); },
        "input"_a);
    adder<nb::sequence>(
        cls, "add_concatenation",
        [](Net& n, nb::handle, nb::sequence inputs) {
            std::vector<ITensor*> tensors = tensorsOf(inputs);
            return n.addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size()));
        },
        "inputs"_a);
    adder<ITensor&, ITensor&>(
        cls, "add_squeeze",
        [](Net& n, nb::handle, ITensor& x, ITensor& axes) { return n.addSqueeze(x, axes); },
        "input"_a, "axes"_a);
    adder<ITensor&, ITensor&>(
        cls, "add_unsqueeze",
        [](Net& n, nb::handle, ITensor& x, ITensor& axes) { return n.addUnsqueeze(x, axes); },
        "input"_a, "axes"_a);
    adder<ITensor&, Dims, Dims, Dims>(
        cls, "add_slice",
        [](Net& n, nb::handle, ITensor& x, const Dims& start, const Dims& shape,
           const Dims& stride) { return n.addSlice(x, start, shape, stride); },
        "input"_a, "start"_a, "shape"_a, "stride"_a);
    adder<ITensor&, Dims, Dims>(
        cls, "add_padding_nd",
        [](Net& n, nb::handle, ITensor& x, const Dims& pre, const Dims& post) {
            return n.addPaddingNd(x, pre, post);
        },
        "input"_a, "pre_padding"_a, "post_padding"_a);
    adder<ITensor&>(
        cls, "add_shape", [](Net& n, nb::handle, ITensor& x) { return n.addShape(x); }, "input"_a);
    adder<Dims, nb::object>(
        cls, "add_constant",
        [](Net& n, nb::handle self, const Dims& shape, nb::object weights) {
            return n.addConstant(shape, toWeights(self, weights));
        },
        "shape"_a, "weights"_a);
    adder<ITensor&>(
        cls, "add_resize", [](Net& n, nb::handle, ITensor& x) { return n.addResize(x); },
        "input"_a);
    adder<ITensor&, ITensor&>(
        cls, "add_grid_sample",
        [](Net& n, nb::handle, ITensor& x, ITensor& grid) { return n.addGridSample(x, grid); },
        "input"_a, "grid"_a);
    adder<ITensor&, ITensor&>(
        cls, "add_reverse_sequence",
        [](Net& n, nb::handle, ITensor& x, ITensor& lens) { return n.addReverseSequence(x, lens); },
        "input"_a, "sequence_lens"_a);
    adder<Dims, FillOperation, DataType>(
        cls, "add_fill",
        [](Net& n, nb::handle, const Dims& shape, FillOperation op, DataType type) {
            return n.addFill(shape, op, type);
        },
        "shape"_a, "op"_a, "output_type"_a = DataType::kFLOAT);
}

void bindSelection(NetClass& cls) {
    adder<ITensor&, ITensor&, int32_t>(
        cls, "add_gather",
        [](Net& n, nb::handle, ITensor& x, ITensor& i, int32_t axis) {
            return n.addGather(x, i, axis);
        },
        "input"_a, "indices"_a, "axis"_a);
    adder<ITensor&, ITensor&, GatherMode>(
        cls, "add_gather_v2",
        [](Net& n, nb::handle, ITensor& x, ITensor& i, GatherMode mode) {
            return n.addGatherV2(x, i, mode);
        },
        "input"_a, "indices"_a, "mode"_a);
    adder<ITensor&, ITensor&, ITensor&, ScatterMode>(
        cls, "add_scatter",
        [](Net& n, nb::handle, ITensor& x, ITensor& i, ITensor& u, ScatterMode mode) {
            return n.addScatter(x, i, u, mode);
        },
        "data"_a, "indices"_a, "updates"_a, "mode"_a);
    adder<ITensor&, TopKOperation, int32_t, uint32_t, DataType>(
        cls, "add_topk",
        [](Net& n, nb::handle, ITensor& x, TopKOperation op, int32_t k, uint32_t axes,
           DataType type) { return n.addTopK(x, op, k, axes, type); },
        "input"_a, "op"_a, "k"_a, "axes"_a, "indices_type"_a = DataType::kINT32);
    adder<ITensor&, ITensor&, ITensor&, int32_t>(
        cls, "add_one_hot",
        [](Net& n, nb::handle, ITensor& i, ITensor& values, ITensor& depth, int32_t axis) {
            return n.addOneHot(i, values, depth, axis);
        },
        "indices"_a, "values"_a, "depth"_a, "axis"_a);
    adder<ITensor&, DataType>(
        cls, "add_non_zero",
        [](Net& n, nb::handle, ITensor& x, DataType type) { return n.addNonZero(x, type); },
        "input"_a, "indices_type"_a = DataType::kINT32);
    adder<ITensor&, ITensor&, ITensor&, DataType>(
        cls, "add_nms",
        [](Net& n, nb::handle, ITensor& boxes, ITensor& scores, ITensor& most, DataType type) {
            return n.addNMS(boxes, scores, most, type);
        },
        "boxes"_a, "scores"_a, "max_output_boxes_per_class"_a, "indices_type"_a = DataType::kINT32);
    adder<ITensor&, const char*>(
        cls, "add_assertion",
        [](Net& n, nb::handle, ITensor& c, const char* message) {
            return n.addAssertion(c, message);
        },
        "condition"_a, "message"_a);
    adder<ITensor&, ITensor&, DataType>(
        cls, "add_quantize",
        [](Net& n, nb::handle, ITensor& x, ITensor& s, DataType type) {
            return n.addQuantize(x, s, type);
        },
        "input"_a, "scale"_a, "output_type"_a = DataType::kINT8);
    adder<ITensor&, ITensor&, DataType>(
        cls, "add_dequantize",
        [](Net& n, nb::handle, ITensor& x, ITensor& s, DataType type) {
            return n.addDequantize(x, s, type);
        },
        "input"_a, "scale"_a, "output_type"_a = DataType::kFLOAT);
}

// Values of one attribute of an operator, in the form that the C++ call borrows.
struct Attribute {
    std::string name;
    OperatorAttribute::Kind kind;
    std::vector<int64_t> ints;
    std::vector<float> floats;
    std::vector<std::string> strings;
    std::vector<const char*> pointers;

    OperatorAttribute view() {
        size_t count = ints.size() + floats.size() + strings.size();
        for (const std::string& s : strings) pointers.push_back(s.c_str());
        return {name.c_str(),    kind,
                ints.data(),     floats.data(),
                pointers.data(), static_cast<int32_t>(count)};
    }
};

bool isInt(nb::handle v) { return nb::isinstance<nb::int_>(v); }

Attribute attributeOf(nb::handle name, nb::handle value) {
    using Kind = OperatorAttribute::Kind;
    Attribute a{nb::cast<std::string>(name), Kind::kINT, {}, {}, {}, {}};
    if (nb::isinstance<nb::str>(value)) {
        a.kind = Kind::kSTRING;
        a.strings = {nb::cast<std::string>(value)};
    } else if (isInt(value)) {
        a.ints = {nb::cast<int64_t>(value)};
    } else if (nb::isinstance<nb::float_>(value)) {
        a.kind = Kind::kFLOAT;
        a.floats = {nb::cast<float>(value)};
    } else {
        bool ints = true, strings = true;
        for (nb::handle item : value) {
            ints = ints && isInt(item);
            strings = strings && nb::isinstance<nb::str>(item);
        }
        a.kind = ints ? Kind::kINTS : strings ? Kind::kSTRINGS : Kind::kFLOATS;
        if (ints)
            a.ints = nb::cast<std::vector<int64_t>>(value);
        else if (strings)
            a.strings = nb::cast<std::vector<std::string>>(value);
        else
            a.floats = nb::cast<std::vector<float>>(value);
    }
    return a;
}

void bindPluginLayers(NetClass& cls) {
    adder<nb::sequence, nb::handle>(
        cls, "add_plugin_v2",
        [](Net& n, nb::handle, nb::sequence inputs, nb::handle plugin) {
            std::vector<ITensor*> in = tensorsOf(inputs);
            auto count = static_cast<int32_t>(in.size());
            if (nb::isinstance<PluginHandleV2>(plugin))
                return n.addPluginV2(in.data(), count, *nb::cast<PluginHandleV2*>(plugin)->plugin);
            PluginHandleV2 own(wrapV2(plugin), false);
            IPluginV2Layer* layer = n.addPluginV2(in.data(), count, *own.plugin);
            delete own.plugin;  // the Python object lives on: no destroy()
            return layer;
        },
        "inputs"_a, "plugin"_a);
    adder<nb::sequence, nb::sequence, nb::handle>(
        cls, "add_plugin_v3",
        [](Net& n, nb::handle, nb::sequence inputs, nb::sequence shapes, nb::handle plugin) {
            std::vector<ITensor*> in = tensorsOf(inputs), shape = tensorsOf(shapes);
            std::unique_ptr<IPluginV3> own;
            IPluginV3* p = nullptr;
            if (nb::isinstance<IPluginV3>(plugin))
                p = nb::cast<IPluginV3*>(plugin);
            else
                own = wrapV3(plugin), p = own.get();
            return n.addPluginV3(in.data(), static_cast<int32_t>(in.size()), shape.data(),
                                 static_cast<int32_t>(shape.size()), *p);
        },
        "inputs"_a, "shape_inputs"_a, "plugin"_a);
}

void bindOperator(NetClass& cls) {
    adder<const char*, nb::sequence, nb::dict, int32_t>(
        cls, "add_operator",
        [](Net& n, nb::handle, const char* name, nb::sequence inputs, nb::dict attributes,
           int32_t outputs) {
            std::vector<ITensor*> tensors = tensorsOf(inputs);
            std::vector<Attribute> held;
            for (auto [key, value] : attributes) held.push_back(attributeOf(key, value));
            std::vector<OperatorAttribute> views;
            for (Attribute& a : held) views.push_back(a.view());
            return n.addOperator(name, views.data(), static_cast<int32_t>(views.size()),
                                 tensors.data(), static_cast<int32_t>(tensors.size()), outputs);
        },
        "name"_a, "inputs"_a, "attributes"_a = nb::dict(), "num_outputs"_a = -1);
}

}  // namespace

void bindNetwork(nb::module_& m) {
    NetClass cls(m, "INetworkDefinition", "A graph of layers over named inputs.");
    bindBookkeeping(cls);
    bindWindowed(cls);
    bindElementwise(cls);
    bindLinear(cls);
    bindMovement(cls);
    bindSelection(cls);
    bindPluginLayers(cls);
    bindOperator(cls);
}

}  // namespace bireme::python
