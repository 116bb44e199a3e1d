#!/usr/bin/env python3
"""Trains the nets that read unboxed lines (ocr/line_reader.h) and writes them as ONNX.

  lines.py number|word --make 100000 [--seed 1] --lines DIR
  lines.py number|word --lines DIR [--minutes 20] [--keep NET.pt] [-o ocr/models/NET.onnx]
  lines.py number|word --start NET.pt --fit 2500 [--probe LINE_PROBE]

Lines are made by line_ink.py from UNIPEN's training sites and MNIST's training part; sites held out of
those fit the temperature, which is printed and stands in ocr/line_reader.c. CTC (Graves et al., ICML
2006). Needs PyTorch, OpenCV, numpy (Debian: python3-torch, python3-opencv). One core; the schedule
follows CPU time, so a faster machine sees more lines. Not part of any build.
"""
import argparse
import copy
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import line_ink
import line_pool
import pen
from line_ink import ROWS
from line_pool import Pool, bent, padded

CLASSES = {"number": "0123456789.-", "word": "abcdefghijklmnopqrstuvwxyz'-. "}
PER_COLUMN = {"number": 3, "word": 2}  # frames that the net says of each of its columns of 4 px
BATCH, LOOK = 32, 2048  # lines a step, and until shards are looked for
MEMORY = 0.9995  # of the mean of the weights over the steps, which is the net that is kept
MEET = 50  # steps between two meetings with a run beside this one


def layer(a, b, kernel, stride=(1, 1), pad=None):
    pad = tuple(k // 2 for k in kernel) if pad is None else pad
    return [nn.Conv2d(a, b, kernel, stride, pad, bias=False), nn.BatchNorm2d(b), nn.ReLU()]


class LineNet(nn.Module):
    """(n, 1, 32, w) to (n, per_column classes, 1, w / 4): classes of a column's first frame, then of its next."""

    def __init__(self, classes, wide, per_column):
        super().__init__()
        self.per_column = per_column
        a, b, c, d, e, f = wide
        self.body = nn.Sequential(
            *layer(1, a, (5, 5), (2, 2)),
            *layer(a, b, (3, 3), (2, 1)),
            *layer(b, c, (3, 3), (1, 2)),
            *layer(c, d, (3, 3), (2, 1)),
            *layer(d, e, (3, 3), (2, 1)),
            *layer(e, f, (2, 3), pad=(0, 1)),
            *layer(f, f, (1, 5)))
        more = layer(f, f, (1, 5)) if f > 80 else []
        self.head = nn.Sequential(*more, nn.Dropout(0.1), nn.Conv2d(f, per_column * classes, 1))

    def forward(self, x):
        return self.head(self.body(x))


SIZES = {"number": (16, 32, 48, 64, 80, 112), "word": (12, 20, 28, 40, 56, 88)}


def frames(net, x, classes):
    """Log probabilities (time, n, classes)."""
    out = net(x)
    n, _, _, w = out.shape
    out = out.view(n, net.per_column, classes, w).permute(3, 1, 0, 2)
    return out.reshape(w * net.per_column, n, classes).log_softmax(2)


def batch_of(net, pictures, rng=None):
    """The net's input, and the frames of each picture that count."""
    x, columns = padded(pictures, rng)
    return torch.from_numpy(x).contiguous(memory_format=torch.channels_last), torch.tensor(columns) * net.per_column


def batches(pool, rng):
    """One pass over LOOK lines of the pool: batches of like widths, in any order."""
    which = sorted(rng.integers(0, len(pool.pictures), LOOK), key=lambda i: pool.pictures[i].shape[1] + rng.uniform(0, 12))
    groups = [which[i:i + BATCH] for i in range(0, LOOK, BATCH)]
    rng.shuffle(groups)
    return groups


def greedy(log_p, lengths):
    best = log_p.argmax(2).T.numpy()
    out = []
    for row, n in zip(best, lengths):
        row = row[:n]
        keep = (row != 0) & np.r_[True, row[1:] != row[:-1]]
        out.append(row[keep].tolist())
    return out


def evaluate(net, pool, classes):
    """Share exact, mean loss, and [(log probabilities, frames, label)]."""
    net.eval()
    right, kept = 0, []
    with torch.no_grad():
        for i in range(0, len(pool.pictures), 64):
            x, lengths = batch_of(net, pool.pictures[i:i + 64])
            log_p = frames(net, x, classes)
            guess = greedy(log_p, lengths)
            for k, label in enumerate(pool.labels[i:i + 64]):
                right += guess[k] == label
                kept.append((log_p[:lengths[k], k], int(lengths[k]), label))
    net.train()
    return right / len(pool.pictures), kept


def save(net, o):
    export(net, o.o or "ocr/models/%s.onnx" % o.net)
    if o.keep:
        torch.save(net.state_dict(), o.keep)


def export(net, path):
    net.eval()
    torch.onnx.export(net, torch.zeros(1, 1, ROWS, 128), path, opset_version=11, input_names=["lines"],
                      output_names=["frames"], dynamic_axes={"lines": {3: "w"}, "frames": {3: "w4"}})
    net.train()


# ---- what the outputs are worth: the figures of ocr/line_reader.c ----

def fit_lines(source, net, n, rng):
    """[(label, picture, grey)] of held sites as forms have them: half as they were written, half as the training bends them."""
    out = []
    while len(out) < n:
        if rng.random() < 0.5:
            label, grey = source.line(rng)
        elif net == "number":
            kind = "mnist" if rng.random() < 0.5 else "unipen"
            label, ink = source.composed(rng, int(rng.integers(1, 9)), kind, rng.uniform(30, 60), True)
            grey = pen.scan(ink, rng)
        else:
            row = source.words[rng.integers(len(source.words))]
            whole = rng.random() < 0.7
            label, ink = source.whole(rng, row, None, 0) if whole else source.composed(rng, source.text(rng), 40, True)
            grey = pen.scan(ink, rng)
        p = line_ink.picture(grey)
        if label and p is not None:
            out.append((label, (p * 255 + 0.5).astype(np.uint8), grey))
    return out


def log_likelihoods(logits, lengths, texts, temperature, loss_of):
    """Of texts[i] (lists of classes) by the logits [(time, classes)] i, at a temperature."""
    out = []
    for i in range(0, len(texts), 256):
        part = [(x / temperature).log_softmax(1) for x in logits[i:i + 256]]
        log_p = nn.utils.rnn.pad_sequence(part).clamp(min=float(np.log(1e-8)))
        labels = texts[i:i + 256]
        flat = torch.tensor([c for l in labels for c in l], dtype=torch.long)
        out.append(-loss_of(log_p, flat, lengths[i:i + 256], torch.tensor([len(l) for l in labels])))
    return torch.cat(out).double().numpy()


def near_miss(label, rng):
    """The number with one digit another: the roster's neighbour, which a list must not be sure of."""
    at = [i for i, c in enumerate(label) if c.isdigit()]
    i = at[rng.integers(len(at))]
    return label[:i] + str((int(label[i]) + rng.integers(1, 10)) % 10) + label[i + 1:]


def fit_lists(logits, lengths, lines, alphabet, temperature, rng, others):
    """list_slope, list_prior, list_character: by the likelihood of which of 40 it was, or none."""
    from scipy.optimize import minimize
    loss_of = nn.CTCLoss(reduction="none")
    pool = sorted({x[0] for x in lines} | set(others))
    ll, sizes, truth = [], [], []
    for i, (label, _, _) in enumerate(lines):
        names = [pool[k] for k in rng.permutation(len(pool))[:40] if pool[k] != label]
        listed = rng.random() < 0.8
        if rng.random() < 0.5 and any(c.isdigit() for c in label):
            names[0] = near_miss(label, rng)
        names = names[:39] + [label] if listed else names
        ll.append(log_likelihoods([logits[i]] * len(names), lengths[[i] * len(names)], [[alphabet.index(c) + 1 for c in x] for x in names],
                                  temperature, loss_of))
        sizes.append(np.array([len(x) for x in names]))
        truth.append(len(names) - 1 if listed else -1)

    def cost(q):
        total = 0.0
        for l, n, t in zip(ll, sizes, truth):
            l = np.maximum(l, -700)
            w = q[0] * l + q[1] + q[2] * n
            none = q[0] * np.log(max(-np.expm1(min(np.logaddexp.reduce(l), 0)), 1e-6))
            every = np.logaddexp(np.logaddexp.reduce(w), none)
            total -= max((w[t] if t >= 0 else none) - every, -15)
        return total / len(ll)
    best = minimize(cost, [0.8, 4, 0], method="Nelder-Mead", options={"xatol": 0.01, "fatol": 1e-5})
    first = np.mean([np.argmax(l) == t for l, t in zip(ll, truth) if t >= 0])
    print("lists: first %.4f, cost %.4f" % (first, best.fun))
    return best.x


def logits_of(net, p, classes):
    x, n = batch_of(net, [p])
    with torch.no_grad():
        out = net(x)
    w = out.shape[3]
    return out.view(net.per_column, classes, w).permute(2, 0, 1).reshape(-1, classes)[:n[0]]


def fit_looks(probe, lines):
    """again_slope, again_lead, again_offset: what a doubtful number is worth after all that is looked at then, by the
    reader itself (tests/tools/line_probe.c)."""
    from scipy.optimize import minimize
    with tempfile.NamedTemporaryFile(suffix=".pgm") as f:
        for _, _, grey in lines:
            f.write(b"P5 %d %d 255\n" % (grey.shape[1], grey.shape[0]) + grey.tobytes())
        f.flush()
        rows = subprocess.run([probe, "number", f.name], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    rows = [(label, *row.split("\t")) for (label, _, _), row in zip(lines, rows)]
    again = [(text == label, float(log_p), float(lead)) for label, text, _, _, looks, log_p, lead in rows if int(looks) > 1]
    right, log_p, lead = (np.array(x) for x in zip(*again))
    log_p = np.clip(log_p, -30, -1e-7)
    seen = np.stack([log_p - np.log(-np.expm1(log_p)), lead, np.ones(len(lead))], 1)

    def cost(q):
        return np.mean(np.logaddexp(0, np.where(right, -(seen @ q), seen @ q)))
    best = minimize(cost, [0.1, 0.1, 1]).x
    print("read %d, right %d; looked at again %d, right %d; again_slope %.2f, again_lead %.2f, again_offset %.2f, cost %.4f" %
          (len(rows), sum(r[0] == r[1] for r in rows), len(again), right.sum(), *best, cost(best)))


def fit(net, o, alphabet, classes):
    from scipy.optimize import minimize
    rng = np.random.default_rng(5)
    source = {"number": line_ink.Numbers, "word": line_ink.Words}[o.net]("held")
    lines = [x for x in fit_lines(source, o.net, o.fit, rng) if all(c in alphabet for c in x[0])]
    net.eval()
    logits, guesses = [], []
    with torch.no_grad():
        for _, p, _ in lines:
            logits.append(logits_of(net, p, classes))
            guesses.append(greedy(logits[-1][:, None], [len(logits[-1])])[0])
    lengths = torch.tensor([len(x) for x in logits])
    truth = [[alphabet.index(c) + 1 for c in l] for l, _, _ in lines]
    right = np.array([g == t for g, t in zip(guesses, truth)])
    loss_of = nn.CTCLoss(reduction="none")
    grid = np.arange(0.8, 2.4, 0.1)
    costs = [-np.maximum(log_likelihoods(logits, lengths, truth, t, loss_of), -30).mean() for t in grid]
    temperature = grid[int(np.argmin(costs))]
    print("lines %d, exact %.4f, temperature %.1f, cost %.4f (at 1: %.4f)" %
          (len(lines), right.mean(), temperature, min(costs), costs[2]))
    log_p = np.clip(log_likelihoods(logits, lengths, guesses, temperature, loss_of), -30, -1e-7)
    odds = log_p - np.log(-np.expm1(log_p))

    def cost(q):
        z = q[0] * odds + q[1]
        return np.mean(np.logaddexp(0, np.where(right, -z, z)))
    slope, offset = minimize(cost, [1, 0]).x
    print("slope %.2f, offset %.2f, cost %.4f (at 1, 0: %.4f)" % (slope, offset, cost((slope, offset)), cost((1, 0))))
    others = [s.lower() for s in line_ink.SURNAMES]
    if o.net == "number":
        if o.probe:
            fit_looks(o.probe, lines)
        others = ["%d" % rng.integers(10 ** n) for n in range(1, 9) for _ in range(100)]
    print("list_slope %.2f, list_prior %.2f, list_character %.2f" %
          tuple(fit_lists(logits, lengths, lines, alphabet, temperature, rng, others)))


class Mean:
    """The net of which the weights are the mean of another's over the steps: steadier than any one of them."""

    def __init__(self, net):
        self.net, self.steps = copy.deepcopy(net), 0

    def follow(self, net):
        self.steps += 1
        keep = min(MEMORY, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mine, other in zip(self.net.state_dict().values(), net.state_dict().values()):
                if mine.is_floating_point():
                    mine.mul_(keep).add_(other, alpha=1 - keep)


class Beside:
    """A run beside this one: now and then each leaves its weights and takes the mean with what the other left.

    Gossip averaging (M. Blot et al., "Gossip training for deep learning", 2016): two processes without a barrier."""

    def __init__(self, mine, other):
        self.mine, self.other, self.when = Path(mine), Path(other), 0

    def meet(self, net):
        part = self.mine.with_suffix(".part")
        torch.save(net.state_dict(), part)
        part.rename(self.mine)
        if not self.other.exists() or self.other.stat().st_mtime_ns == self.when:
            return
        self.when = self.other.stat().st_mtime_ns
        with torch.no_grad():
            for mine, other in zip(net.state_dict().values(), torch.load(self.other).values()):
                if mine.is_floating_point():
                    mine.add_(other).div_(2)


def optimiser_of(net):
    decayed = [p for p in net.parameters() if p.dim() > 1]
    free = [p for p in net.parameters() if p.dim() <= 1]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": 1e-2}, {"params": free, "weight_decay": 0}], lr=1e-3)


def step(net, optimiser, loss_of, pictures, labels, classes, rng):
    x, lengths = batch_of(net, [bent(p, rng, rng.random() < 0.85) for p in pictures], rng)
    log_p = frames(net, x, classes)
    flat = torch.tensor([c for l in labels for c in l], dtype=torch.long)
    loss = loss_of(log_p, flat, lengths, torch.tensor([len(l) for l in labels])).mean()
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    optimiser.step()
    return loss.item()


def train(net, o, alphabet, source):
    classes = len(alphabet) + 1
    rng = np.random.default_rng(o.seed)
    print("parameters", sum(p.numel() for p in net.parameters()), flush=True)
    held, pool = Pool(), Pool()
    held.add(source("held"), alphabet, 1500, np.random.default_rng(77))
    net = net.to(memory_format=torch.channels_last)
    mean, optimiser = Mean(net), optimiser_of(net)
    loss_of = nn.CTCLoss(reduction="none", zero_infinity=True)
    beside = Beside(*o.beside) if o.beside else None
    while not pool.pictures:
        pool.take_shards(o.lines)
        time.sleep(1)
    start = said = time.time()
    total, seen, steps = 0.0, 0, 0
    while time.time() - start < o.minutes * 60:
        pool.take_shards(o.lines)
        for group in batches(pool, rng):
            done = min((time.time() - start) / (o.minutes * 60), 1)
            for g in optimiser.param_groups:
                g["lr"] = o.rate * min(1, (steps + 1) / 500) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6
            total += step(net, optimiser, loss_of, [pool.pictures[i] for i in group],
                          [pool.labels[i] for i in group], classes, rng) * len(group)
            mean.follow(net)
            steps += 1
            if beside and steps % MEET == 0:
                beside.meet(net)
            seen += len(group)
        if time.time() - said > 120:
            said = time.time()
            share, _ = evaluate(mean.net, held, classes)
            print("%5.1f min, %d lines, seen %d, loss %.4f, held exact %.4f" %
                  ((said - start) / 60, len(pool.pictures), steps * BATCH, total / seen, share), flush=True)
            total, seen = 0.0, 0
            save(mean.net, o)
    share, _ = evaluate(mean.net, held, classes)
    print("held exact %.4f" % share)
    save(mean.net, o)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("net", choices=sorted(CLASSES))
    args.add_argument("--minutes", type=float, default=20, help="on the clock")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--rate", type=float, default=2.5e-3, help="of learning, at its peak")
    args.add_argument("--lines", default="lines.d", metavar="DIR", help="shards of lines that --make left, or leaves at the time")
    args.add_argument("--make", type=int, metavar="N", help="make N lines for --lines, and train nothing")
    args.add_argument("--start", help="weights to go on from, as --keep left them; of another net what fits")
    args.add_argument("--keep", help="weights for --start, written every minute")
    args.add_argument("--beside", nargs=2, metavar=("MINE.pt", "OTHER.pt"), help="two runs at once: where this one leaves "
                      "its weights now and then, and where the other does")
    args.add_argument("--average", help="weights whose mean with those of --start is written: of two runs, the one "
                      "from the other")
    args.add_argument("--fit", type=int, metavar="N", help="print the figures of ocr/line_reader.c, by N held lines of --start")
    args.add_argument("--probe", help="line_probe of a release build: of doubtful numbers, too")
    args.add_argument("-o")
    o = args.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(o.seed)
    alphabet = CLASSES[o.net]
    classes = len(alphabet) + 1
    source = {"number": line_ink.Numbers, "word": line_ink.Words}[o.net]
    if o.make:
        return line_pool.make(source("train"), alphabet, o.make, o.lines, o.seed)
    net = LineNet(classes, SIZES[o.net], PER_COLUMN[o.net])
    if o.start:
        known, mine = torch.load(o.start), net.state_dict()
        net.load_state_dict({k: known[k] if k in known and known[k].shape == v.shape else v for k, v in mine.items()})
    if o.average:
        mine, other = net.state_dict(), torch.load(o.average)
        net.load_state_dict({k: (v + other[k]) / 2 if v.is_floating_point() else v for k, v in mine.items()})
        return save(net, o)
    if o.fit:
        return fit(net, o, alphabet, classes)
    train(net, o, alphabet, source)


if __name__ == "__main__":
    main()
