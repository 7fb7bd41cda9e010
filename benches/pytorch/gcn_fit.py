"""Times the fit of bonas's graph network in PyTorch: `python benches/pytorch/gcn_fit.py [--threads 1,2]`, where torch is installed.

The counterpart of `cargo bench --bench parts -- gcn_fit`: the same network (4 layers of 64, batch norm over nodes, a sigmoid head on the
global node), the same loss (exponential, on rank targets), Adam with the same settings, 424 cells of the space `bonas-darts`,
200 epochs in batches of 128:
800 steps. The cells are drawn here; times depend on their size alone, which all cells share. Encoding is not timed. Run both one after the
other, several times, on an otherwise idle machine.
"""

import argparse
import statistics
import time

import torch
from torch import nn

GRAPHS, EPOCHS, BATCH = 424, 200, 128
LAYERS, WIDTH = 4, 64
OPERATIONS = 4  # of the space `bonas-darts`, beside two inputs and an output
INPUTS, INTERMEDIATES = 2, 4
NODES = 1 + INPUTS + 2 * INTERMEDIATES + 1  # the global node first
TYPES = OPERATIONS + 3 + 1


def cell(generator):
    """Node types `[NODES]` and the matrix `[NODES, NODES]` that sums, for every node, itself and what it reads."""
    types, sums = torch.zeros(NODES, dtype=torch.long), torch.eye(NODES)
    types[0], types[1], types[2], types[-1] = TYPES - 1, 0, 1, 2
    sums[0] = 1.0
    for intermediate in range(INTERMEDIATES):
        # Two different pairs of a source and an operation.
        operands = torch.randperm((INPUTS + intermediate) * OPERATIONS, generator=generator)[:2].tolist()
        for place, operand in enumerate(operands):
            source, operation = divmod(operand, OPERATIONS)
            node = 1 + INPUTS + 2 * intermediate + place
            types[node] = 3 + operation
            first = 1 + INPUTS + 2 * (source - INPUTS)
            producers = [1 + source] if source < INPUTS else [first, first + 1]
            sums[node, producers] = 1.0
            sums[-1, node] = 1.0
    return types, sums


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        inputs = [TYPES] + [WIDTH] * (LAYERS - 1)
        self.linears = nn.ModuleList(nn.Linear(size, WIDTH) for size in inputs)
        self.norms = nn.ModuleList(nn.BatchNorm1d(WIDTH) for _ in inputs)
        self.head = nn.Linear(WIDTH, 1)
        for linear in [*self.linears, self.head]:
            nn.init.uniform_(linear.weight, -0.05, 0.05)
            nn.init.uniform_(linear.bias, -0.125, 0.125)

    def forward(self, states, sums):
        for linear, norm in zip(self.linears, self.norms):
            graphs, nodes, _ = states.shape
            x = linear(torch.bmm(sums, states)).reshape(graphs * nodes, WIDTH)
            states = torch.relu(norm(x)).reshape(graphs, nodes, WIDTH)
        return torch.sigmoid(self.head(states[:, 0])).squeeze(1)


def fit(features, sums, targets):
    """Seconds of 800 steps."""
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-8)
    weights = torch.expm1(targets)
    begin = time.perf_counter()
    for _ in range(EPOCHS):
        for indices in torch.randperm(GRAPHS).split(BATCH):
            predictions = network(features[indices], sums[indices])
            loss = (weights[indices] * (predictions - targets[indices]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    if not torch.isfinite(loss):
        raise SystemExit("the loss is not finite")
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2", help="numbers of threads, with commas between")
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    types, sums = (torch.stack(parts) for parts in zip(*(cell(generator) for _ in range(GRAPHS))))
    features = nn.functional.one_hot(types, TYPES).float()
    targets = (torch.arange(GRAPHS) + 0.5) / GRAPHS
    for threads in map(int, arguments.threads.split(",")):
        torch.set_num_threads(threads)
        seconds = [fit(features, sums, targets) for _ in range(arguments.repetitions)]
        shown = ", ".join(f"{run:.2f}" for run in seconds)
        print(f"torch {torch.__version__}, {threads} threads: median {statistics.median(seconds):.2f} s ({shown})")


if __name__ == "__main__":
    main()
