# SPDX-License-Identifier: Apache-2.0
"""Plugins written in Python: the classes to derive from, and what they are given.

The classes carry TensorRT's names and methods. They are plain Python: a plugin may derive from
several of them, and ``self.__dict__`` is all its state. An exception in a method is reported to
``sys.unraisablehook`` (standard error) and fails the call.
"""

import ctypes

import numpy

from ._bireme import DeviceType, PluginCapabilityType, PluginFieldType, TensorFormat
from .dtypes import numpy_dtype

_NUMPY_OF_FIELD = {
    PluginFieldType.FLOAT16: numpy.float16,
    PluginFieldType.FLOAT32: numpy.float32,
    PluginFieldType.FLOAT64: numpy.float64,
    PluginFieldType.INT8: numpy.int8,
    PluginFieldType.INT16: numpy.int16,
    PluginFieldType.INT32: numpy.int32,
    PluginFieldType.INT64: numpy.int64,
    PluginFieldType.CHAR: numpy.int8,
}


class PluginField:
    """One named attribute of a plugin.

    ``data``: a numpy array, a str or bytes (CHAR), or anything numpy makes an array of. It is
    converted to the field's type; the type UNKNOWN takes bytes as they are.
    """

    def __init__(self, name="", data=None, type=PluginFieldType.UNKNOWN):
        self.name = name
        self.type = type
        if isinstance(data, str):
            data = data.encode()
        if isinstance(data, (bytes, bytearray, memoryview)):
            data = numpy.frombuffer(bytes(data), numpy.int8)
        if data is None:
            data = numpy.zeros(0, numpy.int8)
        self.data = numpy.ascontiguousarray(data, _NUMPY_OF_FIELD.get(type)).reshape(-1)

    @property
    def size(self):
        """Number of values."""
        if self.type == PluginFieldType.UNKNOWN:
            return self.data.nbytes
        return self.data.nbytes // 2 if self.type == PluginFieldType.BF16 else self.data.size

    def _bytes(self):
        return self.data.tobytes()

    @classmethod
    def _of(cls, name, type, raw):
        dtype = _NUMPY_OF_FIELD.get(type, numpy.int8)
        return cls(name, numpy.frombuffer(raw, dtype), type)

    def __repr__(self):
        return f"PluginField({self.name!r}, {self.data!r}, {self.type})"


class PluginFieldCollection(list):
    """A list of PluginField."""


class DimsExprs(list):
    """Extents as expressions. ``DimsExprs(n)``: n of them, to be assigned; or a copy."""

    def __init__(self, source=0):
        super().__init__([None] * source if isinstance(source, int) else source)


class Address(int):
    """The address of a tensor's elements, as a number, in the memory of ``device``.

    ``array`` is a numpy view of host memory; torch, cupy and numba read device memory by
    ``__cuda_array_interface__``. Both are valid during the call only.
    """

    desc = None
    device = DeviceType.CPU

    def _shape_and_dtype(self):
        if self.desc.format != TensorFormat.LINEAR:
            raise TypeError(f"the elements lie in the format {self.desc.format}")
        return tuple(self.desc.dims), numpy_dtype(self.desc.type)

    @property
    def __cuda_array_interface__(self):
        if self.device != DeviceType.GPU:
            raise AttributeError("the elements lie in host memory")
        shape, dtype = self._shape_and_dtype()
        return {"shape": shape, "typestr": dtype.str, "data": (int(self), False), "version": 3}

    @property
    def array(self):
        """The elements, in the shape of the tensor."""
        if self.device != DeviceType.CPU:
            raise TypeError(
                "the elements lie on the GPU; let supports_device() refuse it to run on the host"
            )
        shape, dtype = self._shape_and_dtype()
        size = int(numpy.prod(shape, dtype=numpy.int64)) * dtype.itemsize
        if size == 0:
            return numpy.zeros(shape, dtype)
        raw = (ctypes.c_uint8 * size).from_address(int(self))
        return numpy.frombuffer(raw, dtype).reshape(shape)


def _addresses(descs, pointers, device):
    out = []
    for desc, pointer in zip(descs, pointers):
        address = Address(pointer)
        address.desc = desc
        address.device = device
        out.append(address)
    return out


class IPluginCapability:
    """Base of the capabilities of a plugin."""


class IPluginV3:
    """A plugin. To implement: ``clone``; ``get_capability_interface`` where they are apart."""

    def get_capability_interface(self, type):
        return self

    def clone(self):
        raise NotImplementedError("a plugin has to define clone()")

    def destroy(self):
        pass


class IPluginV3OneCore(IPluginCapability):
    """Who a plugin is."""

    plugin_name = ""
    plugin_version = "1"
    plugin_namespace = ""


class IPluginV3OneBuild(IPluginCapability):
    """What a plugin says while an engine is built.

    To implement: ``get_output_data_types(input_types)``, ``get_output_shapes(inputs, shape_inputs,
    expr_builder)``, ``supports_format_combination(pos, in_out, num_inputs)``.
    """

    num_outputs = 1
    timing_cache_id = ""
    format_combination_limit = 100
    metadata_string = ""

    def supports_device(self, device_type):
        """Whether ``enqueue`` takes memory of such a device; a plugin that refuses the GPU runs on
        the host beside it, with copies around it.
        """
        return True

    def configure_plugin(self, inp, out):
        pass

    def get_workspace_size(self, inp, out):
        return 0

    def get_valid_tactics(self):
        return []


class IPluginV3OneBuildV2(IPluginV3OneBuild):
    """Adds outputs that share an input's memory."""

    def get_aliased_input(self, output_index):
        return -1


class IPluginV3OneRuntime(IPluginCapability):
    """What a plugin does while an engine runs.

    To implement: ``enqueue(input_desc, output_desc, inputs, outputs, workspace, stream)``, whose
    inputs and outputs are of class :class:`Address`, and ``get_fields_to_serialize()``.
    """

    def attach_to_context(self, context):
        return self.clone()

    def on_shape_change(self, inp, out):
        pass

    def set_tactic(self, tactic):
        pass

    def get_fields_to_serialize(self):
        return PluginFieldCollection()


class IPluginV2:
    """Base of the plugins of the second generation."""

    num_outputs = 1
    plugin_type = ""
    plugin_version = "1"
    plugin_namespace = ""


class IPluginV2Ext(IPluginV2):
    """Adds types per output."""


class IPluginV2DynamicExt(IPluginV2Ext):
    """A plugin of run-time shapes.

    To implement: ``get_output_datatype(index, input_types)``, ``get_output_dimensions(output_index,
    inputs, expr_builder)``, ``supports_format_combination(pos, in_out, num_inputs)``,
    ``enqueue(input_desc, output_desc, inputs, outputs, workspace, stream)``, ``clone()``,
    ``serialize()``.
    """

    def supports_device(self, device_type):
        """Whether ``enqueue`` takes memory of such a device; a plugin that refuses the GPU runs on
        the host beside it, with copies around it.
        """
        return True

    def get_workspace_size(self, input_desc, output_desc):
        return 0

    def configure_plugin(self, inp, out):
        pass

    def initialize(self):
        return 0

    def terminate(self):
        pass

    def destroy(self):
        pass

    def serialize(self):
        return b""


class IPluginCreatorV3One:
    """Makes plugins by name. To implement: ``create_plugin(name, field_collection, phase)``."""

    name = ""
    plugin_version = "1"
    plugin_namespace = ""
    field_names = PluginFieldCollection()


class IPluginCreator:
    """Makes plugins of the second generation by name.

    To implement: ``create_plugin(name, field_collection)``, ``deserialize_plugin(name, data)``.
    """

    name = ""
    plugin_version = "1"
    plugin_namespace = ""
    field_names = PluginFieldCollection()


__all__ = [
    "Address",
    "DimsExprs",
    "IPluginCapability",
    "IPluginCreator",
    "IPluginCreatorV3One",
    "IPluginV2",
    "IPluginV2DynamicExt",
    "IPluginV2Ext",
    "IPluginV3",
    "IPluginV3OneBuild",
    "IPluginV3OneBuildV2",
    "IPluginV3OneCore",
    "IPluginV3OneRuntime",
    "PluginCapabilityType",
    "PluginField",
    "PluginFieldCollection",
]
