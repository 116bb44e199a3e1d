"""Lines of handwriting composed of pen strokes, and the picture that the nets of ocr/line_reader.h see.

A piece is a character ready to be set: its strokes or its picture, and points for its outline. A line is
an 8-bit grey scan with its label. Sites held out fit the temperature (lines.py) and train nothing else.
"""
from pathlib import Path

import cv2
import numpy as np

import pen

ROWS, MIDDLE, SIGMA, MARGIN, MOST_ROWS, MOST_WIDE = 32, 16, 6.0, 6, 44.0, 640
WIDTHS = (64, 128, 192, 256, 384, 512, 640)
INK_SEEN, RANGE_MIN, INK_FROM, MOST_SCALE = 0.2, 40, 20, 3.0
HELD_SITES = {"words": ("hpp", "imp", "lex", "phi", "hpb"), "letters": ("imp", "cea")}  # of digits: pen.CALIBRATION_SITES
HELD_MNIST = 5000  # the last of `train`
SURNAMES = (Path(__file__).parent / "surnames.txt").read_text().split()


# ---- the picture: as ocr/line_picture.c makes it, line by line ----

def paper_levels(grey):
    """The paper's grey at each column: the 80 % quantile of blocks as wide as the crop is high."""
    h, w = grey.shape
    n = max(1, w // max(h, 64))
    edges = [i * w // n for i in range(n + 1)]
    whole = quantile(np.bincount(grey.ravel(), minlength=256), 0.8)
    level = [max(quantile(np.bincount(grey[:, a:b].ravel(), minlength=256), 0.8), whole - 48)
             for a, b in zip(edges, edges[1:])]
    middles = [(a + b) / 2 for a, b in zip(edges, edges[1:])]
    return np.interp(np.arange(w) + 0.5, middles, level).astype(np.float32)


def quantile(histogram, share):
    """The level that `share` of what was counted does not exceed."""
    total = np.cumsum(histogram)
    return int(np.searchsorted(total, share * total[-1]))


def overlaps(n_out, n_in, first, step):
    """Row o: how much of each input cell the box [first + o step, + step) covers, at least a cell wide."""
    wide = max(step, 1.0)
    low = first + (np.arange(n_out) + 0.5)[:, None] * step - wide / 2
    cells = np.arange(n_in)[None]
    return (np.clip(np.minimum(low + wide, cells + 1) - np.maximum(low, cells), 0, 1) / wide).astype(np.float32)


def picture(grey):
    """ROWS x width floats, 0 paper to 1 ink, not padded; None where there is no ink."""
    h, w = grey.shape
    depth = paper_levels(grey)[None] - grey
    counts = np.bincount(np.clip(depth, 0, 255).astype(np.uint8).ravel(), minlength=256)
    counts[:INK_FROM] = 0
    if not counts.any():
        return None
    v = np.clip(depth / max(RANGE_MIN, quantile(counts, 0.95)), 0, 1)
    seen = cv2.blur(v, (3, 3), borderType=cv2.BORDER_CONSTANT) >= INK_SEEN
    ys, xs = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    rows = (v * seen).sum(1)
    if not len(ys) or rows.sum() <= 0:
        return None
    at = np.arange(h) + 0.5
    middle = (rows * at).sum() / rows.sum()
    sigma = np.sqrt(max((rows * (at - middle) ** 2).sum() / rows.sum(), 0.1))
    high, wide = ys[-1] + 1 - ys[0], xs[-1] + 1 - xs[0]
    scale = min(SIGMA / sigma, MOST_ROWS / high, MOST_SCALE, (MOST_WIDE - 2 * MARGIN) / wide)
    n = min(int(np.ceil(wide * scale)) + 2 * MARGIN, MOST_WIDE)
    down = overlaps(ROWS, h, middle - MIDDLE / scale, 1 / scale)
    across = overlaps(n, w, xs[0] - MARGIN / scale, 1 / scale)
    return down @ v @ across.T


# ---- pieces ----

class Piece:
    """Strokes, or a picture of ink with its top left corner at `at`; points outline either."""

    def __init__(self, label, strokes=None, ink=None):
        self.label, self.strokes, self.ink, self.at = label, strokes, ink, np.zeros(2, np.float32)
        self.points = np.concatenate(strokes) if strokes else np.argwhere(ink > 0.35)[:, ::-1].astype(np.float32)

    def bounds(self):
        return self.points.min(0), self.points.max(0)

    def move(self, by):
        by = np.float32(by)
        self.points = self.points + by
        self.at = self.at + by
        if self.strokes:
            self.strokes = [s + by for s in self.strokes]

    def scale(self, factor):
        if self.strokes:
            self.strokes = [s * np.float32(factor) for s in self.strokes]
            self.points = np.concatenate(self.strokes)
        else:
            h, w = self.ink.shape
            size = max(2, round(w * factor)), max(2, round(h * factor))
            self.ink = cv2.resize(self.ink, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
            self.__init__(self.label, None, self.ink)


def upright(piece, top, height):
    """Scaled to a height and set with its top at `top`; what is far wider than high is scaled by its width."""
    low, high = piece.bounds()
    w, h = np.maximum(high - low, 1e-3)
    piece.scale(height / max(h, w / 1.8))
    low, high = piece.bounds()
    piece.move((-low[0], top + height - high[1]))
    return piece


def outline(points, top, bottom, bands=10):
    """Leftmost and rightmost x of each band of rows."""
    at = np.clip((points[:, 1] - top) / max(bottom - top, 1e-3) * bands, 0, bands - 1).astype(int)
    left, right = np.full(bands, np.inf), np.full(bands, -np.inf)
    np.minimum.at(left, at, points[:, 0])
    np.maximum.at(right, at, points[:, 0])
    return left, right


def set_in_line(pieces, gaps, height, closely):
    """Moves each piece so that the gap to those before is as asked: between boxes, or between outlines."""
    edge = None
    x = 0.0
    for piece, gap in zip(pieces, gaps):
        low, high = piece.bounds()
        left, right = outline(piece.points, -0.6 * height, 1.6 * height)
        shift = x + gap - low[0]
        if closely and edge is not None:
            near = np.minimum.reduce([left, np.r_[left[1:], np.inf], np.r_[np.inf, left[:-1]]])
            free = near - edge
            if np.isfinite(free).any():  # never more than 0.35 under what stands before
                shift = max(gap - free[np.isfinite(free)].min(), shift - 0.35 * height)
        piece.move((shift, 0))
        x = max(x, high[0] + shift)
        edge = right + shift if edge is None else np.maximum(edge, right + shift)


def render(pieces, rng, thickness, margin, turn=0.0, slant=0.0, extra=()):
    """Ink of a line; `extra`: (strokes, thickness) beside the writing, in the same units."""
    m = np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) @ np.float32([[1, -slant], [0, 1]])
    strokes = [s @ m.T for p in pieces if p.strokes for s in p.strokes]
    marks = [([s @ m.T for s in ss], t) for ss, t in extra]
    points = np.concatenate([p.points @ m.T for p in pieces])
    low, high = points.min(0) - margin, points.max(0) + margin
    w, h = np.clip(np.ceil(high - low).astype(int) + 1, 8, 4000)
    ink = None
    if strokes:
        ink = pen.draw([s - low for s in strokes], w, h, thickness)
    for p in pieces:
        if p.ink is not None:
            shift = m @ p.at - low
            a = np.float32([[m[0, 0], m[0, 1], shift[0]], [m[1, 0], m[1, 1], shift[1]]])
            one = cv2.warpAffine(p.ink, a, (int(w), int(h)), flags=cv2.INTER_LINEAR)
            ink = one if ink is None else np.maximum(ink, one)
    for ss, t in marks:
        ink = pen.draw([s - low for s in ss], w, h, t, ink)
    return ink


def rule_rests(ink, rng):
    """A piece of a printed line along an edge, as a crop of a box shows it."""
    h, w = ink.shape
    t = int(rng.integers(1, 3))
    dark = rng.uniform(0.3, 1)
    side = rng.integers(4)
    a, b = np.sort(rng.uniform(0, 1, 2)) if rng.random() < 0.6 else (0, 1)
    off = int(rng.integers(0, 3))
    if side < 3:
        y = h - t - off if side else off
        ink[y:y + t, int(a * w):int(b * w)] = np.maximum(ink[y:y + t, int(a * w):int(b * w)], dark)
    else:
        x = w - t - off if rng.random() < 0.5 else off
        ink[:, x:x + t] = np.maximum(ink[:, x:x + t], dark)
    return ink


def scribble(rng, size):
    """Strokes that say nothing: dots, scrawls, lines struck through."""
    kind = rng.integers(3)
    if kind == 0:
        return [rng.uniform(0, size, (1, 2)).astype(np.float32) for _ in range(rng.integers(1, 5))]
    if kind == 1:
        x = np.float32([0, size * rng.uniform(2, 7)])
        return [np.stack([x, rng.uniform(0, size * 0.3, 2)], 1).astype(np.float32)]
    step = rng.normal(0, size * 0.5, (rng.integers(8, 25), 2)).astype(np.float32)
    return [pen.smooth(np.cumsum(step * np.float32([1, 0.6]) + np.float32([size * 0.1, 0]), 0))]


def junk(rng):
    """What is no writing, and reads as nothing."""
    height = rng.uniform(24, 44)
    if rng.random() < 0.25:
        size = int(height * rng.uniform(0.6, 2)), int(height * rng.uniform(1, 8))
        noise = rng.uniform(0, 255, size).astype(np.float32)
        if rng.random() < 0.5:
            noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 3))
        return "", cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    piece = Piece("", scribble(rng, height))
    ink = render([piece], rng, max(1.2, height * rng.uniform(0.05, 0.15)), rng.integers(3, 12, 2))
    return "", pen.scan(rule_rests(ink, rng), rng)


def some_sideways(label, grey, rng):
    """Now and then a line stands on end: it reads as nothing."""
    if len(label) > 2 and rng.random() < 0.012:
        return "", np.ascontiguousarray(np.rot90(grey, rng.choice([1, 3])))
    return label, grey


# ---- numbers ----

def by_writer(rows):
    out = {}
    for label, strokes, writer in rows:
        out.setdefault(writer, {}).setdefault(label, []).append(strokes)
    return out


PLAIN_BEND, TIGHT_ONES = 0.3, 0.25
CROSSED = {"0": 0.08, "7": 0.08}  # how often training strikes one through that its writer may not have


def crossed(label, strokes, rng):
    """A zero with a slash, a seven with a bar: some write them so."""
    low, high = pen.bounds(strokes)
    size = high - low
    if label == "0":
        over = rng.uniform(-0.15, 0.15, 2) * size
        ends = [(high[0] + over[0], low[1] - over[1]), (low[0] - over[0], high[1] + over[1])]
    else:
        y = low[1] + size[1] * rng.uniform(0.4, 0.6)
        x = low[0] + size[0] * rng.uniform(0.45, 0.65)
        half, tilt = size[0] * rng.uniform(0.2, 0.45), rng.normal(0, 0.06) * size[1]
        ends = [(x - half, y + tilt), (x + half, y - tilt)]
    return strokes + [np.float32(ends)]


class Numbers:
    """Lines of digits, of one side: "train", "held" or "test"."""

    def __init__(self, side):
        rows = pen.unipen("digits_1a", side == "test", side == "held")
        self.writers = [w for w in by_writer(rows).values() if sum(map(len, w.values())) >= 5]
        images, labels = pen.mnist("t10k" if side == "test" else "train")
        part = {"train": slice(0, -HELD_MNIST), "held": slice(-HELD_MNIST, None), "test": slice(None)}[side]
        self.images, self.labels = images[part], labels[part]
        self.ones = np.flatnonzero(self.labels == 1)
        keep = side_of(side, HELD_SITES["words"])
        self.whole = [(l.replace(",", "."), s) for l, s, w in pen.unipen("words_7", side == "test")
                      if keep((l, s, w)) and l.strip("0123456789.,-") == "" and any(c.isdigit() for c in l)]

    def mnist_pieces(self, rng, n, ones=0.0):
        out = []
        for i in rng.integers(0, len(self.labels), n):
            i = self.ones[rng.integers(len(self.ones))] if ones and rng.random() < ones else i
            a = self.images[i]
            ys, xs = np.flatnonzero(a.any(1)), np.flatnonzero(a.any(0))
            a = np.pad(a[ys[0]:ys[-1] + 1, xs[0]:xs[-1] + 1], 1)
            out.append(Piece(str(self.labels[i]), None, a.astype(np.float32) / 255))
        return out

    def pen_pieces(self, rng, n, much, ones=0.0):
        w = self.writers[rng.integers(len(self.writers))]
        labels = list(w)
        out = []
        for _ in range(n):
            label = labels[rng.integers(len(labels))]
            label = "1" if ones and "1" in w and rng.random() < ones else label
            strokes = w[label][rng.integers(len(w[label]))]
            if much > PLAIN_BEND and label in CROSSED and rng.random() < CROSSED[label]:
                strokes = crossed(label, strokes, rng)
            out.append(Piece(label, pen.bend(strokes, rng, much)))
        return out

    def composed(self, rng, n, source, height, plain=False, much=None, tight=False):
        """(label, ink): n digits side by side; plain: nothing but them, spaced as people do; much: bent so far;
        tight: they touch, and many are ones, of which two are soon taken for one."""
        much = much or (PLAIN_BEND if plain else 0.7)
        ones = TIGHT_ONES if tight else 0.0
        pieces = self.mnist_pieces(rng, n, ones) if source == "mnist" else self.pen_pieces(rng, n, much, ones)
        wander = height * (0.04 if plain else rng.uniform(0.0, 0.12))
        jitter = 0.06 if plain else rng.uniform(0.03, 0.16)
        for p in pieces:
            upright(p, rng.normal(0, wander), height * np.exp(rng.normal(0, jitter)))
        thickness = max(1.2, height * rng.uniform(0.05, 0.17))
        if not plain and rng.random() < 0.3:
            self.add_signs(pieces, rng, height, thickness)
        gaps = height * (rng.normal(0.03, 0.05, len(pieces)).clip(-0.05) if tight else self.spacing(rng, len(pieces), plain))
        if source != "mnist":  # between inks, not between middles of strokes
            gaps = gaps + thickness * (1.0 if plain else rng.uniform(0.3, 1))
        set_in_line(pieces, gaps, height, rng.random() < 0.6)
        turn, slant = (rng.normal(0, 0.012), 0) if plain else (rng.normal(0, 0.03), rng.normal(0, 0.12))
        margin = rng.integers(3, 14, 2) + thickness
        return "".join(p.label for p in pieces), render(pieces, rng, thickness, margin, turn, slant)

    @staticmethod
    def spacing(rng, n, plain):
        if plain:
            return np.maximum(rng.normal(rng.uniform(0, 0.3), 0.08, n), -0.05)
        gaps = rng.normal(rng.uniform(-0.05, 0.45), rng.uniform(0.02, 0.12), n)
        gaps = np.maximum(gaps, -0.06)
        return np.where(rng.random(n) < 0.05, rng.uniform(0.3, 1.2, n), gaps)

    @staticmethod
    def add_signs(pieces, rng, height, thickness):
        if rng.random() < 0.6 and len(pieces) > 1:
            x = np.float32([[0, 0]])
            if rng.random() < 0.5:  # a comma
                x = np.float32([[0, 0], [-0.07, rng.uniform(0.1, 0.22)]]) * height
            dot = Piece(".", [x + rng.normal(0, 0.01, x.shape).astype(np.float32)])
            dot.move((0, height * rng.uniform(0.92, 1.02)))
            pieces.insert(int(rng.integers(1, len(pieces))), dot)
        if rng.random() < 0.5:
            long = height * rng.uniform(0.25, 0.6)
            bar = Piece("-", [np.float32([[0, 0], [long, rng.normal(0, 0.06) * long]])])
            bar.move((0, height * rng.uniform(0.4, 0.65)))
            pieces.insert(0, bar)

    def line(self, rng):
        kind = rng.random()
        if kind < 0.03:
            return junk(rng)
        height = rng.uniform(22, 44)
        if kind < 0.06 and self.whole:
            label, strokes = self.whole[rng.integers(len(self.whole))]
            piece = upright(Piece(label, pen.bend(strokes, rng, 0.7)), 0, height)
            thickness = max(1.2, height * rng.uniform(0.05, 0.17))
            ink = render([piece], rng, thickness, rng.integers(3, 14, 2) + thickness, rng.normal(0, 0.03), 0)
        else:
            n = int(rng.integers(1, 10))
            source = "mnist" if rng.random() < 0.4 else "unipen"
            tight = rng.random() < 0.2
            label, ink = self.composed(rng, n, source, height, tight or rng.random() < 0.7, rng.uniform(0.3, 1.0), tight)
        if rng.random() < 0.08:
            ink = rule_rests(ink, rng)
        return some_sideways(label, pen.scan(ink, rng), rng)


# ---- words ----

ASCENDERS, DESCENDERS = set("bdfhklt"), set("gjpqy")


def side_of(side, held):
    def keep(row):
        return side == "test" or (row[2].split("/")[0] in held) == (side == "held")
    return keep


def letter_box(c, rng, x_height):
    """(top, height) on a baseline at 0, in px."""
    tall = x_height * rng.normal(1.8, 0.12)
    if c.isupper():
        return -tall, tall
    if c in ASCENDERS:
        tall *= 0.85 if c == "t" else 1
        drop = x_height * 0.6 if c == "f" and rng.random() < 0.3 else 0
        return -tall, tall + drop
    if c in DESCENDERS:
        top = x_height * (1.4 if c == "j" else 1.0)
        return -top, top + x_height * rng.normal(0.8, 0.1)
    if c == "i":
        return -x_height * 1.45, x_height * 1.45
    return -x_height, x_height


class Words:
    """Lines of a word or a name, of one side."""

    def __init__(self, side):
        keep = side_of(side, HELD_SITES["words"])
        self.words = [(fold(l), s, w) for l, s, w in pen.unipen("words_7", side == "test")
                      if keep((l, s, w)) and spelled(l)]
        keep = side_of(side, HELD_SITES["letters"])
        lower = [r for r in pen.unipen("lower_1c", side == "test") if keep(r)]
        upper = [r for r in pen.unipen("upper_1b", side == "test") if keep(r)]
        self.writers = [w for w in by_writer(lower + upper).values() if sum(map(len, w.values())) >= 8]
        self.anybody = {}
        for l, s, _ in lower + upper:
            self.anybody.setdefault(l, []).append(s)
        self.vocabulary = sorted({l for l, _, _ in self.words if len(l) > 2 and l.isalpha()})

    def text(self, rng):
        kind = rng.random()
        if kind < 0.55:
            return str(SURNAMES[rng.integers(len(SURNAMES))]).lower()
        if kind < 0.8:
            return str(self.vocabulary[rng.integers(len(self.vocabulary))])
        return "".join(chr(97 + k) for k in rng.integers(0, 26, rng.integers(2, 9)))

    def composed(self, rng, text, height, plain=False):
        """(label, ink) of letters of one writer, some of another's where he wrote none."""
        style = rng.random()
        shown = text.upper() if style < 0.45 else text if style < 0.65 else text.title()
        w = self.writers[rng.integers(len(self.writers))]
        x_height = height / 1.8
        pieces, gaps = [], []
        thickness = max(1.2, height * rng.uniform(0.05, 0.15))
        usual = rng.normal(0.05, 0.1) if plain else rng.uniform(-0.05, 0.35)
        gap = 0.0
        for c in shown:
            if c == " ":
                gap = height * rng.uniform(0.4, 0.9)
                continue
            piece = self.piece(c, rng, w, height, x_height, 0.3 if plain else 0.6)
            pieces.append(piece)
            gaps.append(gap + height * max(rng.normal(usual, 0.05), -0.06) + thickness * 0.7)
            gap = 0.0
        set_in_line(pieces, gaps, height, rng.random() < 0.6)
        turn, slant = rng.normal(0, 0.02), 0 if plain else rng.normal(0, 0.12)
        return text, render(pieces, rng, thickness, rng.integers(3, 14, 2) + thickness, turn, slant)

    def piece(self, c, rng, writer, height, x_height, much):
        signs = {"'": ([[0, 0], [-0.05, 0.2]], -1.0), "-": ([[0, 0], [0.4, 0]], -0.35), ".": ([[0, 0]], 0.0)}
        if c in signs:
            points, y = signs[c]
            piece = Piece(c, [np.float32(points) * height])
            piece.move((0, y * height))
            return piece
        mine = writer.get(c) or self.anybody.get(c) or self.anybody[c.lower()]
        piece = Piece(c, pen.bend(mine[rng.integers(len(mine))], rng, much))
        top, tall = letter_box(c, rng, x_height)
        return upright(piece, top + rng.normal(0, 0.04 * height), tall * np.exp(rng.normal(0, 0.06)))

    def whole(self, rng, row, size=None, much=0.7):
        """A word as its writer wrote it."""
        label, strokes, _ = row
        strokes = pen.bend(strokes, rng, much) if much else strokes
        low, high = pen.bounds(strokes)
        size = size or rng.uniform(24, 46)
        n = max(len(label), 2)
        # A writer's words differ in ascenders: the width says as much of the size as the height does.
        scale = size / max((high[1] - low[1]) * 0.6 + (high[0] - low[0]) / n * 0.7, 1e-3)
        thickness = max(1.2, size * rng.uniform(0.05, 0.14))
        piece = Piece(label, [(s - low) * np.float32(scale) for s in strokes])
        turn = rng.normal(0, 0.03) if much else 0.0
        return label, render([piece], rng, thickness, rng.integers(3, 14, 2) + thickness, turn)

    def line(self, rng):
        kind = rng.random()
        if kind < 0.02:
            return junk(rng)
        if kind < 0.66:
            label, ink = self.whole(rng, self.words[rng.integers(len(self.words))])
        else:
            text = self.text(rng)
            sign = rng.random()
            if sign < 0.02:
                text = text[0] + "'" + text
            elif sign < 0.05:
                text = text + ("-" if rng.random() < 0.5 else " ") + self.text(rng)
            elif sign < 0.07:
                text = text[0] + ". " + text
            label, ink = self.composed(rng, text, rng.uniform(22, 44), rng.random() < 0.4)
        if rng.random() < 0.12:
            ink = rule_rests(ink, rng)
        return some_sideways(label, pen.scan(ink, rng), rng)


def fold(label):
    return label.strip().lower()


def spelled(label):
    text = fold(label)
    return any(c.isalpha() for c in text) and text.strip("abcdefghijklmnopqrstuvwxyz'-.") == ""
