"""Compares the logits of bonas with those of PyTorch in the layout of the public DARTS code, in both directions, on 100 images:

    python check_pytorch.py target/release/bonas
"""

import json
import sys

import numpy as np
import safetensors
import safetensors.torch
import torch

from bonas import CLASSES, CLOSE, DARTS, Bench
from darts import Network, auxiliary_head, parse


def difference(expected, found):
    return float((np.abs(found - expected) / np.maximum(1, np.abs(expected))).max())


def network_of(metadata, channels):
    sizes = json.loads(metadata["network"])
    classes = json.loads(metadata["classes"])
    return Network(parse(metadata["genotype"]), channels, sizes["channels"], sizes["cells"], len(classes), sizes["stem_multiplier"],
                   None if sizes["stem"] == "imagenet" else sizes["stem_stride"]).eval()


def logits(network, pixels, mean, std):
    x = (torch.from_numpy(pixels).float() / 255 - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    with torch.no_grad():
        return network(x).numpy()


def exported(bench, arch, stem_stride):
    """A network of bonas in PyTorch."""
    stem = {"stem": "imagenet"} if stem_stride is None else {"stem_stride": stem_stride}
    trained = bench.train(arch, None, **stem)
    path = trained / "public.safetensors"
    bench.run("export", trained, "--format", "pytorch", "--out", path)
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata()
    network = network_of(metadata, bench.size[2])
    mean, std = json.loads(metadata["mean"]), json.loads(metadata["std"])
    expected = bench.logits(trained)
    largest = 0
    bench.run("export", trained, "--format", "pytorch", "--out", trained / "public.pt")
    for state in [safetensors.torch.load_file(path), torch.load(trained / "public.pt", weights_only=True)]:
        network.load_state_dict(state, strict=True)
        largest = max(largest, difference(expected, logits(network, bench.pixels, mean, std)))
    return largest


def imported(bench, arch, stem_stride):
    """A network of PyTorch in bonas."""
    torch.manual_seed(3)
    height, width, channels = bench.size
    network = Network(parse(arch), channels, 6, 5, len(CLASSES), 3, stem_stride)
    mean, std = [0.5, 0.4, 0.3][:channels], [0.25, 0.2, 0.3][:channels]
    # Statistics of its own, and a training that has an auxiliary head.
    with torch.no_grad():
        for _ in range(5):
            network(torch.randn(16, channels, height, width))
    network.auxiliary_head = auxiliary_head(96, len(CLASSES))
    expected = logits(network.eval(), bench.pixels, mean, std)
    largest = 0
    state = network.state_dict()
    for name, content in [("plain.pt", state), ("checkpoint.pth", {"epoch": 3, "state_dict": state, "best": 0.5}),
                          ("wrapped.pt", {"module." + key: value for key, value in state.items()}), ("plain.safetensors", None)]:
        path, model = bench.folder / name, bench.folder / f"{name}.model.safetensors"
        if content is None:
            safetensors.torch.save_file({key: value.contiguous() for key, value in state.items()}, path)
        else:
            torch.save(content, path)
        bench.run("import", path, "--arch", arch, "--size", f"{height}x{width}",
                  *([] if stem_stride is None else ["--stem-stride", stem_stride]), "--classes", ",".join(CLASSES), "--mean", ",".join(map(str, mean)), "--std", ",".join(map(str, std)), "--out", model)
        largest = max(largest, difference(expected, bench.logits(model)))
    return largest


def main():
    largest = {"exported": 0, "imported": 0}
    # The public reduction needs even sides.
    for bench, stem_stride in [(Bench(sys.argv[1], 24, 16), 1), (Bench(sys.argv[1], 32, 32), 2), (Bench(sys.argv[1], 32, 32, 1), 1),
                               (Bench(sys.argv[1], 64, 96), None)]:
        for arch in DARTS + bench.samples("darts", 1) + bench.samples("bonas-darts", 1):
            for direction, compare in [("exported", exported), ("imported", imported)]:
                found = compare(bench, arch, stem_stride)
                print(f"{direction} {bench.size} {arch[:60]}…: {found:.1e}", flush=True)
                largest[direction] = max(largest[direction], found)
    for direction, found in largest.items():
        print(f"{direction}: largest difference {found:.1e}")
    if max(largest.values()) > CLOSE:
        sys.exit(f"beyond {CLOSE}")


main()
