"""The PyTorch side of `cargo bench --bench against_pytorch`: reads a workload a line and answers with the seconds of each of its steps.

A line is JSON: {"work", "mode": "train" | "infer", "genotypes", "layout", "steps"}. The first step of a line is not counted.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH, SIDE, CLASSES = 64, 32, 10
torch.set_num_threads(2)


def relu_conv_norm(inputs, outputs, kernel, stride=1, affine=True):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), conv, nn.BatchNorm2d(outputs, affine=affine))


class NasBench201(nn.Module):
    """All edges 3x3 convolutions."""

    def __init__(self, cells, channels=16):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.stages = nn.ModuleList()
        for stage in range(3):
            width = channels << stage
            if stage:
                half = width // 2
                self.stages.append(nn.ModuleList([
                    relu_conv_norm(half, width, 3, 2), relu_conv_norm(width, width, 3),
                    nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(half, width, 1, bias=False))]))
            for _ in range(cells):
                self.stages.append(nn.ModuleList([relu_conv_norm(width, width, 3) for _ in range(6)]))
        self.last = nn.Sequential(nn.BatchNorm2d(4 * channels), nn.ReLU())
        self.classifier = nn.Linear(4 * channels, CLASSES)

    def forward(self, x, _):
        x = self.stem(x)
        for stage in self.stages:
            if len(stage) == 3:
                x = stage[1](stage[0](x)) + stage[2](x)
            else:
                e = stage
                first = e[0](x)
                second = e[1](x) + e[2](first)
                x = e[3](x) + e[4](first) + e[5](second)
        return self.classifier(self.last(x).mean((2, 3)))


class Reduce(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.even = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs - outputs // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, affine=False)

    def forward(self, x):
        x = F.relu(x)
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))


def separable(channels, kernel, stride, dilation, repeats):
    parts = []
    for index in range(repeats):
        padding = dilation * (kernel - 1) // 2
        step = stride if index == 0 else 1
        parts += [nn.ReLU(), nn.Conv2d(channels, channels, kernel, step, padding, dilation, groups=channels, bias=False),
                  nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels, affine=False)]
    return nn.Sequential(*parts)


def operation(name, channels, stride):
    norm = nn.BatchNorm2d(channels, affine=False)
    match name:
        case "max_pool_3x3": return nn.Sequential(nn.MaxPool2d(3, stride, 1), norm)
        case "avg_pool_3x3": return nn.Sequential(nn.AvgPool2d(3, stride, 1, count_include_pad=False), norm)
        case "skip_connect": return nn.Identity() if stride == 1 else Reduce(channels, channels)
        case "sep_conv_3x3": return separable(channels, 3, stride, 1, 2)
        case "sep_conv_5x5": return separable(channels, 5, stride, 1, 2)
        case "dil_conv_3x3": return separable(channels, 3, stride, 2, 1)
        case "dil_conv_5x5": return separable(channels, 5, stride, 2, 1)
    raise ValueError(name)


class Cells(nn.Module):
    """Shared weights of several genotypes of DARTS cells; batch norms without affine maps."""

    def __init__(self, genotypes, cells, channels):
        super().__init__()
        stem = 3 * channels
        self.stem = nn.Sequential(nn.Conv2d(3, stem, 3, padding=1, bias=False), nn.BatchNorm2d(stem, affine=False))
        self.cells, self.kinds, inputs, was_reduction = nn.ModuleList(), [], [stem, stem], False
        for depth in range(cells):
            kind = "reduce" if depth in (cells // 3, 2 * cells // 3) else "normal"
            channels *= 2 if kind == "reduce" else 1
            older = Reduce(inputs[0], channels) if was_reduction else relu_conv_norm(inputs[0], channels, 1, affine=False)
            operations = nn.ModuleDict()
            for genotype in genotypes:
                for node, operands in enumerate(genotype[kind]):
                    for name, source in operands:
                        stride = 2 if kind == "reduce" and source < 2 else 1
                        key = f"{node} {source} {name}"
                        if key not in operations:
                            operations[key] = operation(name, channels, stride)
            newer = relu_conv_norm(inputs[1], channels, 1, affine=False)
            self.cells.append(nn.ModuleDict({"older": older, "newer": newer, "operations": operations}))
            self.kinds.append(kind)
            inputs, was_reduction = [inputs[1], 4 * channels], kind == "reduce"
        self.classifier = nn.Linear(inputs[1], CLASSES)

    def forward(self, x, genotype):
        older = newer = self.stem(x)
        for cell, kind in zip(self.cells, self.kinds):
            states = [cell["older"](older), cell["newer"](newer)]
            for node, operands in enumerate(genotype[kind]):
                states.append(sum(cell["operations"][f"{node} {source} {name}"](states[source]) for name, source in operands))
            older, newer = newer, torch.cat(states[2:], 1)
        return self.classifier(newer.mean((2, 3)))


built = {}


def run(request):
    work, layout = request["work"], request["layout"]
    memory = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    key = (work, layout)
    if key not in built:
        genotypes = request["genotypes"]
        net = NasBench201(request["cells"]) if genotypes is None else Cells(genotypes, request["cells"], 16)
        net = net.to(memory_format=memory)
        built[key] = net, torch.optim.SGD(net.parameters(), 0.025, 0.9, weight_decay=3e-4)
    net, optimizer = built[key]
    x = torch.randn(BATCH, 3, SIDE, SIDE).to(memory_format=memory)
    y = torch.randint(0, CLASSES, (BATCH,))
    genotypes = request["genotypes"] or [None]
    net.train(request["mode"] == "train")
    seconds = []
    for step in range(request["steps"] + 1):
        genotype = genotypes[step % len(genotypes)]
        start = time.perf_counter()
        if request["mode"] == "train":
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x, genotype), y)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            loss.item()
        else:
            with torch.no_grad():
                net(x, genotype).argmax(1).sum().item()
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
