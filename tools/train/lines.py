#!/usr/bin/env python3
"""Trains the nets that read unboxed lines (ocr/line_reader.h) and writes them as ONNX.

  lines.py number|word [--minutes 20] [--keep NET.pt] [-o ocr/models/NET.onnx]
  lines.py number|word --start NET.pt --fit 2500

Lines are made by line_ink.py from UNIPEN's training sites and MNIST's training part; sites held out of
those fit the temperature, which is printed and stands in ocr/line_reader.c. CTC (Graves et al., ICML
2006). Needs PyTorch, OpenCV, numpy (Debian: python3-torch, python3-opencv). One core; the schedule
follows CPU time, so a faster machine sees more lines. Not part of any build.
"""
import argparse
import time

import cv2
import numpy as np
import torch
from torch import nn

import line_ink
import pen
from line_ink import ROWS

CLASSES = {"number": "0123456789.-", "word": "abcdefghijklmnopqrstuvwxyz'-. "}
PER_COLUMN = 2  # frames that the net says of each of its columns of 4 px
BATCH = 16
NEW, AGAIN = 256, 1536  # lines drawn, and old ones seen again, in turn


def layer(a, b, kernel, stride=(1, 1), pad=None):
    pad = tuple(k // 2 for k in kernel) if pad is None else pad
    return [nn.Conv2d(a, b, kernel, stride, pad, bias=False), nn.BatchNorm2d(b), nn.ReLU()]


class LineNet(nn.Module):
    """(n, 1, 32, w) to (n, 2 classes, 1, w / 4): class of the first half column, then of the second."""

    def __init__(self, classes, wide):
        super().__init__()
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
        self.head = nn.Sequential(*more, nn.Dropout(0.1), nn.Conv2d(f, PER_COLUMN * classes, 1))

    def forward(self, x):
        return self.head(self.body(x))


SIZES = {"number": (12, 20, 28, 40, 56, 72), "word": (12, 20, 28, 40, 56, 88)}


def frames(out, classes):
    """Log probabilities (time, n, classes)."""
    n, _, _, w = out.shape
    return out.view(n, PER_COLUMN, classes, w).permute(3, 1, 0, 2).reshape(w * PER_COLUMN, n, classes).log_softmax(2)


class Pool:
    """Pictures as bytes, their labels, the newest in place of the oldest."""

    def __init__(self, source, alphabet, most):
        self.source, self.alphabet, self.most = source, alphabet, most
        self.pictures, self.labels, self.made = [], [], 0

    def add(self, n, rng):
        while n > 0:
            label, grey = self.source.line(rng)
            p = line_ink.picture(grey)
            if p is None or any(c not in self.alphabet for c in label) or 2 * len(label) > p.shape[1] // 2:
                continue
            item = (p * 255 + 0.5).astype(np.uint8), [self.alphabet.index(c) + 1 for c in label]
            if len(self.pictures) < self.most:
                self.pictures.append(item[0])
                self.labels.append(item[1])
            else:
                at = self.made % self.most
                self.pictures[at], self.labels[at] = item
            self.made += 1
            n -= 1


def bent(p, rng):
    """The picture a little slanted, stretched and moved: cheaper than a line drawn anew."""
    h, w = p.shape
    slant, sx, sy = rng.normal(0, 0.12), np.exp(rng.normal(0, 0.09)), np.exp(rng.normal(0, 0.05))
    n = min(max(int(w * sx), 24), line_ink.MOST_WIDE)
    m = np.float32([[n / w, slant, -slant * h / 2], [0, sy, (1 - sy) * h / 2 + rng.normal(0, 0.7)]])
    return cv2.warpAffine(p, m, (n, h), flags=cv2.INTER_LINEAR)


def padded(pictures, rng=None):
    """A batch as wide as its widest, in steps of 16 px, and the frames of each that count."""
    most = -(-max(p.shape[1] for p in pictures) // 16) * 16
    x = np.zeros((len(pictures), 1, ROWS, most), np.float32)
    for i, p in enumerate(pictures):
        x[i, 0, :, :p.shape[1]] = p
    x /= 255
    if rng is not None:
        n = (len(pictures), 1, 1, 1)
        x = x ** np.exp(rng.normal(0, 0.25, n)).astype(np.float32) * rng.uniform(0.75, 1.1, n).astype(np.float32)
        x += rng.standard_normal(x.shape, np.float32) * np.float32(rng.uniform(0, 0.06, n))
        x = np.clip(x, 0, 1)
    return torch.from_numpy(x), torch.tensor([(p.shape[1] + 3) // 4 * PER_COLUMN for p in pictures])


def batches(pool, which, rng):
    which = sorted(which, key=lambda i: pool.pictures[i].shape[1] + rng.uniform(0, 12))
    groups = [which[i:i + BATCH] for i in range(0, len(which), BATCH)]
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
            x, lengths = padded(pool.pictures[i:i + 64])
            log_p = frames(net(x), classes)
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
    """Lines of held sites as forms have them: half as they were written, half as the training bends them."""
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
            out.append((label, (p * 255 + 0.5).astype(np.uint8)))
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


def fit_lists(logits, lengths, lines, alphabet, temperature, rng, others):
    """list_slope, list_prior, list_character: by the likelihood of which of 40 it was, or none."""
    from scipy.optimize import minimize
    loss_of = nn.CTCLoss(reduction="none")
    pool = sorted({l for l, _ in lines} | set(others))
    coded = {l: [alphabet.index(c) + 1 for c in l] for l in pool}
    ll, sizes, truth = [], [], []
    for i, (label, _) in enumerate(lines):
        names = [pool[k] for k in rng.permutation(len(pool))[:40] if pool[k] != label]
        listed = rng.random() < 0.8
        names = names[:39] + [label] if listed else names
        ll.append(log_likelihoods([logits[i]] * len(names), lengths[[i] * len(names)], [coded[x] for x in names],
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


LEAN, DOUBT = 0.25, 0.9  # of ocr/line_reader.c


def leant(p, slant):
    """line_picture_lean of ocr/line_picture.h."""
    return cv2.warpAffine(p, np.float32([[1, slant, -slant * ROWS / 2], [0, 1, 0]]), p.shape[::-1], flags=cv2.INTER_LINEAR)


def logits_of(net, p, classes):
    x, n = padded([p])
    with torch.no_grad():
        out = net(x)
    w = out.shape[3]
    return out.view(PER_COLUMN, classes, w).permute(2, 0, 1).reshape(-1, classes)[:n[0]]


def fit_looks(net, lines, logits, guesses, sure, truth, temperature, classes):
    """again_slope, again_offset: what a doubtful number is worth after its leant pictures were read, too."""
    from scipy.optimize import minimize
    loss_of = nn.CTCLoss(reduction="none")
    odds, right, before = [], [], 0
    for i in np.flatnonzero(sure < DOUBT):
        looks = [logits[i]] + [logits_of(net, leant(lines[i][1], s), classes) for s in (LEAN, -LEAN)]
        texts = [guesses[i]] + [greedy(x[:, None], [len(x)])[0] for x in looks[1:]]
        n = torch.tensor([len(x) for x in looks])
        worth = [log_likelihoods(looks, n, [t] * len(looks), temperature, loss_of).mean() if t else -1e3 for t in texts]
        best = int(np.argmax(worth))
        log_p = np.clip(worth[best], -30, -1e-7)
        odds.append(log_p - np.log(-np.expm1(log_p)))
        right.append(texts[best] == truth[i])
        before += guesses[i] == truth[i]
    odds, right = np.array(odds), np.array(right)

    def cost(q):
        z = q[0] * odds + q[1]
        return np.mean(np.logaddexp(0, np.where(right, -z, z)))
    slope, offset = minimize(cost, [1, 0]).x
    print("looked at again %d of %d: right %d, before %d; again_slope %.2f, again_offset %.2f, cost %.4f (at 1, 0: %.4f)" %
          (len(right), len(lines), right.sum(), before, slope, offset, cost((slope, offset)), cost((1, 0))))


def fit(net, o, alphabet, classes):
    from scipy.optimize import minimize
    rng = np.random.default_rng(5)
    source = {"number": line_ink.Numbers, "word": line_ink.Words}[o.net]("held")
    lines = [(l, p) for l, p in fit_lines(source, o.net, o.fit, rng) if all(c in alphabet for c in l)]
    net.eval()
    logits, guesses = [], []
    with torch.no_grad():
        for _, p in lines:
            logits.append(logits_of(net, p, classes))
            guesses.append(greedy(logits[-1][:, None], [len(logits[-1])])[0])
    lengths = torch.tensor([len(x) for x in logits])
    truth = [[alphabet.index(c) + 1 for c in l] for l, _ in lines]
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
        fit_looks(net, lines, logits, guesses, 1 / (1 + np.exp(-slope * odds - offset)), truth, temperature, classes)
        others = ["%d" % rng.integers(10 ** n) for n in range(1, 9) for _ in range(100)]
    print("list_slope %.2f, list_prior %.2f, list_character %.2f" %
          tuple(fit_lists(logits, lengths, lines, alphabet, temperature, rng, others)))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("net", choices=sorted(CLASSES))
    args.add_argument("--minutes", type=float, default=20, help="of CPU")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--rate", type=float, default=2.5e-3, help="of learning, at its peak")
    args.add_argument("--pool", type=int, default=120000)
    args.add_argument("--start", help="weights to go on from, as --keep left them; of another net what fits")
    args.add_argument("--keep", help="weights for --start, written every minute")
    args.add_argument("--average", help="weights whose mean with those of --start is written: of two runs, the one "
                      "from the other")
    args.add_argument("--fit", type=int, metavar="N", help="print the figures of ocr/line_reader.c, by N held lines of --start")
    args.add_argument("-o")
    o = args.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(o.seed)
    rng = np.random.default_rng(o.seed)
    alphabet = CLASSES[o.net]
    classes = len(alphabet) + 1
    source = {"number": line_ink.Numbers, "word": line_ink.Words}[o.net]
    net = LineNet(classes, SIZES[o.net])
    if o.start:
        known, mine = torch.load(o.start), net.state_dict()
        net.load_state_dict({k: known[k] if k in known and known[k].shape == v.shape else v for k, v in mine.items()})
    if o.average:
        mine, other = net.state_dict(), torch.load(o.average)
        net.load_state_dict({k: (v + other[k]) / 2 if v.is_floating_point() else v for k, v in mine.items()})
        return save(net, o)
    if o.fit:
        return fit(net, o, alphabet, classes)
    print("parameters", sum(p.numel() for p in net.parameters()), flush=True)
    held = Pool(source("held"), alphabet, 10 ** 6)
    held.add(1200, np.random.default_rng(77))
    pool = Pool(source("train"), alphabet, o.pool)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-3)
    loss_of = nn.CTCLoss(reduction="none", zero_infinity=True)
    start = time.process_time()
    total, seen, steps, said = 0.0, 0, 0, start
    while time.process_time() - start < o.minutes * 60:
        pool.add(NEW if pool.made else 8 * NEW, rng)
        which = np.concatenate([np.arange(pool.made - NEW, pool.made) % o.pool,
                                rng.integers(0, len(pool.pictures), AGAIN)])
        for group in batches(pool, which.tolist(), rng):
            done = min((time.process_time() - start) / (o.minutes * 60), 1)
            rate = o.rate * min(1, (steps + 1) / 300) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-5
            for g in optimiser.param_groups:
                g["lr"] = rate
            x, lengths = padded([bent(pool.pictures[i], rng) for i in group], rng)
            labels = [pool.labels[i] for i in group]
            log_p = frames(net(x), classes)
            flat = torch.tensor([c for l in labels for c in l], dtype=torch.long)
            loss = loss_of(log_p, flat, lengths, torch.tensor([len(l) for l in labels])).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            steps += 1
            total += loss.item() * len(group)
            seen += len(group)
        if time.process_time() - said > 60:
            said = time.process_time()
            share, _ = evaluate(net, held, classes)
            print("%5.1f min made %d seen %d loss %.4f held exact %.4f" %
                  ((said - start) / 60, pool.made, steps * BATCH, total / seen, share), flush=True)
            total, seen = 0.0, 0
            save(net, o)
    share, _ = evaluate(net, held, classes)
    print("held exact %.4f" % share)
    save(net, o)


if __name__ == "__main__":
    main()
