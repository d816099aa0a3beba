# SPDX-License-Identifier: Apache-2.0
"""Arrays of other libraries in and out without a copy: in host memory by DLPack; on a GPU with torch."""

import numpy as np
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from bireme.device import Given, kind_of, on_gpu, stream_handle
from bireme.shapes import TensorInfo, as_input
from helpers import needs_gpu, save_onnx

try:
    import torch
except ImportError:
    torch = None
needs_torch = pytest.mark.skipif(torch is None or not torch.cuda.is_available(), reason="no torch with a GPU here")


class Foreign:
    """An array that is nothing but DLPack."""

    def __init__(self, array):
        self.array, self.taken = array, 0

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __dlpack__(self, **_):
        self.taken += 1
        return self.array.__dlpack__()


@pytest.fixture
def doubler(tmp_path):
    return save_onnx(tmp_path / "m.onnx", [oh.make_node("Add", ["x", "x"], ["y"])],
                     [("x", TensorProto.FLOAT, ["n", 8])], [("y", TensorProto.FLOAT, ["n", 8])])


def test_host_arrays_are_read_where_they_are(doubler):
    x = np.arange(24, dtype=np.float32).reshape(3, 8)
    info = TensorInfo("x", (-1, 8), np.dtype(np.float32))
    view = as_input(Foreign(x), info)
    assert np.shares_memory(view, x) and np.array_equal(view, x)
    x[0, 0] = 7  # the view is of the memory, and keeps it
    del x
    assert view[0, 0] == 7 and view[2, 7] == 23
    engine = bireme.build(doubler, shapes={"x": [(1, 8), (3, 8), (4, 8)]}, device="cpu")
    y = engine(Foreign(view))["y"]
    assert np.array_equal(y, 2 * view)
    assert np.array_equal(np.from_dlpack(y), y)
    turned = np.arange(24, dtype=np.float32).reshape(8, 3).T
    assert np.array_equal(engine(turned)["y"], 2 * turned)
    with pytest.raises(bireme.Error, match="float64 given"):
        engine(Foreign(np.zeros((3, 8))))


def test_results_are_lent():
    x = np.arange(6, dtype=np.float16).reshape(2, 3)

    class Lender:  # as DeviceArray does in a GPU's memory
        def __dlpack_device__(self):
            return 1, 0

        def __dlpack__(self, **_):
            return bireme._native.module._lend(x.ctypes.data, x.shape, kind_of(x.dtype), (1, 0), self)

    y = np.from_dlpack(Lender())
    assert y.dtype == x.dtype and np.array_equal(y, x) and np.shares_memory(x, y)


def test_kinds_and_streams():
    assert [kind_of(np.dtype(t)) for t in ("f4", "f2", "i8", "u1", "?")] == [(2, 32), (2, 16), (0, 64), (1, 8), (6, 8)]

    class Stream:
        ptr = 1234

    class Protocol:
        def __cuda_stream__(self):
            return 0, 99

    assert [stream_handle(s) for s in (None, 5, Stream(), Protocol())] == [0, 5, 1234, 99]


class OnGpu:
    """An array as numba gives it."""

    def __init__(self, **told):
        self.__cuda_array_interface__ = {"shape": (2, 8), "typestr": "<f4", "data": (4096, False), "version": 3, **told}


def test_cuda_array_interface_is_checked(doubler):
    info = TensorInfo("x", (-1, 8), np.dtype(np.float32))
    assert on_gpu(OnGpu()) and not on_gpu(np.zeros(1)) and not on_gpu(Foreign(np.zeros(1)))
    given = Given(OnGpu(strides=(32, 4), stream=1), info, 0)
    assert (given.address, given.shape) == (4096, (2, 8))
    for wrong, reason in ((OnGpu(strides=(4, 8)), "row-major"), (OnGpu(typestr="<f8"), "float32"),
                          (OnGpu(shape=(2, 9)), "shape"), (OnGpu(stream=77), "another stream")):
        with pytest.raises(bireme.Error, match=reason):
            Given(wrong, info, 0)
    engine = bireme.build(doubler, shapes={"x": (2, 8)}, device="cpu")
    with pytest.raises(bireme.Error, match="runs on the CPU"):
        engine(OnGpu())


@needs_gpu
@needs_torch
def test_torch_on_its_streams(doubler):
    engine = bireme.build(doubler, shapes={"x": [(1, 8), (256, 8), (1024, 8)]}, device="cuda")
    x = torch.randn(512, 8, device="cuda")
    y = engine(x)["y"]
    assert isinstance(y, bireme.DeviceArray) and y.shape == (512, 8)
    t = torch.from_dlpack(y)
    assert t.data_ptr() == y.address and torch.equal(t, x + x)
    assert np.array_equal(y.numpy(), (x + x).cpu().numpy())
    assert torch.equal(torch.as_tensor(y, device="cuda"), x + x)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for i in range(200):  # written and read on the stream alone, without a wait
            x = torch.full((1024, 8), float(i), device="cuda")
            last = torch.from_dlpack(engine.on(stream)(x)["y"]) + 1
    assert torch.equal(last.cpu(), torch.full((1024, 8), 2.0 * 199 + 1))
    out = torch.zeros(512, 8, device="cuda")
    x = torch.randn(512, 8, device="cuda")
    torch.cuda.synchronize()
    assert engine.on(stream, out={"y": out})(x)["y"] is out
    stream.synchronize()
    assert torch.equal(out, x + x)
    with pytest.raises(bireme.Error, match="contiguous"):
        engine(torch.randn(8, 512, device="cuda").T)
    # The run as a part of a graph of the caller's, which replays it on other numbers.
    with torch.cuda.stream(stream):
        del last
        torch.from_dlpack(engine.on(stream)(x)["y"])
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            kept = engine.on(stream)(x)["y"]
        for value in (3.0, 5.0):
            x.fill_(value)
            graph.replay()
            stream.synchronize()
            assert (kept.numpy() == 2 * value).all()
    # Results that nobody holds are used again; steady runs allocate nothing.
    free = []
    for _ in range(60):
        torch.from_dlpack(engine(x)["y"])
        free.append(torch.cuda.mem_get_info()[0])
    assert free[-1] == free[20]
