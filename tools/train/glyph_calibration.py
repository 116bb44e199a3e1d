#!/usr/bin/python3
"""Fits ocr/models/glyphs.h: the temperature and the floor of the nets that read boxed characters.

  glyph_calibration.py DIGITS.npz LETTERS.npz [-o ocr/models/glyphs.h]

The .npz are what tools/train/boxes.py --calibrate writes: sites of UNIPEN that trained nothing. Both numbers are
those that make what was written there likeliest (Guo et al., ICML 2017, with a floor beside the temperature).
"""
import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[2]
HEADER = """/* glyphs.h - what the nets' claims are worth. Made by tools/train/glyph_calibration.py of %s. */
#ifndef YJ_OCR_MODELS_GLYPHS_H
#define YJ_OCR_MODELS_GLYPHS_H

struct glyph_calibration {
    double temperature; /* the logits are divided by it */
    double floor;       /* 0 to 1: share that goes to all classes alike */
};
#define DIGITS_CALIBRATION {%.3f, %.6f}
#define LETTERS_CALIBRATION {%.3f, %.6f}

#endif
"""


def logits(what, path):
    z = np.load(path)
    written = z["numbers"][:, 1] > 0
    net = cv2.dnn.readNetFromONNX(str(ROOT / "ocr/models" / (what + ".onnx")))
    net.setInput(z["glyph"][written].astype(np.float32)[:, None] / 255)
    return net.forward(), z["label"][written].astype(int)


def likelihood(parameters, x, y):
    temperature, floor = np.exp(parameters[0]), 1 / (1 + np.exp(-parameters[1]))
    e = x / temperature
    p = np.exp(e - e.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p = (1 - floor) * p + floor / x.shape[1]
    return -np.log(p[np.arange(len(y)), y]).mean()


def fit(what, path):
    x, y = logits(what, path)
    best = minimize(likelihood, [0.3, -6.0], (x, y), method="Nelder-Mead")
    temperature, floor = np.exp(best.x[0]), 1 / (1 + np.exp(-best.x[1]))
    floor = max(floor, 0.5 / len(y))  # that nothing was wrong among so many does not promise that nothing is
    print("%s: %d glyphs, %.2f %% right; temperature %.3f, floor %.6f; log loss %.4f, uncalibrated %.4f" % (
        what, len(y), 100 * (x.argmax(1) == y).mean(), temperature, floor, best.fun, likelihood([0, -30], x, y)))
    return temperature, floor, len(y)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("digits")
    p.add_argument("letters")
    p.add_argument("-o", default=ROOT / "ocr/models/glyphs.h", type=Path)
    o = p.parse_args()
    d, l = fit("digits", o.digits), fit("letters", o.letters)
    o.o.write_text(HEADER % ("%d digits and %d letters, junk among them" % (d[2], l[2]), *d[:2], *l[:2]), encoding="ascii")


if __name__ == "__main__":
    main()
