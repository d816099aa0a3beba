# SPDX-License-Identifier: Apache-2.0
"""Bireme: networks in, engines made for this machine out.

Two levels:

- :func:`build`, :func:`load` and :class:`Engine`: a model file in, numpy arrays in and out.
- The objects of the C++ API under the names that TensorRT's Python module has: ``Logger``,
  ``Builder``, ``OnnxParser``, ``Runtime``, ``ICudaEngine``, ``IExecutionContext``. A script written
  for TensorRT runs after ``import bireme as tensorrt``; for one that cannot be edited, put this line
  before it is imported: ``import bireme, sys; sys.modules["tensorrt"] = bireme``.
"""

from . import _native as _native
from ._bireme import *  # noqa: F401,F403
from ._bireme import __api_version__, __version__
from .device import DeviceArray
from .dtypes import nptype, volume
from .lists import pack_list, unpack_list
from .facade import Engine, Error, TensorInfo, build, load
from .mxnet import mxnet_to_onnx
from . import plugin as _plugin
from .plugin import *  # noqa: F401,F403
from .onnx_export import pytorch_to_onnx, tensorflow_to_onnx
from .profiler import Profiler
from .tensorflow import tensorflow_to_uff
from . import legacy as _legacy

_legacy.install()

__all__ = [
    "DeviceArray",
    "Engine",
    "Error",
    "Profiler",
    "TensorInfo",
    "__api_version__",
    "__version__",
    "build",
    "load",
    "mxnet_to_onnx",
    "nptype",
    "pack_list",
    "pytorch_to_onnx",
    "tensorflow_to_onnx",
    "tensorflow_to_uff",
    "unpack_list",
    "volume",
    *_plugin.__all__,
    *(name for name in dir(_native.module) if not name.startswith("_")),
]
