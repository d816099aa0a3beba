# SPDX-License-Identifier: Apache-2.0
"""Ops of detectors (detection_output, proposal, roi_pooling) against their formulas in numpy."""
import numpy as np

from cases.common import Case, data, f32


def iou(a, b, unit=0):
    """Of corner boxes; with unit 1 corners are pixels that belong to the box."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    inter = np.prod(np.maximum(high - low + unit, 0))
    areas = np.prod(a[2:] - a[:2] + unit) + np.prod(b[2:] - b[:2] + unit)
    return inter / (areas - inter)


def nms(boxes, order, threshold, eta=1.0, unit=0):
    kept = []
    for i in order:
        if all(iou(boxes[i], boxes[k], unit) <= threshold for k in kept):
            kept.append(i)
            if eta < 1 and threshold > 0.5:
                threshold *= eta
    return kept


def decode(code, loc, prior, variance):
    v, corners = loc * variance, prior.reshape(-1, 2, 2)
    size, centre = corners[:, 1] - corners[:, 0], corners.mean(1)
    if code == "center_size":
        middle, half = v[:, :2] * size + centre, np.exp(v[:, 2:]) * size / 2
        return np.concatenate([middle - half, middle + half], 1)
    return prior + v * (np.tile(size, 2) if code == "corner_size" else 1)


def detection_output(loc, conf, priors, classes, share=True, background=0, code="corner", in_target=False,
                     score=-np.inf, threshold=0.3, eta=1.0, top_k=-1, keep=-1):
    """SSD: rows (image, class, score, corners), those of a class together."""
    rows = []
    for n in range(len(loc)):
        boxes, variance = priors[n if len(priors) > 1 else 0].astype(np.float64).reshape(2, -1, 4)
        where = loc[n].astype(np.float64).reshape(len(boxes), -1, 4)
        scores = conf[n].reshape(len(boxes), classes)
        found = []
        for k in range(classes):
            if k == background:
                continue
            at = decode(code, where[:, 0 if share else k], boxes, 1 if in_target else variance)
            order = [i for i in np.argsort(-scores[:, k], kind="stable") if scores[i, k] > score]
            order = order[: top_k if top_k >= 0 else None]
            found += [(n, k, scores[i, k], *at[i]) for i in nms(at, order, threshold, eta)]
        if 0 <= keep < len(found):
            found = sorted(sorted(found, key=lambda r: -r[2])[:keep], key=lambda r: r[1])
        rows += found
    rows = rows or [(n, -1, -1, -1, -1, -1, -1) for n in range(len(loc))]
    return np.array(rows, np.float32).reshape(1, 1, -1, 7)


def proposal(scores, deltas, info, stride, base, min_size, ratios, scales, pre, post, threshold):
    """Faster R-CNN's rpn.proposal_layer: (image, corners), and scores."""
    anchors = []
    for r in ratios:
        w = np.round(np.sqrt(base * base / r))
        h = np.round(w * r)
        anchors += [[-w * s + base, -h * s + base, w * s + base - 2, h * s + base - 2] for s in scales]
    anchors = np.array(anchors, np.float64) / 2
    count, (height, width) = len(anchors), scores.shape[2:]
    x, y = np.meshgrid(np.arange(width) * stride, np.arange(height) * stride)
    shifts = np.stack([x, y, x, y], -1).reshape(-1, 1, 4)
    anchors = (shifts + anchors).reshape(-1, 4)
    rows, kept = [], []
    for n in range(len(scores)):
        about = info[n if len(info) > 1 else 0]
        d = deltas[n].astype(np.float64).reshape(count, 4, -1).transpose(2, 0, 1).reshape(-1, 4)
        s = scores[n, count:].transpose(1, 2, 0).reshape(-1)
        size = anchors[:, 2:] - anchors[:, :2] + 1
        middle = anchors[:, :2] + size / 2 + d[:, :2] * size
        half = np.exp(d[:, 2:]) * size / 2
        limit = np.array([about[1], about[0]] * 2) - 1
        boxes = np.clip(np.concatenate([middle - half, middle + half], 1), 0, limit)
        large = (boxes[:, 2:] - boxes[:, :2] + 1 >= min_size * about[2]).all(1)
        order = [i for i in np.argsort(-s, kind="stable") if large[i]][:pre]
        for i in nms(boxes, order, threshold, unit=1)[:post]:
            rows.append([n, *boxes[i]])
            kept.append(s[i])
    return np.array(rows, np.float32).reshape(-1, 5), np.array(kept, np.float32).reshape(-1, 1)


def roi_pooling(x, regions, height, width, scale):
    """Fast R-CNN's."""
    out = np.zeros((len(regions), x.shape[1], height, width), np.float32)
    for r, region in enumerate(regions):
        x1, y1, x2, y2 = np.floor(region[1:] * scale + 0.5).astype(int)
        for i, k in np.ndindex(height, width):
            rows, columns = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
            top, bottom = y1 + i * rows // height, y1 - (-(i + 1) * rows // height)
            left, right = x1 + k * columns // width, x1 - (-(k + 1) * columns // width)
            bin_ = x[int(region[0]), :, max(top, 0):max(bottom, 0), max(left, 0):max(right, 0)]
            if bin_.size:
                out[r, :, i, k] = bin_.max((1, 2))
    return out


def priors(name, count, images=1):
    middle, size = data(name + "c", images, count, 2, low=.2, high=.8), data(name + "s", images, count, 2, low=.1, high=.5)
    boxes = np.concatenate([middle - size / 2, middle + size / 2], -1).reshape(images, 1, -1)
    return np.concatenate([boxes, np.tile(f32(.1, .1, .2, .2), count)[None, None].repeat(images, 0)], 1).astype(np.float32)


def detections():
    names = {"share": "shareLocation", "in_target": "varianceInTarget", "score": "scoreThreshold", "threshold": "nmsThreshold",
             "top_k": "topK", "keep": "keepTopK"}
    for name, kw in (("corner", {}), ("center_size", {"code": "center_size", "score": .3, "top_k": 5, "keep": 6}),
                     ("corner_size", {"code": "corner_size", "threshold": .45}),
                     ("own_boxes", {"share": False, "code": "center_size", "keep": 7}),
                     ("in_target", {"in_target": True, "code": "corner"}), ("no_background", {"background": -1}),
                     ("other_background", {"background": 2}), ("shrinking", {"threshold": .9, "eta": .6}),
                     ("nothing", {"score": 5.0})):
        loc = data(name, 2, 8 * (4 if kw.get("share", True) else 12), low=-1, high=1)
        conf, prior = data(name + "conf", 2, 24, low=0, high=1), priors(name, 8, 2 if name == "corner" else 1)
        attrs = {names.get(k, k): v for k, v in kw.items()} | {"classes": 3}
        yield Case("detection_output", name, attrs, [loc, conf, prior], [detection_output(loc, conf, prior, 3, **kw)],
                   symbols=[0, 1])
    yield Case("detection_output", "bad_priors", {"classes": 3}, [loc, conf, prior[:, :, :-4]], error="locations and priors")
    yield Case("detection_output", "bad_code", {"classes": 3, "code": "polar"}, [loc, conf, prior], error="center_size")


def proposals():
    ratios, scales = [.5, 1, 2], [2, 4]
    common = {"baseSize": 8, "stride": 8, "ratios": ratios, "scales": scales}
    for name, images, least, pre, post, threshold in (("one", 1, 4, 30, 10, .5), ("two", 2, 12, 200, 300, .7), ("none", 1, 99, 9, 9, .5)):
        s, d = data(name, images, 12, 4, 5, low=0, high=1), data(name + "d", images, 24, 4, 5, low=-.5, high=.5)
        info = f32(30, 38, 1.5)[None]
        want = proposal(s, d, info, 8, 8, least, ratios, scales, pre, post, threshold)
        attrs = common | {"minSize": least, "preNmsTopN": pre, "postNmsTopN": post, "nmsThreshold": threshold}
        yield Case("proposal", name, attrs, [s, d, info], list(want), tol=(1e-5, 1e-5), symbols=[0, 1])
    yield Case("proposal", "bad", common, [s, d[:, 4:], info], error="channels of deltas")


def regions():
    x = data("roi", 2, 3, 6, 7)
    for name, scale, at in (("whole", 1, [[0, 0, 0, 6, 5], [1, 2, 1, 4, 3]]), ("small", .25, [[1, 9, 9, 9, 9], [0, 3, 2, 17, 20]]),
                            ("outside", 1, [[0, -9, -9, -5, -5], [1, 5, 4, 30, 40], [0, 4, 4, 1, 1]])):
        at = np.array(at, np.float32)
        yield Case("roi_pooling", name, {"height": 2, "width": 3, "scale": scale}, [x, at], [roi_pooling(x, at, 2, 3, scale)],
                   symbols=[0, 1])
    yield Case("roi_pooling", "bad", {}, [x, at[:, :4]], error="[R,5]")
    yield Case("roi_pooling", "no_image", {}, [x, f32(2, 0, 0, 1, 1, -1, 0, 0, 1, 1).reshape(2, 5)], [np.zeros((2, 3, 1, 1), np.float32)],
               symbols=[0, 1])


def cases():
    for family in (detections, proposals, regions):
        yield from family()
