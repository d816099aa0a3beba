# SPDX-License-Identifier: Apache-2.0
"""Steps that one inference runs on the CPU, beside OpenVINO's: what is left of a network after both optimizers.

Bireme's are the layers of the engine, conversions of formats among them. OpenVINO's are the nodes of its run-time model
but for parameters, constants and results, and nodes that its own profile reports as not run (views).

    python bench/steps.py [--models FOLDER] [--only resnet50,...]
"""

import argparse
import json
import os
import subprocess
import sys

import cpu


def engine_of(path, shapes, threads=2, level=None):
    """An engine with detailed layers, and what the optimizer did, as the inspector tells both."""
    import bireme
    logger = bireme.Logger(bireme.Logger.ERROR)
    builder = bireme.Builder(logger)
    network = builder.create_network(0)
    parser = bireme.OnnxParser(network, logger)
    if not parser.parse_from_file(path):
        raise RuntimeError(parser.get_error(0).desc())
    config = builder.create_builder_config()
    config.num_threads = threads
    config.clear_flag(bireme.BuilderFlag.TF32)
    config.profiling_verbosity = bireme.ProfilingVerbosity.DETAILED
    if level is not None:
        config.builder_optimization_level = level
    profile = builder.create_optimization_profile()
    for name, shape in shapes.items():
        profile.set_shape(name, shape, shape, shape)
    config.add_optimization_profile(profile)
    engine = builder.build_engine_with_config(network, config)
    if engine is None:
        raise RuntimeError("the build failed")
    inspector, form = engine.create_engine_inspector(), bireme.LayerInformationFormat.JSON
    return (engine, json.loads(inspector.get_engine_information(form))["Layers"],
            json.loads(inspector.get_optimizations(form)))


def openvino_steps(path, shapes):
    import openvino
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape({n: list(s) for n, s in shapes.items()})
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 2, "INFERENCE_PRECISION_HINT": "f32",
                                                 "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "PERF_COUNT": True})
    request = compiled.create_infer_request()
    request.infer(cpu.feed_for(shapes))
    kinds = [p.node_type for p in request.profiling_info if str(p.status).endswith("EXECUTED")]
    return len([k for k in kinds if k not in ("Parameter", "Input", "Output", "Result", "Const", "Constant")])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="build/bench")
    parser.add_argument("--only", default="")
    o = parser.parse_args()
    cases = cpu.cases(o.models)
    only = [n for n in o.only.split(",") if n] or list(cases)
    missing = [n for n in only if n in cpu.MADE and not os.path.exists(cases[n][0])]
    if missing:
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_models.py"), o.models, *missing], check=True)
    print("| model | Bireme: steps | of them conversions | OpenVINO: steps |\n|---|---|---|---|")
    for name in only:
        path, shapes = cases[name]
        layers = engine_of(path, shapes)[1]
        conversions = sum(layer["LayerType"] == "Reformat" for layer in layers)
        print(f"| {name} | {len(layers)} | {conversions} | {openvino_steps(path, shapes)} |", flush=True)


if __name__ == "__main__":
    main()
