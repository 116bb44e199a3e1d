#!/usr/bin/python3
"""Fits ocr/models/glyphs.h: what the claims of the nets that read boxed characters are worth.

  glyph_calibration.py DIGITS.npz LETTERS.npz [-o ocr/models/glyphs.h] [--models ocr/models]

The .npz are what tools/train/boxes.py --calibrate writes: sites of UNIPEN that trained nothing. All numbers are
those that make what was written there likeliest: temperature and floor of the first nets (Guo et al., ICML 2017, with
a floor beside the temperature), and, of the glyphs they are not sure of, the powers of both nets' claims (a
logarithmic opinion pool) and its floor.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[2]
SURE = 0.98  # GLYPH_SURE of ocr/glyph_reader.h
HEADER = """/* glyphs.h - what the nets' claims are worth. Made by tools/train/glyph_calibration.py of %s. */
#ifndef YJ_OCR_MODELS_GLYPHS_H
#define YJ_OCR_MODELS_GLYPHS_H

struct glyph_calibration {
    double temperature; /* the logits are divided by it */
    double floor;       /* 0 to 1: share that goes to all classes alike */
};
/* Where the second net is asked: powers of the two nets' claims. */
struct glyph_pool {
    double first, second, floor;
};
#define DIGITS_CALIBRATION {%.3f, %.6f}
#define LETTERS_CALIBRATION {%.3f, %.6f}
#define DIGITS_POOL {%.3f, %.3f, %.6f}
#define LETTERS_POOL {%.3f, %.3f, %.6f}

#endif
"""


def outputs(path, pictures):
    net = cv2.dnn.readNetFromONNX(str(path))
    out = []
    for i in range(0, len(pictures), 500):
        net.setInput(pictures[i:i + 500].astype(np.float32) / 255)
        out.append(net.forward())
    return np.concatenate(out).astype(np.float64)


def load(path):
    z = np.load(path)
    written = z["numbers"][:, 1] > 0
    return np.stack([z["glyph"][written], z["view"][written]], 1), z["label"][written].astype(int), z["kind"][written]


def probabilities(e, floor):
    p = np.exp(e - e.max(1, keepdims=True))
    return (1 - floor) * p / p.sum(1, keepdims=True) + floor / e.shape[1]


def surprise(p, y):
    return -np.log(p[np.arange(len(y)), y]).mean()


def floor_of(v, n):
    """That nothing was wrong among so many does not promise that nothing is."""
    return max(1 / (1 + np.exp(-v)), 0.5 / n)


def fit_first(x, y):
    best = minimize(lambda v: surprise(probabilities(x / np.exp(v[0]), floor_of(v[1], len(y))), y), [0.3, -6.0],
                    method="Nelder-Mead")
    return np.exp(best.x[0]), floor_of(best.x[1], len(y))


def fit_pool(first, second, y):
    def cost(v):
        return surprise(probabilities(np.exp(v[0]) * first + np.exp(v[1]) * second, floor_of(v[2], len(y))), y)
    best = minimize(cost, [-0.7, -0.7, -6.0], method="Nelder-Mead", options={"maxiter": 2000})
    return np.exp(best.x[0]), np.exp(best.x[1]), floor_of(best.x[2], len(y)), best.fun


def fit(what, path, models):
    pictures, y, _ = load(path)
    first = outputs(models / (what + ".onnx"), pictures[:, :1])
    temperature, floor = fit_first(first, y)
    p = probabilities(first / temperature, floor)
    doubtful = p.max(1) < SURE
    second = outputs(models / ("second_%s.onnx" % what), pictures[doubtful])
    a, b, least, cost = fit_pool(first[doubtful], second, y[doubtful])
    q = probabilities(a * first[doubtful] + b * second, least)
    print("%s: %d glyphs; temperature %.3f, floor %.6f, log loss %.4f; doubtful %d: log loss %.4f, of both %.4f, right "
          "%.2f %%, of both %.2f %%; powers %.3f %.3f, floor %.6f" % (
              what, len(y), temperature, floor, surprise(p, y), doubtful.sum(), surprise(p[doubtful], y[doubtful]), cost,
              100 * (p[doubtful].argmax(1) == y[doubtful]).mean(), 100 * (q.argmax(1) == y[doubtful]).mean(), a, b, least))
    p[doubtful] = q
    junk = p.shape[1] - 1
    own, guess = y != junk, p[:, :junk].argmax(1)
    sure = p[np.arange(len(y)), guess] >= 0.93
    print("  with 0.93: %d characters, right %.2f %%, silent %d, to a person %.2f %%; junk taken %d of %d" % (
        own.sum(), 100 * (guess == y)[own].mean(), (own & sure & (guess != y)).sum(), 100 * (own & ~sure).sum() / own.sum(),
        (sure & ~own).sum(), (~own).sum()))
    return (temperature, floor), (a, b, least), len(y)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("digits")
    p.add_argument("letters")
    p.add_argument("--models", default=ROOT / "ocr/models", type=Path)
    p.add_argument("-o", default=ROOT / "ocr/models/glyphs.h", type=Path)
    o = p.parse_args()
    cv2.setNumThreads(1)
    d, l = fit("digits", o.digits, o.models), fit("letters", o.letters, o.models)
    o.o.write_text(HEADER % ("%d digits and %d letters, junk among them" % (d[2], l[2]), *d[0], *l[0], *d[1], *l[1]),
                   encoding="ascii")


if __name__ == "__main__":
    main()
