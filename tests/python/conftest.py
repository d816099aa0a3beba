# SPDX-License-Identifier: Apache-2.0
import pytest

import bireme


class Collector(bireme.ILogger):
    """Keeps every message, as scripts in TensorRT's style do."""

    def __init__(self):
        bireme.ILogger.__init__(self)
        self.messages = []

    def log(self, severity, msg):
        self.messages.append((severity, msg))

    def errors(self):
        return [m for s, m in self.messages if s <= bireme.ILogger.ERROR]


@pytest.fixture
def logger():
    return Collector()
