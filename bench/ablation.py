# SPDX-License-Identifier: Apache-2.0
"""What each pass of the optimizer is worth: engines with one pass left out, beside the whole one.

For every pass that changes a model: the steps of the engine without it, and its time as a share of the whole engine's,
the two taking turns (median of the ratios of neighbouring runs). Passes that change none of the models are left out.

    python bench/ablation.py [--models FOLDER] [--only resnet50,...] [--threads 2] [--rounds 15]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

import cpu
from steps import engine_of

FIVE = ("resnet50", "efficientnet_b0", "vit_b16", "bert_base", "ppocr_det")


class Runner:
    """An engine without the passes named, its steps, and what the passes did."""

    def __init__(self, path, shapes, threads, without=""):
        import bireme
        import numpy as np
        os.environ["BIREME_DISABLE_PASSES"] = without
        self.engine, layers, self.done = engine_of(path, shapes, threads)
        del os.environ["BIREME_DISABLE_PASSES"]
        self.steps = len(layers)
        self.context = self.engine.create_execution_context()
        self.arrays = cpu.feed_for(shapes)
        for name, array in self.arrays.items():
            self.context.set_input_shape(name, array.shape)
            self.context.set_tensor_address(name, array.ctypes.data)
        for i in range(self.engine.num_io_tensors):
            name = self.engine.get_tensor_name(i)
            if name not in self.arrays:
                dtype = bireme.nptype(self.engine.get_tensor_dtype(name))
                self.arrays[name] = np.empty(tuple(self.context.get_tensor_shape(name)), dtype)
                self.context.set_tensor_address(name, self.arrays[name].ctypes.data)
        self()

    def __call__(self):
        begin = time.perf_counter()
        if not self.context.execute_async_v3(0):
            raise RuntimeError("the engine failed")
        return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--only", default=",".join(FIVE))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    o = parser.parse_args()
    cases = cpu.cases(o.models)
    only = o.only.split(",")
    missing = [n for n in only if n in cpu.MADE and not os.path.exists(cases[n][0])]
    if missing:
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_models.py"), o.models, *missing], check=True)
    table, whole_steps = {}, {}
    for model in only:
        path, shapes = cases[model]
        whole = Runner(path, shapes, o.threads)
        whole_steps[model] = whole.steps
        for name in (p["Pass"] for p in whole.done if p["Rewrites"] > 0):
            try:
                part = Runner(path, shapes, o.threads, name)
            except RuntimeError as why:  # lowering passes are no choice
                print(f"{model} without {name}: {why}", file=sys.stderr)
                continue
            ratios = []
            for _ in range(o.rounds):
                whole(), part()
                ratios.append(part() / whole())
            table.setdefault(name, {})[model] = (part.steps, statistics.median(ratios))
            print(f"{model} without {name}: {part.steps} steps, {ratios and statistics.median(ratios):.3f}", file=sys.stderr, flush=True)
    print("| without | " + " | ".join(f"{m}: steps | time" for m in only) + " |")
    print("|---|" + "---|---|" * len(only))
    print("| nothing | " + " | ".join(f"{whole_steps[m]} | 1" for m in only) + " |")
    for name, row in table.items():
        cells = [row.get(m) for m in only]
        print(f"| `{name}` | " + " | ".join(f"{c[0]} | {c[1]:.2f}" if c else "- | -" for c in cells) + " |")


if __name__ == "__main__":
    main()
