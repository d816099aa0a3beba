# SPDX-License-Identifier: Apache-2.0
"""Builder, config, profiles, timing cache, parser, serialized engines."""

import json

import numpy as np
import pytest

import bireme as trt
from helpers import profiled, relu_expected, relu_network, run, save_conv

X = np.random.default_rng(5).standard_normal((2, 3, 8, 8)).astype(np.float32)
BATCHES = [(1, 3, 8, 8), (2, 3, 8, 8), (4, 3, 8, 8)]


@pytest.fixture
def builder(logger):
    return trt.Builder(logger)


def test_config_defaults_and_properties(builder):
    config = builder.create_builder_config()
    assert config.get_flag(trt.BuilderFlag.TF32) and not config.get_flag(trt.BuilderFlag.FP16)
    assert config.flags == 1 << int(trt.BuilderFlag.TF32)
    config.clear_flag(trt.BuilderFlag.TF32)
    config.set_flag(trt.BuilderFlag.STRICT_NANS)
    assert config.flags == 1 << int(trt.BuilderFlag.STRICT_NANS)
    assert config.builder_optimization_level == 3
    config.builder_optimization_level = 0
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    config.num_threads = 1
    assert (config.builder_optimization_level, config.num_threads) == (0, 1)
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 28)
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 1 << 28
    config.reset()
    assert config.builder_optimization_level == 3


def test_profile(builder):
    profile = builder.create_optimization_profile()
    profile.set_shape("x", *BATCHES)
    assert [tuple(s) for s in profile.get_shape("x")] == BATCHES
    assert profile and profile.get_shape("other") == []
    with pytest.raises(RuntimeError):
        profile.set_shape("y", (4, 3), (2, 3), (1, 3))


def test_one_network_two_engines(builder):
    network = relu_network(builder)
    names = [layer.name for layer in network]
    strict = builder.create_builder_config()
    strict.clear_flag(trt.BuilderFlag.TF32)
    first = builder.build_engine_with_config(network, profiled(builder, strict, x=BATCHES))
    wide = builder.create_builder_config()
    wide.builder_optimization_level = 0
    wide = profiled(builder, wide, x=[(1, 3, 8, 8), (8, 3, 8, 8), (16, 3, 8, 8)])
    second = builder.build_engine_with_config(network, wide)
    assert [layer.name for layer in network] == names
    for engine in (first, second, first):
        y = run(engine.create_execution_context(), {"x": X})["y"]
        assert np.allclose(y, relu_expected(X), atol=1e-4)
    assert tuple(first.get_tensor_profile_shape("x", 0)[2]) == (4, 3, 8, 8)
    assert tuple(second.get_tensor_profile_shape("x", 0)[2]) == (16, 3, 8, 8)


def test_serialized_engine_gives_the_same(builder, logger, tmp_path):
    network = relu_network(builder)
    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    plan = builder.build_serialized_network(network, config)
    assert plan.nbytes == len(plan) == len(bytes(plan)) and bytes(plan)[:8] == b"BIREMEPL"
    assert bytes(memoryview(plan)[:8]) == b"BIREMEPL"
    runtime = trt.Runtime(logger)
    expected = run(runtime.deserialize_cuda_engine(plan).create_execution_context(), {"x": X})["y"]
    blob = bytearray(plan)
    from_copy = runtime.deserialize_cuda_engine(blob)
    blob[:] = bytes(len(blob))
    path = tmp_path / "m.engine"
    path.write_bytes(plan)
    again = runtime.deserialize_cuda_engine(from_copy.serialize())
    mapped = runtime.deserialize_cuda_engine_from_file(str(path), trt.EngineVerify.LAZY)
    for engine in (from_copy, again, mapped):
        assert np.array_equal(run(engine.create_execution_context(), {"x": X})["y"], expected)
    assert np.allclose(expected, relu_expected(X), atol=1e-4)


def test_streams(builder, logger):
    class Writer(trt.IStreamWriter):
        def __init__(self):
            super().__init__()
            self.data = b""

        def write(self, data):
            self.data += data
            return len(data)

    class Reader(trt.IStreamReader):
        def __init__(self, data):
            trt.IStreamReader.__init__(self)
            self.data, self.at = data, 0

        def read(self, size):
            self.at += size
            return self.data[self.at - size : self.at]

    writer = Writer()
    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    assert builder.build_serialized_network_to_stream(relu_network(builder), config, writer)
    engine = trt.Runtime(logger).deserialize_cuda_engine(Reader(writer.data))
    y = run(engine.create_execution_context(), {"x": X})["y"]
    assert np.allclose(y, relu_expected(X), atol=1e-4)


def test_timing_cache(builder, logger):
    network = relu_network(builder)
    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    cache = config.create_timing_cache(b"")
    assert config.set_timing_cache(cache, ignore_mismatch=False)
    assert builder.build_serialized_network(network, config)
    blob = bytes(config.get_timing_cache().serialize())
    other = profiled(builder, builder.create_builder_config(), x=BATCHES)
    again = other.create_timing_cache(blob)
    assert other.set_timing_cache(again, False)
    other.set_flag(trt.BuilderFlag.ERROR_ON_TIMING_CACHE_MISS)
    assert builder.build_serialized_network(network, other), logger.errors()
    assert cache.combine(again, True) and cache.reset()


def test_progress_monitor_sees_and_stops(builder, logger):
    class Monitor(trt.IProgressMonitor):
        def __init__(self, go_on):
            super().__init__()
            self.go_on, self.phases, self.open = go_on, [], 0

        def phase_start(self, phase_name, parent_phase, num_steps):
            self.phases.append(phase_name)
            self.open += 1

        def step_complete(self, phase_name, step):
            return self.go_on

        def phase_finish(self, phase_name):
            self.open -= 1

    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    config.progress_monitor = watching = Monitor(True)
    assert builder.build_serialized_network(relu_network(builder), config)
    assert watching.phases and watching.open == 0
    config.progress_monitor = Monitor(False)
    assert builder.build_serialized_network(relu_network(builder), config) is None
    assert logger.errors()


def test_error_recorder(builder):
    class Recorder(trt.IErrorRecorder):
        def __init__(self):
            super().__init__()
            self.errors = []

        def num_errors(self):
            return len(self.errors)

        def get_error_code(self, i):
            return self.errors[i][0]

        def get_error_desc(self, i):
            return self.errors[i][1]

        def has_overflowed(self):
            return False

        def clear(self):
            self.errors.clear()

        def report_error(self, code, desc):
            self.errors.append((code, desc))
            return False

    builder.error_recorder = recorder = Recorder()
    config = builder.create_builder_config()
    assert builder.build_serialized_network(relu_network(builder), config) is None
    assert recorder.errors and isinstance(recorder.errors[0][0], trt.ErrorCodeTRT)
    assert '"x"' in recorder.errors[0][1]


def test_inspector(builder):
    config = profiled(builder, builder.create_builder_config(), x=BATCHES)
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    engine = builder.build_engine_with_config(relu_network(builder), config)
    inspector = engine.create_engine_inspector()
    everything = json.loads(inspector.get_engine_information(trt.LayerInformationFormat.JSON))
    assert len(everything["Layers"]) == engine.num_layers and "x" in str(everything["Bindings"])
    assert "conv" in inspector.get_layer_information(0, trt.LayerInformationFormat.ONELINE) or any(
        "conv" in str(layer) for layer in everything["Layers"]
    )


def test_tuning_points(builder, logger, tmp_path):
    path = save_conv(tmp_path / "m.onnx")
    shapes = [(1, 3, 4, 4), (8, 3, 16, 16), (32, 3, 64, 64)]
    engines = []
    for points in (1, 4):
        network = builder.create_network()
        assert trt.OnnxParser(network, logger).parse_from_file(path)
        config = profiled(builder, builder.create_builder_config(), x=shapes)
        assert config.tuning_points == 0
        config.tuning_points = points
        config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
        engines.append(builder.build_engine_with_config(network, config))
    config.tuning_points = 17
    assert config.tuning_points == 4 and "tuning points is 17" in logger.errors()[-1]
    for shape in [*shapes, (2, 3, 9, 17), (32, 3, 4, 64)]:
        x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        one, several = (run(engine.create_execution_context(), {"x": x}, engine)["y"] for engine in engines)
        np.testing.assert_allclose(several, one, rtol=1e-5, atol=1e-5)
    text = engines[1].create_engine_inspector().get_engine_information(
        trt.LayerInformationFormat.JSON
    )
    variants = json.loads(text).get("Variants", [])
    assert all(v["Profile"] == 0 and v["Tactics"] for v in variants)


def test_parser(builder, logger, tmp_path):
    path = save_conv(tmp_path / "m.onnx")
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    assert parser.parse_from_file(path), [parser.get_error(i) for i in range(parser.num_errors)]
    assert parser.num_errors == 0 and network.get_input(0).shape == (-1, 3, -1, -1)
    assert parser.supports_operator("Conv") and not parser.supports_operator("NoSuchOp")
    assert parser.get_layer_output_tensor("conv", 0).shape[1] == 2
    from_bytes = builder.create_network()
    other = trt.OnnxParser(from_bytes, logger)
    with open(path, "rb") as file:
        assert other.parse(file.read())
    del other, parser
    shapes = [(1, 3, 1, 1), (1, 3, 4, 4), (1, 3, 8, 8)]
    config = profiled(builder, builder.create_builder_config(), x=shapes)
    for net in (network, from_bytes):
        assert builder.build_serialized_network(net, config), logger.errors()
    broken = trt.OnnxParser(builder.create_network(), logger)
    assert not broken.parse(b"not a model")
    assert broken.num_errors >= 1 and broken.get_error(0).desc()
    assert isinstance(broken.get_error(0).code(), trt.ErrorCode)


def test_names_of_tensorrt_8(builder):
    config = builder.create_builder_config()
    config.max_workspace_size = 1 << 20
    assert config.max_workspace_size == 1 << 20
    engine = builder.build_engine(relu_network(builder), profiled(builder, config, x=BATCHES))
    assert engine.num_bindings == 2 and engine.get_binding_index("y") == 1
    assert engine.get_binding_name(0) == "x" and engine.binding_is_input(0)
    assert engine.get_binding_shape("x") == (-1, 3, 8, 8)
    assert [tuple(s) for s in engine.get_profile_shape(0, "x")] == BATCHES
    context = engine.create_execution_context()
    assert context.set_binding_shape(0, X.shape)
    y = np.empty(tuple(context.get_binding_shape(1)), np.float32)
    assert context.execute_async_v2([X.ctypes.data, y.ctypes.data], 0)
    assert np.allclose(y, relu_expected(X), atol=1e-4)


@pytest.mark.parametrize("kind", ["Logger", "Builder", "Runtime"])
def test_with_statement(kind, logger):
    with (trt.Logger() if kind == "Logger" else getattr(trt, kind)(logger)) as made:
        assert type(made).__name__ == kind
