# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a file that was given, said before anything reads it."""

import difflib
import os

from .messages import Error

_ENGINE_MAGIC = b"BIREMEPL"
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def require_file(path):
    """Raises unless `path` is a file; names the nearest one in its folder."""
    if os.path.isfile(path):
        return
    if os.path.isdir(path):
        raise Error(f'"{path}" is a folder; give the file inside it')
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        raise Error(f'"{path}" does not exist, nor does the folder "{folder}"') from None
    close = difflib.get_close_matches(name, names, n=1)
    hint = f'; did you mean "{os.path.join(folder, close[0])}"?' if close else ""
    raise Error(f'"{path}" does not exist{hint}')


def require_model(path):
    """Raises when a file is missing, or plainly no ONNX model: says what it is and what to do."""
    require_file(path)
    with open(path, "rb") as file:
        head = file.read(16)
    if head.startswith(_ENGINE_MAGIC):
        raise Error(f'"{path}" is a built engine, not a model: load it with bireme.load({path!r})')
    if head.startswith(_PICKLE_STARTS) or path.lower().endswith((".pth", ".pt", ".ckpt")):
        raise Error(
            f'"{path}" is a PyTorch file, not an ONNX model: export it with '
            'torch.onnx.export(model, example_inputs, "model.onnx") and build that'
        )


def replace_file(path, data):
    """Writes all or nothing: others may have the old file mapped, so it is never written into."""
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError as error:
        raise Error(f'cannot write "{path}": {error.strerror}') from error
