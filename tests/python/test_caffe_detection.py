# SPDX-License-Identifier: Apache-2.0
"""Layers of detectors (SSD, R-CNN) against OpenCV and their formulas, and a detector as a whole."""

import sys
from pathlib import Path

import numpy as np
import pytest
from caffe import Refused, caffemodel, declare, layer, opencv, parse
from caffe_nets import Net

import bireme

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit" / "ops"))
from cases.detection import detection_output, proposal, roi_pooling  # noqa: E402

RNG = np.random.default_rng(5)


def rand(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def priors(count):
    middle, size = RNG.uniform(0.2, 0.8, (count, 2)), RNG.uniform(0.1, 0.4, (count, 2))
    boxes = np.concatenate([middle - size / 2, middle + size / 2], 1).reshape(-1)
    return np.stack([boxes, np.tile([0.1, 0.1, 0.2, 0.2], count)])[None].astype(np.float32)


def run(text, inputs, weights=None, outputs=None):
    trained = caffemodel(weights) if weights else None
    engine = bireme.build(text.encode(), weights=trained, outputs=outputs, device="cpu")
    return engine(inputs)


def rows(detections):
    """Of [1, 1, K, 7] without OpenCV's filling; by image, class and falling score, as Caffe has them."""
    r = detections.reshape(-1, 7)
    r = r[r[:, 2] != 0]
    return r[np.lexsort((-r[:, 2], r[:, 1], r[:, 0]))]


def detection_layer(classes, params):
    text = f"detection_output_param {{ num_classes: {classes} {params} }}"
    return layer("DetectionOutput", ["loc", "conf", "priors"], ["y"], text)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    "params",
    [
        "code_type: CENTER_SIZE confidence_threshold: 0.2 keep_top_k: 7 nms_param { nms_threshold: 0.3 top_k: 6 }",
        "code_type: CORNER confidence_threshold: 0.4 keep_top_k: 90 nms_param { nms_threshold: 0.45 }",
    ],
)
def test_detections_are_opencvs(params, shared):
    inputs = {
        "loc": rand(2, 48 * (1 if shared else 3)) / 2,
        "conf": RNG.uniform(0, 1, (2, 36)).astype(np.float32),
        "priors": priors(12),
    }
    text = declare(**{k: v.shape for k, v in inputs.items()})
    text += detection_layer(3, f"background_label_id: 0 share_location: {str(shared).lower()} {params}")
    got = run(text, inputs)["y"]
    want = opencv(text, {"unused": []}, inputs, ["y"])["y"]
    assert len(rows(want)) > 6
    np.testing.assert_array_equal(rows(got), got.reshape(-1, 7))
    np.testing.assert_allclose(rows(got), rows(want), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "params,meaning",
    [
        ("code_type: CORNER_SIZE variance_encoded_in_target: true",
         {"code": "corner_size", "in_target": True}),
        ("nms_param { nms_threshold: 0.9 eta: 0.6 } background_label_id: 2",
         {"threshold": 0.9, "eta": 0.6, "background": 2}),
        ("confidence_threshold: 2", {"score": 2}),
    ],
)  # fmt: skip
def test_detections_are_their_formula(params, meaning):
    inputs = {"loc": rand(2, 48) / 2, "conf": RNG.uniform(0, 1, (2, 36)).astype(np.float32), "priors": priors(12)}
    text = declare(**{k: v.shape for k, v in inputs.items()}) + detection_layer(3, params)
    want = detection_output(*inputs.values(), 3, **meaning)
    np.testing.assert_allclose(run(text, inputs)["y"], want, rtol=0, atol=1e-6)


def test_proposals_and_their_pooling_are_their_formulas():
    inputs = {
        "scores": RNG.uniform(0, 1, (1, 12, 5, 6)).astype(np.float32),
        "deltas": rand(1, 24, 5, 6) / 4,
        "info": np.float32([[76, 92, 1.25]]),
        "x": rand(1, 3, 10, 12),
    }
    text = declare(**{k: v.shape for k, v in inputs.items()})
    text += layer(
        "Proposal", ["scores", "deltas", "info"], ["rois", "best"],
        "proposal_param { feat_stride: 16 base_size: 16 min_size: 8 ratio: 0.5 ratio: 1 ratio: 2 "
        "scale: 1 scale: 2 pre_nms_topn: 90 post_nms_topn: 20 nms_thresh: 0.6 }",
    ) + layer(
        "ROIPooling", ["x", "rois"], ["bins"],
        "roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.125 }",
    )  # fmt: skip
    got = run(text, inputs, outputs=["rois", "best", "bins"])
    boxes, best = proposal(
        inputs["scores"], inputs["deltas"], inputs["info"], 16, 16, 8, [0.5, 1, 2], [1, 2], 90, 20, 0.6
    )
    assert len(boxes) > 10
    np.testing.assert_allclose(got["rois"], boxes, rtol=0, atol=1e-4)
    np.testing.assert_allclose(got["best"], best, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(got["bins"], roi_pooling(inputs["x"], got["rois"], 3, 2, 0.125))


def test_pooled_regions_are_opencvs():
    corners = RNG.uniform(0, 60, (7, 2, 2))
    corners.sort(1)
    inputs = {"x": rand(1, 4, 9, 8), "rois": np.zeros((7, 5), np.float32)}
    inputs["rois"][:, 1:] = corners.reshape(7, 4)
    text = declare(**{k: v.shape for k, v in inputs.items()})
    text += layer(
        "ROIPooling", ["x", "rois"], ["y"],
        "roi_pooling_param { pooled_h: 3 pooled_w: 4 spatial_scale: 0.125 }",
    )  # fmt: skip
    want = opencv(text, {"unused": []}, inputs, ["y"])["y"]
    np.testing.assert_array_equal(run(text, inputs)["y"], want)


BAD = {
    "no classes": ("DetectionOutput", "detection_output_param { }", "num_classes must be positive"),
    "eta": ("DetectionOutput", "detection_output_param { num_classes: 3 nms_param { eta: 0 } }", "eta must lie"),
    "threshold": ("DetectionOutput", "detection_output_param { num_classes: 3 nms_param { nms_threshold: -1 } }",
                  "nms_threshold must not be negative"),
    "classes": ("DetectionOutput", "detection_output_param { num_classes: 5 }", "scores and priors: extents 36 and 60"),
    "rois": ("ROIPooling", "roi_pooling_param { pooled_h: 1 pooled_w: 1 }", "3 bottoms"),
    "anchors": ("Proposal", "", "are not rows of 3"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_detectors_are_told(logger, name):
    kind, params, message = BAD[name]
    text = declare(loc=(2, 48), conf=(2, 36), priors=(1, 2, 48))
    with pytest.raises(Refused) as told:
        parse(bireme.Builder(logger), text + layer(kind, ["loc", "conf", "priors"], ["y"], params))
    assert message in str(told.value) and f'layer "y" ({kind})' in str(told.value)


def ssd():
    """MobileNet-SSD in small: three feature maps, each with locations, scores and priors."""
    n = Net(1, 3, 96, 96, seed=21)
    x = n.normalised(n.conv("data", 8, 3, "stride: 2 pad: 1"))
    maps = []
    for maps_out, stride in ((16, 2), (16, 2), (24, 2), (32, 2)):
        x = n.normalised(n.conv(x, n.channels[x], 3, f"stride: {stride} pad: 1", depthwise=True))
        x = n.normalised(n.conv(x, maps_out, 1))
        maps.append(x)
    parts = {"loc": [], "conf": [], "prior": []}
    for i, x in enumerate(maps[1:]):
        for kind, width in (("loc", 4), ("conf", 5)):
            y = n.conv(x, 4 * width, 3, "pad: 1", relu=False)
            y = n.add("Permute", [y], "permute_param { order: 0 order: 2 order: 3 order: 1 }")
            parts[kind].append(n.add("Flatten", [y], "flatten_param { axis: 1 }"))
        parts["prior"].append(n.add(
            "PriorBox", [x, "data"],
            f"prior_box_param {{ min_size: {20 * (i + 1)} max_size: {20 * (i + 2)} aspect_ratio: 2 flip: true "
            "clip: false variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 }"))  # fmt: skip
    loc, conf = (n.add("Concat", parts[k], "concat_param { axis: 1 }") for k in ("loc", "conf"))
    prior = n.add("Concat", parts["prior"], "concat_param { axis: 2 }")
    conf = n.add("Reshape", [conf], "reshape_param { shape { dim: 0 dim: -1 dim: 5 } }")
    conf = n.add("Flatten", [n.add("Softmax", [conf], "softmax_param { axis: 2 }")])
    n.add("DetectionOutput", [loc, conf, prior],
          "detection_output_param { num_classes: 5 share_location: true background_label_id: 0 "
          "nms_param { nms_threshold: 0.45 top_k: 100 } code_type: CENTER_SIZE keep_top_k: 400 "
          "confidence_threshold: 0.5 }", top="detections")  # fmt: skip
    return n


def test_a_whole_detector_is_opencvs():
    n = ssd()
    x = np.random.default_rng(1).standard_normal(n.shape).astype(np.float32)
    got = run(n.text, {"data": x}, n.weights)
    assert list(got) == ["detections"]
    want = rows(opencv(n.text, n.weights, {"data": x}, ["detections"])["detections"])
    assert 10 < len(want) < 400
    np.testing.assert_allclose(rows(got["detections"]), want, rtol=0, atol=1e-4)
