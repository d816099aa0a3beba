# SPDX-License-Identifier: Apache-2.0
"""Loads the extension module; says what is missing when it cannot be loaded."""

try:
    from . import _bireme as module
except ImportError as error:
    raise ImportError(
        f"bireme cannot load its library: {error}\n"
        "A shared library that it needs is missing or belongs to another version. Reinstall the "
        "package (pip install --force-reinstall bireme), or put the folder of the library into "
        "LD_LIBRARY_PATH."
    ) from error
