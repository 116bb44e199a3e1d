#!/usr/bin/env python3
"""Trains the net of the third reader (omr/hand_look.h) and writes it as ONNX.

  hand.py A.hands B.hands ... [--held PATTERN] [--cpu 15] [--keep NET.pt] [-o omr/models/hand.onnx]

The files are what tools/train/rows --of hands writes (seeds 1 to 599, omr/models/README.md). One number is learnt: the log
odds that the mark was meant. Fields that a careful person would not decide alone teach, too: what an eraser hardly touched
must look doubtful. The schedule follows CPU time. Needs PyTorch (Debian: python3-torch, python3-onnx). Not part of any build.
"""
import argparse
import copy
import fnmatch

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from kept import KeptRun

SIDE, PICTURES, BATCH = 40, 6, 128
OWN, CARD = 0, 5
RECORD = np.dtype([("meant", "u1"), ("look", "u1"), ("clear", "u1"), ("one", "u1"), ("marks", "u1"), ("lone", "u1"),
                   ("number", "u1"), ("pad", "u1"), ("p", "<f4"), ("ink", "<f4"), ("pictures", "u1", (PICTURES, SIDE, SIDE))])


class HandNet(nn.Sequential):
    """(n, 6, 40, 40) to (n, 1)."""

    WIDTHS = ((PICTURES, 12), (12, 24), (24, 40), (40, 56))

    def __init__(self):
        steps = []
        for a, b in self.WIDTHS:
            steps += [nn.Conv2d(a, b, 3, stride=2, padding=1), nn.BatchNorm2d(b), nn.ReLU()]
        super().__init__(*steps, nn.Flatten(), nn.Dropout(0.2), nn.Linear(56 * 9, 48), nn.ReLU(), nn.Linear(48, 1))


def load(paths):
    return np.concatenate([np.fromfile(path, RECORD) for path in paths])


def augment(x):
    """Other scanners, paper and forms: shifted by a point, lighter, darker, noisy, mirrored; print and pale mark not always known."""
    n = len(x)
    if torch.rand(1) < 0.5:
        x[:, :CARD] = x[:, :CARD].flip(3)
    if torch.rand(1) < 0.3:
        x[:, :CARD] = x[:, :CARD].flip(2)
    dx, dy = np.random.randint(-1, 2, 2)
    x[:, :CARD] = torch.roll(x[:, :CARD], (int(dy), int(dx)), (2, 3))
    gamma = torch.exp(0.15 * torch.randn(n, 1, 1, 1))
    gain = 0.85 + 0.3 * torch.rand(n, 1, 1, 1)
    noise = torch.randn(n, CARD, SIDE, SIDE) * (0.03 * torch.rand(n, 1, 1, 1))
    x[:, :CARD] = (x[:, :CARD] ** gamma * gain + noise).clamp(0, 1)
    x[:, CARD:] = (x[:, CARD:] + 0.01 * torch.randn(n, 1, 1, SIDE // 4).repeat_interleave(4, 3)).clamp(0, 1)
    known = (torch.rand(n, CARD) > torch.tensor([0, 0.1, 0, 0.05, 0.1])).float()
    x[:, :CARD] *= known[:, :, None, None]
    return x


def answers(net, records):
    net.eval()
    with torch.no_grad():
        out = [net(torch.from_numpy(records["pictures"][i:i + 500].copy()).float() / 255)[:, 0] for i in range(0, len(records), 500)]
    net.train()
    return torch.cat(out).numpy()


def report(net, records):
    """How many marks that were not meant are found by a doubt that asks a share of those that were."""
    z, taken = answers(net, records), records["p"] > 0.5
    several = taken & (records["marks"] > 1)
    loss = np.logaddexp(0, np.where(records["meant"] == 1, -z, z)).mean()
    print("  loss %.4f" % loss, end="")
    for name, pick in (("several", several), ("alone", taken & ~several), ("not taken", ~taken)):
        wrong = records["meant"][pick] != taken[pick]
        odds = np.where(taken[pick], z[pick], -z[pick])
        if wrong.sum() and (~wrong).sum():
            limits = np.quantile(odds[~wrong], [0.003, 0.01, 0.03])
            print("; %s %d wrong of %d, found asking 0.3, 1, 3 %%: %s" % (
                name, wrong.sum(), len(wrong), " ".join("%.1f %%" % (100 * (odds[wrong] < l).mean()) for l in limits)), end="")
    print(flush=True)


def export(net, path):
    net = copy.deepcopy(net).eval()
    torch.onnx.export(net, torch.zeros(1, PICTURES, SIDE, SIDE), path, opset_version=11, input_names=["pictures"],
                      output_names=["odds"], dynamic_axes={"pictures": {0: "n"}, "odds": {0: "n"}})


def step(run, x, y):
    x = augment(x.float() / 255).contiguous(memory_format=torch.channels_last)
    return run.learn(F.binary_cross_entropy_with_logits(run.net(x)[:, 0], y))


def train(o, records, held):
    torch.manual_seed(o.seed)
    run = KeptRun(HandNet(), o.keep, o.rate, o.cpu)
    torch.manual_seed(o.seed + run.steps)
    np.random.seed(o.seed + run.steps)
    y = torch.from_numpy(records["meant"].astype(np.float32))
    print("weights %d, pictures %d, held %d" % (sum(p.numel() for p in run.net.parameters()), len(y), len(held)), flush=True)
    order, loss, kept = [], 0.3, run.spent
    while run.spent < o.cpu:
        order = order or list(np.array_split(np.random.permutation(len(y)), max(1, len(y) // BATCH)))
        at = order.pop()
        loss += 0.002 * (step(run, torch.from_numpy(records["pictures"][at]), y[at]) - loss)
        if run.spent - kept > o.every or run.spent >= o.cpu:
            kept = run.spent
            print("%.2f of %g minutes of CPU: steps %d, epochs %.2f, loss %.4f" % (
                run.spent, o.cpu, run.steps, run.steps * BATCH / len(y), loss), flush=True)
            if len(held):
                report(run.mean, held)
            run.save()
            export(run.mean, o.o)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("hands", nargs="+")
    p.add_argument("--held", default="*[0-9]7.hands", help="files that do not train: the report is theirs")
    p.add_argument("--cpu", type=float, default=15, help="minutes of CPU that the schedule is made for")
    p.add_argument("--every", type=float, default=2, help="minutes of CPU between two reports")
    p.add_argument("--rate", type=float, default=3e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--keep", help="where it stands, to go on from")
    p.add_argument("-o", default="omr/models/hand.onnx")
    o = p.parse_args()
    torch.set_num_threads(1)
    held = [f for f in o.hands if fnmatch.fnmatch(f, o.held)]
    records = load([f for f in o.hands if f not in held])
    train(o, records, load(held) if held else records[:0])


if __name__ == "__main__":
    main()
