"""The networks of `cargo bench --bench networks` in PyTorch. That program starts this one and asks for a turn at a time, a line of JSON on
standard input and one on standard output each; it is not for use by hand.
"""

import json
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    print(json.dumps({"error": f"{sys.executable}: {error}; set BONAS_PYTHON to a Python with torch"}))
    sys.exit(1)

CLASSES, SIDE = 10, 32
LEARNING_RATE, MOMENTUM, DECAY, CLIP = 0.025, 0.9, 3e-4, 5.0


def convolution(inputs, outputs, kernel, stride=1, dilation=1, groups=1):
    padding = dilation * (kernel - 1) // 2
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)


def relu_conv_norm(inputs, outputs, kernel, stride=1, affine=True):
    return nn.Sequential(nn.ReLU(), convolution(inputs, outputs, kernel, stride), nn.BatchNorm2d(outputs, affine=affine))


class Head(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.linear = nn.Linear(features, CLASSES)

    def forward(self, x):
        return self.linear(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class EdgeCell(nn.Module):
    """A cell of NAS-Bench-201 with a 3×3 convolution on each of its edges."""

    def __init__(self, channels):
        super().__init__()
        edges = [(node, source) for node in range(1, 4) for source in range(node)]
        self.edges = nn.ModuleDict({f"{node}<-{source}": relu_conv_norm(channels, channels, 3) for node, source in edges})

    def forward(self, x):
        nodes = [x]
        for node in range(1, 4):
            nodes.append(sum(self.edges[f"{node}<-{source}"](nodes[source]) for source in range(node)))
        return nodes[-1]


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.second = relu_conv_norm(inputs, outputs, 3, 2), relu_conv_norm(outputs, outputs, 3)
        self.beside = nn.Sequential(nn.AvgPool2d(2, 2), convolution(inputs, outputs, 1))

    def forward(self, x):
        return self.beside(x) + self.second(self.first(x))


class NasBench201(nn.Module):
    def __init__(self, channels, repeats):
        super().__init__()
        stages = [nn.Sequential(convolution(3, channels, 3), nn.BatchNorm2d(channels))]
        for stage in range(3):
            if stage > 0:
                stages.append(ResidualBlock(channels, 2 * channels))
                channels *= 2
            stages.extend(EdgeCell(channels) for _ in range(repeats))
        self.stages = nn.Sequential(*stages, nn.BatchNorm2d(channels), nn.ReLU(), Head(channels))

    def forward(self, x, _):
        return self.stages(x)


class FactorizedReduce(nn.Module):
    def __init__(self, inputs, outputs, affine):
        super().__init__()
        half = outputs // 2
        self.even, self.odd = convolution(inputs, half, 1, 2), convolution(inputs, outputs - half, 1, 2)
        self.norm = nn.BatchNorm2d(outputs, affine=affine)

    def forward(self, x):
        x = functional.relu(x)
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))


def separable(channels, kernel, stride, dilation, repeats, affine):
    stages = []
    for stage in range(repeats):
        depthwise = convolution(channels, channels, kernel, stride if stage == 0 else 1, dilation, channels)
        stages += [nn.ReLU(), depthwise, convolution(channels, channels, 1), nn.BatchNorm2d(channels, affine=affine)]
    return nn.Sequential(*stages)


def pool(layer, channels, affine):
    """A supernet has a batch norm behind it."""
    return layer if affine else nn.Sequential(layer, nn.BatchNorm2d(channels, affine=False))


def operation(primitive, channels, stride, affine):
    if primitive == "max_pool_3x3":
        return pool(nn.MaxPool2d(3, stride, 1), channels, affine)
    if primitive == "avg_pool_3x3":
        return pool(nn.AvgPool2d(3, stride, 1, count_include_pad=False), channels, affine)
    if primitive == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, affine)
    kind, _, kernel = primitive.split("_")
    dilation, repeats = {"sep": (1, 2), "dil": (2, 1)}[kind]
    return separable(channels, int(kernel[0]), stride, dilation, repeats, affine)


class Cell(nn.Module):
    """The operations of some cells, each kept once a node; a path is the cell of one genotype."""

    def __init__(self, cells, inputs, channels, is_reduction, follows_reduction, affine):
        super().__init__()
        older, newer = inputs
        if follows_reduction:
            self.older = FactorizedReduce(older, channels, affine)
        else:
            self.older = relu_conv_norm(older, channels, 1, affine=affine)
        self.newer = relu_conv_norm(newer, channels, 1, affine=affine)
        operands = {(node, *operand) for cell in cells for node, pair in enumerate(cell) for operand in map(tuple, pair)}
        self.operations = nn.ModuleDict()
        for node, primitive, source in sorted(operands):
            stride = 2 if is_reduction and source < 2 else 1
            self.operations[f"{node} {primitive} {source}"] = operation(primitive, channels, stride, affine)

    def forward(self, older, newer, path):
        states = [self.older(older), self.newer(newer)]
        for node, pair in enumerate(path):
            first, second = (self.operations[f"{node} {primitive} {source}"](states[source]) for primitive, source in pair)
            states.append(first + second)
        return torch.cat(states[2:], 1)


class Darts(nn.Module):
    def __init__(self, genotypes, channels, cells, stem, affine):
        super().__init__()
        self.genotypes = genotypes
        self.stem = nn.Sequential(convolution(3, stem, 3), nn.BatchNorm2d(stem, affine=affine))
        self.cells, self.kinds = nn.ModuleList(), []
        inputs, follows_reduction = (stem, stem), False
        for depth in range(cells):
            is_reduction = depth in (cells // 3, 2 * cells // 3)
            channels *= 2 if is_reduction else 1
            self.kinds.append("reduce" if is_reduction else "normal")
            own = [genotype[self.kinds[-1]] for genotype in genotypes]
            self.cells.append(Cell(own, inputs, channels, is_reduction, follows_reduction, affine))
            inputs, follows_reduction = (inputs[1], 4 * channels), is_reduction
        self.head = Head(inputs[1])

    def forward(self, x, candidate):
        older = newer = self.stem(x)
        for kind, cell in zip(self.kinds, self.cells):
            older, newer = newer, cell(older, newer, self.genotypes[candidate][kind])
        return self.head(newer)


def build(network, images, **sizes):
    """The network, a batch, and the number of candidates."""
    made = NasBench201(**sizes) if network == "nas-bench-201" else Darts(**sizes)
    batch = torch.rand(images, 3, SIDE, SIDE) * 2 - 1
    return made, batch, torch.arange(images) % CLASSES, len(sizes.get("genotypes", [0]))


def multiply_adds(network, candidates):
    """Of convolutions and linear maps on one image, summed over the candidates."""
    total = 0

    def count(module, _, output):
        nonlocal total
        total += module.weight.numel() * (output[0, 0].numel() if isinstance(module, nn.Conv2d) else 1)

    counted = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    hooks = [module.register_forward_hook(count) for module in counted]
    network.eval()
    with torch.inference_mode():
        for candidate in range(candidates):
            network(torch.zeros(1, 3, SIDE, SIDE), candidate)
    for hook in hooks:
        hook.remove()
    return total


class Session:
    def __init__(self, description):
        self.network, self.images, self.labels, candidates = build(**description)
        self.counts = {
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "multiply_adds": multiply_adds(self.network, candidates),
        }
        self.optimizer = torch.optim.SGD(self.network.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=DECAY)

    def run(self, run, layout, candidates):
        layout = getattr(torch, layout)
        # Weights and momentum change their layout before the clock starts.
        self.network.to(memory_format=layout)
        images = self.images.to(memory_format=layout)
        for state in self.optimizer.state.values():
            if state["momentum_buffer"].dim() == 4:
                state["momentum_buffer"] = state["momentum_buffer"].contiguous(memory_format=layout)
        turn = {"training": self.step, "inference": self.look}[run]
        self.network.train(run == "training")
        seconds = []
        for candidate in candidates:
            begin = time.perf_counter()
            turn(images, candidate)
            seconds.append(time.perf_counter() - begin)
        return {"seconds": seconds}

    def step(self, images, candidate):
        loss = functional.cross_entropy(self.network(images, candidate), self.labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        if not (torch.isfinite(norm) and torch.isfinite(loss)):
            raise ArithmeticError("a loss or gradient is not finite")

    def look(self, images, candidate):
        with torch.inference_mode():
            self.network(images, candidate)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(int(sys.argv[1]))
    session = None
    answer = {"torch": torch.__version__}
    while True:
        print(json.dumps(answer), flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        request = json.loads(line)
        try:
            if "build" in request:
                session = Session(request["build"])
                answer = session.counts
            else:
                answer = session.run(**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
