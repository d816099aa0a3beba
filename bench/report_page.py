#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast the page of `bireme inspect --html` opens and pans in headless Chromium, for an engine of many layers.

    report_page.py [LAYERS]      default 5000; needs the command line in build/release, chromium, numpy and onnx
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BIREME = pathlib.Path(__file__).parents[1] / "build/release/bin/bireme"
PROBE = """<script>
// A pixel read back makes the browser finish the drawing.
const draw = () => {
  const begin = performance.now();
  view.drawNow();
  view.context.getImageData(0, 0, 1, 1);
  return performance.now() - begin;
};
draw();
const opened = performance.now();  // since the page was asked for
const frames = [];
for (let i = 0; i < 120; ++i) { view.x += Math.sin(i / 9) * 12; view.y -= 40; frames.push(draw()); }
frames.sort((a, b) => a - b);
view.scale = 0.02; view.x = 600; view.y = 0;  // all of it in sight
const whole = draw();
document.body.textContent = 'probe ' + [opened, frames[60], frames[114], whole].map(x => x.toFixed(1)).join(' ') + ' end';
</script>"""


def model(path, layers):
    """Branches of convolutions that nothing merges, each joined by an addition to the one before."""
    rng = np.random.default_rng(0)
    nodes, weights, last = [], [], "x"
    for i in range(layers // 3):
        for k in (1, 3):
            weights.append(numpy_helper.from_array(rng.standard_normal((2, 2, k, k)).astype(np.float32) * 0.1, f"w{i}_{k}"))
            nodes.append(helper.make_node("Conv", [last, f"w{i}_{k}"], [f"c{i}_{k}"], f"block{i}/conv{k}", pads=[k // 2] * 4))
        nodes.append(helper.make_node("Max", [f"c{i}_1", f"c{i}_3"], [f"y{i}"], f"block{i}/max"))
        last = f"y{i}"
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2, 8, 8])
    graph = helper.make_graph(nodes, "long", [value("x")], [value(last)], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def main():
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model(folder / "m.onnx", layers)
        subprocess.run([BIREME, "build", folder / "m.onnx", "-o", folder / "m.engine", "-q"], check=True)
        subprocess.run([BIREME, "inspect", folder / "m.engine", "--html", folder / "m.html"], check=True)
        text = (folder / "m.html").read_text()
        steps = text.count('"LayerType"')
        (folder / "probe.html").write_text(text.replace("</body>", PROBE + "</body>"))
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
             "--window-size=1400,900", "--dump-dom",
             (folder / "probe.html").as_uri()], capture_output=True, text=True, timeout=300, check=True)
        opened, median, p95, whole = map(float, re.search(r"probe ([0-9.]+ .*?) end", done.stdout)[1].split())
        print(f"{steps} steps, page {len(text) / 1e6:.1f} MB: open and drawn in {opened:.0f} ms; panning, a frame takes "
              f"{median:.1f} ms (median), {p95:.1f} ms (95 %); drawing all of it at once {whole:.1f} ms")


if __name__ == "__main__":
    main()
