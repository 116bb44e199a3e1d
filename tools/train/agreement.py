#!/usr/bin/env python3
"""Fits omr/models/agreement.h: what both readers say of a bubble, weighed (omr/agreement.h).

  agreement.py ROWS.ev [...] [--rare PATTERN=WEIGHT ...] [--held PATTERN] [-o omr/models/agreement.h]

ROWS are what tests/tools/training_rows writes over simulated sheets of seeds 600 to 999, which did
not train the second reader. Needs PyTorch (Debian: python3-torch, python3-numpy); minutes on one
core; fixed seed; not part of any build.
"""
import argparse
import fnmatch
import random
import sys

import numpy as np
import torch
from torch import nn

WITNESSES, HIDDEN, MEMBERS = 41, 48, 3


# omr/agreement.h, enum witness
INK_ODDS, INK_USUAL, INK_EMPTY, EXCESS_EMPTY, PEAK = range(5)
RIVAL_INK, RIVAL_PEAK = 11, 12
PEAK_USUAL, SOLID_USUAL = 23, 24
LOOK_ODDS, LOOK_FIRST = 31, 32

# So do batches of these names: what is common must be right, and what is rare in a simulated exam may not
# be rare in a real one.
RARE = [("*office-all-*", 3), ("*-mixed-*", 3), ("*-double-*", 8), ("*-blank-*", 3)]


def weight_of(path, rare):
    for pattern, weight in rare:
        if fnmatch.fnmatch(path, pattern):
            return weight
    return 1.0


def load(paths, rare):
    parts = [np.fromfile(p, np.float32).reshape(-1, 1 + WITNESSES) for p in paths]
    weights = [np.full(len(part), weight_of(p, rare), np.float32) for p, part in zip(paths, parts)]
    rows = np.concatenate(parts)
    meant, weight = rows[:, 0], np.concatenate(weights)
    return torch.from_numpy(rows[:, 1:].copy()), torch.from_numpy(meant.copy()), torch.from_numpy(weight)


class Net(nn.Module):
    def __init__(self, hidden=HIDDEN):
        super().__init__()
        self.hidden, self.output = nn.Linear(WITNESSES, hidden), nn.Linear(hidden, 1)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x))).squeeze(1)


def report(name, net, x, y, weight):
    with torch.no_grad():
        p = torch.sigmoid(net(x))
    wrong = (p > 0.5) != (y > 0.5)
    sure = torch.maximum(p, 1 - p)
    print("%s: %d bubbles, %d meant, loss %.5f, wrong %d" % (
        name, len(y), int(y.sum()), nn.functional.binary_cross_entropy(p, y, weight), int(wrong.sum())))
    for least in (0.9, 0.99, 0.995, 0.999, 0.9995, 0.9998):
        at = sure >= least
        print("  surer than %-6g %7d, not %5d (%.2f %%), wrong %4d" % (
            least, int(at.sum()), int((~at).sum()), 100 * (~at).float().mean(), int(wrong[at].sum())))


def vary(x):
    """What was simulated is not all there is: real pupils press less evenly from mark to mark, and real
    print differs more from bubble to bubble, which the second reader sees and the first does not."""
    n = len(x)
    x = x + 0.02 * torch.randn(n, WITNESSES)
    marked = (x[:, INK_ODDS] > 0).float()
    press = 0.22 * torch.randn(n) * marked
    for witness, share in ((INK_USUAL, 1), (INK_EMPTY, 1), (EXCESS_EMPTY, 1), (RIVAL_INK, 1.2),
                           (RIVAL_PEAK, 0.7), (PEAK_USUAL, 0.7), (SOLID_USUAL, 1.5)):
        x[:, witness] += share * press
    print_noise = 0.35 * (1 - marked)[:, None] * torch.randn(n, WITNESSES - LOOK_ODDS)
    x[:, LOOK_ODDS:] += print_noise
    x[:, LOOK_FIRST:] = x[:, LOOK_FIRST:].clamp(max=0)
    return x


def fit(x, y, weight, epochs, seed):
    torch.manual_seed(seed)
    net = Net()
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    steps = (len(x) + 255) // 256
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps * epochs)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for i in range(0, len(x), 256):
            at = order[i:i + 256]
            loss = nn.functional.binary_cross_entropy_with_logits(net(vary(x[at])), y[at], weight[at])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net


def join(nets):
    """The mean of several nets' log odds is one net with all of their hidden units."""
    joined = Net(HIDDEN * len(nets))
    with torch.no_grad():
        joined.hidden.weight.copy_(torch.cat([n.hidden.weight for n in nets]))
        joined.hidden.bias.copy_(torch.cat([n.hidden.bias for n in nets]))
        joined.output.weight.copy_(torch.cat([n.output.weight for n in nets], 1) / len(nets))
        joined.output.bias.copy_(sum(n.output.bias for n in nets) / len(nets))
    return joined


def write(net, path, counts, scale=1):
    def row(values):
        return "{" + ", ".join("%.5g" % (scale * v) for v in values) + "}"
    w, b, o, c = (p.detach().numpy() for p in (net.hidden.weight, net.hidden.bias, net.output.weight,
                                               net.output.bias))
    with open(path, "w", encoding="ascii") as f:
        f.write("/* Made by tools/train/agreement.py of %s. Not to be edited. */\n/* clang-format off */\n" % counts)
        f.write("#define AGREEMENT_HIDDEN %d\n" % len(b))
        f.write("static const float agreement_hidden[AGREEMENT_HIDDEN][%d] = {\n%s};\n" % (
            WITNESSES, ",\n".join(map(row, w))))
        f.write("static const float agreement_hidden_bias[AGREEMENT_HIDDEN] =\n%s;\n" % row(b))
        f.write("static const float agreement_output[AGREEMENT_HIDDEN] =\n%s;\n" % row(o[0]))
        f.write("static const float agreement_output_bias = %#.5gF;\n" % (scale * c[0]))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("rows", nargs="*", help="none: weights of nought, to build with where a witness is new")
    p.add_argument("--held", default="*[05].ev")
    p.add_argument("--rare", action="append", default=[], metavar="PATTERN=WEIGHT")
    p.add_argument("--epochs", type=int, default=16)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("-o", default="omr/models/agreement.h")
    o = p.parse_args()
    random.seed(o.seed)
    if not o.rows:
        write(join([Net()] * MEMBERS), o.o, "nothing", 0)
        return
    held = [r for r in o.rows if fnmatch.fnmatch(r, o.held)]
    train = [r for r in o.rows if r not in held]
    rare = [(k, float(v)) for k, v in (r.split("=") for r in o.rare)] + RARE
    x, y, weight = load(train, rare)
    net = join([fit(x, y, weight, o.epochs, o.seed + i) for i in range(MEMBERS)])
    report("trained on", net, x, y, weight)
    if held:
        report("held out", net, *load(held, rare))
    write(net, o.o, "%d bubbles of %d simulated batches" % (len(y), len(train)))


if __name__ == "__main__":
    sys.exit(main())
