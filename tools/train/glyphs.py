#!/usr/bin/env python3
"""Trains the net that reads a boxed character (ocr/glyph_reader.h) and writes it as ONNX.

  glyphs.py digits TRAIN.npz ... [--mnist] [--held HELD.npz ...] [--epochs 12] [-o ocr/models/digits.onnx]
  glyphs.py letters TRAIN.npz ... -o ocr/models/letters.onnx

The .npz are what tools/train/boxes.py writes; --mnist adds MNIST's own 60,000. The last class is junk.
Needs PyTorch (Debian: python3-torch, python3-onnx). Fixed seeds; not part of any build.
"""
import argparse
import random
import time

import numpy as np
import torch
from torch import nn

import pen

SIDE = 28


class GlyphNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1, stride=2), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 9, 96), nn.ReLU(),
                                  nn.Linear(96, classes))

    def forward(self, x):
        return self.head(self.features(x))


def load_weights(net, path):
    """Of an ONNX file, in which each normalisation is one with the convolution before it."""
    import onnx
    from onnx import numpy_helper
    tensors = [torch.from_numpy(numpy_helper.to_array(w).copy()) for w in onnx.load(path).graph.initializer]
    layers = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    by_shape = {}
    for t in tensors:
        by_shape.setdefault(tuple(t.shape), []).append(t)
    for m in layers:  # weights and biases of a shape stand in the order of the layers
        m.weight.data = by_shape[tuple(m.weight.shape)].pop(0)
        m.bias.data = by_shape[tuple(m.bias.shape)].pop(0)
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):  # does nothing from here on
            m.running_var.fill_(1 - m.eps)
            m.running_mean.zero_()


def freeze(net):
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.eval()
            m.weight.requires_grad = m.bias.requires_grad = False


def load(paths):
    glyphs, labels, kinds = [], [], []
    for path in paths:
        z = np.load(path)
        written = z["numbers"][:, 1] > 0  # what has no ink, no net is asked about
        glyphs.append(z["glyph"][written])
        labels.append(z["label"][written])
        kinds.append(z["kind"][written])
    return np.concatenate(glyphs), np.concatenate(labels), np.concatenate(kinds)


def augment(x):
    """Small turns, slants, sizes and shifts; pens thicker and thinner."""
    n = x.shape[0]
    turn, slant = torch.randn(n) * 0.08, torch.randn(n) * 0.1
    size = 1 + torch.randn(n, 2) * 0.06
    shift = torch.randn(n, 2) * 0.05
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = size[:, 0] * torch.cos(turn), -torch.sin(turn) + slant
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(turn), size[:, 1] * torch.cos(turn)
    theta[:, :, 2] = shift
    x = nn.functional.grid_sample(x, nn.functional.affine_grid(theta, x.shape, align_corners=False), align_corners=False)
    which = torch.rand(n, 1, 1, 1)
    x = torch.where(which < 0.1, nn.functional.max_pool2d(x, (2, 2), 1, 1)[:, :, :SIDE, :SIDE], x)
    x = x * (0.75 + 0.5 * torch.rand(n, 1, 1, 1)) + torch.randn_like(x) * 0.03 * torch.rand(n, 1, 1, 1)
    return x.clamp(0, 1)


def probabilities(net, glyphs):
    net.eval()
    with torch.no_grad():
        return torch.cat([net(torch.from_numpy(glyphs[i:i + 2000]).float()[:, None] / 255).softmax(1)
                          for i in range(0, len(glyphs), 2000)]).numpy()


def report(name, p, labels, kinds):
    junk = p.shape[1] - 1
    own = labels != junk
    guess = p[:, :junk].argmax(1)
    print("%s: %d characters, %.2f %% right among characters, %.2f %% called junk" % (
        name, own.sum(), 100 * (guess == labels)[own].mean(), 100 * (p.argmax(1) == junk)[own].mean()))
    sure = p[np.arange(len(p)), guess]
    order = np.sort(sure[own])[::-1]
    for review in (0.02, 0.03, 0.05):
        limit = order[min(len(order) - 1, int((1 - review) * own.sum()))]
        silent = ((guess != labels) & (sure >= limit) & own).sum()
        taken = " ".join("%s %d/%d" % (k, (sure[kinds == k] >= limit).sum(), (kinds == k).sum())
                         for k in sorted(set(kinds[~own])))
        print("  %.0f %% to a person (below %.5f): silent %d; junk taken: %s" % (100 * review, limit, silent, taken))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["digits", "letters"])
    p.add_argument("train", nargs="+")
    p.add_argument("--mnist", action="store_true")
    p.add_argument("--start", help="a net to go on from")
    p.add_argument("--rate", type=float, default=6e-3)
    p.add_argument("--held", action="append", default=[])
    p.add_argument("--epochs", type=int, default=12)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("-o", required=True)
    o = p.parse_args()
    random.seed(o.seed)
    torch.manual_seed(o.seed)
    torch.set_num_threads(o.threads)
    glyphs, labels, kinds = load(o.train)
    if o.mnist:
        images, digits = pen.mnist("train")
        glyphs, labels = np.concatenate([glyphs, images]), np.concatenate([labels, digits])
    classes = 11 if o.what == "digits" else 27
    net = GlyphNet(classes)
    if o.start:
        load_weights(net, o.start)
    print(len(labels), "glyphs; weights", sum(q.numel() for q in net.parameters()), flush=True)
    x, y = torch.from_numpy(glyphs), torch.from_numpy(labels.astype(np.int64))
    steps = (len(x) + 255) // 256
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, o.rate, total_steps=steps * o.epochs, pct_start=0.2)
    for epoch in range(o.epochs):
        net.train()
        if o.start:
            freeze(net)
        start, total, order = time.time(), 0.0, torch.randperm(len(x))
        for i in range(0, len(x), 256):
            at = order[i:i + 256]
            loss = nn.functional.cross_entropy(net(augment(x[at].float()[:, None] / 255)), y[at], label_smoothing=0.002)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(at)
        print("epoch %d loss %.5f %.0f s" % (epoch + 1, total / len(x), time.time() - start), flush=True)
        if epoch % 4 == 3 or epoch == o.epochs - 1:
            for path in o.held:
                report(path, probabilities(net, load([path])[0]), *load([path])[1:])
            net.eval()
            torch.onnx.export(net, torch.zeros(1, 1, SIDE, SIDE), o.o, opset_version=11, input_names=["glyphs"],
                              output_names=["classes"], dynamic_axes={"glyphs": {0: "n"}, "classes": {0: "n"}})


if __name__ == "__main__":
    main()
