# SPDX-License-Identifier: Apache-2.0
"""What the operations of MXNet are in ONNX. Each takes the node and gives the names of its outputs."""

import numpy

OPS = {}


def op(*names):
    def register(function):
        for name in names:
            OPS[name] = function
        return function

    return register


def _spatial(n, name, rank, missing):
    return n.integers(name) or [missing] * rank


def _with_bias(n):
    """Inputs of a layer whose bias can be absent."""
    return n.inputs[: 2 if n.flag("no_bias", False) else 3]


@op("Convolution", "Convolution_v1")
def convolution(n):
    kernel = n.integers("kernel")
    pad = _spatial(n, "pad", len(kernel), 0)
    return n.add(
        "Conv", _with_bias(n), kernel_shape=kernel, pads=pad * 2, group=n.integer("num_group", 1),
        strides=_spatial(n, "stride", len(kernel), 1),
        dilations=_spatial(n, "dilate", len(kernel), 1))


@op("Deconvolution")
def deconvolution(n):
    kernel = n.integers("kernel")
    if n.integers("target_shape"):
        n.refuse("target_shape is not supported")
    inputs = n.inputs[: 2 if n.flag("no_bias", True) else 3]
    return n.add(
        "ConvTranspose", inputs, kernel_shape=kernel, pads=_spatial(n, "pad", len(kernel), 0) * 2,
        strides=_spatial(n, "stride", len(kernel), 1), group=n.integer("num_group", 1),
        dilations=_spatial(n, "dilate", len(kernel), 1),
        output_padding=_spatial(n, "adj", len(kernel), 0))


@op("FullyConnected")
def fully_connected(n):
    x, *rest = _with_bias(n)
    if n.flag("flatten", True):
        x = n.inner("Flatten", [x], axis=1)
        return n.add("Gemm", [x, *rest], transB=1)
    w = n.inner("Transpose", [rest[0]], perm=[1, 0])
    if len(rest) == 1:
        return n.add("MatMul", [x, w])
    return n.add("Add", [n.inner("MatMul", [x, w]), rest[1]])


@op("Pooling", "Pooling_v1")
def pooling(n):
    kind = n.text("pool_type", "max")
    if kind not in ("max", "avg"):
        n.refuse(f"pool_type {kind} is not supported")
    name = "MaxPool" if kind == "max" else "AveragePool"
    if n.flag("global_pool"):
        return n.add("Global" + name, n.inputs)
    kernel = n.integers("kernel")
    attributes = {
        "kernel_shape": kernel, "pads": _spatial(n, "pad", len(kernel), 0) * 2,
        "strides": _spatial(n, "stride", len(kernel), 1),
        "ceil_mode": int(n.text("pooling_convention", "valid") == "full"),
    }
    if n.text("pooling_convention", "valid") == "same":
        n.refuse("pooling_convention same is not supported")
    if kind == "avg":
        attributes["count_include_pad"] = int(n.flag("count_include_pad", True))
    return n.add(name, n.inputs, **attributes)


@op("BatchNorm", "BatchNorm_v1")
def batch_norm(n):
    if n.integer("axis", 1) != 1:
        n.refuse("an axis other than 1 is not supported")
    inputs = list(n.inputs)
    if n.flag("fix_gamma", True):
        gamma = n.constant(1)
        if gamma is None:
            n.refuse("its gamma is no parameter")
        inputs[1] = n.value(numpy.ones_like(gamma))
    return n.add("BatchNormalization", inputs, epsilon=n.real("eps", 1e-3))


@op("InstanceNorm")
def instance_norm(n):
    return n.add("InstanceNormalization", n.inputs, epsilon=n.real("eps", 1e-3))


@op("LayerNorm")
def layer_norm(n):
    return n.add("LayerNormalization", n.inputs, axis=n.integer("axis", -1),
                 epsilon=n.real("eps", 1e-5))


@op("LRN")
def lrn(n):
    return n.add("LRN", n.inputs[:1], alpha=n.real("alpha", 1e-4), beta=n.real("beta", 0.75),
                 bias=n.real("knorm", 2), size=n.integer("nsize", 5))


@op("L2Normalization")
def l2_normalization(n):
    if n.text("mode", "instance") != "channel":
        n.refuse("only mode channel is supported")
    square = n.inner("ReduceSumSquare", n.inputs, axes=[1], keepdims=1)
    shifted = n.inner("Add", [square, n.value(numpy.float32(n.real("eps", 1e-10)))])
    return n.add("Div", [n.inputs[0], n.inner("Sqrt", [shifted])])


_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softrelu": "Softplus",
                "softsign": "Softsign"}


@op("Activation")
def activation(n):
    kind = n.text("act_type")
    if kind not in _ACTIVATIONS:
        n.refuse(f"act_type {kind} is unknown")
    return n.add(_ACTIVATIONS[kind], n.inputs)


@op("LeakyReLU")
def leaky_relu(n):
    kind = n.text("act_type", "leaky")
    slope = n.real("slope", 0.25)
    if kind == "leaky":
        return n.add("LeakyRelu", n.inputs[:1], alpha=slope)
    if kind == "elu":
        return n.add("Elu", n.inputs[:1], alpha=slope)
    if kind == "selu":
        return n.add("Selu", n.inputs[:1])
    if kind == "prelu":
        gamma = n.constant(1)
        if gamma is None:
            n.refuse("its slope is no parameter")
        return n.add("PRelu", [n.inputs[0], n.value(gamma.reshape(-1, 1, 1))])
    return n.refuse(f"act_type {kind} is not supported")


@op("SoftmaxOutput", "Softmax", "SoftmaxActivation", "softmax", "log_softmax")
def softmax(n):
    if n.op in ("softmax", "log_softmax"):
        axis = n.integer("axis", -1)
    elif n.op == "SoftmaxActivation":
        axis = 1 if n.text("mode", "instance") == "channel" else -1
    else:
        axis = 1 if n.flag("multi_output") else -1
    name = "LogSoftmax" if n.op == "log_softmax" else "Softmax"
    return n.add(name, n.inputs[:1], axis=axis)


@op("LogisticRegressionOutput")
def logistic(n):
    return n.add("Sigmoid", n.inputs[:1])


@op("LinearRegressionOutput", "MAERegressionOutput", "Dropout", "BlockGrad", "identity", "_copy",
    "stop_gradient", "MakeLoss")
def identity(n):
    return n.add("Identity", n.inputs[:1])


_BINARY = {
    "Add": ("elemwise_add", "_Plus", "_plus", "_add", "broadcast_add", "broadcast_plus"),
    "Sub": ("elemwise_sub", "_Minus", "_minus", "_sub", "broadcast_sub", "broadcast_minus"),
    "Mul": ("elemwise_mul", "_Mul", "_mul", "broadcast_mul"),
    "Div": ("elemwise_div", "_Div", "_div", "broadcast_div"),
    "Max": ("_maximum", "_Maximum", "broadcast_maximum"),
    "Min": ("_minimum", "_Minimum", "broadcast_minimum"),
    "Pow": ("_power", "_Power", "broadcast_power"),
}
for _onnx, _names in _BINARY.items():
    for _name in _names:
        OPS[_name] = lambda n, onnx=_onnx: n.add(onnx, n.inputs)

# name: (ONNX, the scalar stands first)
_SCALAR = {
    "_plus_scalar": ("Add", False), "_PlusScalar": ("Add", False),
    "_minus_scalar": ("Sub", False), "_MinusScalar": ("Sub", False),
    "_rminus_scalar": ("Sub", True), "_RMinusScalar": ("Sub", True),
    "_mul_scalar": ("Mul", False), "_MulScalar": ("Mul", False),
    "_div_scalar": ("Div", False), "_DivScalar": ("Div", False),
    "_rdiv_scalar": ("Div", True), "_RDivScalar": ("Div", True),
    "_power_scalar": ("Pow", False), "_PowerScalar": ("Pow", False),
    "_maximum_scalar": ("Max", False), "_minimum_scalar": ("Min", False),
}


@op(*_SCALAR)
def scalar(n):
    onnx, first = _SCALAR[n.op]
    value = n.value(numpy.float32(n.real("scalar", 0)))
    return n.add(onnx, [value, n.inputs[0]] if first else [n.inputs[0], value])


_UNARY = {"exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "negative": "Neg",
          "ceil": "Ceil", "floor": "Floor", "sigmoid": "Sigmoid", "relu": "Relu", "tanh": "Tanh",
          "sin": "Sin", "cos": "Cos", "erf": "Erf", "reciprocal": "Reciprocal",
          "softsign": "Softsign", "round": "Round"}
for _name, _onnx in _UNARY.items():
    OPS[_name] = lambda n, onnx=_onnx: n.add(onnx, n.inputs)


@op("square")
def square(n):
    return n.add("Mul", [n.inputs[0], n.inputs[0]])


@op("add_n", "ElementWiseSum")
def add_n(n):
    return n.add("Sum", n.inputs)


@op("clip")
def clip(n):
    low, high = (n.value(numpy.float32(n.real(k, 0))) for k in ("a_min", "a_max"))
    return n.add("Clip", [n.inputs[0], low, high])


@op("Concat", "concat")
def concat(n):
    return n.add("Concat", n.inputs, axis=n.integer("dim", 1))


@op("Flatten", "flatten")
def flatten(n):
    return n.add("Flatten", n.inputs, axis=1)


@op("Reshape", "reshape")
def reshape(n):
    shape = n.integers("shape")
    if not shape or any(d < -1 for d in shape) or n.flag("reverse"):
        n.refuse(f"shape {shape} is not supported")
    return n.add("Reshape", [n.inputs[0], n.value(numpy.array(shape, numpy.int64))])


@op("transpose")
def transpose(n):
    axes = n.integers("axes")
    return n.add("Transpose", n.inputs, **({"perm": axes} if axes else {}))


@op("expand_dims")
def expand_dims(n):
    axes = n.value(numpy.array([n.integer("axis", 0)], numpy.int64))
    return n.add("Unsqueeze", [n.inputs[0], axes])


@op("squeeze")
def squeeze(n):
    axes = n.integers("axis")
    more = [n.value(numpy.array(axes, numpy.int64))] if axes else []
    return n.add("Squeeze", [n.inputs[0], *more])


@op("slice_axis")
def slice_axis(n):
    begin, end = n.integer("begin", 0), n.integer("end", numpy.iinfo(numpy.int64).max)
    values = [n.value(numpy.array([v], numpy.int64)) for v in (begin, end, n.integer("axis", 0))]
    return n.add("Slice", [n.inputs[0], *values])


@op("SliceChannel", "split")
def slice_channel(n):
    count, axis = n.integer("num_outputs", 1), n.integer("axis", 1)
    if not n.flag("squeeze_axis"):
        return n.add("Split", n.inputs, outputs=count, axis=axis)
    parts = [n.graph.fresh(n.name) for _ in range(count)]
    n.graph.add("Split", n.inputs, parts, {"axis": axis})
    axes = n.value(numpy.array([axis], numpy.int64))
    names = [n.name] + [f"{n.name}_{k}" for k in range(1, count)]
    for part, name in zip(parts, names):
        n.graph.add("Squeeze", [part, axes], [name], {})
    return names


@op("UpSampling")
def upsampling(n):
    if n.text("sample_type", "nearest") != "nearest" or len(n.inputs) != 1:
        n.refuse("only sample_type nearest of one input is supported")
    scale = n.integer("scale", 1)
    scales = n.value(numpy.array([1, 1, scale, scale], numpy.float32))
    return n.add("Resize", [n.inputs[0], "", scales], mode="nearest",
                 coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@op("Pad", "pad")
def pad(n):
    width = n.integers("pad_width")
    modes = {"constant": "constant", "edge": "edge", "reflect": "reflect"}
    mode = modes.get(n.text("mode", "constant")) or n.refuse("its mode is unknown")
    pads = n.value(numpy.array(width[0::2] + width[1::2], numpy.int64))
    value = n.value(numpy.float32(n.real("constant_value", 0)))
    return n.add("Pad", [n.inputs[0], pads, value], mode=mode)


_REDUCE = {"mean": "ReduceMean", "sum": "ReduceSum", "sum_axis": "ReduceSum", "max": "ReduceMax",
           "max_axis": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd"}


@op(*_REDUCE)
def reduce(n):
    axes = n.integers("axis")
    if n.flag("exclude"):
        n.refuse("exclude is not supported")
    keep = int(n.flag("keepdims"))
    if _REDUCE[n.op] == "ReduceSum":
        more = [n.value(numpy.array(axes, numpy.int64))] if axes else []
        return n.add("ReduceSum", [n.inputs[0], *more], keepdims=keep)
    return n.add(_REDUCE[n.op], n.inputs, keepdims=keep, **({"axes": axes} if axes else {}))


@op("Embedding")
def embedding(n):
    indices = n.inner("Cast", [n.inputs[0]], to=7)
    return n.add("Gather", [n.inputs[1], indices], axis=0)


@op("dot")
def dot(n):
    sides = []
    for side, name in zip(n.inputs, ("transpose_a", "transpose_b")):
        sides.append(n.inner("Transpose", [side], perm=[1, 0]) if n.flag(name) else side)
    return n.add("MatMul", sides)
