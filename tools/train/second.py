#!/usr/bin/env python3
"""Trains the nets that are asked where the first ones doubt (ocr/glyph_reader.h) and writes them as ONNX.

  second.py pool digits|letters TRAIN.npz ... [--mnist] [--plain 0.08] -o POOL.npz
  second.py train digits|letters POOL.npz ... --begin GLYPHS.onnx [--cpu 2] [--held HELD.npz] [--keep NET.pt] -o ocr/models/second_digits.onnx

A second net sees a box twice: the glyph, and the view, in which border and neighbours are left (ocr/written_box.h). It
starts as a net that sees the glyph alone (glyphs.py), deaf to the view (as Net2Net: Chen, Goodfellow, Shlens, ICLR
2016), and trains on what the first one doubts. `pool` picks that from what tools/train/boxes.py
writes: by the first net's claim alone, not by the label, so that probabilities stay true where the second is asked.
The schedule follows CPU time. Needs PyTorch, OpenCV (Debian: python3-torch, python3-onnx, python3-opencv). Not part of
any build.
"""
import argparse
import copy
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import pen

ROOT = Path(__file__).resolve().parents[2]
SIDE, BATCH = 28, 64
CLASSES = {"digits": 11, "letters": 27}  # the last is junk
DOUBTFUL = 0.997  # by the first net


class SecondNet(nn.Module):
    """(n, 2, 28, 28) to (n, classes). The layers of GlyphNet (glyphs.py)."""

    def __init__(self, classes):
        super().__init__()
        self.first = nn.Conv2d(2, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.third = nn.Conv2d(32, 32, 3, padding=1, stride=2)
        self.fourth = nn.Conv2d(32, 64, 3, padding=1)
        self.wide, self.out = nn.Linear(64 * 9, 96), nn.Linear(96, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.relu(self.third(F.relu(self.second(x))))
        x = F.max_pool2d(F.relu(self.fourth(x)), 2)
        x = F.relu(self.wide(F.dropout(x.flatten(1), 0.2, self.training)))
        return self.out(x)

    def begin(self, path):
        """With the weights of a first net's ONNX file, or of a second's."""
        import onnx
        from onnx import numpy_helper
        stored = [torch.from_numpy(numpy_helper.to_array(w).copy()) for w in onnx.load(path).graph.initializer]
        view = torch.zeros(16, 1, 3, 3)
        for layer in (self.first, self.second, self.third, self.fourth, self.wide, self.out):
            shapes = [(16, 1, 3, 3), (16, 2, 3, 3)] if layer is self.first else [tuple(layer.weight.shape)]
            weight = stored.pop(next(i for i, t in enumerate(stored) if tuple(t.shape) in shapes))
            bias = stored.pop(next(i for i, t in enumerate(stored) if t.shape == layer.bias.shape))
            layer.weight.data = torch.cat([weight, view], 1)[:, :2] if layer is self.first else weight
            layer.bias.data = bias


# ---- what is doubtful ----

def first_claims(what, glyphs):
    """The first net's largest probability of each."""
    net, out = cv2.dnn.readNetFromONNX(str(ROOT / "ocr/models" / (what + ".onnx"))), []
    for i in range(0, len(glyphs), 500):
        net.setInput(glyphs[i:i + 500].astype(np.float32)[:, None] / 255)
        x = net.forward()
        out.append(1 / np.exp(x - x.max(1, keepdims=True)).sum(1))
    return np.concatenate(out)


def framed(glyphs, rng):
    """Views as of boxes whose border lies beside the ink, for files without views; some show none."""
    n, at = len(glyphs), np.arange(SIDE, dtype=np.float32)
    thick = rng.uniform(0.5, 1.7, (n, 1)).astype(np.float32)
    tone = np.where(rng.random(n) < 0.2, 0, rng.uniform(60, 255, n)).astype(np.float32)
    lines, within = [], []
    for axis in (1, 2):  # the columns' ink gives the lines beside it, the rows' those above and below
        ink = glyphs.max(axis) > 80
        first, last = ink.argmax(1), SIDE - 1 - ink[:, ::-1].argmax(1)
        low, high = first - 1 - rng.gamma(1.6, 2.2, n), last + 1 + rng.gamma(1.6, 2.2, n)
        near = np.minimum(np.abs(at - low[:, None]), np.abs(at - high[:, None]))
        lines.append(np.clip(thick / 2 + 0.5 - near, 0, 1))
        within.append((at > low[:, None] - 1) & (at < high[:, None] + 1))
    border = np.maximum(lines[0][:, None, :] * within[1][:, :, None], lines[1][:, :, None] * within[0][:, None, :])
    return np.maximum(glyphs, (border * tone[:, None, None]).astype(np.uint8))


def load(path):
    """Pictures (n, 2, 28, 28) and labels of what has ink; files without views get views like those of boxes."""
    z = np.load(path)
    if "looks" in z:
        return z["looks"], z["label"]
    written = z["numbers"][:, 1] > 0
    glyph = z["glyph"][written]
    view = z["view"][written] if "view" in z else framed(glyph, np.random.default_rng(1))
    return np.stack([glyph, view], 1), z["label"][written].astype(np.int64)


def own_pictures(rng):
    """MNIST's training part as it is delivered; half of it gets a frame for a view."""
    images, digits = pen.mnist("train")
    views = np.where(rng.random(len(images))[:, None, None] < 0.5, images, framed(images, rng))
    return np.stack([images, views], 1), digits.astype(np.int64)


def make_pool(o):
    rng, looks, labels = np.random.default_rng(o.seed), [], []
    parts = [load(path) for path in o.files]
    if o.mnist:
        parts.append(own_pictures(rng))
    for x, y in parts:
        keep = (first_claims(o.what, x[:, 0]) < DOUBTFUL) | (rng.random(len(y)) < o.plain)
        looks.append(x[keep])
        labels.append(y[keep])
        print("%d of %d" % (keep.sum(), len(y)), flush=True)
    np.savez(o.o, looks=np.concatenate(looks), label=np.concatenate(labels))


# ---- as other hands, pens and scanners have it ----

def bent(x, turns=0.08, slants=0.1, sizes=0.07, waves=(4, 0.06)):
    """Turns, slants, sizes, shifts and slow waves; thicker, thinner, blurred, paler."""
    n = len(x)
    turn, slant = torch.randn(n) * turns, torch.randn(n) * slants
    size = torch.exp(torch.randn(n, 2) * sizes)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = size[:, 0] * torch.cos(turn), -torch.sin(turn) + slant
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(turn), size[:, 1] * torch.cos(turn)
    theta[:, :, 2] = torch.randn(n, 2) * 0.04
    wave = torch.randn(n, 2, waves[0], waves[0]) * (waves[1] * torch.rand(n, 1, 1, 1))
    wave = F.interpolate(wave, SIDE, mode="bilinear", align_corners=False)
    grid = F.affine_grid(theta, x.shape, align_corners=False) + wave.permute(0, 2, 3, 1)
    x = F.grid_sample(x, grid, align_corners=False)
    which = torch.rand(n)
    for low, high, change in ((0.0, 0.07, lambda a: F.max_pool2d(F.pad(a, (0, 1, 0, 1)), 2, 1)),
                              (0.07, 0.12, lambda a: -F.max_pool2d(F.pad(-a, (0, 1, 0, 1)), 2, 1)),
                              (0.12, 0.2, lambda a: F.avg_pool2d(a, 3, 1, 1) * 1.25)):
        some = (which >= low) & (which < high)
        if some.any():
            x[some] = change(x[some])
    bare = torch.rand(n) < 0.06  # a form whose border the scan does not show, and no neighbours
    x[bare, 1] = x[bare, 0]
    x = x * (0.75 + 0.4 * torch.rand(n, 1, 1, 1)) + torch.randn_like(x) * (0.04 * torch.rand(n, 1, 1, 1))
    return x.clamp(0, 1)


# ---- training ----

def report(net, what, path):
    x, y = load(path)
    doubtful = first_claims(what, x[:, 0]) < 0.99
    x, y = x[doubtful], y[doubtful]
    net.eval()
    with torch.no_grad():
        p = torch.cat([net(torch.from_numpy(x[i:i + 500]).float() / 255).softmax(1) for i in range(0, len(x), 500)]).numpy()
    net.train()
    junk = CLASSES[what] - 1
    own = y != junk
    print("  of %d doubtful: log loss %.4f, wrong among characters %.2f %%, junk taken with 0.93 %d of %d" % (
        len(y), -np.log(np.maximum(p[np.arange(len(y)), y], 1e-9)).mean(), 100 * (p[:, :junk].argmax(1) != y)[own].mean(),
        (p[:, :junk].max(1)[~own] > 0.93).sum(), (~own).sum()), flush=True)


def export(net, path):
    net.eval()
    torch.onnx.export(net, torch.zeros(1, 2, SIDE, SIDE), path, opset_version=11, input_names=["looks"],
                      output_names=["classes"], dynamic_axes={"looks": {0: "n"}, "classes": {0: "n"}})
    net.train()


def follow(mean, net, share):
    """A running mean of the weights."""
    with torch.no_grad():
        for m, v in zip(mean.parameters(), net.parameters()):
            m.add_(v - m, alpha=share)


class Run:
    """Net, running mean and optimiser; goes on where an earlier run stopped."""

    def __init__(self, o):
        self.net = SecondNet(CLASSES[o.what])
        self.net.begin(o.begin or ROOT / "ocr/models" / (o.what + ".onnx"))
        self.mean = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=o.rate, weight_decay=5e-3)
        self.parts, self.spent, self.steps = (self.net, self.mean, self.optimiser), 0.0, 0
        if o.keep and Path(o.keep).exists():
            *states, self.spent, self.steps = torch.load(o.keep)
            for part, state in zip(self.parts, states):
                part.load_state_dict(state)

    def save(self, path, spent):
        torch.save([part.state_dict() for part in self.parts] + [spent, self.steps], path)

    def step(self, x, y, rate):
        for g in self.optimiser.param_groups:
            g["lr"] = rate
        loss = F.cross_entropy(self.net(bent(x.float() / 255)), y)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.steps += 1
        follow(self.mean, self.net, max(0.005, 1 / (self.steps + 1)))
        return loss.item()


def train(o):
    torch.set_num_threads(1)
    run = Run(o)
    torch.manual_seed(o.seed + run.steps)
    parts = [load(path) for path in o.files]
    x = torch.from_numpy(np.concatenate([p[0] for p in parts]))
    y = torch.from_numpy(np.concatenate([p[1] for p in parts]).astype(np.int64))
    print("weights %d, looks %d" % (sum(q.numel() for q in run.net.parameters()), len(x)), flush=True)
    begun, clock, total, seen, order = time.process_time() - 60 * run.spent, time.time(), 0.0, 0, []
    spent = run.spent
    while spent < o.cpu and time.time() - clock < o.seconds:
        order = order or list(torch.randperm(len(x)).split(BATCH))
        at = order.pop()
        rate = o.rate * min(1, (run.steps + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * min(spent / o.cpu, 1))) + 1e-6
        total += run.step(x[at], y[at], rate) * len(at)
        seen += len(at)
        spent = (time.process_time() - begun) / 60
    print("%.2f minutes of CPU: seen %d, loss %.4f" % (spent, run.steps * BATCH, total / max(seen, 1)))
    if o.keep:
        run.save(o.keep, spent)
    if o.held and spent >= o.cpu:
        report(run.mean, o.what, o.held)
    export(run.mean, o.o)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("do", choices=["pool", "train"])
    p.add_argument("what", choices=sorted(CLASSES))
    p.add_argument("files", nargs="*")
    p.add_argument("--mnist", action="store_true")
    p.add_argument("--held")
    p.add_argument("--begin", help="the ONNX file to start as; the alphabet's first net")
    p.add_argument("--cpu", type=float, default=2, help="minutes of CPU that the schedule is made for")
    p.add_argument("--seconds", type=float, default=1e9, help="by the clock, after which it stops, to go on in another run")
    p.add_argument("--rate", type=float, default=1.2e-3)
    p.add_argument("--plain", type=float, default=0.08, help="share of what the first net is sure of that a pool takes")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--keep", help="where it stands, to go on from")
    p.add_argument("-o", required=True)
    o = p.parse_args()
    cv2.setNumThreads(1)
    make_pool(o) if o.do == "pool" else train(o)


if __name__ == "__main__":
    main()
