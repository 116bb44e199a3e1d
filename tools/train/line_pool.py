"""Lines ready to be learnt from: made by processes of their own, kept as shards, and bent anew each time.

To draw and scan a line costs some 4 ms, to bend one that is there 0.2: so a maker fills a folder
(`lines.py number --make 100000 --lines DIR`) at its own pace, and the trainer takes what has come.
"""
import time
from pathlib import Path

import cv2
import numpy as np

import line_ink
from line_ink import ROWS

SHARD = 2000  # lines
NOISE = 1 << 21  # normal deviates, made once: noise starts somewhere in them


class Pool:
    """Pictures as bytes, and their labels."""

    def __init__(self):
        self.pictures, self.labels, self.read = [], [], set()

    def add(self, source, alphabet, n, rng):
        while n > 0:
            label, grey = source.line(rng)
            p = line_ink.picture(grey)
            if p is None or any(c not in alphabet for c in label) or 2 * len(label) > p.shape[1] // 2:
                continue
            self.pictures.append((p * 255 + 0.5).astype(np.uint8))
            self.labels.append([alphabet.index(c) + 1 for c in label])
            n -= 1

    def take_shards(self, folder):
        """Whatever came since the last call."""
        for path in sorted(Path(folder).glob("*.npz")):
            if path.name not in self.read:
                self.read.add(path.name)
                z = np.load(path)
                self.pictures += np.split(z["pixels"].reshape(-1, ROWS), np.cumsum(z["widths"])[:-1])
                self.labels += [l.tolist() for l in np.split(z["labels"], np.cumsum(z["lengths"])[:-1])]
                last = len(z["widths"])
                self.pictures[-last:] = [np.ascontiguousarray(p.T) for p in self.pictures[-last:]]

    def save(self, path):
        part = Path(str(path) + ".part")
        with open(part, "wb") as f:
            np.savez(f, pixels=np.concatenate([p.T for p in self.pictures]).ravel(),
                     widths=[p.shape[1] for p in self.pictures], lengths=[len(l) for l in self.labels],
                     labels=np.concatenate(self.labels).astype(np.uint8))
        part.rename(path)


def make(source, alphabet, n, folder, seed):
    """Shards of n lines in all."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for k in range(-(-n // SHARD)):
        path = Path(folder) / ("%d-%04d.npz" % (seed, k))
        if path.exists():
            continue
        start, pool = time.process_time(), Pool()
        pool.add(source, alphabet, SHARD, np.random.default_rng([seed, k]))
        pool.save(path)
        print("%s: %.2f ms a line" % (path.name, (time.process_time() - start) / SHARD * 1e3), flush=True)


# ---- bent anew ----

def waves(shape, cell, much, rng):
    """A smooth field of displacements, `much` px its deviation."""
    h, w = shape
    coarse = rng.standard_normal((max(2, h // cell + 1), max(2, w // cell + 1)), np.float32) * np.float32(much)
    return cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)


def bent(p, rng, strong=True):
    """The picture slanted, stretched, moved, warped, its strokes thicker or thinner, blurred, with a speck."""
    h, w = p.shape
    slant, sx, sy = rng.normal(0, 0.14), np.exp(rng.normal(0, 0.1)), np.exp(rng.normal(0, 0.07))
    n = min(max(int(w * sx), 24), line_ink.MOST_WIDE)
    x, y = np.arange(n, dtype=np.float32)[None], np.arange(h, dtype=np.float32)[:, None]
    a = x * np.float32(w / n) + np.float32(slant) * (y - h / 2)
    b = np.broadcast_to((y - line_ink.MIDDLE) / np.float32(sy) + np.float32(line_ink.MIDDLE + rng.normal(0, 0.8)), (h, n))
    if strong:
        a = a + waves((h, n), 10, rng.uniform(0, 0.9), rng)
        b = b + waves((h, n), 10, rng.uniform(0, 0.9), rng)
    p = cv2.remap(p, np.ascontiguousarray(a, np.float32), np.ascontiguousarray(b, np.float32), cv2.INTER_LINEAR)
    if not strong:
        return p
    kind = rng.random()
    if kind < 0.4:
        f = cv2.dilate if kind < 0.2 else cv2.erode
        size = ((2, 2), (3, 3), (1, 2), (2, 1))[rng.integers(4)]
        share = rng.uniform(0.1, 0.8)
        p = cv2.addWeighted(p, share, f(p, np.ones(size, np.uint8)), 1 - share, 0)
    if rng.random() < 0.12:
        p = cv2.GaussianBlur(p, (3, 3), rng.uniform(0.4, 0.9))
    if rng.random() < 0.08:
        at = int(rng.integers(0, n)), int(rng.integers(0, h))
        size = at[0] + int(rng.integers(0, 3)), at[1] + int(rng.integers(0, 2))
        p = cv2.rectangle(p, at, size, int(rng.integers(60, 255)), -1)
    return p


_noise = None


def padded(pictures, rng=None):
    """A batch (n, 1, ROWS, w) as wide as its widest, in steps of 16 px, and how many columns of 4 px each has."""
    global _noise
    most = -(-max(p.shape[1] for p in pictures) // 16) * 16
    x = np.zeros((len(pictures), 1, ROWS, most), np.float32)
    levels = np.arange(256, dtype=np.float32) / 255
    for i, p in enumerate(pictures):
        tone = levels if rng is None else np.minimum(
            levels ** np.float32(np.exp(rng.normal(0, 0.3))) * np.float32(rng.uniform(0.7, 1.15)), 1)
        x[i, 0, :, :p.shape[1]] = tone[p]
    if rng is not None:
        if _noise is None:
            _noise = np.random.default_rng(1).standard_normal(NOISE, np.float32)
        for i in range(len(pictures)):
            if rng.random() < 0.7:
                at = int(rng.integers(0, NOISE - x[i].size))
                x[i] += _noise[at:at + x[i].size].reshape(x[i].shape) * np.float32(rng.uniform(0, 0.06))
        np.clip(x, 0, 1, out=x)
    return x, [(p.shape[1] + 3) // 4 for p in pictures]
