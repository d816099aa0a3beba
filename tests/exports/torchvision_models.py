# SPDX-License-Identifier: Apache-2.0
"""torchvision: one size of each family."""

import torch
import torchvision.models as tv

from spec import Model, image, images, level, settle

CLASSIFICATION = {  # name -> edge of the image
    "alexnet": 224, "convnext_tiny": 96, "densenet121": 96, "efficientnet_b0": 96, "efficientnet_v2_s": 96,
    "googlenet": 96, "inception_v3": 107, "maxvit_t": 224, "mnasnet0_5": 96, "mobilenet_v2": 96,
    "mobilenet_v3_small": 96, "regnet_x_400mf": 96, "regnet_y_400mf": 96, "resnet18": 96, "resnext50_32x4d": 96,
    "shufflenet_v2_x0_5": 96, "squeezenet1_1": 96, "swin_t": 224, "swin_v2_t": 128, "vgg11_bn": 224, "vit_b_16": 224,
    "wide_resnet50_2": 96,
}  # fmt: skip
EXTRA = {"googlenet": {"aux_logits": False, "init_weights": True}, "inception_v3": {"init_weights": False}}
SEGMENTATION = ("fcn_resnet50", "deeplabv3_mobilenet_v3_large", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large")
VIDEO = {"r3d_18": 48, "mc3_18": 48, "r2plus1d_18": 48, "s3d": 224, "mvit_v1_b": 224, "swin3d_t": 64}
DETECTION = (
    "fasterrcnn_mobilenet_v3_large_320_fpn", "fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "ssd300_vgg16",
    "ssdlite320_mobilenet_v3_large", "fcos_resnet50_fpn", "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn",
)  # fmt: skip


def classifier(name, size):
    def make():
        net = getattr(tv, name)(weights=None, num_classes=100, **EXTRA.get(name, {}))
        if name == "inception_v3":
            net.AuxLogits = None
        return settle(net, [torch.from_numpy(image(size, 8, 2))])

    return images(name, make, size)


class Segmented(torch.nn.Module):
    """The map alone, of the dict of maps that segmentation returns."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)["out"]


def segmentation(name, size=97):
    def make():
        net = Segmented(getattr(tv.segmentation, name)(weights=None, weights_backbone=None, num_classes=7))
        return settle(net, [torch.from_numpy(image(size, 4, 2))])

    return images(name, make, size)


def video(name, size):
    frames = 16

    def clip(batch, seed):
        return image(size, batch * frames, seed).reshape(batch, frames, 3, size, size).transpose(0, 2, 1, 3, 4).copy()

    def make():
        net = getattr(tv.video, name)(weights=None, num_classes=20)
        return settle(net, [torch.from_numpy(clip(4, 2))])

    return Model(name, make, [{"x": clip(1, 0)}, {"x": clip(2, 1)}], {"x": {0: "batch"}})


class Detected(torch.nn.Module):
    """One image in [0, 1] -> boxes, scores, labels (and masks or keypoints)."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        found = self.net([x])
        if isinstance(found, tuple):  # scripted: losses, detections
            found = found[1]
        return tuple(found[0][k] for k in ("boxes", "labels", "scores", "masks", "keypoints") if k in found[0])


def deviation(layer):
    """Of what a layer of a detector gives: scores that rank without ties, boxes near their anchors."""
    if any(part in layer for part in ("cls_score", "cls_logits", "classification_head.module_list")):
        return 1.5
    return 0.3 if any(part in layer for part in ("bbox", "regression_head.module_list")) else 1.0


def detection(name, size=(200, 240)):
    def picture(seed, h=size[0], w=size[1]):
        return ((image(max(h, w), 1, seed)[0, :, :h, :w] + 2) / 4).clip(0, 1)

    def make():
        options = {"num_classes": 2 if "keypoint" in name else 6}
        if "rcnn" in name:
            options.update(box_detections_per_img=20, rpn_post_nms_top_n_test=60, rpn_pre_nms_top_n_test=100)
        else:
            options.update(detections_per_img=20, topk_candidates=60, score_thresh=0.001)
        if "300" not in name and "320" not in name:
            options.update(min_size=192, max_size=256)
        net = getattr(tv.detection, name)(weights=None, weights_backbone=None, **options)
        settle(net, [[torch.from_numpy(picture(s)) for s in (5, 6)]])
        return Detected(level(net, [torch.from_numpy(picture(5))], deviation))

    cases = [{"x": picture(0)}, {"x": picture(1)}]
    outputs = ["boxes", "labels", "scores"]
    outputs += ["masks"] if "mask" in name else ["keypoints"] if "keypoint" in name else []
    return Model(name, make, cases, {}, outputs)


MODELS = [
    *(classifier(n, s) for n, s in CLASSIFICATION.items()),
    *(segmentation(n) for n in SEGMENTATION),
    *(video(n, s) for n, s in VIDEO.items()),
    *(detection(n) for n in DETECTION),
]
