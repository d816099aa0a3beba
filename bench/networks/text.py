# SPDX-License-Identifier: Apache-2.0
"""Transformers of text and speech: BERT-base (Devlin et al. 2018), MiniLM with six layers of 384 (Wang et al. 2020), one step of
GPT-2 (Radford et al. 2019) behind a cache of keys and values, the encoder of Whisper-base (Radford et al. 2022).
"""

import numpy as np
from onnx import TensorProto

from .net import Net


def bert_base(path, d=768, words=30522, layers=12):
    n, heads = Net(12), 12
    shape = n.op("Shape", "input_ids")
    batch1 = n.op("Unsqueeze", n.op("Gather", shape, n.const(np.int64(0)), axis=0), n.ints(0))
    seq1 = n.op("Unsqueeze", n.op("Gather", shape, n.const(np.int64(1)), axis=0), n.ints(0))
    mask = n.op("Cast", n.op("Unsqueeze", "attention_mask", n.ints(1, 2)), to=TensorProto.FLOAT)
    mask = n.op("Mul", n.op("Sub", n.const(np.float32(1)), mask), n.const(np.float32(np.finfo(np.float32).min)))
    positions = n.op("Slice", n.const(np.arange(512, dtype=np.int64)[None]), n.ints(0), seq1, n.ints(1))
    x = n.op("Add", n.op("Gather", n.random(words, d, scale=0.02), "input_ids"), n.op("Gather", n.random(2, d, scale=0.02), "token_type_ids"))
    x = n.norm(n.op("Add", x, n.op("Gather", n.random(512, d, scale=0.02), positions)), d)

    def split(y):
        y = n.op("Reshape", y, n.op("Concat", batch1, seq1, n.ints(heads), n.ints(d // heads), axis=0))
        return n.op("Transpose", y, perm=[0, 2, 1, 3])

    for _ in range(layers):
        q, v = split(n.linear(x, d, d)), split(n.linear(x, d, d))
        k = n.op("Reshape", n.linear(x, d, d), n.op("Concat", batch1, seq1, n.ints(heads), n.ints(d // heads), axis=0))
        scores = n.op("MatMul", q, n.op("Transpose", k, perm=[0, 2, 3, 1]))
        scores = n.op("Add", n.op("Div", scores, n.const(np.float32((d // heads) ** 0.5))), mask)
        y = n.op("Transpose", n.op("MatMul", n.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        y = n.op("Reshape", y, n.op("Concat", batch1, seq1, n.ints(d), axis=0))
        x = n.norm(n.op("Add", n.linear(y, d, d), x), d)
        x = n.norm(n.op("Add", n.linear(n.gelu(n.linear(x, d, 4 * d)), 4 * d, d), x), d)
    inputs = [(i, TensorProto.INT64, ["batch", "sequence"]) for i in ("input_ids", "attention_mask", "token_type_ids")]
    n.save(path, inputs, x, ["batch", "sequence", d])


def minilm(path):
    bert_base(path, d=384, layers=6)


def heads_of(n, x, batch1, tokens, heads, width):
    y = n.op("Reshape", x, n.op("Concat", batch1, n.ints(tokens), n.ints(heads), n.ints(width), axis=0))
    return n.op("Transpose", y, perm=[0, 2, 1, 3])


def attention(n, q, k, v, width, batch1, tokens, d):
    scores = n.op("MatMul", n.op("Mul", q, n.const(np.float32(width**-0.5))), n.op("Transpose", k, perm=[0, 1, 3, 2]))
    y = n.op("Transpose", n.op("MatMul", n.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
    return n.op("Reshape", y, n.op("Concat", batch1, n.ints(tokens), n.ints(d), axis=0))


def gpt2_step(path, d=768, heads=12, past=512, layers=12, words=50257):
    """One token: its identifier, and per layer the keys and values of `past` tokens before it; gives the logits and the
    caches with this token's.
    """
    n, width = Net(13), d // heads
    batch1 = n.op("Unsqueeze", n.op("Gather", n.op("Shape", "input_ids"), n.const(np.int64(0)), axis=0), n.ints(0))
    table = n.random(words, d, scale=0.02)
    x = n.op("Add", n.op("Gather", table, "input_ids"), n.random(1, 1, d, scale=0.02))

    def gelu(x):  # GPT-2's own, by tanh
        cube = n.op("Mul", n.op("Pow", x, n.const(np.float32(3))), n.const(np.float32(0.044715)))
        inner = n.op("Mul", n.op("Add", x, cube), n.const(np.float32((2 / np.pi) ** 0.5)))
        return n.op("Mul", n.op("Mul", x, n.const(np.float32(0.5))), n.op("Add", n.op("Tanh", inner), n.const(np.float32(1))))

    inputs, caches = [("input_ids", TensorProto.INT64, ["batch", 1])], []
    for i in range(layers):
        q, k, v = n.op("Split", n.linear(n.norm(x, d), d, 3 * d), n.ints(d, d, d), outputs=3, axis=-1)
        q, k, v = (heads_of(n, y, batch1, 1, heads, width) for y in (q, k, v))
        inputs += [(f"past_{kind}_{i}", TensorProto.FLOAT, ["batch", heads, past, width]) for kind in ("key", "value")]
        k, v = n.op("Concat", f"past_key_{i}", k, axis=2), n.op("Concat", f"past_value_{i}", v, axis=2)
        caches += [k, v]
        x = n.op("Add", x, n.linear(attention(n, q, k, v, width, batch1, 1, d), d, d))
        x = n.op("Add", x, n.linear(gelu(n.linear(n.norm(x, d), d, 4 * d)), 4 * d, d))
    logits = n.op("MatMul", n.norm(x, d), n.op("Transpose", table, perm=[1, 0]))
    cache = ["batch", heads, past + 1, width]
    n.save(path, inputs, [logits, *caches], [["batch", 1, words]] + [cache] * len(caches))


def whisper_encoder(path, d=512, heads=8, layers=6, mels=80):
    n, width, tokens = Net(14), d // heads, 1500
    batch1 = n.op("Unsqueeze", n.op("Gather", n.op("Shape", "input"), n.const(np.int64(0)), axis=0), n.ints(0))
    x = "input"
    for c_in, stride in ((mels, 1), (d, 2)):
        w, b = n.random(d, c_in, 3, scale=(2 / (3 * c_in)) ** 0.5), n.random(d, scale=0.02)
        x = n.gelu(n.op("Conv", x, w, b, kernel_shape=[3], strides=[stride], pads=[1, 1], dilations=[1], group=1))
    x = n.op("Add", n.op("Transpose", x, perm=[0, 2, 1]), n.random(tokens, d, scale=0.02))
    for _ in range(layers):
        y = n.norm(x, d)
        q, v = n.linear(y, d, d), n.linear(y, d, d)
        k = n.op("MatMul", y, n.random(d, d, scale=d**-0.5))  # no bias there
        q, k, v = (heads_of(n, z, batch1, tokens, heads, width) for z in (q, k, v))
        x = n.op("Add", x, n.linear(attention(n, q, k, v, width, batch1, tokens, d), d, d))
        x = n.op("Add", x, n.linear(n.gelu(n.linear(n.norm(x, d), d, 4 * d)), 4 * d, d))
    n.save(path, [("input", TensorProto.FLOAT, ["batch", mels, 2 * tokens])], n.norm(x, d), ["batch", tokens, d])
