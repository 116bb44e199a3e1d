"""Strokes and how they look on scanned paper: what the trainers of handwriting share.

A stroke is an array of points (n, 2), x right, y down; a character or word a list of strokes. Ink is a
float picture, 0 paper to 1 the pen's full black; a scan an 8-bit grey one. Everything random comes from
the numpy Generator that is passed. Needs OpenCV and numpy (Debian: python3-opencv).
"""
import gzip
import json
import os
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)
DATA = Path(os.environ.get("YUEJUAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
# UNIPEN is split by site, so that no writer is on both sides. What stands here trains nothing.
TEST_SITES = ("aga", "art", "att", "gmd", "kar", "lav", "nic", "pap", "tos")
WRONG_LABELS = ("ibm",)  # this site's labels are often wrong: neither trains nor tests
WRONG_SAMPLES = (("aga/crlmtchl.dat", "1"),)  # by eye: a 2, beyond doubt
CALIBRATION_SITES = {"digits_1a": ("tos",), "upper_1b": ("tos",)}  # of those, the ones that say what a claim is worth
SUB = 8  # polylines are drawn on a grid as many times finer
_SHIFT = 4  # and placed to 1/16 of its points


def unipen(name, test=False, calibrate=False):
    """[(label, strokes, writer)] of digits_1a, upper_1b, lower_1c or words_7, of one part of the split."""
    z = np.load(DATA / "handwriting/unipen" / (name + ".npz"))
    points, up, off = z["pts"].astype(np.float32) * np.float32([1, -1]), z["pen_up"], z["off"]
    out = []
    for i, (label, writer) in enumerate(zip(z["label"], z["writer"])):
        site = writer.split("/")[0]
        if site in WRONG_LABELS or (site in TEST_SITES) != (test or calibrate):
            continue
        if (test or calibrate) and (site in CALIBRATION_SITES.get(name, ())) != calibrate:
            continue
        p, u = points[off[i]:off[i + 1]], up[off[i]:off[i + 1]]
        if (writer, label) in WRONG_SAMPLES:
            continue
        cuts = np.flatnonzero(u) + 1  # a stroke ends where the pen goes up
        strokes = [s for s in np.split(p, cuts) if len(s)]
        if strokes:
            out.append((str(label), strokes, str(writer)))
    return out


def mnist(part):
    """Pictures (n, 28, 28), 0 paper to 255 ink, and labels, of `train` or `t10k`."""
    folder = DATA / "handwriting/mnist"
    with gzip.open(folder / (part + "-images-idx3-ubyte.gz")) as f:
        images = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / (part + "-labels-idx1-ubyte.gz")) as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8)
    return images, labels


def hanzi():
    """{character: strokes} of hanzi-strokes: centre lines on a grid of 1024."""
    with gzip.open(DATA / "handwriting/hanzi-strokes/medians.jsonl.gz", "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return {r["char"]: [np.float32(s) * np.float32([1, -1]) for s in r["medians"]] for r in rows}


def bounds(strokes):
    p = np.concatenate(strokes)
    return p.min(0), p.max(0)


def smooth(stroke, steps=6):
    """The stroke through a Catmull-Rom spline: medians have few points."""
    if len(stroke) < 3:
        return stroke
    p = np.concatenate([stroke[:1], stroke, stroke[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), stroke[-1:]]).astype(np.float32)


def bend(strokes, rng, much=1.0):
    """The same writing by a hand a little different: slant, turn, proportions, and slow waves."""
    low, high = bounds(strokes)
    middle, size = (low + high) / 2, max(float((high - low).max()), 1e-3)
    slant, turn = rng.normal(0, 0.15 * much), rng.normal(0, 0.06 * much)
    stretch = np.exp(rng.normal(0, 0.1 * much, 2))
    m = np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) @ np.float32(
        [[stretch[0], -slant], [0, stretch[1]]])
    waves = rng.normal(0, 1, (2, 2, 2)).astype(np.float32)  # frequencies
    phases = rng.uniform(0, 2 * np.pi, (2, 2)).astype(np.float32)
    high_ = np.float32(rng.uniform(0, 0.03 * much, (2, 2)))
    out = []
    for s in strokes:
        q = (s - middle) / size
        d = sum(high_[k] * np.sin(2.2 * (q @ waves[k].T) + phases[k]) for k in range(2))
        out.append((q + d) @ m.T * size + middle)
    return [s.astype(np.float32) for s in out]


def place(strokes, box):
    """Moved and scaled into box = (x, y, w, h), proportions kept, in its middle."""
    low, high = bounds(strokes)
    x, y, w, h = box
    scale = min(w / max(high[0] - low[0], 1e-3), h / max(high[1] - low[1], 1e-3))
    at = np.float32([x + w / 2, y + h / 2])
    return [(s - (low + high) / 2) * scale + at for s in strokes]


def draw(strokes, width, height, thickness, ink=None):
    """Strokes in px onto a picture height x width; thickness in px, a number or one a stroke."""
    fine = np.zeros((height * SUB, width * SUB), np.uint8)
    thick = np.broadcast_to(thickness, len(strokes))
    for s, t in zip(strokes, thick):
        p = np.round((s * SUB + SUB / 2 - 0.5) * (1 << _SHIFT)).astype(np.int32)
        if len(p) == 1:
            p = np.concatenate([p, p + 1])
        cv2.polylines(fine, [p.reshape(-1, 1, 2)], False, 255, max(1, int(round(t * SUB))), cv2.LINE_8, _SHIFT)
    drawn = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return drawn if ink is None else np.maximum(ink, drawn)


def scan(ink, rng, bitonal=None, dark=None):
    """Ink on paper through a scanner: grain of the pen, tone, blur, noise, JPEG; or black and white."""
    grain = cv2.GaussianBlur(rng.normal(0, 1, ink.shape).astype(np.float32), (0, 0), 0.8)
    ink = np.clip(ink * (1 + rng.uniform(0, 0.35) * grain), 0, 1)
    paper = rng.uniform(215, 255)
    black = rng.uniform(10, 150) if dark is None else dark
    grey = paper - ink * (paper - min(black, paper - 50))
    slope = rng.normal(0, 4, 2)
    grey += np.linspace(-slope[0], slope[0], ink.shape[1], dtype=np.float32)[None]
    grey += np.linspace(-slope[1], slope[1], ink.shape[0], dtype=np.float32)[:, None]
    blur = rng.uniform(0.25, 0.9)
    grey = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), blur)
    grey += rng.normal(0, rng.uniform(0.5, 5), grey.shape)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    if bitonal if bitonal is not None else rng.random() < 0.12:
        limit = paper - (paper - black) * rng.uniform(0.35, 0.65)
        return np.where(grey < limit, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        _, code = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 95))])
        grey = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    return grey
