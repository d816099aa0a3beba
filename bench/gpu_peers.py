# SPDX-License-Identifier: Apache-2.0
"""PyTorch as a peer of gpu.py: one network in one process, captured in a CUDA graph. Prints the median time of a replay and
the device memory in use.

    python bench/gpu_peers.py torch|folded MODEL fp16|tf32|fp32 BATCH [--models FOLDER]
"""

import argparse
import statistics

from gpu_models import FILES, inputs_of, model_file

PEERS = ("torch", "folded")
NOT_FOLDED = ("bert_base", "minilm", "gpt2_step", "whisper_encoder", "vit_b16", "detector", "unet", "unet_small")


def torch_network(model):
    """The module and how it is called with inputs by the names of the ONNX file."""
    if model in ("bert_base", "minilm"):
        import transformers
        small = {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536} if model == "minilm" else {}
        network = transformers.BertModel(transformers.BertConfig(**small), add_pooling_layer=False)
        return network, lambda d: network(**d)
    if model == "whisper_encoder":
        import transformers
        from transformers.models.whisper.modeling_whisper import WhisperEncoder
        size = {"d_model": 512, "encoder_layers": 6, "encoder_attention_heads": 8, "encoder_ffn_dim": 2048}
        network = WhisperEncoder(transformers.WhisperConfig(**size))
        return network, lambda d: network(d["input"])
    if model == "gpt2_step":
        import transformers
        network = transformers.GPT2LMHeadModel(transformers.GPT2Config(use_cache=True))

        def step(d):
            cache = transformers.DynamicCache()
            for i in range(12):
                cache.update(d[f"past_key_{i}"], d[f"past_value_{i}"], i)
            return network(d["input_ids"], past_key_values=cache)
        return network, step
    import torchvision
    name = {"vit_b16": "vit_b_16", "resnext50": "resnext50_32x4d"}.get(model, model)
    more = {"aux_logits": False, "init_weights": False} if model == "inception_v3" else {}
    network = getattr(torchvision.models, name)(weights=None, **more)
    return network, lambda d: network(d["input"])


def written_network(model, dtype):
    """A network of networks/dense.py, run as it is written there."""
    from networks import dense
    from networks.torch_net import TorchNet
    net = TorchNet(dtype)
    body = {"detector": dense.detector_of, "unet": dense.unet_of,
            "unet_small": lambda n, x: dense.unet_of(n, x, (16, 32, 64, 128))}[model]
    return lambda d: body(net.begin(), d["input"])


def fold(network):
    """BatchNorm into convolutions; residual blocks of ResNet as cuDNN's fused calls."""
    import torch
    import torchvision
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for module in list(network.modules()):
        previous = None
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.BatchNorm2d) and previous and isinstance(previous[1], torch.nn.Conv2d):
                setattr(module, previous[0], fuse_conv_bn_eval(previous[1], child))
                setattr(module, name, torch.nn.Identity())
            previous = (name, child)

    def call(conv, x):
        return torch.cudnn_convolution_relu(x, conv.weight, conv.bias, conv.stride, conv.padding, conv.dilation, conv.groups)

    def forward(self, x):
        rest = self.downsample(x) if self.downsample is not None else x
        y, last = call(self.conv2, call(self.conv1, x)), self.conv3
        return torch.cudnn_convolution_add_relu(y, last.weight, rest, 1.0, last.bias, last.stride, last.padding, last.dilation, last.groups)

    for module in network.modules():
        if isinstance(module, torchvision.models.resnet.Bottleneck):
            # The normalisations follow in another order than the convolutions there.
            for i in (1, 2, 3):
                bn = getattr(module, f"bn{i}")
                if isinstance(bn, torch.nn.BatchNorm2d):
                    setattr(module, f"conv{i}", fuse_conv_bn_eval(getattr(module, f"conv{i}"), bn))
                    setattr(module, f"bn{i}", torch.nn.Identity())
            module.forward = forward.__get__(module)
    return network


def peer(name, models, model, precision, batch):
    import torch
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    dtype = torch.half if precision == "fp16" else torch.float
    if model in ("detector", "unet", "unet_small"):
        call = written_network(model, dtype)
    elif model in FILES:
        from networks.onnx_torch import OnnxTorch
        network = OnnxTorch(model_file(models, model, "fp32"), dtype, "cuda", name == "folded")
        call = lambda d: network(*d.values())  # noqa: E731
    else:
        network, call = torch_network(model)
        network = network.eval()
        if name == "folded":
            network = fold(network)
        network.cuda().to(dtype).to(memory_format=torch.channels_last)
    data = {}
    for n, s in inputs_of(model, batch).items():
        data[n] = torch.ones(s, dtype=torch.int64, device="cuda") if n.endswith(("_ids", "_mask")) else torch.randn(s, device="cuda").to(dtype)
        if len(s) == 4 and n in ("input", "x"):
            data[n] = data[n].contiguous(memory_format=torch.channels_last)

    def run():
        return call(data)

    with torch.inference_mode():
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(5):
                run()
        side.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
        times = []
        for i in range(120):
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            graph.replay()
            end.record()
            end.synchronize()
            if i >= 20:
                times.append(begin.elapsed_time(end))
    free, total = torch.cuda.mem_get_info()
    print(f"median {statistics.median(times):.4f}\ndevice memory: {(total - free) >> 20} MB")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("peer", choices=PEERS)
    p.add_argument("model")
    p.add_argument("precision", choices=("fp16", "tf32", "fp32"))
    p.add_argument("batch", type=int)
    p.add_argument("--models", default="/tmp/bireme-models")
    args = p.parse_args()
    peer(args.peer, args.models, args.model, args.precision, args.batch)


if __name__ == "__main__":
    main()
