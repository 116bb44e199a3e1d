#!/usr/bin/env python3
"""Trains the net of the second reader (omr/look.h) and writes it as ONNX.

  look.py --train A.bin --train B.bin ... --held H.bin [--start look.onnx] [-o omr/models/look.onnx]

The .bin files are what tests/tools/training_rows writes over simulated sheets (seeds 1 to 999 to
train, see omr/models/README.md). Needs PyTorch (Debian: python3-torch, python3-numpy); a GPU is used
where there is one. Fixed seeds; not part of any build.
"""
import argparse
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


def load(paths):
    records = np.concatenate([np.fromfile(p, RECORD) for p in paths])
    x = np.stack([records["seen"], records["print"]], 1).reshape(-1, 2, SIDE, SIDE)
    return torch.from_numpy(x), torch.from_numpy(records["look"].astype(np.int64)), records


def augment(x):
    """What simulated sheets share and real ones need not: the same small shifts, gains and sides."""
    n = x.shape[0]
    device = x.device
    flips = torch.rand(n, device=device) < 0.3  # letters mirrored are letters too
    x = torch.where(flips[:, None, None, None], x.flip(3), x)
    dx, dy = random.randint(-1, 1), random.randint(-1, 1)
    seen = torch.roll(x[:, :1], (dy, dx), (2, 3))
    shown = x[:, 1:]
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
    args.add_argument("--train", action="append", default=[])
    args.add_argument("--held", action="append", default=[])
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
    if o.train:
        x, y, records = load(o.train)
        # From nothing, rare looks count for more at first; what they are worth is told afterwards,
        # starting from that net, by their true shares.
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
    if o.held:
        hx, hy, _ = load(o.held)
        report(evaluate(net, hx, hy, device), hy)
    net = net.cpu().eval()
    torch.onnx.export(net, torch.zeros(1, 2, SIDE, SIDE), o.o, opset_version=11, input_names=["pictures"],
                      output_names=["looks"], dynamic_axes={"pictures": {0: "n"}, "looks": {0: "n"}})


if __name__ == "__main__":
    main()
