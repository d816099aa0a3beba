# SPDX-License-Identifier: Apache-2.0
"""Frozen TensorFlow graphs to UFF, without TensorFlow."""

import os

from ._bireme import _tensorflow_to_uff
from .files import require_file
from .messages import Error, Messages

__all__ = ["tensorflow_to_uff"]


def tensorflow_to_uff(graph, outputs=(), inputs=(), path=None):
    """Converts a frozen graph (a GraphDef file or its bytes) to UFF, node for node.

    outputs: names of nodes; left out, the nodes that nobody consumes.
    inputs: (name, new name, dtype, shape) of nodes that become inputs instead of what they are.
    path: where to write the file as well.

    Returns the bytes of the UFF file. Operations that UFF lacks become custom nodes, each with a
    warning to the Python logger "bireme". Raises :class:`Error` with all reasons.
    """
    label = "the graph"
    if not isinstance(graph, (bytes, bytearray, memoryview)):
        source = os.fspath(graph)
        require_file(source)
        label = f'"{source}"'
        with open(source, "rb") as file:
            graph = file.read()
    messages = Messages()
    uff, errors = _tensorflow_to_uff(graph, list(outputs), list(inputs), messages)
    if uff is None:
        raise messages.error(f"cannot convert {label}", *errors)
    if path is not None:
        try:
            with open(path, "wb") as file:
                file.write(uff)
        except OSError as error:
            raise Error(f'cannot write "{path}": {error.strerror}') from error
    return uff
