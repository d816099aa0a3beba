# SPDX-License-Identifier: Apache-2.0
"""Bireme and its peers on a CPU behind one face: `make(path, feed, options)` loads a model, the result runs it when it is
called, from arrays and into arrays that stay the same (`outputs`, by name)."""

import sys
from dataclasses import dataclass

import numpy as np

import engines


@dataclass
class Options:
    threads: int = 2
    precision: str = "fp32"
    cache: str = "."  # folder of Bireme's engines


def bireme_runner(path, feed, o):
    shapes = {n: a.shape for n, a in feed.items()}
    return engines.Engine(engines.stored(path, shapes, o.threads, o.cache, o.precision)).bind(feed)


class OnnxRuntime:
    def __init__(self, path, feed, o):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = o.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.force_spinning_stop", "1")  # between runs: others run then
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.feed = feed  # the binding does not hold it
        names = [i.name for i in self.session.get_outputs()]
        self.outputs = dict(zip(names, self.session.run(None, feed)))  # once, to know their extents
        for name, array in feed.items():
            self.binding.bind_cpu_input(name, array)
        for name, array in self.outputs.items():
            self.binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)

    def __call__(self):
        self.session.run_with_iobinding(self.binding)


class OpenVino:
    def __init__(self, path, feed, o):
        import openvino
        self.request = compiled(path, {n: a.shape for n, a in feed.items()}, o).create_infer_request()
        self.outputs, self.feed = {}, feed  # shared memory is not held by tensors
        for name, array in feed.items():
            self.request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
        for port in self.request.model_outputs:
            array = np.empty(port.shape, port.element_type.to_dtype())
            self.outputs[port.any_name] = array
            self.request.set_tensor(port, openvino.Tensor(array, shared_memory=True))

    def __call__(self):
        self.request.infer(share_inputs=True, share_outputs=True)


def compiled(path, shapes, o, **more):
    """OpenVINO's compiled model. FP16 as a permission is FP32 to it: the CPU has no products of FP16."""
    import openvino
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape({n: list(s) for n, s in shapes.items()})
    hint = {"bf16": "bf16"}.get(o.precision, "f32")
    return core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": o.threads, "INFERENCE_PRECISION_HINT": hint, "NUM_STREAMS": 1,
                                             "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False, **more})


RUNNERS = {"bireme": bireme_runner, "onnxruntime": OnnxRuntime, "openvino": OpenVino}


def available():
    names = []
    for name in RUNNERS:
        try:
            __import__(name)
            names.append(name)
        except ImportError:
            print(f"{name} is not installed: left out", file=sys.stderr)
    return names
