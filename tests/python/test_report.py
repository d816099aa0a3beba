# SPDX-License-Identifier: Apache-2.0
"""The page of `bireme inspect --html`: what it holds, and that a browser shows it."""

import json
import pathlib
import re
import shutil
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import bireme as trt

BIREME = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
CHROMIUM = shutil.which("chromium")


def network(path):
    """Conv, a scale that folds into it, Relu; beside it a pool; their sum."""
    rng = np.random.default_rng(1)
    weights = [
        numpy_helper.from_array(rng.standard_normal((8, 3, 3, 3)).astype(np.float32), "w"),
        numpy_helper.from_array(np.full((8, 1, 1), 0.5, np.float32), "half"),
    ]
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "the_conv", pads=[1] * 4),
        helper.make_node("Mul", ["c", "half"], ["m"], "</script><b>"),
        helper.make_node("Relu", ["m"], ["r"], "the_relu"),
        helper.make_node("MaxPool", ["r"], ["p"], "the_pool", kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Add", ["r", "p"], ["y"], "the_add"),
    ]
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8, 16, 16])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    subprocess.run([BIREME, "build", network(folder / "m.onnx"), "-o", folder / "m.engine"], check=True)
    subprocess.run([BIREME, "inspect", folder / "m.engine", "--html", folder / "m.html", "--times"], check=True)
    return folder / "m.html"


def test_page_holds_all(page):
    text = page.read_text()
    assert "http:" not in text and "https:" not in text
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.S)[1])
    engine = data["engine"]
    assert [layer["Op"] for layer in engine["Network"]].count("convolution") == 1
    conv = next(layer for layer in engine["Layers"] if "the_conv" in layer["Origins"])
    assert "</script><b>" in conv["Origins"] and "the_relu" in conv["Origins"]
    assert any("Reason" in way for way in conv["Considered"])
    assert any("Milliseconds" in way for layer in engine["Layers"] for way in layer.get("Considered", []))
    assert any(p["Rewrites"] for p in data["optimizations"])
    assert set(data["times"]) == {layer["Name"] for layer in engine["Layers"]}
    # No two things that live at the same time lie in the same bytes.
    blocks = engine["Memory"]
    for i, a in enumerate(blocks):
        assert a["Offset"] + a["Bytes"] <= engine["ScratchBytes"]
        for b in blocks[:i]:
            together = a["First"] <= b["Last"] and b["First"] <= a["Last"]
            apart = a["Offset"] + a["Bytes"] <= b["Offset"] or b["Offset"] + b["Bytes"] <= a["Offset"]
            assert not together or apart, (a, b)


PROBE = """<script>
const said = [];
const say = (name, value) => said.push(name + '=' + value);
for (const name of ['after', 'before', 'memory', 'optimizations']) {
  document.querySelector(`button[data-view=${name}]`).click();
  if (name !== 'optimizations') view.drawNow();
}
say('rows', document.querySelectorAll('#table tr').length);
document.querySelector('button[data-view=after]').click();
document.getElementById('search').value = 'the_relu';
document.getElementById('search').dispatchEvent(new Event('input'));
say('found', document.getElementById('found').textContent);
say('panel', document.querySelector('aside h2').textContent);
say('origins', /does the work of: [^<]*the_relu/.test(document.querySelector('aside').innerHTML));
const graph = engineGraph(layers);
say('edges', graph.edges.length);
say('forward', graph.edges.every(([a, b]) => graph.nodes[a].level < graph.nodes[b].level));
document.body.textContent = 'probe ' + said.join('; ') + ' end';
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium")
def test_browser_shows_it(page, tmp_path):
    probed = tmp_path / "probe.html"
    probed.write_text(page.read_text().replace("</body>", PROBE + "</body>"))
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
         "--dump-dom", probed.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    said = re.search(r"probe (.*?) end", done.stdout)
    assert said, done.stdout[-2000:] + done.stderr[-2000:]
    facts = dict(x.split("=", 1) for x in said[1].split("; "))
    assert int(facts["rows"]) > 1 and facts["found"].startswith("1 of 1") and facts["origins"] == "true"
    assert "the_conv" in facts["panel"]
    assert int(facts["edges"]) >= 2 and facts["forward"] == "true"


def probed(page, tmp_path, script):
    """What a script at the end of the page puts into `said`."""
    text = page.read_text()
    end = f"<script>const said = [];{script}; document.body.textContent = 'probe ' + JSON.stringify(said) + ' end';</script></body>"
    (tmp_path / "probe.html").write_text(text.replace("</body>", end))
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
         "--dump-dom", (tmp_path / "probe.html").as_uri()], capture_output=True, text=True, timeout=120, check=True)
    said = re.search(r"probe (\[.*?\]) end", done.stdout)
    assert said, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(said[1])


FIND = """for (const name of NAMES) {
  document.getElementById('search').value = name;
  document.getElementById('search').oninput();
  said.push(document.getElementById('found').textContent);
}
said.push(document.querySelector('aside').textContent.includes('else_sin'))"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium")
def test_search_finds_what_is_inside_or_gone(tmp_path):
    """Layers of branches by their names, what a recognised function stepped over, and what has no step at all."""
    one = [helper.make_tensor_value_info("v", TensorProto.FLOAT, [2])]
    branches = {f"{k}_branch": helper.make_graph([helper.make_node(op, ["r"], ["v"], f"{k}_{op.lower()}")], k, [], one)
                for k, op in (("then", "Tanh"), ("else", "Sin"))}
    number = lambda x, name: numpy_helper.from_array(np.float32(x), name)  # noqa: E731
    nodes = [
        helper.make_node("Div", ["x", "root"], ["d"], "gelu_div"),
        helper.make_node("Erf", ["d"], ["e"], "gelu_erf"),
        helper.make_node("Add", ["e", "one"], ["f"], "gelu_add"),
        helper.make_node("Mul", ["x", "f"], ["g"], "gelu_mul"),
        helper.make_node("Mul", ["g", "half"], ["h"], "gelu_half"),
        helper.make_node("Identity", ["h"], ["r"], "the_identity"),
        helper.make_node("If", ["c"], ["y"], "the_if", **branches),
    ]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2]), helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])],
        [number(2**0.5, "root"), number(1, "one"), number(0.5, "half")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "m.onnx")
    subprocess.run([BIREME, "inspect", tmp_path / "m.onnx", "--device", "cpu", "--html", tmp_path / "m.html"], check=True)
    names = ["gelu_div", "gelu_erf", "gelu_add", "gelu_mul", "gelu_half", "then_tanh", "the_identity", "nowhere", "else_sin"]
    said = probed(tmp_path / "m.html", tmp_path, FIND.replace("NAMES", json.dumps(names)))
    assert said == ["1 of 1"] * 6 + ["no step; 1 in the network", "nothing", "1 of 1", True]


def test_names_of_any_bytes(tmp_path):
    """Names in a file may be no UTF-8; what is told of them is."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    y = helper.make_tensor_value_info("ZZZZ", TensorProto.FLOAT, [2])
    model = helper.make_model(helper.make_graph([helper.make_node("Tanh", ["x"], ["ZZZZ"], "tanh")], "g", [x], [y]),
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for name, told in ((b"z\xc3\xff\x80", "z\ufffd\ufffd\ufffd"), ("é卷z".encode()[1:5], "\ufffd卷"), (b"\xed\xa0\x80z", "\ufffd\ufffd\ufffdz")):
        (tmp_path / "m.onnx").write_bytes(model.SerializeToString().replace(b"ZZZZ", name))
        text = subprocess.run([BIREME, "inspect", tmp_path / "m.onnx", "--device", "cpu", "--json"], capture_output=True, check=True).stdout
        assert json.loads(text)["Layers"][0]["Outputs"][0]["Name"] == told


def test_opt_is_given_a_model(tmp_path):
    """`bireme opt` takes networks as text; what to do with a model it says."""
    done = subprocess.run([BIREME, "opt", "--bisect", network(tmp_path / "m.onnx")], capture_output=True, text=True)
    assert done.returncode == 1 and "m.onnx\" is no network in text form" in done.stderr and "--verify" in done.stderr


def test_engine_of_names_alone(tmp_path):
    """An engine built without detailed verbosity still gives a page."""
    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    net = builder.create_network()
    assert trt.OnnxParser(net, logger).parse_from_file(str(network(tmp_path / "m.onnx")))
    (tmp_path / "m.engine").write_bytes(builder.build_serialized_network(net, builder.create_builder_config()))
    subprocess.run([BIREME, "inspect", tmp_path / "m.engine", "--html", tmp_path / "m.html"], check=True)
    assert "the_conv" in (tmp_path / "m.html").read_text()
