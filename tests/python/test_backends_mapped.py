# SPDX-License-Identifier: Apache-2.0
"""A process that runs an engine opens the library of the engine's backend alone."""

import subprocess
import sys

import bireme as trt

RUN = """
import sys, bireme as trt
engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine_from_file(sys.argv[1])
assert engine.create_execution_context() is not None
mapped = open("/proc/self/maps").read()
assert "libbireme_cpu.so" in mapped
assert "libbireme_cuda.so" not in mapped
trt.Builder(trt.Logger(trt.Logger.ERROR))  # looks for every device
"""


def test_an_engine_of_a_cpu_opens_no_other_backend(tmp_path, logger):
    builder = trt.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (4,))
    network.mark_output(network.add_activation(x, trt.ActivationType.RELU).get_output(0))
    config = builder.create_builder_config()
    config.default_device_type = trt.DeviceType.CPU
    file = tmp_path / "m.engine"
    file.write_bytes(bytes(builder.build_serialized_network(network, config)))
    done = subprocess.run([sys.executable, "-c", RUN, str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
