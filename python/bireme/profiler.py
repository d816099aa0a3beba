# SPDX-License-Identifier: Apache-2.0
"""A profiler that prints."""

from ._bireme import IProfiler


class Profiler(IProfiler):
    """Prints the time of every layer as it is reported."""

    def __init__(self):
        super().__init__()

    def report_layer_time(self, layer_name, ms):
        print(f"{layer_name}: {ms}ms")
