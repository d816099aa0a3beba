# SPDX-License-Identifier: Apache-2.0
"""Engines and contexts: shapes, addresses, threads, watching."""

import threading
import time

import numpy as np
import pytest

import bireme as trt
from helpers import profiled, relu_expected, relu_network, run

RNG = np.random.default_rng(6)
BATCHES = [(1, 3, 8, 8), (2, 3, 8, 8), (4, 3, 8, 8)]


def images(n):
    return RNG.standard_normal((n, 3, 8, 8)).astype(np.float32)


@pytest.fixture
def engine(logger):
    builder = trt.Builder(logger)
    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    return builder.build_engine_with_config(relu_network(builder), config)


def test_description(engine):
    assert [engine[i] for i in range(engine.num_io_tensors)] == ["x", "y"]
    assert engine.get_tensor_mode("x") == trt.TensorIOMode.INPUT
    assert engine.get_tensor_shape("x") == (-1, 3, 8, 8)
    assert engine.get_tensor_dtype("y") == trt.float32
    assert engine.get_tensor_location("x") == trt.TensorLocation.DEVICE
    assert engine.get_tensor_format("x") == trt.TensorFormat.LINEAR
    assert "Row-major" in engine.get_tensor_format_desc("x")
    assert engine.device_type == trt.DeviceType.CPU
    assert engine.num_optimization_profiles == 1 and engine.num_layers >= 1
    assert engine.get_engine_stat(trt.EngineStat.TOTAL_WEIGHTS_SIZE) > 0
    with pytest.raises(IndexError):
        engine[2]


def test_dynamic_shapes(engine):
    context = engine.create_execution_context()
    assert context.get_tensor_shape("y") == (-1, 4, 8, 8)
    assert context.infer_shapes() == ["x"]
    for n in (1, 4, 2, 3, 1):
        x = images(n)
        y = run(context, {"x": x})["y"]
        assert y.shape == (n, 4, 8, 8) and np.allclose(y, relu_expected(x), atol=1e-4)
    assert context.infer_shapes() == [] and context.all_binding_shapes_specified
    assert context.get_tensor_strides("y") == (256, 64, 8, 1)
    assert context.get_max_output_size("y") >= 4 * 256


def test_shape_outside_is_refused(engine, logger):
    context = engine.create_execution_context()
    assert not context.set_input_shape("x", (5, 3, 8, 8))
    text = logger.errors()[-1]
    assert '"x"' in text and "1 to 4" in text and "profile 0" in text
    assert not context.set_input_shape("x", (1, 8, 8, 3))
    assert not context.set_input_shape("x", (1, 3, 8))
    assert not context.set_input_shape("X", (1, 3, 8, 8))


def test_missing_address_is_refused(engine, logger):
    context = engine.create_execution_context()
    assert not context.execute_async_v3(0)
    assert context.set_input_shape("x", (1, 3, 8, 8))
    assert not context.execute_async_v3(stream_handle=0)
    assert any("address" in text for text in logger.errors())


def test_execute_v2(engine):
    context = engine.create_execution_context()
    x = images(2)
    y = np.empty((2, 4, 8, 8), np.float32)
    assert context.set_input_shape("x", x.shape)
    assert context.execute_v2(bindings=[x.ctypes.data, int(y.ctypes.data)])
    assert np.allclose(y, relu_expected(x), atol=1e-4)
    with pytest.raises(ValueError):
        context.execute_v2([x.ctypes.data])


def test_engine_may_go_before_its_context(logger):
    builder = trt.Builder(logger)
    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    plan = builder.build_serialized_network(relu_network(builder), config)
    context = trt.Runtime(logger).deserialize_cuda_engine(plan).create_execution_context()
    del builder, config, plan
    x = images(1)
    assert np.allclose(run(context, {"x": x})["y"], relu_expected(x), atol=1e-4)


def test_user_managed_memory(engine):
    context = engine.create_execution_context(trt.ExecutionContextAllocationStrategy.USER_MANAGED)
    scratch = np.empty(max(1, engine.device_memory_size_v2) + 256, np.uint8)
    start = (scratch.ctypes.data + 255) // 256 * 256
    context.set_device_memory(start, engine.device_memory_size_v2)
    x = images(3)
    assert np.allclose(run(context, {"x": x})["y"], relu_expected(x), atol=1e-4)


def test_profiler(engine):
    class Times(trt.IProfiler):
        def __init__(self):
            trt.IProfiler.__init__(self)
            self.layers = []

        def report_layer_time(self, layer_name, ms):
            self.layers.append((layer_name, ms))

    context = engine.create_execution_context()
    context.profiler = times = Times()
    run(context, {"x": images(1)})
    assert times.layers and all(isinstance(n, str) and ms >= 0 for n, ms in times.layers)
    count = len(times.layers)
    context.enqueue_emits_profile = False
    run(context, {"x": images(1)})
    assert len(times.layers) == count and context.report_to_profiler()
    assert len(times.layers) == 2 * count
    context.profiler = None
    run(context, {"x": images(1)})
    assert len(times.layers) == 2 * count


def test_output_allocator_for_shapes_from_data(logger):
    class Output(trt.IOutputAllocator):
        def __init__(self):
            super().__init__()
            self.memory, self.shape = None, None

        def reallocate_output(self, tensor_name, memory, size, alignment):
            self.memory = np.empty(max(size, 1), np.uint8)
            return self.memory.ctypes.data

        def notify_shape(self, tensor_name, shape):
            self.shape = tuple(shape)

    builder = trt.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (3, 4))
    found = network.add_non_zero(x).get_output(0)
    found.name = "found"
    network.mark_output(found)
    engine = builder.build_engine_with_config(network, builder.create_builder_config())
    assert engine is not None, logger.errors()
    context = engine.create_execution_context()
    a = np.zeros((3, 4), np.float32)
    a[0, 1] = a[2, 3] = 1
    output = Output()
    assert context.set_tensor_address("x", a.ctypes.data)
    assert context.set_output_allocator("found", output)
    assert context.execute_async_v3(0), logger.errors()
    assert output.shape == (2, 2)
    values = output.memory[:16].view(np.int32).reshape(2, 2)
    assert np.array_equal(values, [[0, 2], [1, 3]])


def heavy_engine(logger):
    """An engine that runs for some hundred milliseconds on one thread."""
    builder = trt.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (1, 64, 96, 96))
    tensor = x
    rng = np.random.default_rng(7)
    for _ in range(6):
        weights = (rng.standard_normal((64, 64, 3, 3)) / 24).astype(np.float32)
        conv = network.add_convolution_nd(tensor, 64, (3, 3), weights)
        conv.padding_nd = (1, 1)
        tensor = conv.get_output(0)
    tensor.name = "y"
    network.mark_output(tensor)
    config = builder.create_builder_config()
    config.num_threads = 1
    config.builder_optimization_level = 0
    return builder.build_engine_with_config(network, config)


def test_two_contexts_in_two_threads(engine):
    results = {}

    def work(key):
        context = engine.create_execution_context()
        for n in (1, 2, 3, 4) * 10:
            x = np.full((n, 3, 8, 8), key + n, np.float32)
            y = run(context, {"x": x}, engine)["y"]
            results.setdefault(key, []).append(np.allclose(y, relu_expected(x), rtol=1e-4, atol=1e-3))

    threads = [threading.Thread(target=work, args=(key,)) for key in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(r) == 40 and all(r) for r in results.values()) and len(results) == 3


def test_python_goes_on_while_an_engine_runs(logger):
    engine = heavy_engine(logger)
    context = engine.create_execution_context()
    x = np.ones((1, 64, 96, 96), np.float32)
    held = run(context, {"x": x})
    stop, ticks = threading.Event(), []

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.perf_counter()
    while time.perf_counter() - begin < 0.2:
        assert context.execute_async_v3(0)
    stop.set()
    thread.join()
    assert held and len(ticks) >= 5, "the other thread stood still: the GIL was not released"


def test_logger_from_a_build_in_another_thread(logger):
    done = []

    def work():
        builder = trt.Builder(logger)
        config = profiled(builder, builder.create_builder_config(), x=BATCHES)
        done.append(builder.build_serialized_network(relu_network(builder), config) is not None)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True, True], logger.errors()
