#!/usr/bin/python3
"""Fits ocr/models/glyphs.h: what the claims of the nets that read boxed characters are worth.

  glyph_calibration.py DIGITS.npz LETTERS.npz [-o ocr/models/glyphs.h] [--models ocr/models]

The .npz are what tools/train/boxes.py --calibrate writes: sites of UNIPEN that trained nothing. All numbers are
those that make what was written there likeliest: temperature and floor of the first nets (Guo et al., ICML 2017, with
a floor beside the temperature), and, of the glyphs they are not sure of, the powers of all nets' claims (a
logarithmic opinion pool) and its floor.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[2]
SURE = {"digits": 0.99, "letters": 0.98}  # GLYPH_SURE, GLYPH_SURE_LETTER of ocr/glyph_reader.h
HEADER = """/* glyphs.h - what the nets' claims are worth. Made by tools/train/glyph_calibration.py of %s. */
#ifndef YJ_OCR_MODELS_GLYPHS_H
#define YJ_OCR_MODELS_GLYPHS_H

struct glyph_calibration {
    double temperature; /* the logits are divided by it */
    double floor;       /* 0 to 1: share that goes to all classes alike */
};
#define GLYPH_ASKED 2 /* nets that are asked in doubt */
/* Where they are asked: powers of the nets' claims. */
struct glyph_pool {
    double first, asked[GLYPH_ASKED], floor;
};
#define DIGITS_CALIBRATION {%.3f, %.6f}
#define LETTERS_CALIBRATION {%.3f, %.6f}
#define DIGITS_POOL {%.3f, {%.3f, %.3f}, %.6f}
#define LETTERS_POOL {%.3f, {%.3f, %.3f}, %.6f}

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


def fit_pool(claims, y):
    """Powers of the nets' logits (n nets, glyphs, classes), and the floor of what they say together."""
    def both(v):
        return sum(np.exp(power) * x for power, x in zip(v, claims))

    def cost(v):
        return surprise(probabilities(both(v), floor_of(v[-1], len(y))), y)
    start = [np.log(1 / len(claims))] * len(claims) + [-6.0]
    best = minimize(cost, start, method="Nelder-Mead", options={"maxiter": 4000, "maxfev": 4000})
    floor = floor_of(best.x[-1], len(y))
    return np.exp(best.x[:-1]), floor, best.fun, probabilities(both(best.x), floor)


def fit(what, path, models):
    pictures, y, _ = load(path)
    first = outputs(models / (what + ".onnx"), pictures[:, :1])
    temperature, floor = fit_first(first, y)
    p = probabilities(first / temperature, floor)
    doubtful = p.max(1) < SURE[what]
    asked = [models / (name % what) for name in ("second_%s.onnx", "third_%s.onnx")]
    claims = [first[doubtful]] + [outputs(net, pictures[doubtful]) for net in asked]
    powers, least, cost, q = fit_pool(claims, y[doubtful])
    print("%s: %d glyphs; temperature %.3f, floor %.6f, log loss %.4f; doubtful %d: log loss %.4f, of all nets %.4f, right "
          "%.2f %%, of all nets %.2f %%; powers %s, floor %.6f" % (
              what, len(y), temperature, floor, surprise(p, y), doubtful.sum(), surprise(p[doubtful], y[doubtful]), cost,
              100 * (p[doubtful].argmax(1) == y[doubtful]).mean(), 100 * (q.argmax(1) == y[doubtful]).mean(),
              " ".join("%.3f" % v for v in powers), least))
    p[doubtful] = q
    junk = p.shape[1] - 1
    own, guess = y != junk, p[:, :junk].argmax(1)
    sure = p[np.arange(len(y)), guess] >= 0.93
    print("  with 0.93: %d characters, right %.2f %%, silent %d, to a person %.2f %%; junk taken %d of %d" % (
        own.sum(), 100 * (guess == y)[own].mean(), (own & sure & (guess != y)).sum(), 100 * (own & ~sure).sum() / own.sum(),
        (sure & ~own).sum(), (~own).sum()))
    return (temperature, floor), (*powers, least), len(y)


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
