# SPDX-License-Identifier: Apache-2.0
"""Latency of Bireme on a GPU beside PyTorch, each contestant in a process of its own, in turn.

Every figure is the median time of one CUDA-graph replay by the GPU's clock; data stay on the device. Peers are PyTorch
eager captured in a CUDA graph, and the same network with BatchNorm folded (ResNet-50 with cuDNN's fused convolutions).
"ort*" is onnxruntime as recorded on another day, on an H200 only (recorded.py says how); no mean counts it.
The roof is the least time of the network's products: per layer, operations over the peak of the unit that does them, or
bytes over the memory's bandwidth, whichever is larger.

PP-OCR (--only ppocr_det,ppocr_rec) comes from the package rapidocr_onnxruntime, or lies in the folder of models already;
PyTorch runs its files node by node, as "folded" with what a user would fold by hand.

    python bench/gpu.py [--bireme build/release/bin/bireme] [--models FOLDER] [--only resnet50,...]
                        [--precisions fp16,tf32,fp32] [--batches 1,8,32,128] [--rounds 3] [--json FILE] [--streams 4]

"MB" is the device memory in use at the end of a contestant's run (weights, scratch, the CUDA context and the libraries'
code), less what was in use before; nothing else may use the GPU meanwhile. --streams N adds Bireme's throughput with 1, 2,
4, ... N contexts of one engine.
"""

import argparse
import concurrent.futures
import importlib.util
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys

import numpy as np

import make_models
import recorded

PEERS = ("torch", "folded")
# Networks that are files of a package, or lie in the folder of models under these names: file, shapes of the inputs.
FILES = {
    "ppocr_det": ("ch_PP-OCRv4_det_infer.onnx", {"x": ("batch", 3, 640, 640)}),
    "ppocr_rec": ("ch_PP-OCRv4_rec_infer.onnx", {"x": ("batch", 3, 48, 320)}),
}
PEAK = {"fp16": 790e12, "tf32": 395e12, "fp32": 60e12}  # operations per second on Hopper, as measured or assumed
BANDWIDTH = {"H200": 4.0e12, "H100": 3.0e12, "A100": 1.6e12}  # bytes per second, read and written


def as_half(source, target):
    """The same network in FP16 throughout: weights, inputs, outputs and casts."""
    import onnx
    from onnx import TensorProto, numpy_helper
    model = onnx.load(source)

    def convert(tensor):
        if tensor.data_type == TensorProto.FLOAT:
            values = np.clip(numpy_helper.to_array(tensor), -65504, 65504).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    real = {n.input[2] for n in model.graph.node if n.op_type == "Resize"}  # scales are FP32 always
    for tensor in model.graph.initializer:
        if tensor.name not in real:
            convert(tensor)
    for node in model.graph.node:
        for a in node.attribute:
            if a.type == onnx.AttributeProto.TENSOR and node.output[0] not in real:
                convert(a.t)
            if node.op_type == "Cast" and a.name == "to" and a.i == TensorProto.FLOAT:
                a.i = TensorProto.FLOAT16
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.save(model, target)


def inputs_of(model, batch):
    """Shapes by name."""
    if model not in FILES:
        return make_models.inputs_of(model, batch)
    return {n: tuple(batch if d == "batch" else d for d in s) for n, s in FILES[model][1].items()}


def copy_file(to, name):
    """From the package that brings PP-OCR's models."""
    package = importlib.util.find_spec("rapidocr_onnxruntime")
    if package is None:
        raise RuntimeError(f"{to} is missing, and so is the package rapidocr_onnxruntime with {name}")
    shutil.copyfile(os.path.join(os.path.dirname(package.origin), "models", name), to)


def model_file(folder, model, precision):
    plain = os.path.join(folder, model + ".onnx")
    if not os.path.exists(plain):
        if model in FILES:
            copy_file(plain, FILES[model][0])
        else:
            make_models.make(folder, [model])
    if precision != "fp16":
        return plain
    half = os.path.join(folder, model + "_fp16.onnx")
    if not os.path.exists(half):
        as_half(plain, half)
    return half


def roof(path, shapes, precision, bandwidth):
    """Milliseconds, summed over convolutions and matrix products."""
    import onnx
    model = onnx.load(path)
    for value in model.graph.input:
        for dim, extent in zip(value.type.tensor_type.shape.dim, shapes.get(value.name, ())):
            dim.dim_value = extent
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    dims = {t.name: tuple(t.dims) for t in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        dims[value.name] = tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
    size = 2 if precision == "fp16" else 4
    total = 0.0
    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul") or not all(dims.get(n) for n in [*node.input, node.output[0]]):
            continue
        weights, out = dims[node.input[1]], math.prod(dims[node.output[0]])
        depth = math.prod(weights[1:]) if node.op_type == "Conv" else dims[node.input[0]][-1]
        moved = size * (math.prod(dims[node.input[0]]) + math.prod(weights) + out)
        total += max(2 * out * depth / PEAK[precision], moved / bandwidth)
    return 1e3 * total


# --- Bireme -----------------------------------------------------------------------------------------------------------


def bireme_engine(args, model, precision, batch):
    path = model_file(args.models, model, precision)
    engine = os.path.join(args.models, f"{model}_{precision}_{batch}.engine")
    shapes = [f"{n}:{'x'.join(map(str, s))}" for n, s in inputs_of(model, batch).items()]
    command = [args.bireme, "build", path, "-o", engine, "--device", "gpu", "--shapes", *shapes]
    if precision == "tf32":
        command += ["--precision", "tf32"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=args.limit)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    return engine, shapes


def bireme_time(args, engine, shapes):
    done = subprocess.run([args.bireme, "bench", engine, "--duration", "0.2", "--iterations", "100", "--shapes", *shapes],
                          capture_output=True, text=True, timeout=args.limit)
    return measured(done, r"gpu ms: .*median ([0-9.]+)")


def measured(done, pattern):
    """Milliseconds by the pattern, and MB of device memory in use."""
    time, memory = (re.search(r, done.stdout) for r in (pattern, r"device memory: ([0-9]+) MB"))
    if done.returncode or not time or not memory:
        raise RuntimeError((done.stderr or done.stdout or "no output").strip().splitlines()[-1])
    return float(time.group(1)), int(memory.group(1))


def bireme_throughput(args, engine, shapes):
    """Runs per second by number of streams."""
    done = subprocess.run([args.bireme, "bench", engine, "--duration", "0.5", "--streams", str(args.streams), "--shapes", *shapes],
                          capture_output=True, text=True, timeout=args.limit)
    return {int(n): float(r) for n, r in re.findall(r"^(\d+) streams?: ([0-9.]+) runs/s", done.stdout, re.MULTILINE)}


def memory_in_use():
    """MB, by all processes."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    return int(subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0])


# --- PyTorch ----------------------------------------------------------------------------------------------------------


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


def peer_time(args, name, model, precision, batch):
    command = [sys.executable, os.path.abspath(__file__), "--peer", name, "--models", args.models, "--only", model, "--precisions", precision,
               "--batches", str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=args.limit)
    return measured(done, r"median ([0-9.]+)")


# --- the table --------------------------------------------------------------------------------------------------------


def gpu_name():
    done = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 else "unknown GPU"


def case(args, model, precision, batch, bandwidth):
    row = {"model": model, "precision": precision, "batch": batch, "errors": {}}
    contestants = {}
    try:
        engine, shapes = bireme_engine(args, model, precision, batch)
        contestants["bireme"] = lambda: bireme_time(args, engine, shapes)
        row["roof"] = roof(model_file(args.models, model, precision), inputs_of(model, batch), precision, bandwidth)
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        row["errors"]["bireme"] = str(e)
    for name in args.peers:
        if name == "torch" or model not in NOT_FOLDED:  # those have no BatchNorm, or it is folded
            contestants[name] = lambda name=name: peer_time(args, name, model, precision, batch)
    times, memory = {n: [] for n in contestants}, {}
    for _ in range(args.rounds):
        for name, run in contestants.items():
            if name in row["errors"]:
                continue
            try:
                ms, memory[name] = run()
                times[name].append(ms)
            except (RuntimeError, subprocess.TimeoutExpired, AttributeError) as e:
                row["errors"][name] = str(e)
    row.update({n: statistics.median(t) for n, t in times.items() if t})
    row["recorded"] = recorded.onnxruntime_ms(args.gpu, model, precision, batch)
    good = [n for n in contestants if n not in row["errors"]]
    row["memory"] = {n: mb - args.memory_before for n, mb in memory.items()}
    if args.streams and "bireme" in good:
        row["runs_per_second"] = bireme_throughput(args, engine, shapes)
    return row


def ratio(row):
    peers = [row[p] for p in PEERS if p in row]
    return row["bireme"] / min(peers) if "bireme" in row and peers else None


def means(rows):
    """Geometric mean, worst and number of the ratios to the best peer, and how many are above 0.95, by precision and over all."""
    ratios = {}
    for r in rows:
        if ratio(r) is not None:
            for key in (r["precision"], "all"):
                ratios.setdefault(key, []).append(ratio(r))
    return {key: (math.exp(statistics.mean(map(math.log, v))), max(v), len(v), sum(x > 0.95 for x in v)) for key, v in ratios.items()}


def show(row):
    cells = [f"{row[n]:9.3f}" if n in row else "        -" for n in ("bireme", *PEERS)]
    beside = f"{ratio(row):6.2f}" if ratio(row) is not None else "     -"
    roofs = f"{row['roof']:8.3f} {row['bireme'] / row['roof']:5.1f}" if "bireme" in row and row.get("roof") else " " * 14
    memory = row["memory"]
    peers = [memory[p] for p in PEERS if p in memory]
    megabytes = f"{memory.get('bireme', '-'):>6} {min(peers) if peers else '-':>6}"
    runs = " ".join(f"{r:8.0f}" for r in row.get("runs_per_second", {}).values())
    cells.append(f"{row['recorded']:9.3f}" if row["recorded"] else "        -")
    print(f"{row['model']:16} {row['precision']} b{row['batch']:<4} {' '.join(cells)} {beside} {roofs} {megabytes} {runs}", flush=True)
    for name, error in row["errors"].items():
        print(f"    {name}: {error[:200]}")


def make_files(args, names, precisions):
    """All model files, several at a time."""
    with concurrent.futures.ProcessPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as pool:
        for made in [pool.submit(model_file, args.models, n, "fp16" if "fp16" in precisions else "fp32") for n in names]:
            made.result()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bireme", default="build/release/bin/bireme")
    p.add_argument("--models", default="/tmp/bireme-models")
    p.add_argument("--only", default=",".join(make_models.MODELS))
    p.add_argument("--precisions", default="fp16,tf32,fp32")
    p.add_argument("--batches", default="1,8,32,128")
    p.add_argument("--peers", default=",".join(PEERS))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--limit", type=float, default=300, help="seconds per process")
    p.add_argument("--streams", type=int, default=0, help="throughput with so many streams")
    p.add_argument("--json")
    p.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    args = p.parse_args()
    names, precisions = args.only.split(","), args.precisions.split(",")
    batches = [int(b) for b in args.batches.split(",")]
    if args.peer:
        return peer(args.peer, args.models, names[0], precisions[0], batches[0])
    args.peers = [n for n in args.peers.split(",") if n]
    os.makedirs(args.models, exist_ok=True)
    make_files(args, names, precisions)
    args.gpu, args.memory_before = gpu_name(), memory_in_use()
    bandwidth = next((b for n, b in BANDWIDTH.items() if n in args.gpu), 3.0e12)
    print(f"{args.gpu}; median ms of one CUDA-graph replay; ratio to the best peer; roof at {bandwidth / 1e12:.1f} TB/s")
    streams = [1 << i for i in range(args.streams.bit_length())]
    runs = " ".join(f"{f'{n} stream' + 's' * (n > 1):>8}" for n in streams)
    print(f"{'':27} {'bireme':>9} {'torch':>9} {'folded':>9} {'ort*':>9} {'ratio':>6} {'roof':>8} {'times':>5} {'MB':>6} {'torch':>6} {runs}")
    rows = []
    for model in names:
        for precision in precisions:
            for batch in batches:
                rows.append(case(args, model, precision, batch, bandwidth))
                show(rows[-1])
    for key, (mean, worst, count, above) in means(rows).items():
        print(f"{key}: geometric mean of {count} ratios to the best peer {mean:.3f}, worst {worst:.2f}, {above} above 0.95")
    both = [r["memory"] for r in rows if "bireme" in r["memory"] and len(r["memory"]) > 1]
    more = sum(m["bireme"] > min(v for n, v in m.items() if n != "bireme") for m in both)
    print(f"device memory above the least of the peers in {more} of {len(both)} cells")
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"gpu": args.gpu, "rows": rows}, f, indent=1)


if __name__ == "__main__":
    main()
