# SPDX-License-Identifier: Apache-2.0
"""An ONNX file run by PyTorch, node by node: a peer for networks of which only the file is there. Shapes stay on the host, so
that a run can be captured in a CUDA graph.

`folded` is what a user would do by hand: BatchNorm and factors and addends per channel go into the convolution in front, and
hard swish, swish, layer normalisation and attention are PyTorch's own functions.
"""

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch.nn import functional


class OnnxTorch:
    """Takes inputs in the order of the file, returns its outputs."""

    def __init__(self, path, dtype=torch.float, device="cpu", folded=False):
        graph = onnx.load(path).graph
        self.values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.nodes = []
        for node in graph.node:
            if node.op_type == "Constant":
                self.values[node.output[0]] = numpy_helper.to_array(attributes(node)["value"])
            else:
                self.nodes.append(node)
        self.inputs = [i.name for i in graph.input if i.name not in self.values]
        self.outputs = [o.name for o in graph.output]
        if folded:
            self.nodes, self.values = Folding(self.nodes, self.values, self.outputs).done()
        scales = {n.input[2] for n in self.nodes if n.op_type == "Resize"}  # as shapes, on the host
        for name, value in self.values.items():
            tensor = torch.from_numpy(np.array(value))
            if tensor.is_floating_point() and name not in scales:
                tensor = tensor.to(device, dtype)
                if tensor.dim() == 4 and device != "cpu":
                    tensor = tensor.contiguous(memory_format=torch.channels_last)
            self.values[name] = tensor
        self.steps = [(OPS[n.op_type], n.input, n.output, attributes(n)) for n in self.nodes]

    def __call__(self, *inputs):
        values = dict(self.values)
        values.update(zip(self.inputs, inputs))
        for run, reads, writes, a in self.steps:
            results = run(a, *(values[r] if r else None for r in reads))
            values.update(zip(writes, results if isinstance(results, (list, tuple)) else (results,)))
        return [values[o] for o in self.outputs]


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


# --- operators --------------------------------------------------------------------------------------------------------


def ints(tensor):
    return [int(v) for v in tensor.reshape(-1)]


def windows(a, rank=2):
    """Strides, padding (the same on both sides), dilations."""
    pads = list(a.get("pads", [0] * 2 * rank))
    assert pads[:rank] == pads[rank:], "padding differs between the sides"
    return list(a.get("strides", [1] * rank)), pads[:rank], list(a.get("dilations", [1] * rank))


def conv(a, x, w, b=None):
    stride, pad, dilation = windows(a)
    return functional.conv2d(x, w, b, stride, pad, dilation, a.get("group", 1))


def conv_relu(a, x, w, b):
    stride, pad, dilation = windows(a)
    return torch.cudnn_convolution_relu(x, w, b, stride, pad, dilation, a.get("group", 1)) if x.is_cuda else torch.relu(conv(a, x, w, b))


def deconv(a, x, w, b=None):
    stride, pad, dilation = windows(a)
    return functional.conv_transpose2d(x, w, b, stride, pad, 0, a.get("group", 1), dilation)


def average(a, x):
    stride, pad, _ = windows(a)
    return functional.avg_pool2d(x, list(a["kernel_shape"]), stride, pad, bool(a.get("ceil_mode", 0)), bool(a.get("count_include_pad", 0)))


def resize(a, x, _, scales, sizes=None):
    assert a["mode"] == b"nearest" and a["nearest_mode"] == b"floor" and sizes is None
    return functional.interpolate(x, scale_factor=[float(s) for s in scales[2:]], mode="nearest")


def cut(a, x, begins, ends, axes=None, steps=None):
    index = [slice(None)] * x.dim()
    axes = ints(axes) if axes is not None else range(len(begins))
    for axis, begin, end, step in zip(axes, ints(begins), ints(ends), ints(steps) if steps is not None else [1] * len(begins)):
        index[axis] = slice(begin, end, step)
    return x[tuple(index)]


def squeeze(a, x):
    return x.reshape([n for i, n in enumerate(x.shape) if i not in [k % x.dim() for k in a["axes"]]])


def cast(a, x):
    """Only of integers, which are shapes."""
    assert not x.is_floating_point() and a["to"] in (onnx.TensorProto.INT32, onnx.TensorProto.INT64)
    return x.to(torch.int64)


def reshape(a, x, shape):
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(ints(shape))])


def layer_norm(a, x, scale, bias):
    return functional.layer_norm(x, (x.shape[-1],), scale, bias, a["epsilon"])


OPS = {
    "Add": lambda a, x, y: x + y,
    "Attention": lambda a, q, k, v: functional.scaled_dot_product_attention(q, k, v, scale=a["scale"]),
    "AveragePool": average,
    "BatchNormalization": lambda a, x, s, b, m, v: functional.batch_norm(x, m, v, s, b, eps=a["epsilon"]),
    "Cast": cast,
    "Clip": lambda a, x, low, high: torch.clamp(x, low, high),
    "Concat": lambda a, *x: torch.cat(x, a["axis"]),
    "Conv": conv,
    "ConvRelu": conv_relu,
    "ConvTranspose": deconv,
    "Div": lambda a, x, y: x / y,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
    "HardSigmoid": lambda a, x: torch.clamp(x * a["alpha"] + a["beta"], 0, 1),
    "HardSwish": lambda a, x: functional.hardswish(x),
    "LayerNormalization": layer_norm,
    "MatMul": lambda a, x, y: x @ y,
    "Mul": lambda a, x, y: x * y,
    "Pow": lambda a, x, y: x**y,
    "ReduceMean": lambda a, x: x.mean(a["axes"], keepdim=bool(a.get("keepdims", 1))),
    "Relu": lambda a, x: torch.relu(x),
    "Reshape": reshape,
    "Resize": resize,
    "Shape": lambda a, x: torch.tensor(x.shape),
    "Sigmoid": lambda a, x: torch.sigmoid(x),
    "Silu": lambda a, x: functional.silu(x),
    "Slice": cut,
    "Softmax": lambda a, x: functional.softmax(x, a["axis"]),
    "Sqrt": lambda a, x: torch.sqrt(x),
    "Squeeze": squeeze,
    "Sub": lambda a, x, y: x - y,
    "Transpose": lambda a, x: x.permute(*a["perm"]),
}


# --- folding ----------------------------------------------------------------------------------------------------------


class Folding:
    def __init__(self, nodes, values, outputs):
        self.nodes, self.values, self.outputs = list(nodes), dict(values), outputs

    def done(self):
        for rule in (self.fold, self.hard_swish, self.silu, self.norm, self.attention, self.relu):
            begin = 0
            while begin is not None:
                self.index()
                begin = next((i for i in range(begin, len(self.nodes)) if rule(self.nodes[i])), None)
                self.nodes = [n for n in self.nodes if n.op_type != "gone"]
        return self.nodes, self.values

    def index(self):
        self.users, self.maker = {}, {}
        for n in self.nodes:
            self.maker.update((o, n) for o in n.output)
            for i in n.input:
                self.users.setdefault(i, []).append(n)

    def only(self, node, kind):
        """The one user of a node's result, if it is of that kind."""
        users = self.users.get(node.output[0], [])
        return users[0] if len(users) == 1 and users[0].op_type in kind and node.output[0] not in self.outputs else None

    def made(self, name, kind):
        node = self.maker.get(name)
        return node if node is not None and node.op_type == kind else None

    def number(self, name):
        value = self.values.get(name)
        return float(value.reshape(-1)[0]) if value is not None and value.size == 1 else None

    def split(self, node):
        """A node of two operands as (computed one, constant)."""
        for x, c in (node.input, reversed(node.input)):
            if c in self.values and x not in self.values:
                return x, c
        return None, None

    def replace(self, last, gone, kind, inputs, **more):
        new = helper.make_node(kind, inputs, list(last.output), **more)
        for n in gone:
            n.op_type = "gone"
        last.CopyFrom(new)
        return True

    def constant(self, value):
        name = f"folded_{len(self.values)}"
        self.values[name] = value.astype(np.float32)
        return name

    def fold(self, node):
        """Factors and addends per channel into the convolution in front."""
        if node.op_type not in ("Conv", "ConvTranspose"):
            return False
        user = self.only(node, ("Mul", "Add", "BatchNormalization"))
        maps = 0 if node.op_type == "Conv" else 1
        if user is None or (maps and attributes(node).get("group", 1) != 1):
            return False
        w = self.values[node.input[1]]
        count = w.shape[maps]
        b = self.values[node.input[2]] if len(node.input) > 2 else np.zeros(count, np.float32)
        factor, addend = np.ones(count, np.float32), np.zeros(count, np.float32)
        if user.op_type == "BatchNormalization":
            scale, bias, mean, variance = (self.values[n] for n in user.input[1:])
            factor = scale / np.sqrt(variance + attributes(user)["epsilon"])
            addend = bias - mean * factor
        else:
            _, name = self.split(user)
            value = self.values.get(name)
            if value is None or value.size not in (1, count) or (value.size == count and value.shape[-3:] != (count, 1, 1)):
                return False
            if user.op_type == "Mul":
                factor = factor * value.reshape(-1)
            else:
                addend = addend + value.reshape(-1)
        shape = [1] * 4
        shape[maps] = count
        inputs = [node.input[0], self.constant(w * factor.reshape(shape)), self.constant(b * factor + addend)]
        return self.replace(user, [node], node.op_type, inputs, **attributes(node))

    def hard_swish(self, node):
        """x min(max(x + 3, 0), 6) / 6"""
        if node.op_type != "Add" or self.number(self.split(node)[1]) != 3:
            return False
        x = self.split(node)[0]
        clip = self.only(node, ("Clip",))
        product = self.only(clip, ("Mul",)) if clip is not None and [self.number(n) for n in clip.input[1:]] == [0, 6] else None
        last = self.only(product, ("Div",)) if product is not None and x in product.input else None
        if last is None or self.number(last.input[1]) != 6:
            return False
        return self.replace(last, [node, clip, product], "HardSwish", [x])

    def silu(self, node):
        """x sigmoid(1 x)"""
        if node.op_type != "Sigmoid":
            return False
        one = self.made(node.input[0], "Mul")
        last = self.only(node, ("Mul",))
        if one is None or last is None or self.number(self.split(one)[1]) != 1 or self.split(one)[0] not in last.input:
            return False
        return self.replace(last, [node, one], "Silu", [self.split(one)[0]])

    def norm(self, node):
        """d = x - mean; d / sqrt(mean of d^2 + epsilon) scale + bias"""
        if node.op_type != "Sub":
            return False
        mean = self.made(node.input[1], "ReduceMean")
        if mean is None or mean.input[0] != node.input[0] or attributes(mean)["axes"] != [-1]:
            return False
        square, last = (next((u for u in self.users[node.output[0]] if u.op_type == k), None) for k in ("Pow", "Div"))
        chain = [square]
        for kind in ("ReduceMean", "Add", "Sqrt"):
            chain.append(chain[-1] is not None and self.only(chain[-1], (kind,)) or None)
        if last is None or chain[-1] is None or last.input[1] != chain[-1].output[0]:
            return False
        scaled = self.only(last, ("Mul",))
        moved = self.only(scaled, ("Add",)) if scaled is not None else None
        if moved is None:
            return False
        epsilon = self.number(self.split(chain[2])[1])
        inputs = [node.input[0], self.split(scaled)[1], self.split(moved)[1]]
        return self.replace(moved, [mean, node, *chain, last, scaled], "LayerNormalization", inputs, epsilon=epsilon)

    def attention(self, node):
        """softmax(scale q k^T) v"""
        if node.op_type != "Softmax":
            return False
        scores, last = self.made(node.input[0], "MatMul"), self.only(node, ("MatMul",))
        if scores is None or last is None or last.input[0] != node.output[0]:
            return False
        q, keys = self.made(scores.input[0], "Mul"), self.made(scores.input[1], "Transpose")
        if q is None or keys is None or attributes(keys)["perm"] != [0, 1, 3, 2] or self.number(self.split(q)[1]) is None:
            return False
        inputs = [self.split(q)[0], keys.input[0], last.input[1]]
        return self.replace(last, [node, scores, q, keys], "Attention", inputs, scale=self.number(self.split(q)[1]))

    def relu(self, node):
        if node.op_type != "Conv" or len(node.input) < 3:
            return False
        last = self.only(node, ("Relu",))
        return last is not None and self.replace(last, [node], "ConvRelu", list(node.input), **attributes(node))
