#!/usr/bin/env python3
"""Boxes with a character written into each, scanned: what trains and tries their readers.

  boxes.py digits|letters OUT.npz --boxes 100000 [--seed 1] [--test] [--tool build/release/tests/tools/box_pictures]

A strip is a scanned row of printed boxes. tests/tools/box_pictures looks into them as `grade` does,
and what it sees goes to OUT.npz: glyph and view (n, 28, 28), label (junk: the last class), numbers (n, 8), kind.
--test: UNIPEN sites, MNIST digits and kinds of junk that train nothing. Fixed seeds; not part of any build.
"""
import argparse
import string
import struct
import subprocess
from pathlib import Path

import cv2
import numpy as np

import pen

ROOT = Path(__file__).resolve().parents[2]
SIDE = 28
RECORD = np.dtype([("numbers", "<f4", 8), ("glyph", "u1", (SIDE, SIDE)), ("view", "u1", (SIDE, SIDE))])
# Letters that are nobody's digit, however written, and digits that are no letter.
NO_DIGIT = "AEFHKMNRWX"
NO_LETTER = "3469"
TRAIN_JUNK = ("crossed", "two", "scribble", "overwritten", "other", "residue", "hatched", "barred", "coiled", "framed", "pair",
              "looped", "swept")
# "ringed" and "ticked" are no longer of kinds of their own: loops, and curves across, train. Those below are like
# nothing in training.
UNSEEN_JUNK = ("starred", "ticked", "dotted")
TEST_JUNK = ("struck", "three", "zigzag", "other", "blotted", "ringed")


# ---- hands ----

class Hands:
    """Characters by class: strokes of UNIPEN, and pictures of MNIST."""

    def __init__(self, what, test, sources, calibrate=False):
        self.classes = string.digits if what == "digits" else string.ascii_uppercase
        self.strokes = {c: [] for c in self.classes}
        self.pictures = {c: [] for c in self.classes}
        if "unipen" in sources:
            for label, strokes, _ in pen.unipen("digits_1a" if what == "digits" else "upper_1b", test, calibrate):
                if label in self.strokes:
                    self.strokes[label].append(strokes)
        if "mnist" in sources and what == "digits":
            images, labels = pen.mnist("t10k" if test else "train")
            for c in self.classes:
                self.pictures[c] = list(images[labels == int(c)])
        self.natural = [c for c in self.classes for _ in self.strokes[c]] if calibrate or test else None
        others = pen.unipen("upper_1b" if what == "digits" else "digits_1a", test)
        keep = NO_DIGIT if what == "digits" else NO_LETTER
        self.others = [s for label, s, _ in others if label in keep]

    def character(self, c, rng):
        strokes, picture = self.one(c, rng)
        if strokes is not None and c == "9" and rng.random() < 0.15:
            strokes = hooked(strokes, rng)
        return strokes, picture

    def one(self, c, rng):
        strokes, pictures = self.strokes[c], self.pictures[c]
        at = rng.integers(len(strokes) + len(pictures) if not strokes or not pictures else 2)
        if (strokes and pictures and at == 0) or not pictures:
            return strokes[rng.integers(len(strokes))], None
        return None, pictures[rng.integers(len(pictures))]

    def draw_class(self, rng):
        """Each class alike to train; as often as hands write it to calibrate and to test."""
        if self.natural:
            return self.classes.index(self.natural[rng.integers(len(self.natural))])
        return int(rng.integers(len(self.classes)))

    def any(self, rng):
        return self.character(self.classes[self.draw_class(rng)], rng)


def hooked(strokes, rng):
    """A nine whose tail ends in a hook to the left, like a g."""
    low, high = pen.bounds(strokes)
    h = float(high[1] - low[1])
    end = strokes[-1][-1]
    if end[1] < high[1] - 0.15 * h:
        return strokes
    a = rng.uniform(0.2, 0.5) * h
    tail = np.float32([[-0.3 * a, 0.12 * a], [-0.8 * a, 0.05 * a], [-1.1 * a, -0.25 * a], [-1.2 * a, -0.5 * a]])
    return strokes[:-1] + [np.concatenate([strokes[-1], pen.smooth(np.concatenate([end[None], end + tail]))])]


class Box:
    """One box of a strip in px, and how its writer writes."""

    def __init__(self, x, y, w, h, thick):
        self.x, self.y, self.w, self.h, self.thick = x, y, w, h, thick

    def room(self, rng, least=0.45, most=0.95):
        """A place for a character: x, y, w, h; sometimes over the border."""
        share = rng.uniform(least, most) if rng.random() < 0.9 else rng.uniform(most, 1.15)
        h = share * self.h
        w = min(h * 1.1, self.w * max(share, 0.8))
        free_x, free_y = self.w - w, self.h - h
        x = self.x + free_x / 2 + rng.normal(0, 0.18) * max(abs(free_x), 0.15 * self.w)
        y = self.y + free_y / 2 + rng.normal(0, 0.22) * max(abs(free_y), 0.12 * self.h)
        return x, y, w, h


def put_strokes(ink, strokes, room, thick, rng):
    s = pen.place(pen.bend(strokes, rng, 0.8), room)
    margin = int(4 * thick + 4)
    low, high = pen.bounds(s)
    x0, y0 = np.floor(low - margin).astype(int)
    x1, y1 = np.ceil(high + margin).astype(int)
    x0, y0 = max(x0, 0), max(y0, 0)
    x1, y1 = min(x1, ink.shape[1]), min(y1, ink.shape[0])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    drawn = pen.draw([k - np.float32([x0, y0]) for k in s], x1 - x0, y1 - y0, thick)
    part = ink[y0:y1, x0:x1]
    np.maximum(part, drawn, out=part)


def put_picture(ink, picture, room, rng):
    rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    tight = picture[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1].astype(np.float32) / 255
    x, y, w, h = room
    scale = min(w / tight.shape[1], h / tight.shape[0])
    size = max(2, round(tight.shape[1] * scale)), max(2, round(tight.shape[0] * scale))
    big = cv2.resize(np.pad(tight, 1), (size[0] + 2, size[1] + 2), interpolation=cv2.INTER_CUBIC)
    big = 1 / (1 + np.exp(-(big - rng.uniform(0.35, 0.6)) * rng.uniform(8, 16)))
    x0, y0 = round(x + (w - size[0]) / 2), round(y + (h - size[1]) / 2)
    a, b = max(0, -y0), max(0, -x0)
    big = big[a:a + max(0, ink.shape[0] - y0 - a) + 0, b:]
    part = ink[y0 + a:y0 + a + big.shape[0], x0 + b:x0 + b + big.shape[1]]
    np.maximum(part, big[:part.shape[0], :part.shape[1]], out=part)


def put(ink, what, room, thick, rng):
    strokes, picture = what
    if picture is None:
        put_strokes(ink, strokes, room, thick, rng)
    else:
        put_picture(ink, picture, room, rng)


def put_line(ink, points, thick):
    drawn = pen.draw([np.float32(points)], ink.shape[1], ink.shape[0], thick)
    np.maximum(ink, drawn, out=ink)


def put_custom(ink, c, room, thick, rng):
    """A nought slashed, a seven crossed: as some countries write them."""
    x, y, w, h = room
    middle = x + w / 2
    if c == "0" and rng.random() < 0.2:
        a, b = h * rng.uniform(0.25, 0.65), h * rng.uniform(0.2, 0.55)
        b = -b if rng.random() < 0.3 else b
        put_line(ink, [[middle - b, y + h / 2 + a], [middle + b, y + h / 2 - a]], thick)
    elif c == "7" and rng.random() < 0.12:
        a, at = h * rng.uniform(0.15, 0.28), y + h * rng.uniform(0.45, 0.6)
        put_line(ink, [[middle - a, at], [middle + a, at + rng.normal(0, 0.04 * h)]], thick)


# ---- junk ----

def curve(rng, x, y, w, h, n):
    return pen.smooth(np.float32(np.stack([x + w * rng.random(n), y + h * rng.random(n)], 1)))


def put_junk(ink, kind, box, hands, rng):
    x, y, w, h = room = box.room(rng, 0.6, 0.95)
    t = box.thick
    if kind in ("crossed", "struck", "hatched", "blotted", "ringed", "residue", "barred", "coiled", "framed", "looped", "swept",
                "starred", "ticked", "dotted"):
        put(ink, hands.any(rng), room, t, rng)
    if kind == "crossed":  # one to three lines through it, or a cross over it
        n = rng.integers(1, 4)
        slope = rng.uniform(-0.6, 0.6)
        for k in range(n):
            at = y + h * (k + 1) / (n + 1) + rng.normal(0, 0.05 * h)
            put_line(ink, [[x - 0.1 * w, at + slope * h / 2], [x + 1.1 * w, at - slope * h / 2]], t)
        if n == 1:  # a single line must be a clear one: else a crossed seven or a slashed nought
            put_line(ink, [[x, y + rng.uniform(0, 0.3) * h], [x + w, y + rng.uniform(0.7, 1) * h]], t)
    elif kind == "hatched":
        for k in range(rng.integers(4, 8)):
            a = x + w * rng.uniform(-0.1, 0.8)
            put_line(ink, [[a, y + h * rng.uniform(0.7, 1.05)], [a + w * 0.4, y - h * rng.uniform(-0.2, 0.05)]], t)
    elif kind == "barred":  # lines from side to side
        n = rng.integers(2, 6)
        for k in range(n):
            at = y + h * (k + 0.5) / n + rng.normal(0, 0.04 * h)
            put_line(ink, [[x - 0.08 * w, at], [x + 1.08 * w, at + rng.normal(0, 0.06 * h)]], t)
    elif kind == "coiled":  # loops along it
        n, turns = 60, rng.uniform(2.5, 6)
        u = np.linspace(0, 1, n)
        r = h * rng.uniform(0.12, 0.3)
        put_line(ink, np.stack([x + w * u + 0.6 * r * np.cos(2 * np.pi * turns * u),
                                y + h / 2 + rng.normal(0, 0.08 * h) + r * np.sin(2 * np.pi * turns * u)], 1), t)
    elif kind == "framed":  # a frame drawn around it, and mostly a line through
        c = np.float32([[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]])
        put_line(ink, c + rng.normal(0, 0.04 * h, c.shape), t)
        if rng.random() < 0.7:
            put_line(ink, [[x, y + h * rng.uniform(0, 1)], [x + w, y + h * rng.uniform(0, 1)]], t)
    elif kind == "looped":  # a loop or two around it by hand, sometimes a stroke through
        turns, start = rng.uniform(0.85, 2.6), rng.uniform(0, 2 * np.pi)
        a = np.linspace(start, start + rng.choice([-1, 1]) * 2 * np.pi * turns, int(14 * turns) + 4)
        r = np.linspace(rng.uniform(0.4, 0.66), rng.uniform(0.4, 0.66), len(a)) * (1 + rng.normal(0, 0.03, len(a)))
        at = x + w * (0.5 + rng.normal(0, 0.05)), y + h * (0.5 + rng.normal(0, 0.05))
        put_line(ink, pen.smooth(np.float32(np.stack([at[0] + w * r * np.cos(a), at[1] + h * r * np.sin(a)], 1))), t)
        if rng.random() < 0.35:
            put_line(ink, [[x + w * rng.uniform(-0.1, 1.1), y + h * rng.uniform(-0.05, 0.3)],
                           [x + w * rng.uniform(-0.1, 1.1), y + h * rng.uniform(0.7, 1.05)]], t)
    elif kind == "swept":  # one bent stroke, or two, from side to side and beyond it
        for _ in range(1 if rng.random() < 0.8 else 2):
            side = rng.random() < 0.5
            middle = y + h * (rng.uniform(0.65, 1.1) if side else rng.uniform(-0.1, 0.35))
            ends = y + h * (rng.uniform(-0.15, 0.5, 2) if side else rng.uniform(0.5, 1.15, 2))
            points = [[x - w * rng.uniform(0.05, 0.2), ends[0]], [x + w * rng.uniform(0.25, 0.75), middle],
                      [x + w * rng.uniform(1.05, 1.2), ends[1]]]
            put_line(ink, pen.smooth(np.float32(points)), t * rng.uniform(0.8, 1.4))
    elif kind == "starred":  # strokes through its middle
        turn, n = rng.uniform(0, np.pi), rng.integers(3, 5)
        for k in range(n):
            a = turn + np.pi * k / n
            dx, dy = 0.6 * w * np.cos(a), 0.6 * h * np.sin(a)
            put_line(ink, [[x + w / 2 - dx, y + h / 2 - dy], [x + w / 2 + dx, y + h / 2 + dy]], t)
    elif kind == "ticked":  # marked as wrong or right: a tick all over it
        put_line(ink, [[x - 0.1 * w, y + 0.5 * h], [x + 0.35 * w, y + 1.05 * h], [x + 1.1 * w, y - 0.1 * h]], 1.3 * t)
    elif kind == "dotted":  # dabbed at
        for _ in range(rng.integers(14, 26)):
            at = np.float32([x + w * rng.random(), y + h * rng.random()])
            put_line(ink, [at, at + 0.5], 2.2 * t)
    elif kind == "pair":  # a second one beside it, half over it
        put(ink, hands.any(rng), (x - 0.12 * w, y, 0.62 * w, h), t, rng)
        put(ink, hands.any(rng), (x + rng.uniform(0.35, 0.55) * w, y + rng.normal(0, 0.06 * h), 0.62 * w, h), t, rng)
    elif kind == "struck":  # a wave or a double stroke along it
        n = 9
        at = y + h * rng.uniform(0.4, 0.6)
        wave = [[x - 0.05 * w + 1.1 * w * k / (n - 1), at + (k % 2 - 0.5) * h * rng.uniform(0.15, 0.4)] for k in range(n)]
        put_line(ink, pen.smooth(np.float32(wave)), t)
    elif kind in ("two", "three"):
        n = 2 if kind == "two" else 3
        for k in range(n):
            part = (box.x + box.w * (k + 0.08) / n, y + rng.normal(0, 0.05 * h), box.w / n * 0.85, h * rng.uniform(0.7, 1))
            put(ink, hands.any(rng), part, t * 0.8, rng)
    elif kind == "scribble":
        put_line(ink, curve(rng, x, y, w, h, rng.integers(8, 20)), t)
    elif kind == "zigzag":
        n = rng.integers(9, 14)  # fewer points are an M or a W
        points = [[x + w * k / (n - 1), y + h * (0.05 if k % 2 else 0.95) + rng.normal(0, 0.05 * h)] for k in range(n)]
        put_line(ink, points, t)
    elif kind == "overwritten":
        a, b = rng.choice(len(hands.classes), 2, replace=False)
        put(ink, hands.character(hands.classes[a], rng), room, t, rng)
        put(ink, hands.character(hands.classes[b], rng), room, t * rng.uniform(1, 1.7), rng)
    elif kind == "blotted":  # filled over
        put_line(ink, curve(rng, x, y, w, h, 14), 3 * t)
    elif kind == "ringed":
        a = np.linspace(0, 6.6, 24)
        put_line(ink, np.stack([x + w / 2 + 0.56 * w * np.cos(a), y + h / 2 + 0.56 * h * np.sin(a)], 1), t)
        put_line(ink, [[x, y + h], [x + w, y]], t)
    elif kind == "other":
        put_strokes(ink, hands.others[rng.integers(len(hands.others))], room, t, rng)
    elif kind == "residue":  # what an eraser leaves: patches
        patches = cv2.GaussianBlur(rng.normal(0, 1, ink.shape).astype(np.float32), (0, 0), max(1.5, 0.12 * h))
        patches = patches / patches.std() > rng.uniform(-0.3, 0.5)
        area = (slice(max(0, int(y - 3)), int(y + h + 3)), slice(max(0, int(x - 3)), int(x + w + 3)))
        ink[area] *= rng.uniform(0.15, 0.4) + 0.6 * patches[area]


# ---- strips ----

def draw_border(shape, boxes, line, rng):
    strokes = []
    for b in boxes:
        c = np.float32([[b.x, b.y], [b.x + b.w, b.y], [b.x + b.w, b.y + b.h], [b.x, b.y + b.h], [b.x, b.y]])
        strokes.append(c)
    return pen.draw(strokes, shape[1], shape[0], line)


def strip(hands, junk_kinds, rng, junk_share, mm=None):
    """(grey, head, [(class or junk, kind)])."""
    scale = mm or (7.874 if rng.random() < 0.5 else rng.uniform(5.9, 11.8))
    n = int(rng.integers(4, 9))
    w = rng.uniform(5, 10)
    h = w * rng.uniform(0.95, 1.5)
    gap = 0 if rng.random() < 0.45 else rng.uniform(0.6, 4)
    pad = 4.0
    width, height = int((n * (w + gap) + 2 * pad) * scale), int((h + 2 * pad) * scale)
    true = np.float32([pad, pad]) + rng.normal(0, 0.18, 2)  # where print really is
    stretch, lean = 1 + rng.normal(0, 0.004), rng.normal(0, 0.004)
    thick = np.exp(rng.normal(np.log(0.5), 0.35)) * scale
    boxes = [Box((true[0] + k * (w + gap) * stretch) * scale, (true[1] + lean * k * (w + gap)) * scale,
                 w * scale, h * scale, float(np.clip(thick, 0.8, 0.16 * h * scale))) for k in range(n)]
    written, truth = np.zeros((height, width), np.float32), []
    for b in boxes:
        if rng.random() < junk_share:
            kind = junk_kinds[rng.integers(len(junk_kinds))]
            layer = np.zeros_like(written)
            put_junk(layer, kind, b, hands, rng)
            np.maximum(written, layer, out=written)
            truth.append((len(hands.classes), kind))
        else:
            c = hands.draw_class(rng)
            room = b.room(rng)
            put(written, hands.character(hands.classes[c], rng), room, b.thick, rng)
            put_custom(written, hands.classes[c], room, b.thick, rng)
            truth.append((c, "character"))
    border = draw_border(written.shape, boxes, rng.uniform(0.12, 0.55) * scale, rng)
    tone = rng.uniform(0.5, 1) if rng.random() < 0.7 else rng.choice([0.0, 0.12, 0.25])
    bitonal = rng.random() < 0.12
    # An office sets a scanner of black and white so that pens are kept; training sees the others, too.
    darkness = rng.uniform(0.8 if bitonal and hands.natural else 0.45, 1)
    grey = 1 - (1 - written * darkness) * (1 - border * tone)
    scanned = pen.scan(grey, rng, bitonal=bitonal, dark=rng.uniform(5, 70))
    head = struct.pack("<9i", width, height, n, round(w * 100), round(h * 100), round((w + gap) * 100),
                       round(scale * 100), round(pad * scale * 100), round(pad * scale * 100))
    return scanned, head, truth


def look(strips, tool):
    """Records of the boxes of [(grey, head, ...)], as the program sees them."""
    data = b"".join(head + np.ascontiguousarray(grey).tobytes() for grey, head, *_ in strips)
    done = subprocess.run([str(tool)], input=data, capture_output=True, check=True)
    return np.frombuffer(done.stdout, RECORD)


def make(hands, n_boxes, seed, test, junk_share, tool):
    rng = np.random.default_rng(seed)
    records, truth = [], []
    while len(truth) < n_boxes:
        strips = [strip(hands, TEST_JUNK if test else TRAIN_JUNK, rng, junk_share) for _ in range(100)]
        records.append(look(strips, tool))
        truth += [t for s in strips for t in s[2]]
    return np.concatenate(records), truth


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["digits", "letters"])
    p.add_argument("out")
    p.add_argument("--boxes", type=int, default=100000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--test", action="store_true")
    p.add_argument("--calibrate", action="store_true", help="UNIPEN's sites that neither train nor test")
    p.add_argument("--junk", type=float, default=0.22, help="share of the boxes")
    p.add_argument("--sources", default="unipen,mnist")
    p.add_argument("--tool", default=ROOT / "build/release/tests/tools/box_pictures")
    p.add_argument("--show", help="a PNG of some strips and of what is seen of them")
    o = p.parse_args()
    hands = Hands(o.what, o.test, o.sources.split(","), o.calibrate)
    if o.show:
        rng = np.random.default_rng(o.seed)
        rows = []
        for _ in range(12):
            s = strip(hands, TEST_JUNK if o.test else TRAIN_JUNK, rng, 0.4, 7.874)
            records = look([s], o.tool)
            seen = np.hstack([np.pad(255 - r["glyph"], 2, constant_values=128) for r in records])
            views = np.hstack([np.pad(255 - r["view"], 2, constant_values=128) for r in records])
            for picture in (s[0], seen, views):
                rows.append(np.pad(picture, ((0, 2), (0, max(0, 900 - picture.shape[1]))), constant_values=90)[:, :900])
        cv2.imwrite(o.show, np.vstack(rows))
        return
    records, truth = make(hands, o.boxes, o.seed, o.test, o.junk, o.tool)
    np.savez(o.out, glyph=records["glyph"], view=records["view"], numbers=records["numbers"],
             label=np.uint8([t[0] for t in truth]), kind=np.array([t[1] for t in truth]))
    empty = records["numbers"][:, 1] == 0
    print(o.out, len(truth), "boxes,", int(empty.sum()), "without ink")


if __name__ == "__main__":
    main()
