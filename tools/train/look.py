#!/usr/bin/env python3
"""Trains the net of the second reader (omr/look.h) and writes it as ONNX.

  look.py A.bin B.bin ... [--held PATTERN] [--keep LOOK=SHARE ...] [--start look.onnx] [-o omr/models/look.onnx]

The .bin files are what tools/train/rows --of pictures writes (seeds 1 to 599, omr/models/README.md). Needs PyTorch (Debian: python3-torch, python3-numpy); a GPU is used
where there is one. Fixed seeds; not part of any build.
"""
import argparse
import fnmatch
import random
import time

import numpy as np
import torch
from torch import nn

SIDE, LOOKS = 24, 9
NAMES = ["empty", "filled", "tick", "cross", "circle", "stroke", "erased", "cancelled", "dirt"]
RECORD = np.dtype([("look", "u1"), ("meant", "u1"), ("clear", "u1"), ("pad", "u1"), ("ink", "<i2"),
                   ("group", "<u2"), ("seen", "u1", SIDE * SIDE), ("print", "u1", SIDE * SIDE)])


class LookNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 10, 3, padding=1), nn.ReLU(),
            nn.Conv2d(10, 20, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(20, 28, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(28, 40, 3, stride=2, padding=1), nn.ReLU())
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(40 * 9, 48), nn.ReLU(),
                                  nn.Linear(48, LOOKS))

    def forward(self, x):
        return self.head(self.features(x))


def load(paths, keep=None):
    """keep: {look: share of its pictures}."""
    parts, generator = [], np.random.default_rng(1)
    for path in paths:
        part = np.fromfile(path, RECORD)
        share = np.array([(keep or {}).get(name, 1.0) for name in NAMES])[part["look"]]
        parts.append(part[generator.random(len(part)) < share])
    records = np.concatenate(parts)
    x = np.stack([records["seen"], records["print"]], 1).reshape(-1, 2, SIDE, SIDE)
    return torch.from_numpy(x), torch.from_numpy(records["look"].astype(np.int64)), records


def strips_of(n, device):
    """A mask a picture: a strip of two to five points along it or across, or all of it."""
    at = torch.arange(SIDE, device=device)[None]
    first = torch.randint(0, SIDE, (n, 1), device=device)
    wide = torch.randint(2, 6, (n, 1), device=device)
    strip = ((at >= first) & (at < first + wide)).float()
    along = strip[:, None, :, None].expand(n, 1, SIDE, SIDE)
    across = strip[:, None, None, :].expand(n, 1, SIDE, SIDE)
    kind = torch.rand(n, 1, 1, 1, device=device)
    return torch.where(kind < 0.4, along, torch.where(kind < 0.8, across, torch.ones_like(along)))


def reprint(seen, shown):
    """The same print, here bolder, there paler: an outline on the edge of two pixels, a worn letter."""
    n = seen.shape[0]
    gain = (torch.rand(n, 1, 1, 1, device=seen.device) * 1.3 - 0.5)
    gain = gain * (torch.rand(n, 1, 1, 1, device=seen.device) < 0.6) * strips_of(n, seen.device)
    bold = nn.functional.max_pool2d(shown, 3, 1, 1)
    return (seen + gain.clamp(min=0) * bold * (1 - seen) + gain.clamp(max=0) * shown * seen).clamp(0, 1)


def augment(x):
    """What simulated sheets share and real ones need not: the same small shifts, gains and sides, and
    print that is the same in every bubble."""
    n = x.shape[0]
    device = x.device
    flips = torch.rand(n, device=device) < 0.3  # letters mirrored are letters too
    x = torch.where(flips[:, None, None, None], x.flip(3), x)
    dx, dy = random.randint(-1, 1), random.randint(-1, 1)
    seen = torch.roll(x[:, :1], (dy, dx), (2, 3))
    shown = x[:, 1:]
    seen = reprint(seen, torch.roll(shown, (dy, dx), (2, 3)))
    gain = 0.8 + 0.4 * torch.rand(n, 1, 1, 1, device=device)
    gamma = torch.exp(0.25 * torch.randn(n, 1, 1, 1, device=device))
    noise = torch.randn_like(seen) * 0.04 * torch.rand(n, 1, 1, 1, device=device)
    seen = ((seen.clamp(0, 1) ** gamma) * gain + noise).clamp(0, 1)
    known = (torch.rand(n, 1, 1, 1, device=device) > 0.1).float()
    return torch.cat([seen, shown * known], 1)


def load_weights(net, path):
    import onnx
    from onnx import numpy_helper
    weights = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy())
               for w in onnx.load(path).graph.initializer}
    net.load_state_dict(weights)


def evaluate(net, x, y, device):
    net.eval()
    out = []
    with torch.no_grad():
        for i in range(0, len(x), 4096):
            out.append(net(x[i:i + 4096].to(device).float() / 255).softmax(1).cpu())
    return torch.cat(out)


def report(p, y):
    guess = p.argmax(1)
    print("accuracy %.4f" % (guess == y).float().mean())
    print("%-10s %7s " % ("", "n") + " ".join("%9s" % n[:9] for n in NAMES))
    for k, name in enumerate(NAMES):
        mine = guess[y == k]
        row = [(mine == j).sum().item() for j in range(LOOKS)]
        print("%-10s %7d " % (name, len(mine)) + " ".join("%9d" % v for v in row))


def main():
    args = argparse.ArgumentParser(description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("pictures", nargs="+")
    args.add_argument("--held", default="*7.bin", help="files that do not train: the report is theirs")
    args.add_argument("--keep", action="append", default=[], metavar="LOOK=SHARE")
    args.add_argument("--epochs", type=int, default=30)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--start", help="a net to go on from")
    args.add_argument("-o", default="omr/models/look.onnx")
    o = args.parse_args()
    random.seed(o.seed)
    torch.manual_seed(o.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = LookNet().to(device)
    if o.start:
        load_weights(net, o.start)
    print("parameters", sum(p.numel() for p in net.parameters()), "on", device)
    held = [f for f in o.pictures if fnmatch.fnmatch(f, o.held)]
    train = [f for f in o.pictures if f not in held]
    keep = {k: float(v) for k, v in (pair.split("=") for pair in o.keep)}
    if train:
        x, y, _ = load(train, keep)
        # From nothing, rare looks count for more at first; afterwards by the shares that --keep makes
        # (which agreement.py learns to take for what they are worth).
        weight = torch.bincount(y, minlength=LOOKS).float().clamp(min=1) ** (0 if o.start else -0.5)
        weight = (weight / weight[y].mean()).to(device)
        loss_of = nn.CrossEntropyLoss(weight=weight)
        steps = (len(x) + 511) // 512
        optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3 if o.start else 4e-3,
                                                       total_steps=steps * o.epochs)
        x = x.to(device)
        y = y.to(device)
        for epoch in range(o.epochs):
            net.train()
            start, total = time.time(), 0.0
            order = torch.randperm(len(x), device=device)
            for i in range(0, len(x), 512):
                at = order[i:i + 512]
                loss = loss_of(net(augment(x[at].float() / 255)), y[at])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += loss.item() * len(at)
            print("epoch %d loss %.5f %.1f s" % (epoch + 1, total / len(x), time.time() - start), flush=True)
    if held:
        hx, hy, _ = load(held)
        report(evaluate(net, hx, hy, device), hy)
    net = net.cpu().eval()
    torch.onnx.export(net, torch.zeros(1, 2, SIDE, SIDE), o.o, opset_version=11, input_names=["pictures"],
                      output_names=["looks"], dynamic_axes={"pictures": {0: "n"}, "looks": {0: "n"}})


if __name__ == "__main__":
    main()
