# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends a build between its steps: KeyboardInterrupt in Python, exit status 130 of the command, nothing written."""

import os
import pathlib
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from helpers import save_onnx
from onnx import TensorProto, helper, numpy_helper

import bireme as trt

BIREME = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"


@pytest.fixture(autouse=True)
def heeded():
    """A shell's background jobs ignore the signal, and what they start with them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A model whose kernels take seconds to choose: no two products are alike."""
    nodes, weights, x, width = [], [], "x", 256
    rng = np.random.default_rng(0)
    for i in range(100):
        weights.append(numpy_helper.from_array(rng.standard_normal((width, 512 + 8 * i)).astype(np.float32) / 16, f"w{i}"))
        nodes += [helper.make_node("MatMul", [x, f"w{i}"], [f"m{i}"]), helper.make_node("Tanh", [f"m{i}"], [f"t{i}"])]
        x, width = f"t{i}", 512 + 8 * i
    return save_onnx(tmp_path_factory.mktemp("slow") / "m.onnx", nodes, [("x", TensorProto.FLOAT, [1024, 256])],
                     [(x, TensorProto.FLOAT, [1024, width])], weights)


def test_python_raises(slow):
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        trt.build(slow, device="cpu")
    assert time.perf_counter() - begin < 5
    timer.join()


def test_interrupt_inside_of_a_monitor(slow):
    class Monitor(trt.IProgressMonitor):
        def phase_start(self, phase_name, parent_phase, num_steps):
            pass

        def step_complete(self, phase_name, step):
            raise KeyboardInterrupt

        def phase_finish(self, phase_name):
            pass

    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (4, 4))
    network.mark_output(network.add_activation(x, trt.ActivationType.RELU).get_output(0))
    config = builder.create_builder_config()
    config.progress_monitor = monitor = Monitor()
    with pytest.raises(KeyboardInterrupt):
        builder.build_serialized_network(network, config)
        time.sleep(1)  # a pending interrupt comes here at the latest
    assert config.progress_monitor is monitor


def test_command_writes_nothing(slow, tmp_path):
    target = tmp_path / "m.engine"
    run = subprocess.Popen([BIREME, "build", slow, "-o", target, "--device", "cpu", "--verbose=all"], stderr=subprocess.PIPE, text=True)
    for line in run.stderr:
        if line.startswith("tactic "):  # kernels are being timed
            run.send_signal(signal.SIGINT)
            break
    rest = run.stderr.read()
    assert run.wait(30) == 130 and "interrupted" in rest and not target.exists()
