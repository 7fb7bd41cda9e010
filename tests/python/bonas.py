"""Small networks of every space, trained by the `bonas` binary on images drawn here."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image

# Every operation of DARTS, in both cells, so at both strides.
DARTS_CELL = ("[('sep_conv_3x3', 0), ('sep_conv_5x5', 1), ('dil_conv_3x3', 0), ('dil_conv_5x5', 1), ('max_pool_3x3', 0), "
              "('avg_pool_3x3', 1), ('skip_connect', 0), ('skip_connect', 2)]")
DARTS_OTHER = ("[('max_pool_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('dil_conv_5x5', 2), ('avg_pool_3x3', 0), "
               "('sep_conv_5x5', 1), ('dil_conv_3x3', 1), ('skip_connect', 3)]")
DARTS = [f"Genotype(normal={normal}, normal_concat=range(2, 6), reduce={reduce}, reduce_concat=range(2, 6))"
         for normal, reduce in [(DARTS_CELL, DARTS_OTHER), (DARTS_OTHER, DARTS_CELL)]]
# Every operation, and nothing but zeros.
NAS_BENCH_201 = ["|avg_pool_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
                 "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"]
# A chain of every operation of the library.
LIBRARY = ["skip", "conv1", "conv3", "conv5", "conv7", "conv1x1-bn-relu", "conv3x3-bn-relu", "max_pool", "avg_pool", "sep3", "sep5",
           "dil3", "dil5", "MB3_K3", "MB3_K5", "MB6_K3", "MB6_K5"]

CLASSES = ["blue", "green", "red"]
IMAGES = 100
CLOSE = 1e-4


class Bench:
    """A folder with images of one size, and the binary."""

    def __init__(self, binary, height, width, channels=3):
        self.binary = str(pathlib.Path(binary).resolve())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bonas-check-"))
        self.size = (height, width, channels)
        self.rng = np.random.default_rng(7)
        for part, count in [("train", 24), ("test", 4)]:
            for label, name in enumerate(CLASSES):
                (self.folder / "data" / part / name).mkdir(parents=True)
                for index in range(count):
                    self.draw(self.folder / "data" / part / name / f"{index}.png", label)
        self.pictures = [self.folder / f"{index}.png" for index in range(IMAGES)]
        self.pixels = np.stack([self.draw(path, index % 3) for index, path in enumerate(self.pictures)])
        self.networks = 0

    def draw(self, path, label):
        height, width, channels = self.size
        pixels = self.rng.integers(0, 160, (height, width, channels), dtype=np.uint8)
        pixels[..., (2 - label) % channels] += 90
        Image.fromarray(pixels if channels == 3 else pixels[..., 0]).save(path)
        return pixels.transpose(2, 0, 1)

    def run(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bonas {' '.join(map(str, arguments))}\n{done.stderr}")
        return done.stdout

    def samples(self, space, count):
        return self.run("space", "sample", space, "--count", count, "--seed", 3).split("\n")[:count]

    def library(self):
        """A space whose chain has every operation of the library, and that chain."""
        path = self.folder / "library.toml"
        names = ", ".join(f'"{name}"' for name in LIBRARY)
        path.write_text(f'name = "library"\noperations = [{names}]\n[[stages]]\nrepeat = {len(LIBRARY)}\n')
        return path, ["|".join(LIBRARY)]

    def train(self, arch, space, channels=6, cells=5, stem_stride=1, stem="convolution"):
        """Folder of a network of one epoch."""
        self.networks += 1
        out = self.folder / f"network-{self.networks}"
        settings = {"retrain.epochs": 1, "retrain.batch_size": 12, "retrain.calibration_images": 48, "network.channels": channels,
                    "network.cells": cells, "network.stem": stem, "network.stem_stride": stem_stride, "data.channels": self.size[2]}
        options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        space = ["--space", space] if space else []
        self.run("train", "--arch", arch, *space, "--device", "cpu", "--data", self.folder / "data", *options, "--out", out)
        return out

    def logits(self, model):
        """What bonas says of the pictures."""
        shown = json.loads(self.run("predict", model, *self.pictures, "--device", "cpu", "--json", "--logits"))
        return np.array([prediction["logits"] for prediction in shown["predictions"]], np.float32)
