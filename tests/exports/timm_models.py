# SPDX-License-Identifier: Apache-2.0
"""timm: one size of each family, with the edge of the image and what makes it smaller."""

import timm
import torch

from spec import image, images, settle

SIZES = {
    "convnext_atto": 96, "convnextv2_atto": 96, "swin_tiny_patch4_window7_224": 224, "swinv2_tiny_window8_256": 256,
    "maxvit_rmlp_pico_rw_256": 256, "levit_128s": 224, "coat_lite_tiny": 224, "resnest14d": 96, "ghostnet_100": 96,
    "ghostnetv2_100": 96, "mobilenetv3_small_050": 96, "mobilenetv4_conv_small": 96, "mobileone_s0": 96,
    "edgenext_xx_small": 128, "crossvit_9_240": 240, "deit3_small_patch16_224": 224, "beit_base_patch16_224": 224,
    "eva02_tiny_patch14_224": 224, "nfnet_l0": 96, "eca_nfnet_l0": 96, "hrnet_w18_small": 128, "dpn48b": 96,
    "fastvit_t8": 128, "regnety_002": 96, "ese_vovnet19b_dw": 96,
}  # fmt: skip
SMALLER = {
    "deit3_small_patch16_224": {"depth": 3}, "beit_base_patch16_224": {"depth": 3}, "eva02_tiny_patch14_224": {"depth": 4},
}  # fmt: skip


def model(name, size):
    def make():
        # The torchscript exporter knows no attention whose mask is decided while it traces.
        timm.layers.set_fused_attn(not name.startswith("eva"))
        net = timm.create_model(name, pretrained=False, num_classes=100, **SMALLER.get(name, {}))
        return settle(net, [torch.from_numpy(image(size, 8, 2))])

    return images(name, make, size)


MODELS = [model(n, s) for n, s in SIZES.items()]
