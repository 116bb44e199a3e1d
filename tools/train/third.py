#!/usr/bin/env python3
"""Trains the wide net that is asked beside the second where the first one doubts (ocr/glyph_reader.h), and writes it as ONNX.

  third.py digits|letters POOL.npz ... [mnist] [--cpu 30] [--held HELD.npz] [--keep NET.pt] -o ocr/models/third_digits.onnx

It sees what the second sees, the glyph and the view, and learns from the same pools (second.py pool); "mnist" is MNIST's
own training part, all of it. From nothing, with normalised layers; what is kept is the running mean of the weights.
Sums are of 16 bits (bfloat16), weights of 32. The schedule follows CPU time. Needs PyTorch, OpenCV (Debian:
python3-torch, python3-onnx, python3-opencv). Not part of any build.
"""
import argparse
import copy
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import second
from kept import KeptRun

BATCH = 128
SMOOTH = 0.004  # of the labels


class ThirdNet(nn.Sequential):
    """(n, 2, 28, 28) to (n, classes): five convolutions, each with its normalisation, two small layers."""

    WIDTHS = ((2, 24, 1), (24, 48, 1), (48, 64, 2), (64, 96, 1), (96, 96, 1))  # from, to, stride

    def __init__(self, classes):
        steps = []
        for i, (a, b, stride) in enumerate(self.WIDTHS):
            steps += [nn.Conv2d(a, b, 3, padding=1, stride=stride), nn.BatchNorm2d(b), nn.ReLU()]
            if i in (0, 4):
                steps.append(nn.MaxPool2d(2))
        super().__init__(*steps, nn.Flatten(), nn.Dropout(0.25), nn.Linear(96 * 9, 128), nn.ReLU(), nn.Linear(128, classes))


def looks(path):
    return second.own_pictures(np.random.default_rng(2)) if path == "mnist" else second.load(path)


def step(run, x, y):
    x = second.bent(x.float() / 255, 0.1, 0.12, 0.08, (5, 0.08)).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        out = run.net(x)
    return run.learn(F.cross_entropy(out.float(), y, label_smoothing=SMOOTH))


def leave(run, o, n, loss):
    """What there is so far, in files."""
    print("%.2f of %g minutes of CPU: steps %d, epochs %.2f, loss %.4f" % (
        run.spent, o.cpu, run.steps, run.steps * BATCH / n, loss), flush=True)
    run.save()
    if o.held:
        second.report(run.mean, o.what, o.held)
    second.export(copy.deepcopy(run.mean), o.o)


def train(o):
    torch.set_num_threads(1)
    torch.manual_seed(o.seed)
    run = KeptRun(ThirdNet(second.CLASSES[o.what]), o.keep, o.rate, o.cpu)
    torch.manual_seed(o.seed + run.steps)
    parts = [looks(path) for path in o.files]
    x = torch.from_numpy(np.concatenate([p[0] for p in parts]))
    y = torch.from_numpy(np.concatenate([p[1] for p in parts]).astype(np.int64))
    print("weights %d, looks %d" % (sum(q.numel() for q in run.net.parameters()), len(x)), flush=True)
    clock, order, loss, kept = time.time(), [], 2.0, run.spent
    while run.spent < o.cpu and time.time() - clock < o.seconds:
        order = order or list(torch.randperm(len(x)).split(BATCH))
        at = order.pop()
        loss += 0.002 * (step(run, x[at], y[at]) - loss)
        if run.spent - kept > o.every:
            kept = run.spent
            leave(run, o, len(x), loss)
    leave(run, o, len(x), loss)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=sorted(second.CLASSES))
    p.add_argument("files", nargs="+")
    p.add_argument("--held")
    p.add_argument("--cpu", type=float, default=30, help="minutes of CPU that the schedule is made for")
    p.add_argument("--seconds", type=float, default=1e9, help="by the clock, after which it stops, to go on in another run")
    p.add_argument("--every", type=float, default=3, help="minutes of CPU between two writings of the files")
    p.add_argument("--rate", type=float, default=4e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--keep", help="where it stands, to go on from")
    p.add_argument("-o", required=True)
    o = p.parse_args()
    cv2.setNumThreads(1)
    train(o)


if __name__ == "__main__":
    main()
