"""Compares the logits of bonas with those of onnxruntime on 100 images, for networks that have every operation of every space:

    python check_onnx.py target/release/bonas
"""

import collections
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

from bonas import CLOSE, DARTS, NAS_BENCH_201, Bench


def networks(bench):
    """Families, and in each spaces with architectures."""
    yield "darts", "darts", DARTS
    yield "bonas-darts", "bonas-darts", bench.samples("bonas-darts", 2)
    yield "nas-bench-201", "nas-bench-201", NAS_BENCH_201
    yield "resnet", "resnet", ["resnet-20"]
    for space in ["nas-bench-101", "nas-bench-macro", "transnas-micro", "transnas-macro"]:
        yield space, space, bench.samples(space, 3)
    space, chain = bench.library()
    yield "custom", space, chain
    space = pathlib.Path(__file__).parents[2] / "configs/spaces/my-cells.toml"
    yield "custom", space, bench.samples(space, 2)


def session(path):
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(path)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model, onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def difference(bench, network):
    """The largest difference of the logits, relative where they are large, and the kinds of nodes."""
    expected = bench.logits(network)
    path = network / "network.onnx"
    bench.run("export", network, "--format", "onnx", "--out", path)
    model, runtime = session(path)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    mean, std = (np.array(json.loads(properties[key]), np.float32)[:, None, None] for key in ("mean", "std"))
    pixels = bench.pixels.astype(np.float32) / 255
    found = [runtime.run(["logits"], {"images": (pixels - mean) / std})[0]]
    one_by_one = [runtime.run(["logits"], {"images": (image[None] - mean) / std})[0] for image in pixels]
    found.append(np.concatenate(one_by_one))
    bench.run("export", network, "--format", "onnx", "--pixels", "--out", path)
    found.append(session(path)[1].run(["logits"], {"images": pixels})[0])
    largest = max(float((np.abs(logits - expected) / np.maximum(1, np.abs(expected))).max()) for logits in found)
    return largest, float(expected.std()), {node.op_type for node in model.graph.node}


def main():
    largest, kinds, spread = collections.defaultdict(float), set(), {}
    # An odd and an even side; and grey images behind a stem that halves them.
    for bench, stem_stride in [(Bench(sys.argv[1], 21, 18), 1), (Bench(sys.argv[1], 28, 28, channels=1), 2)]:
        for family, space, architectures in networks(bench):
            for arch in architectures:
                network = bench.train(arch, space, stem_stride=stem_stride)
                found, deviation, nodes = difference(bench, network)
                largest[family] = max(largest[family], found)
                spread[family] = max(spread.get(family, 0), deviation)
                kinds |= nodes
        found, deviation, _ = difference(bench, bench.train(DARTS[0], "darts", stem="imagenet"))
        largest["imagenet stem"] = max(largest["imagenet stem"], found)
        spread["imagenet stem"] = deviation
    for family, found in largest.items():
        print(f"{family:16} largest difference {found:.1e}, standard deviation of the logits {spread[family]:.2f}")
    print("nodes:", ", ".join(sorted(kinds)))
    if max(largest.values()) > CLOSE:
        sys.exit(f"beyond {CLOSE}")


main()
