# SPDX-License-Identifier: Apache-2.0
"""Peers that a benchmark does not run itself: recorded once, on another day, and marked so wherever they are shown.

onnxruntime-gpu 1.31.1 with its CUDA provider on one H200 (driver 580, CUDA 13.0, cuDNN 9.19, 2026-11-23): I/O binding, CUDA
graph, exhaustive search of convolutions, channels-last preferred; BERT and ViT through onnxruntime.transformers.optimizer.
Milliseconds of one run, back to back.
"""

GPU = "H200"
ONNXRUNTIME = {
    ("resnet50", "fp16"): {1: 0.502, 8: 1.042, 32: 2.829, 128: 10.680},
    ("resnet50", "tf32"): {1: 0.697, 8: 1.424, 32: 4.174, 128: 15.235},
    ("resnet50", "fp32"): {1: 2.194, 32: 11.485, 128: 35.647},
    ("mobilenet_v2", "fp16"): {1: 0.355, 8: 0.763, 32: 1.902, 128: 6.804},
    ("mobilenet_v2", "tf32"): {1: 0.393, 32: 2.288, 128: 8.149},
    ("mobilenet_v2", "fp32"): {1: 0.574, 32: 3.265},
    ("efficientnet_b0", "fp16"): {1: 0.691, 8: 1.200, 32: 2.458, 128: 8.305},
    ("efficientnet_b0", "tf32"): {1: 0.799, 32: 3.176, 128: 10.373},
    ("efficientnet_b0", "fp32"): {1: 1.212},
    ("bert_base", "fp16"): {1: 0.445, 8: 0.723, 32: 1.891},
    ("bert_base", "tf32"): {1: 0.751, 8: 1.635, 32: 4.767},
    ("bert_base", "fp32"): {1: 1.224, 32: 17.617},
    ("vit_b16", "fp16"): {1: 0.928, 8: 1.792, 32: 5.336},
    ("vit_b16", "tf32"): {1: 1.301, 8: 3.308, 32: 9.285},
    ("vit_b16", "fp32"): {1: 2.176, 32: 30.465},
}


def onnxruntime_ms(gpu, model, precision, batch):
    """None where nothing is recorded, or the GPU is another one."""
    return ONNXRUNTIME.get((model, precision), {}).get(batch) if GPU in gpu else None
