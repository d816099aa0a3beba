# SPDX-License-Identifier: Apache-2.0
"""Plugins that come with the library, from ONNX nodes, against a numpy statement of them."""

import numpy as np
import onnx.helper as oh
import pytest
from helpers import run
from onnx import TensorProto

import bireme as trt

RNG = np.random.default_rng(5)
BATCH, BOXES, KINDS, MOST = 2, 40, 3, 9


def iou(a, b, pixels=0.0):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    common = np.prod(np.clip(high - low + pixels, 0, None))
    area = np.prod(a[2:] - a[:2] + pixels) + np.prod(b[2:] - b[:2] + pixels)
    return common / (area - common)


def greedy(found, limit, agnostic=False, pixels=0.0):
    """(score, kind, box), best first, without those that overlap an earlier one."""
    kept = []
    for score, kind, box in sorted(found, key=lambda f: -f[0]):
        if all((k != kind and not agnostic) or iou(b, box, pixels) <= limit for _, k, b in kept):
            kept.append((score, kind, box))
    return kept


def corners(*shape, scale=1.0):
    first = RNG.uniform(0, 0.8, (*shape, 2))
    return np.concatenate([first, first + RNG.uniform(0.1, 0.4, (*shape, 2))], -1).astype(
        np.float32
    ) * np.float32(scale)


def outputs_of(logger, op, arrays, **fields):
    """Results of one node in a model whose inputs are these arrays."""
    value = oh.make_tensor_value_info
    names, results = [f"in{i}" for i in range(len(arrays))], ["count", "boxes", "scores", "kinds"]
    node = oh.make_node(op, names, results, domain="TRT", **fields)
    graph = oh.make_graph(
        [node],
        "nms",
        [value(n, TensorProto.FLOAT, a.shape) for n, a in zip(names, arrays)],
        [value(n, TensorProto.FLOAT, None) for n in results],
    )
    opsets = [oh.make_opsetid("", 17), oh.make_opsetid("TRT", 1)]
    data = oh.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    builder = trt.Builder(logger)
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    assert parser.parse(data), logger.errors()
    config = builder.create_builder_config()
    config.default_device_type = trt.DeviceType.CPU
    plan = builder.build_serialized_network(network, config)
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    assert engine is not None, logger.errors()
    return run(engine.create_execution_context(), dict(zip(names, arrays)))


def check(got, want, kind_type, empty_kind):
    """`want`: per image what greedy gives."""
    assert got["count"].dtype == np.int32 and got["kinds"].dtype == kind_type
    for n, kept in enumerate(want):
        assert got["count"][n, 0] == len(kept)
        for i in range(MOST):
            score, kind, box = kept[i] if i < len(kept) else (0, empty_kind, np.zeros(4))
            np.testing.assert_allclose(got["scores"][n, i], score, rtol=1e-6)
            assert got["kinds"][n, i] == kind
            np.testing.assert_allclose(got["boxes"][n, i], box, rtol=1e-5, atol=1e-6)


def candidates(boxes, scores, keep):
    per_kind = boxes.ndim == 3 and boxes.shape[1] > 1
    boxes = boxes.reshape(len(scores), -1, 4)
    return [
        (scores[b, k], k, boxes[b, k if per_kind else 0])
        for k in range(scores.shape[1])
        for b in range(len(scores))
        if keep(scores[b, k], k)
    ]


@pytest.mark.parametrize("agnostic", [0, 1])
@pytest.mark.parametrize("per_kind", [False, True])
def test_efficient_nms(logger, agnostic, per_kind):
    boxes = corners(BATCH, BOXES, KINDS) if per_kind else corners(BATCH, BOXES)
    scores = RNG.uniform(0, 1, (BATCH, BOXES, KINDS)).astype(np.float32)
    got = outputs_of(
        logger, "EfficientNMS_TRT", [boxes, scores], score_threshold=0.6, iou_threshold=0.3,
        max_output_boxes=MOST, background_class=1, class_agnostic=agnostic,
    )  # fmt: skip
    want = [
        greedy(candidates(b, s, lambda v, k: v >= 0.6 and k != 1), 0.3, agnostic)[:MOST]
        for b, s in zip(boxes, scores)
    ]
    check(got, want, np.int32, 0)


@pytest.mark.parametrize("anchors", [False, True])
def test_efficient_nms_decodes(logger, anchors):
    scores = RNG.standard_normal((BATCH, BOXES, KINDS)).astype(np.float32)
    center = RNG.uniform(0.2, 0.8, (BATCH, BOXES, 4)).astype(np.float32) * 0.5
    arrays, decoded = [center, scores], center
    if anchors:
        base = RNG.uniform(0.3, 0.6, (1, BOXES, 4)).astype(np.float32)
        arrays.append(base)
        at, size = base[..., :2], base[..., 2:]
        decoded = np.concatenate(
            [center[..., :2] * size + at, np.exp(center[..., 2:]) * size], -1
        )
    boxes = np.concatenate(
        [decoded[..., :2] - decoded[..., 2:] / 2, decoded[..., :2] + decoded[..., 2:] / 2], -1
    )
    got = outputs_of(
        logger, "EfficientNMS_TRT", arrays, score_threshold=0.4, iou_threshold=0.5,
        max_output_boxes=MOST, score_activation=1, box_coding=1,
    )  # fmt: skip
    probable = 1 / (1 + np.exp(-scores))
    want = [
        greedy(candidates(b, s, lambda v, k: v >= 0.4), 0.5)[:MOST] for b, s in zip(boxes, probable)
    ]
    check(got, want, np.int32, 0)


@pytest.mark.parametrize("name", ["BatchedNMS_TRT", "BatchedNMSDynamic_TRT"])
@pytest.mark.parametrize("normalized", [0, 1])
@pytest.mark.parametrize("shared", [0, 1])
def test_batched_nms(logger, name, normalized, shared):
    scale = 1.0 if normalized else 50.0
    boxes = corners(BATCH, BOXES, 1 if shared else KINDS, scale=scale)
    scores = RNG.uniform(0, 1, (BATCH, BOXES, KINDS)).astype(np.float32)
    got = outputs_of(
        logger, name, [boxes, scores], shareLocation=shared, backgroundLabelId=0,
        numClasses=KINDS, topK=12, keepTopK=MOST, scoreThreshold=0.5, iouThreshold=0.4,
        isNormalized=normalized,
    )  # fmt: skip
    want = []
    for b, s in zip(boxes, scores):
        kept = []
        for kind in range(1, KINDS):
            found = candidates(b, s, lambda v, k: v > 0.5 and k == kind)
            best = sorted(found, key=lambda f: -f[0])[:12]
            kept += greedy(best, 0.4, pixels=0.0 if normalized else 1.0)
        kept = sorted(kept, key=lambda f: -f[0])[:MOST]
        want.append([(v, k, np.clip(x, 0, 1) if normalized else x) for v, k, x in kept])
    check(got, want, np.float32, -1)


def test_what_does_not_fit_is_refused(logger):
    builder = trt.Builder(logger)
    network = builder.create_network()
    creator = trt.get_plugin_registry().get_creator("EfficientNMS_TRT", "1")
    plugin = creator.create_plugin("nms", trt.PluginFieldCollection([]))
    assert "max_output_boxes" in [f.name for f in creator.field_names]
    boxes = network.add_input("boxes", trt.float32, (1, 4))
    layer = network.add_plugin_v2([boxes, boxes], plugin)
    layer.name = "nms"
    layer.get_output(0).name = "count"
    network.mark_output(layer.get_output(0))
    assert builder.build_serialized_network(network, builder.create_builder_config()) is None
    assert 'plugin "EfficientNMS_TRT" version "1"' in logger.errors()[-1]
