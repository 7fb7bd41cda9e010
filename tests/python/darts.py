"""The evaluation network of DARTS (Liu et al., ICLR 2019) with the parameter names of its public code."""

import ast
import re

import torch
from torch import nn


def parse(genotype):
    """Two lists of (operation, source), of the normal and of the reduction cell."""
    cells = [re.search(rf"{name}=(\[[^\]]*\])", genotype).group(1) for name in ("normal", "reduce")]
    return [ast.literal_eval(cell) for cell in cells]


class Chain(nn.Module):
    """Modules in a row, called `op`."""

    def __init__(self, *modules):
        super().__init__()
        self.op = nn.Sequential(*modules)

    def forward(self, x):
        return self.op(x)


def relu_conv_norm(inputs, outputs):
    return Chain(nn.ReLU(), nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))


def separable(channels, kernel, stride, dilation=1):
    padding = dilation * (kernel - 1) // 2
    depthwise = nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False)
    return [nn.ReLU(), depthwise, nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels)]


class FactorizedReduce(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, outputs // 2, 1, stride=2, bias=False)
        self.conv_2 = nn.Conv2d(inputs, outputs // 2, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        x = torch.relu(x)
        return self.bn(torch.cat([self.conv_1(x), self.conv_2(x[:, :, 1:, 1:])], 1))


def operation(name, channels, stride):
    if name == "max_pool_3x3":
        return nn.MaxPool2d(3, stride, 1)
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride, 1, count_include_pad=False)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
    kind, kernel = name[:3], int(name[-1])
    if kind == "sep":
        return Chain(*separable(channels, kernel, stride), *separable(channels, kernel, 1))
    return Chain(*separable(channels, kernel, stride, dilation=2))


class Cell(nn.Module):
    def __init__(self, cell, inputs, channels, reduces, follows_reduction):
        super().__init__()
        older, newer = inputs
        self.preprocess0 = FactorizedReduce(older, channels) if follows_reduction else relu_conv_norm(older, channels)
        self.preprocess1 = relu_conv_norm(newer, channels)
        self.sources = [source for _, source in cell]
        self._ops = nn.ModuleList(operation(name, channels, 2 if reduces and source < 2 else 1) for name, source in cell)

    def forward(self, older, newer):
        states = [self.preprocess0(older), self.preprocess1(newer)]
        for node in range(0, len(self._ops), 2):
            states.append(sum(self._ops[place](states[self.sources[place]]) for place in (node, node + 1)))
        return torch.cat(states[2:], 1)


class Network(nn.Module):
    """With a stem multiplier of 3 and a stem stride of 1, the `NetworkCIFAR` of the public code; with a stride of None, `NetworkImageNet`."""

    def __init__(self, genotype, input_channels, channels, layers, classes, stem_multiplier=3, stem_stride=1):
        super().__init__()

        def strided(inputs, outputs):
            return [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs)]

        follows_reduction = stem_stride is None
        if follows_reduction:
            stem = channels
            self.stem0 = nn.Sequential(*strided(input_channels, stem // 2), nn.ReLU(), *strided(stem // 2, stem))
            self.stem1 = nn.Sequential(nn.ReLU(), *strided(stem, stem))
        else:
            stem = stem_multiplier * channels
            self.stem = nn.Sequential(nn.Conv2d(input_channels, stem, 3, stem_stride, 1, bias=False), nn.BatchNorm2d(stem))
        self.cells = nn.ModuleList()
        inputs = (stem, stem)
        for layer in range(layers):
            reduces = layer in (layers // 3, 2 * layers // 3)
            channels *= 2 if reduces else 1
            self.cells.append(Cell(genotype[reduces], inputs, channels, reduces, follows_reduction))
            inputs, follows_reduction = (inputs[1], 4 * channels), reduces
        self.classifier = nn.Linear(inputs[1], classes)

    def forward(self, x):
        if hasattr(self, "stem0"):
            older = self.stem0(x)
            newer = self.stem1(older)
        else:
            older = newer = self.stem(x)
        for cell in self.cells:
            older, newer = newer, cell(older, newer)
        return self.classifier(newer.mean((2, 3)))


def auxiliary_head(channels, classes):
    """What a training adds, by the names of the public code."""
    head = nn.Module()
    head.features = nn.Sequential(nn.ReLU(), nn.AvgPool2d(5, 3, 0, count_include_pad=False), nn.Conv2d(channels, 128, 1, bias=False),
                                  nn.BatchNorm2d(128), nn.ReLU(), nn.Conv2d(128, 768, 2, bias=False), nn.BatchNorm2d(768), nn.ReLU())
    head.classifier = nn.Linear(768, classes)
    return head
