# SPDX-License-Identifier: Apache-2.0
"""What each pass of the optimizer is worth: engines with one pass left out, beside the whole one.

For every pass that changes a model: the steps of the engine without it, and its time as a share of the whole engine's,
the two taking turns (median of the ratios of neighbouring runs, its 95 % bounds in the JSON). All engines of a model share
one timing cache, so that a kernel that both have is timed once and chosen alike; where an engine has the same steps without
a pass, its ratio is 1 without running it. Passes that change none of the models are left out, and those that lower a network
to what kernels take cannot be missed.

    python bench/ablation.py [--models FOLDER] [--only resnet50,...] [--threads 2] [--rounds 15] [--minutes 8] [--json FILE]

The table is Markdown; docs/performance-optimizer.md has one. In the end the time is too short when a machine is busy: models
share the minutes, and passes of a model whose turn is over are named as not measured.
"""

import argparse
import json
import statistics
import sys
import time

import engines
import models
import timing

FIVE = ("resnet50", "efficientnet_b0", "vit_b16", "bert_base", "ppocr_det")


class Whole:
    """The engine of a model with all passes, and the timing cache that the others start from."""

    def __init__(self, path, shapes, threads):
        self.path, self.shapes, self.threads = path, shapes, threads
        self.feed, self.cache = models.feed_for(shapes), b""
        self.engine = self.without("")
        self.passes = [p["Pass"] for p in self.engine.passes() if p["Rewrites"] > 0]

    def without(self, name):
        plan, _, self.cache = engines.build(self.path, self.shapes, self.threads, cache=self.cache, without=name)
        return engines.Engine(plan).bind(self.feed)

    def measured(self, name, rounds):
        part = self.without(name)
        if work(part) == work(self.engine):  # others of its stage do the same work
            return {"pass": name, "steps": len(part.layers()), "ratio": 1.0, "low": 1.0, "high": 1.0, "others": 0.0}
        with timing.Others() as others:
            times = timing.interleaved({"part": part, "whole": self.engine}, rounds, seconds=4)
        ratio, low, high = timing.ratio(times["part"], times["whole"])
        return {"pass": name, "steps": len(part.layers()), "ratio": ratio, "low": low, "high": high, "others": others.percent}


def work(engine):
    """What an engine does, its names apart."""
    return [(x["TacticName"], x["TacticValue"], [(t["Dimensions"], t["Format/Datatype"]) for t in x["Inputs"] + x["Outputs"]])
            for x in engine.layers()]


def measure(model, path, shapes, a, until):
    whole, rows = Whole(path, models.batched(shapes, 1), a.threads), []
    for name in whole.passes:
        if time.monotonic() > until:
            print(f"{model} without {name}: not measured, the time is over", file=sys.stderr)
            continue
        try:
            rows.append(whole.measured(name, a.rounds))
        except RuntimeError as why:
            print(f"{model} without {name}: {why}", file=sys.stderr)
            continue
        print(f"{model} without {name}: {rows[-1]['steps']} steps, {rows[-1]['ratio']:.3f}", file=sys.stderr, flush=True)
    return {"model": model, "steps": len(whole.engine.layers()), "passes": rows}


def table(found):
    """Lines of Markdown; passes by what they save on all models together, the most first."""
    cells = {}
    for m in found:
        for r in m["passes"]:
            cells.setdefault(r["pass"], {})[m["model"]] = r
    yield "| without | " + " | ".join(f"{m['model']}: steps | time" for m in found) + " |"
    yield "|---|" + "---|---|" * len(found)
    yield "| nothing | " + " | ".join(f"{m['steps']} | 1" for m in found) + " |"
    worth = {name: statistics.mean(row[m["model"]]["ratio"] if m["model"] in row else 1 for m in found) for name, row in cells.items()}
    for name in sorted(cells, key=worth.get, reverse=True):
        row = [cells[name].get(m["model"]) for m in found]
        yield f"| `{name}` | " + " | ".join(f"{c['steps']} | {c['ratio']:.2f}" if c else "- | -" for c in row) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--only", default=",".join(FIVE))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--json", default="")
    a = parser.parse_args()
    chosen, found = models.chosen(a.models, a.only), []
    begin = time.monotonic()
    for k, (model, (path, shapes)) in enumerate(chosen.items()):
        found.append(measure(model, path, shapes, a, begin + 60 * a.minutes * (k + 1) / len(chosen)))
    print("\n".join(table(found)))
    if a.json:
        with open(a.json, "w") as f:
            json.dump(found, f, indent=1)


if __name__ == "__main__":
    main()
