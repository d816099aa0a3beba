# SPDX-License-Identifier: Apache-2.0
"""Names of TensorRT 8 that scripts still use, as methods over the ones that replaced them."""

from . import _bireme as trt


def _name(engine, binding):
    return binding if isinstance(binding, str) else engine.get_tensor_name(binding)


def _index(engine, name):
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    return names.index(name) if name in names else -1


def _set_workspace(config, size):
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, size)


def _of_engine(method):
    getter = getattr(trt.ICudaEngine, method)
    return lambda engine, binding: getter(engine, _name(engine, binding))


def _is_input(engine, binding):
    return engine.get_tensor_mode(_name(engine, binding)) == trt.TensorIOMode.INPUT


def _execute_async(context, bindings, stream_handle):
    engine = context.engine
    for i, address in enumerate(bindings):
        if not context.set_tensor_address(engine.get_tensor_name(i), int(address)):
            return False
    return context.execute_async_v3(stream_handle)


def install():
    """Adds the old names to the classes."""
    trt.Builder.build_engine = trt.Builder.build_engine_with_config
    trt.IBuilderConfig.max_workspace_size = property(
        lambda config: config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE), _set_workspace
    )
    network = trt.INetworkDefinition
    for old in ("convolution", "deconvolution", "pooling", "padding"):
        setattr(network, f"add_{old}", getattr(network, f"add_{old}_nd"))

    engine = trt.ICudaEngine
    engine.num_bindings = property(lambda e: e.num_io_tensors)
    engine.get_binding_name = engine.get_tensor_name
    engine.get_binding_index = _index
    engine.get_binding_dtype = _of_engine("get_tensor_dtype")
    engine.get_binding_format = _of_engine("get_tensor_format")
    engine.get_binding_format_desc = _of_engine("get_tensor_format_desc")
    engine.get_location = _of_engine("get_tensor_location")
    engine.is_shape_binding = _of_engine("is_shape_inference_io")
    engine.binding_is_input = _is_input
    engine.get_profile_shape = lambda e, profile, binding: e.get_tensor_profile_shape(
        _name(e, binding), profile
    )

    context = trt.IExecutionContext
    context.execute_async_v2 = _execute_async
    context.set_binding_shape = lambda c, i, shape: c.set_input_shape(_name(c.engine, i), shape)
    context.get_binding_shape = lambda c, i: c.get_tensor_shape(_name(c.engine, i))
