#!/usr/bin/python3
"""Makes samples/card: draws the answer card, lets thirty invented pupils fill it, scans the cards.

  samples/make-card.py [--tables] [--blank FILE.png]

Reads samples/card/form.yaml (where everything stands) and key.csv (what is right); writes
roster.csv, scans/, truth.csv and expected/. Everything is drawn by this program and seeded, so that
the same libraries give the same bytes. It knows nothing of yuejuan: truth is what each pupil meant
when the pencil was set down, and expected/ is scored here, by code of its own, from that truth.

Needs Debian's python3-cairo python3-numpy python3-pil python3-yaml fonts-noto-cjk
fonts-arphic-ukai fonts-urw-base35. Not needed to build, to test or to run yuejuan.
"""
import argparse, csv, io, math, pathlib, re, zipfile
from fractions import Fraction

import cairo
import numpy as np
import yaml
from PIL import Image, ImageFilter

HERE = pathlib.Path(__file__).resolve().parent / "card"
SEED = 20261123
PRINT_DPI = 600  # the printer's; scans are made from it by whole steps
PX = PRINT_DPI / 25.4
SANS, KAI, SCRIPT = "Noto Sans CJK TC", "AR PL UKai TW", "Z003"

# ---- the form: a second, small reading of form.yaml -------------------------------------------


class Bubble:
    def __init__(self, option, x, y, w, h, shape):
        self.option, self.x, self.y, self.w, self.h, self.shape = option, x, y, w, h, shape


class Form:
    """fields: name -> list of columns (one for a choice), each a list of bubbles."""

    def __init__(self, path):
        doc = yaml.safe_load(open(path, encoding="utf-8"))
        self.width, self.height = 210.0, 297.0
        self.marks = doc["registration"]["marks"]
        self.bits = doc["identity"]["page"]
        self.fields, self.areas, self.multiple = {}, {}, set()
        for f in doc["fields"]:
            if f["kind"] == "region":
                self.areas[f["field"]] = f["area"]
            elif f["kind"] == "grid":
                self.fields[f["field"]] = self.grid(f)
            elif f["kind"] == "choice":  # else what write_head and write_digit write by hand
                self.choices(f)

    @staticmethod
    def options(spec):
        if isinstance(spec, list):
            return spec
        if spec == "0-9":
            return list("0123456789")
        return list(spec)

    def line(self, f, x, y):
        dx, dy = f["option_step"]
        w, h = f["bubble"]["size"]
        return [Bubble(o, x + i * dx - w / 2, y + i * dy - h / 2, w, h, f["bubble"]["shape"])
                for i, o in enumerate(self.options(f["options"]))]

    def grid(self, f):
        (x, y), (dx, dy) = f["at"], f["column_step"]
        return [self.line(f, x + c * dx, y + c * dy) for c in range(f["columns"])]

    def choices(self, f):
        if "field" in f:
            self.fields[f["field"]] = [self.line(f, *f["at"])]
            return
        stem, first, last = re.fullmatch(r"(\D+)(\d+)\.\.(\d+)", f["fields"]).groups()
        many = set()
        for name, change in f.get("except", {}).items():
            a, b = map(int, re.fullmatch(r"\D+(\d+)\.\.(\d+)", name).groups())
            if change.get("multiple"):
                many |= set(range(a, b + 1))
        for i, n in enumerate(range(int(first), int(last) + 1)):
            column, row = divmod(i, f["per_column"])
            gaps = row // f["group"]["size"] * f["group"]["gap"]
            x = f["at"][0] + column * f["column_step"][0] + row * f["step"][0]
            y = f["at"][1] + column * f["column_step"][1] + row * f["step"][1] + gaps
            self.fields[f"{stem}{n}"] = [self.line(f, x, y)]
            if n in many:
                self.multiple.add(f"{stem}{n}")


# ---- the printed card --------------------------------------------------------------------------


class Canvas:
    """One layer of ink, 0 none to 255 full, in millimetres at the printer's resolution."""

    def __init__(self, form):
        self.w, self.h = round(form.width * PX), round(form.height * PX)
        self.surface = cairo.ImageSurface(cairo.FORMAT_A8, self.w, self.h)
        self.c = cairo.Context(self.surface)
        self.c.scale(PX, PX)
        self.c.set_line_cap(cairo.LINE_CAP_ROUND)
        self.c.set_line_join(cairo.LINE_JOIN_ROUND)
        self.used = False

    def array(self):
        self.surface.flush()
        a = np.frombuffer(self.surface.get_data(), np.uint8)
        return a.reshape(self.h, self.surface.get_stride())[:, : self.w]

    def text(self, x, y, s, size, bold=False, anchor=0.0, font=SANS, alpha=1.0, turn=0.0):
        """Baseline at y; anchor 0 left, 0.5 middle, 1 right."""
        c = self.c
        c.save()
        c.select_font_face(font, cairo.FONT_SLANT_NORMAL,
                           cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL)
        c.set_font_size(size)
        c.set_source_rgba(0, 0, 0, alpha)
        c.translate(x - anchor * c.text_extents(s).x_advance, y)
        c.rotate(turn)
        c.move_to(0, 0)
        c.show_text(s)
        c.restore()
        self.used = True

    def lines(self, points, width, alpha=1.0):
        c = self.c
        c.set_source_rgba(0, 0, 0, alpha)
        c.set_line_width(width)
        c.move_to(*points[0])
        for p in points[1:]:
            c.line_to(*p)
        c.stroke()
        self.used = True

    def curve(self, points, width, alpha=1.0):
        """A smooth stroke through the points (Catmull-Rom), as a hand would make it."""
        c, p = self.c, [points[0], *points, points[-1]]
        c.set_source_rgba(0, 0, 0, alpha)
        c.set_line_width(width)
        c.move_to(*p[1])
        for a, b, d, e in zip(p, p[1:], p[2:], p[3:]):
            c.curve_to(b[0] + (d[0] - a[0]) / 6, b[1] + (d[1] - a[1]) / 6,
                       d[0] - (e[0] - b[0]) / 6, d[1] - (e[1] - b[1]) / 6, *d)
        c.stroke()
        self.used = True

    def frame(self, x, y, w, h, width=0.25):
        self.c.set_source_rgba(0, 0, 0, 1)
        self.c.set_line_width(width)
        self.c.rectangle(x, y, w, h)
        self.c.stroke()

    def block(self, x, y, w, h):
        self.c.set_source_rgba(0, 0, 0, 1)
        self.c.rectangle(x, y, w, h)
        self.c.fill()


def draw_bubble(cv, b):
    t = 0.2  # stroke; its outer edge is the box of the form
    x, y, w, h = b.x + t / 2, b.y + t / 2, b.w - t, b.h - t
    if b.shape == "box":
        cv.frame(x, y, w, h, t)
    else:
        tip = 0.9
        cv.c.set_line_cap(cairo.LINE_CAP_BUTT)
        cv.c.set_line_join(cairo.LINE_JOIN_MITER)
        cv.lines([(x + tip, y), (x, y), (x, y + h), (x + tip, y + h)], t)
        cv.lines([(x + w - tip, y), (x + w, y), (x + w, y + h), (x + w - tip, y + h)], t)
        cv.c.set_line_cap(cairo.LINE_CAP_ROUND)
        cv.c.set_line_join(cairo.LINE_JOIN_ROUND)
    if len(b.option) == 1:
        cv.text(b.x + b.w / 2, b.y + b.h / 2 + 0.82, b.option, 2.3, anchor=0.5)


NOTES = [
    "一、答題前，考生務必將姓名、班級及准考證號填寫清楚，",
    "　　並在准考證號下方用 2B 鉛筆填塗相應數字。",
    "二、選擇題必須用 2B 鉛筆填塗；修改時用橡皮擦乾淨。",
    "三、非選擇題用黑色字跡的筆書寫在框內，框外作答無效。",
    "四、保持卡面清潔，不得摺疊、污損、穿孔。",
]


def draw_head(cv):
    cv.text(105, 17.5, "二〇二六年秋季期中聯考", 4.6, anchor=0.5)
    cv.text(105, 26, "數　學　答　題　卡", 6.6, bold=True, anchor=0.5)
    for y, names in ((30, ("學校",)), (39, ("班級", "座號")), (48, ("姓名",))):
        for i, name in enumerate(names):
            w = 86 / len(names)
            cv.frame(18 + i * w, y, w, 9)
            cv.text(20 + i * w, y + 5.9, name, 3.4)
            cv.lines([(30 + i * w, y), (30 + i * w, y + 9)], 0.25)
    cv.frame(18, 59.5, 86, 10)
    cv.text(20, 65.7, "缺考標記（考生禁填，由監試人員填塗）", 3.0)
    cv.frame(18, 72, 86, 27)
    cv.text(61, 75.9, "注 意 事 項", 3.0, bold=True, anchor=0.5)
    for i, s in enumerate(NOTES):
        cv.text(20, 79.9 + i * 3.5, s, 2.6)
    cv.text(20, 97.6, "正確填塗", 2.6)
    cv.block(32, 95.4, 5, 2.6)
    cv.text(44, 97.6, "錯誤填塗", 2.6)
    for i in range(3):
        x = 57 + i * 9
        cv.frame(x, 95.4, 5, 2.6, 0.2)
        strokes = ([(x + 1, 96.6), (x + 2, 97.6), (x + 4, 95.6)],
                   [(x + 1, 95.7), (x + 4, 97.7)], [(x + 1.2, 96.7), (x + 3.8, 96.7)])
        cv.lines(strokes[i], 0.3)


def draw_number(cv, form):
    cv.frame(111, 30, 80, 69)
    cv.text(151, 34.6, "准　考　證　號", 3.6, bold=True, anchor=0.5)
    cv.lines([(111, 36), (191, 36)], 0.25)
    cv.lines([(111, 46), (191, 46)], 0.25)
    for column in form.fields["number"]:
        b = column[0]
        cv.frame(b.x + b.w / 2 - 5, 36, 10, 10)
        for b in column:
            draw_bubble(cv, b)


def draw_items(cv, form):
    cv.frame(18, 103, 174, 72)
    cv.lines([(18, 110), (192, 110)], 0.25)
    cv.text(20, 107.9, "第壹部分　選擇題（用 2B 鉛筆填塗）", 3.2, bold=True)
    cv.text(190, 107.9, "1–32 題單選，每題 2 分；33–40 題多選", 2.8, anchor=1)
    for name, columns in form.fields.items():
        if not name.startswith("q"):
            continue
        b = columns[0][0]
        cv.text(b.x - 2.2, b.y + b.h / 2 + 1.0, name[1:], 2.9, anchor=1, bold=name in form.multiple)
        for b in columns[0]:
            draw_bubble(cv, b)


STRIP = ["12", "11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "0.5"]


def strip_cells(area):
    x, y, w, _ = area
    return [(x + w - 8.0 * (len(STRIP) - i), y, 8.0, 6.0) for i in range(len(STRIP))]


def draw_written(cv, form):
    for n, (name, area) in enumerate(form.areas.items(), 41):
        cv.frame(*area, 0.35)
        for s, (x, y, w, h) in zip(STRIP, strip_cells(area)):
            cv.frame(x, y, w, h, 0.2)
            cv.text(x + w / 2, y + 4.2, s, 3.0, anchor=0.5)
        x, y, w, _ = area
        cv.text(x + 2, y + 4.4, f"{n}.（12 分）閱卷教師給分欄", 2.8, bold=True)
        cv.lines([(x, y + 6), (x + w, y + 6)], 0.2)


def draw_foot(cv, form):
    b = form.bits["bits"]
    for i in range(b["count"]):
        x, y, s = b["at"][0] + i * b["step"][0], b["at"][1], b["size"]
        if form.bits["value"] >> (b["count"] - 1 - i) & 1:
            cv.block(x - s / 2, y - s / 2, s, s)
        else:
            cv.frame(x - s / 2 + 0.1, y - s / 2 + 0.1, s - 0.2, s - 0.2, 0.2)
    cv.text(92, 287, "第 1 頁　共 1 頁", 2.6, anchor=1)
    cv.text(118, 287, "請勿在此區域書寫或作任何標記", 2.6)


def draw_card(form):
    cv = Canvas(form)
    for x, y in form.marks["at"]:
        s = form.marks["size"]
        cv.block(x - s / 2, y - s / 2, s, s)
    draw_head(cv)
    draw_number(cv, form)
    draw_bubble(cv, form.fields["absent"][0][0])
    draw_items(cv, form)
    draw_written(cv, form)
    draw_foot(cv, form)
    return cv


# ---- pencils and pens --------------------------------------------------------------------------


HALF = 0.28  # pressure of a mark of which nobody can say whether it is meant


class Hand:
    """How one pupil fills a bubble: pressure 0 to 1, neatness, the slant of the strokes."""

    def __init__(self, rng, **given):
        self.rng = rng
        self.pressure = rng.uniform(0.62, 0.92)
        self.neat = rng.uniform(0.4, 1.0)
        self.slant = rng.uniform(-0.35, 0.35)
        self.width = rng.uniform(0.45, 0.75)
        self.grey = rng.uniform(58, 105)  # of graphite laid on thick
        self.style = "fill"
        self.__dict__.update(given)

    def fill(self, cv, b, pressure=None):
        if self.style == "dash":
            return self.dash(cv, b)
        if self.style == "tick":
            return self.tick(cv, b)
        rng, p = self.rng, self.pressure if pressure is None else pressure
        loose = (1 - self.neat) * 0.45
        for _ in range(2 if p > 0.3 else 1):
            n = max(3, round(b.h / self.width * 1.25))
            left, right = b.x + 0.35, b.x + b.w - 0.35
            points = []
            for i in range(n + 1):
                y = b.y + 0.3 + (b.h - 0.6) * i / n
                ends = (left, right) if i % 2 == 0 else (right, left)
                for x in ends[: 1 if i % 2 else 2]:
                    points.append((x + rng.normal(0, 0.18 + loose),
                                   y + self.slant * (x - b.x - b.w / 2) * 0.25
                                   + rng.normal(0, 0.1 + loose * 0.4)))
            cv.curve(points, self.width * rng.uniform(0.9, 1.15), min(1.0, p * rng.uniform(0.8, 1.0)))

    def dash(self, cv, b):
        rng = self.rng
        y = b.y + b.h / 2 + rng.normal(0, 0.2)
        for _ in range(2):
            cv.curve([(b.x + rng.uniform(0.1, 0.6), y + rng.normal(0, 0.15)),
                      (b.x + b.w / 2, y + rng.normal(0, 0.2)),
                      (b.x + b.w - rng.uniform(0.1, 0.6), y + rng.normal(0, 0.15))],
                     0.75, self.pressure)

    def tick(self, cv, b):
        rng = self.rng
        x, y = b.x + rng.normal(0, 0.2), b.y + rng.normal(0, 0.15)
        cv.curve([(x + 0.9, y + 1.2), (x + 1.9, y + 2.5), (x + 4.6, y - 0.2)], 0.6, self.pressure)

    def erased(self, cv, b):
        """What an eraser leaves: a grey ghost of the strokes and a smear beside it."""
        rng = self.rng
        self.fill(cv, b, pressure=rng.uniform(0.07, 0.13))
        x = b.x + rng.uniform(-0.5, 0.5)
        for i in range(5):
            y = b.y + b.h * (i + 0.5) / 5
            cv.lines([(x, y), (x + b.w + rng.uniform(0, 1.5), y + rng.normal(0, 0.3))], 0.9,
                     rng.uniform(0.02, 0.05))


DIGITS = {  # centre lines in a unit box, y down
    "0": [[(.5, .05), (.2, .3), (.2, .7), (.5, .95), (.8, .7), (.8, .3), (.45, .06)]],
    "1": [[(.4, .2), (.55, .05), (.52, .95)]],
    "2": [[(.2, .25), (.5, .05), (.78, .28), (.5, .6), (.2, .92), (.85, .9)]],
    "3": [[(.2, .15), (.55, .05), (.75, .25), (.45, .47), (.8, .7), (.55, .95), (.18, .85)]],
    "4": [[(.6, .05), (.2, .6), (.85, .6)], [(.65, .35), (.62, .97)]],
    "5": [[(.3, .08), (.27, .45), (.6, .4), (.8, .65), (.55, .93), (.2, .85)], [(.3, .08), (.8, .08)]],
    "6": [[(.7, .06), (.35, .35), (.22, .7), (.5, .95), (.78, .7), (.5, .52), (.24, .7)]],
    "7": [[(.2, .1), (.8, .1), (.45, .95)]],
    "8": [[(.7, .2), (.45, .05), (.28, .25), (.7, .65), (.5, .95), (.25, .75), (.72, .25)]],
    "9": [[(.75, .3), (.45, .06), (.25, .3), (.48, .5), (.75, .3), (.7, .6), (.6, .95)]],
}


def write_digit(cv, rng, d, x, y, size, width=0.55):
    """A digit by hand, centred on x, y."""
    w, h, lean = size * rng.uniform(0.55, 0.75), size * rng.uniform(0.85, 1.05), rng.normal(0.06, 0.07)
    dx, dy = rng.normal(0, size * 0.05, 2)
    for stroke in DIGITS[d]:
        cv.curve([(x + dx + (u - .5) * w - lean * (v - .5) * h + rng.normal(0, size * .022),
                   y + dy + (v - .5) * h + rng.normal(0, size * .022)) for u, v in stroke],
                 width, 0.9)


def write_line(cv, rng, x, y, s, size, font):
    """A line of handwriting: letter by letter, each a little off."""
    for ch in s:
        cv.text(x, y + rng.normal(0, size * .03), ch, size * rng.uniform(.94, 1.06), font=font,
                alpha=rng.uniform(.75, .95), turn=rng.normal(0, .05))
        cv.c.select_font_face(font)
        cv.c.set_font_size(size)
        x += cv.c.text_extents(ch).x_advance * rng.uniform(.96, 1.08)


def write_solution(cv, rng, area):
    x, y = area[0] + 6, area[1] + 14
    a, b, c = (int(v) for v in rng.integers(2, 10, 3))
    steps = [f"f(x) = {a}x² − {b}x + {c}", f"f '(x) = {2 * a}x − {b} = 0",
             f"x = {b} / {2 * a}", f"f(x) ≥ {c} − {b}² / {4 * a}", f"a = {a},  b = {b},  c = {c}"]
    write_line(cv, rng, x, y, "解：", 5, KAI)
    for i in range(int(rng.integers(2, 5))):
        write_line(cv, rng, x + 12 + rng.normal(0, 1), y + i * 7.5, steps[i], 5.2, SCRIPT)
    if rng.random() < .6:
        write_line(cv, rng, x + 95, y + 22, "故所求為" + str(a + c), 5, KAI)


# ---- what the pupils meant ---------------------------------------------------------------------

NAMES = """林靜萱 陳冠廷 黃詩涵 張育誠 李佩珊 王柏翰 吳心妤 劉承恩 蔡宜庭 楊子睿
許雅筑 鄭凱文 謝欣怡 郭宗翰 洪于婷 曾彥廷 邱郁雯 廖俊傑 賴思妤 徐浩宇
周芷若 葉家豪 蘇映彤 莊博鈞 呂依潔 江品叡 何宛蓁 蕭智遠 羅婉瑜 高振宇 潘采潔 簡士傑""".split()


class Pupil:
    def __init__(self, index, number):
        self.index, self.number, self.name = index, number, NAMES[index - 1]
        self.class_name = ("一班", "二班", "三班")[(index - 1) % 3]
        self.school = "青松高中" if index <= 20 else "臨海高中"


def read_key():
    return list(csv.DictReader(open(HERE / "key.csv", encoding="utf-8")))


def make_pupils():
    rng, seen, pupils = np.random.default_rng([SEED, 1]), [], []
    while len(pupils) < len(NAMES):
        room = 1 if len(pupils) < 15 else 2 if len(pupils) < 24 else 3
        number = f"1150{room}" + "".join(str(d) for d in rng.integers(0, 10, 3))
        # One misread digit must never make another pupil of the roster.
        if all(sum(a != b for a, b in zip(number, s)) > 1 for s in seen):
            seen.append(number)
            pupils.append(Pupil(len(pupils) + 1, number))
    return pupils


def make_answers(key):
    """By item response theory: able pupils know more, each item has its own difficulty."""
    rng = np.random.default_rng([SEED, 2])
    ability = rng.normal(.5, 1.1, len(NAMES))
    hard = rng.normal(-.2, 1.0, len(key))
    lure = rng.dirichlet((1, 1, 1, 1), len(key))
    answers = []
    for t in ability:
        row = {}
        for i, k in enumerate(key):
            knows = 1 / (1 + math.exp(-1.3 * (t - hard[i])))
            if rng.random() < .012:
                row[k["item"]] = ""
            elif k["rule"] in ("all", "subset"):
                each = knows ** .35  # four judgements make one item
                row[k["item"]] = "".join(o for o in "ABCD" if (o in k["key"]) == (rng.random() < each))
            elif rng.random() < knows and k["key"]:
                row[k["item"]] = str(rng.choice(k["key"].split("|")))
            else:
                row[k["item"]] = str(rng.choice(list("ABCD"), p=lure[i]))
        answers.append(row)
    return answers


# ---- one sheet: who, what is peculiar, how it is scanned ---------------------------------------


class Sheet:
    def __init__(self, file, pupil, page=1, **special):
        self.file, self.pupil, self.page = file, pupil, page
        self.skew, self.turn, self.dpi, self.quality = None, 0, 200, 54
        self.hand, self.kind, self.colour = {}, "jpg", False
        self.double, self.erase = {}, {}  # item -> all that is marked; what was erased
        self.doubt = {}  # item -> option badly rubbed out beside the answer; "": the answer half laid
        self.answers, self.number, self.absent = None, None, False
        self.number_gap = None
        self.blemish, self.slip, self.seed = (), False, None
        self.__dict__.update(special)


ROOM1, ROOM2, ROOM3 = "scans/第一考場", "scans/第二考場", "scans/第三考場.zip"


def make_sheets():
    """Order and names as the scanner's operator left them. Number = pupil."""
    s = [Sheet(f"{ROOM1}/001.jpg", 1),
         Sheet(f"{ROOM1}/002.jpg", 2, slip=True),
         Sheet(f"{ROOM1}/003.jpg", 3, turn=180),
         Sheet(f"{ROOM1}/004.jpg", 4, turn=90),
         Sheet(f"{ROOM1}/005.jpg", 5, skew=4.0),
         Sheet(f"{ROOM1}/006.jpg", 6, hand={"pressure": .34, "grey": 120, "width": .5, "neat": .8}),
         Sheet(f"{ROOM1}/007.jpg", 7, double={"q3": "AD", "q18": "BC", "q26": "ABC"}),
         Sheet(f"{ROOM1}/008.jpg", 8, erase={"q2": "C", "q9": "A", "q17": "D", "q24": "B", "q34": "D"}),
         Sheet(f"{ROOM1}/009.jpg", 9, answers={"q29": "", "q30": "", "q31": "", "q32": "", "q40": ""}),
         Sheet(f"{ROOM1}/010.jpg", 10, number="shift"),
         Sheet(f"{ROOM1}/011.jpg", 11),
         Sheet(f"{ROOM1}/012.jpg", 12, blemish=("coffee", "fold", "holes")),
         Sheet(f"{ROOM1}/013.jpg", 13, blemish=("border",)),
         Sheet(f"{ROOM1}/014.jpg", 14, blemish=("torn",)),
         Sheet(f"{ROOM1}/015.jpg", 15, dpi=300, quality=46),
         Sheet(f"{ROOM2}/016.tif", 16, kind="tif", hand={"pressure": .85}),
         Sheet(f"{ROOM2}/017.tif", 17, kind="tif", hand={"pressure": .9}),
         Sheet(f"{ROOM2}/018.png", 18, kind="png"),
         Sheet(f"{ROOM2}/019-020.pdf", 19, kind="pdf", page=1),
         Sheet(f"{ROOM2}/019-020.pdf", 20, kind="pdf", page=2, turn=90),
         Sheet(f"{ROOM2}/024.jpg", 24, colour=True),
         Sheet(f"{ROOM2}/025.jpg", 25, number_gap=6),
         Sheet(f"{ROOM2}/026.jpg", 26, hand={"style": "dash", "pressure": .95}),
         Sheet(f"{ROOM2}/027.jpg", 27, doubt={"q11": "", "q20": "B"}),
         Sheet(f"{ROOM2}/028.jpg", 28, hand={"pressure": .98, "neat": .1, "width": .85}),
         Sheet(f"{ROOM2}/029.jpg", 29),
         Sheet(f"{ROOM2}/030.jpg", 30, hand={"style": "tick", "pressure": .95}),
         Sheet(f"{ROOM2}/031.jpg", 31, absent=True)]
    s += [Sheet(f"{ROOM3}/{n:03d}.jpg", n, kind="zip") for n in (21, 22, 23)]
    s += [Sheet("scans/補掃/011.jpg", 11, skew=-1.7, seed=111),
          Sheet("scans/備用卡.jpg", 0)]
    return s


class Meant:
    """field -> value; which fields are a matter of opinion; which are plain to a person but hard."""

    def __init__(self, value, ambiguous, hard):
        self.value, self.ambiguous, self.hard = value, ambiguous, hard

    def status(self, field):
        return "ambiguous" if field in self.ambiguous else "hard" if field in self.hard else ""


def settle_meaning(form, sheet, pupils, answers):
    """Resolves a sheet's peculiarities to what its pupil meant, before any pencil is set down."""
    value = {"number": "", "written": "", "name": "", "absent": ""}
    value |= {item: "" for item in answers[0]}
    if sheet.pupil:
        value["number"] = value["written"] = pupils[sheet.pupil - 1].number
        value["name"] = pupils[sheet.pupil - 1].name
        if sheet.absent:
            value["absent"] = "缺考"
        else:
            value |= answers[sheet.pupil - 1]
            value |= sheet.answers or {}
            value |= sheet.double
    if sheet.number == "shift":  # the digit beside the right one, in the last column
        value["number"] = value["number"][:-1] + str((int(value["number"][-1]) + 1) % 10)
    for item, was in sheet.erase.items():
        if was in value[item]:  # the erased option must not be the answer
            value[item] = "ABCD"[("ABCD".index(was) + 1) % 4]
    ambiguous = {item for item, other in sheet.doubt.items() if not other}
    rubbed_out = set(sheet.doubt) | {item for item in sheet.erase if item in form.multiple}
    return Meant(value, ambiguous, rubbed_out - ambiguous)


# ---- filling -----------------------------------------------------------------------------------


def write_head(pen, rng, pupil):
    """School, class, seat, name and the digits above the grid, by hand."""
    write_line(pen, rng, 34, 36.6, pupil.school, 5, KAI)
    write_line(pen, rng, 36, 45.6, pupil.class_name, 5, KAI)
    for i, d in enumerate(f"{pupil.index:02d}"):
        write_digit(pen, rng, d, 82 + i * 5, 43.5, 5.2)
    write_line(pen, rng, 36, 54.8, pupil.name, 5.6, KAI)


def fill_sheet(form, sheet, meant, pupil, rng):
    """The three inks of a sheet: pencil, pen, the teacher's red."""
    hand = Hand(rng, **sheet.hand)
    pencil, pen, red = Canvas(form), Canvas(form), Canvas(form)
    if not sheet.pupil:
        return hand, pencil, pen, red
    write_head(pen, rng, pupil)
    for c, column in enumerate(form.fields["number"]):
        write_digit(pen, rng, pupil.number[c], column[0].x + column[0].w / 2, 41, 7)
        if c != sheet.number_gap:
            hand.fill(pencil, column[int(meant.value["number"][c])])
    for name, columns in form.fields.items():
        for b in columns[0] if name != "number" else ():
            if name == "absent":
                if b.option == meant.value[name]:
                    Hand(rng, pressure=.9, neat=.6).fill(pencil, b)
            elif b.option in meant.value[name]:
                hand.fill(pencil, b, pressure=HALF if sheet.doubt.get(name) == "" else None)
            elif b.option in sheet.doubt.get(name, ""):
                hand.fill(pencil, b, pressure=HALF)
            elif b.option in sheet.erase.get(name, ""):
                hand.erased(pencil, b)
    if not sheet.absent:
        for area in form.areas.values():
            if rng.random() < .85:
                write_solution(pen, rng, area)
            cell = strip_cells(area)[int(rng.integers(0, len(STRIP) - 1))]
            x, y = cell[0] + cell[2] / 2, cell[1] + 3
            red.curve([(x - 2 + rng.normal(0, .4), y + 3.3), (x, y), (x + 2.4, y - 3.6)], .6, .9)
    return hand, pencil, pen, red


# ---- paper and scanner -------------------------------------------------------------------------


def make_grain(rng):
    """Paper's tooth: where graphite takes and where it does not; tiled over the page."""
    n = rng.normal(0, 1, (1024, 1024)).astype(np.float32)
    im = Image.fromarray(((n * 40 + 128).clip(0, 255)).astype(np.uint8))
    fine = np.asarray(im.filter(ImageFilter.GaussianBlur(1.6)), np.float32)
    wide = np.asarray(im.filter(ImageFilter.GaussianBlur(5)), np.float32)
    g = (fine - fine.mean()) / fine.std() * .16 + (wide - wide.mean()) / wide.std() * .09
    return np.clip(.86 + g, .3, 1.0)


def blend(page, layer, ink, grain=None):
    """Lays one ink on the page, band by band."""
    if not layer.used:
        return
    a = layer.array()
    for y in range(0, page.shape[0], 512):
        cover = a[y:y + 512].astype(np.float32) / 255
        if not cover.any():
            continue
        if grain is not None:
            reps = (-(-cover.shape[0] // 1024), -(-cover.shape[1] // 1024))
            cover *= np.tile(grain, reps)[: cover.shape[0], : cover.shape[1]]
        band = page[y:y + 512].astype(np.float32)
        page[y:y + 512] = (band * (1 - cover) + np.minimum(band, ink) * cover).astype(np.uint8)


def compose(card, inks, sheet, rng, grain):
    """The paper sheet as it lies before the scanner, one plane a colour."""
    hand, pencil, pen, red = inks
    tone = rng.uniform(236, 250)
    planes = []
    tint = ((1.0, .985, .95), ((40, 45, 60), (35, 40, 120), (200, 30, 40)))
    channels = (0, 1, 2) if sheet.colour else (None,)
    for ch in channels:
        paper = tone * (tint[0][ch] if ch is not None else 1)
        page = np.full((card.h, card.w), int(paper), np.uint8)
        blend(page, card, 28)
        blend(page, pencil, hand.grey, grain)
        blend(page, pen, 42 if ch is None else (30, 40, 110)[ch])
        blend(page, red, 105 if ch is None else (205, 40, 45)[ch])
        planes.append(page)
    return planes


def add_blemish(planes, names, rng, background):
    im = planes[0]
    yy, xx = np.ogrid[: im.shape[0], : im.shape[1]]
    mm = lambda v: v * PX
    if "coffee" in names:
        d = np.hypot(xx - mm(152), yy - mm(150)) / PX
        ring = np.exp(-((d - 21) / 1.3) ** 2) * 42 + (d < 21) * 13
        for p in planes:
            p[:] = np.clip(p - ring, 0, 255).astype(np.uint8)
    if "fold" in names:
        t = np.abs(yy - mm(141) - (xx - im.shape[1] / 2) * .006) / PX
        crease = np.exp(-(t / .28) ** 2) * 60 - np.exp(-((t - .8) / .5) ** 2) * 8
        for p in planes:
            p[:] = np.clip(p - crease, 0, 255).astype(np.uint8)
    if "holes" in names:
        for y in (108.5, 188.5):
            d = np.hypot(xx - mm(10), yy - mm(y)) / PX
            for p in planes:
                p[d < 2.9] = 45
    if "torn" in names:
        edge = xx / PX + yy / PX * 1.15 + 1.2 * np.sin(xx / PX * 1.7)
        limit = 199 + 286 * 1.15 - 17
        for p in planes:
            p[edge > limit] = background
            p[(edge > limit - .7) & (edge <= limit)] = 190


def slip_feed(planes):
    """The rollers slip: lower half of the sheet 0.4 % longer, with a short jerk at 150 mm."""
    h = planes[0].shape[0]
    y = np.arange(h) / PX
    shift = np.where(y > 150, (y - 150) * .004 + .15, 0)
    rows = np.clip(np.round((y - shift) * PX), 0, h - 1).astype(int)
    for i, p in enumerate(planes):
        planes[i] = p[rows]


def lay_on_glass(plane, sheet, rng, background, margin):
    """Rotated, scaled and shifted, at a whole multiple of the scan's resolution."""
    skew = sheet.skew if sheet.skew is not None else float(np.clip(rng.normal(0, .9), -2.5, 2.5))
    a = math.radians(skew)
    sx, sy = rng.uniform(.991, 1.009, 2) if sheet.skew is None else (1.002, .998)
    h, w = plane.shape
    pad = round(margin * PX)
    W, H = (w + 2 * pad) // 6 * 6, (h + 2 * pad) // 6 * 6
    dx, dy = rng.normal(0, .9, 2) * PX
    ca, sa = math.cos(a), math.sin(a)
    # output -> source: undo shift about the middle, undo rotation, undo scale
    m = (ca / sx, sa / sx, 0, -sa / sy, ca / sy, 0)
    ox, oy = W / 2 + dx, H / 2 + dy
    m = (m[0], m[1], w / 2 - m[0] * ox - m[1] * oy, m[3], m[4], h / 2 - m[3] * ox - m[4] * oy)
    return Image.fromarray(plane).transform((W, H), Image.AFFINE, m, Image.BILINEAR,
                                            fillcolor=int(background))


def sense(im, sheet, rng):
    """The sensor: optics, uneven light, noise."""
    im = im.reduce(PRINT_DPI // sheet.dpi).filter(ImageFilter.GaussianBlur(rng.uniform(.35, .75)))
    a = np.asarray(im, np.float32)
    h, w = a.shape
    light = 1 - rng.uniform(0, .035) * np.linspace(0, 1, w)[None, :] \
        - rng.uniform(0, .03) * np.abs(np.linspace(-1, 1, h))[:, None]
    a = a * light + rng.normal(0, rng.uniform(1.4, 2.8), a.shape)
    return Image.fromarray(np.clip(a + .5, 0, 255).astype(np.uint8))


def scan_sheet(card, inks, sheet, seed, grain):
    """Same seeds for every plane of a colour scan: they must lie on each other."""
    border = "border" in sheet.blemish
    slanted = abs(sheet.skew or 0) > 3  # laid so crookedly that only a larger glass holds it
    background, margin = (22, 7) if border else (252, 4 if slanted else 0)
    rng = np.random.default_rng([SEED, 4, seed])
    planes = compose(card, inks, sheet, rng, grain)
    add_blemish(planes, sheet.blemish, rng, background)
    if sheet.slip:
        slip_feed(planes)
    out = []
    for p in planes:
        r = np.random.default_rng([SEED, 5, seed])
        out.append(sense(lay_on_glass(p, sheet, r, background, margin), sheet, r))
    im = out[0] if len(out) == 1 else Image.merge("RGB", out)
    turns = {90: Image.ROTATE_90, 180: Image.ROTATE_180}
    return im.transpose(turns[sheet.turn]) if sheet.turn else im


# ---- files -------------------------------------------------------------------------------------


def jpeg_bytes(im, sheet):
    out = io.BytesIO()
    im.save(out, "JPEG", quality=sheet.quality, dpi=(sheet.dpi, sheet.dpi))
    return out.getvalue()


def pdf_bytes(pages):
    """Page images as they are, each on a page of its own; a page stored turned says /Rotate."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for jpeg, (w, h), dpi, rotate in pages:
        n = len(objects) + 1
        W, H = w * 72 / dpi, h * 72 / dpi
        draw = f"q {W:.3f} 0 0 {H:.3f} 0 0 cm /I Do Q".encode()
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {W:.3f} {H:.3f}] /Rotate {rotate} "
            f"/Contents {n + 1} 0 R /Resources << /XObject << /I {n + 2} 0 R >> >> >>",
            (f"<< /Length {len(draw)} >>", draw),
            (f"<< /Type /XObject /Subtype /Image /Width {w} /Height {h} /ColorSpace /DeviceGray "
             f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(jpeg)} >>", jpeg)]
        kids.append(f"{n} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    for n, o in enumerate(objects, 1):
        offsets.append(out.tell())
        head, body = o if isinstance(o, tuple) else (o, None)
        out.write(f"{n} 0 obj\n{head}\n".encode())
        if body is not None:
            out.write(b"stream\n" + body + b"\nendstream\n")
        out.write(b"endobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for o in offsets:
        out.write(f"{o:010d} 00000 n \n".encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def save_scan(im, sheet, archives):
    path = HERE / sheet.file
    if sheet.kind in ("pdf", "zip"):
        rotate = {0: 0, 90: 90}[sheet.turn]  # clockwise on showing; the picture lies turned left
        archives.setdefault(sheet.file if sheet.kind == "pdf" else sheet.file.rsplit("/", 1)[0],
                            []).append((sheet, jpeg_bytes(im, sheet), im.size, rotate))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if sheet.kind == "tif":
        im.point(lambda v: 255 if v > 168 else 0).convert("1", dither=Image.NONE).save(
            path, "TIFF", compression="group4", dpi=(sheet.dpi, sheet.dpi))
    elif sheet.kind == "png":  # 16 greys, as scanners' text mode gives
        im.point(lambda v: min(15, (v + 8) // 17) * 17).convert("P", palette=Image.ADAPTIVE, colors=16) \
          .save(path, "PNG", optimize=True, dpi=(sheet.dpi, sheet.dpi), bits=4)
    else:
        path.write_bytes(jpeg_bytes(im, sheet))


def save_archives(archives):
    for name, members in archives.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".pdf"):
            path.write_bytes(pdf_bytes([(j, size, s.dpi, r) for s, j, size, r in members]))
        else:
            with zipfile.ZipFile(path, "w") as z:
                for s, j, _, _ in members:
                    z.writestr(zipfile.ZipInfo(s.file.rsplit("/", 1)[1], (2026, 11, 20, 9, 0, 0)), j)


def save_broken():
    """The copy of pupil 29's scan that a full memory stick cut short."""
    whole = (HERE / ROOM2 / "029.jpg").read_bytes()
    (HERE / ROOM2 / "029-中斷.jpg").write_bytes(whole[: len(whole) * 2 // 5])


# ---- tables ------------------------------------------------------------------------------------


def save_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as f:
        csv.writer(f, lineterminator="\n").writerows(rows)


def save_roster(pupils):
    save_csv(HERE / "roster.csv", [["candidate", "name", "class", "school", "room", "seat"]] + [
        [p.number, p.name, p.class_name, p.school, int(p.number[4]), p.index] for p in pupils])


def save_truth(form, sheets, meant):
    rows = [["scan", "page", "field", "value", "status"]]
    for s, m in zip(sheets, meant):
        page = s.page if s.kind == "pdf" else ""
        for field in m.value:
            rows.append([s.file, page, field, m.value[field], m.status(field)])
    save_csv(HERE / "truth.csv", rows)


# ---- expected results: an independent scorer ---------------------------------------------------


def score_item(k, value, allowed):
    """Points of one item, as docs/scoring.md has the rules; exact."""
    full, wrong, part = (Fraction(k[c] or 0) for c in ("points", "wrong", "partial"))
    if k["rule"] == "void_full":
        return full
    if value == "":
        return Fraction(k["blank"] or 0)
    if len(value) > allowed:
        return wrong
    if k["rule"] == "subset":
        if not set(value) <= set(k["key"]):
            return wrong
        return full if value == k["key"] else part
    return full if value in k["key"].split("|") else wrong


def decimal(v):
    return str(v.numerator) if v.denominator == 1 else f"{float(v):g}"


def score_cells(form, key, value):
    points = [score_item(k, value[k["item"]], 4 if k["item"] in form.multiple else 1) for k in key]
    sections = dict.fromkeys(k["section"] for k in key)
    for s in sections:
        sections[s] = sum(p for p, k in zip(points, key) if k["section"] == s)
    return ([decimal(sum(points)), decimal(sum(Fraction(k["points"]) for k in key)), "scored"]
            + [decimal(v) for v in sections.values()] + [decimal(p) for p in points])


def save_scores(form, key, pupils, sheets, meant):
    """A row a sheet and a row for each of the roster without one; numbers where they are final."""
    sections = list(dict.fromkeys(k["section"] for k in key))
    head = ["candidate", "name", "class", "school", "total", "max", "status", *sections,
            *(k["item"] for k in key)]
    known = {p.number: p for p in pupils}
    numbers = [m.value["number"] for m in meant]
    full = decimal(sum(Fraction(k["points"]) for k in key))
    unsettled = lambda status: ["", full, status] + [""] * (len(head) - 7)
    rows = []
    for s, m, number in zip(sheets, meant, numbers):
        if s.absent:
            cells = unsettled("absent")
        elif number not in known or numbers.count(number) > 1 or m.ambiguous:
            cells = unsettled("pending")
        else:
            cells = score_cells(form, key, m.value)
        if number not in known:  # nor does one that was written otherwise above its bubbles name anybody
            number = ""
        rows.append([number, *person(known.get(number)), *cells])
    rows += [[p.number, *person(p), *unsettled("absent")] for p in pupils if p.number not in numbers]
    save_csv(HERE / "expected/scores.csv", [head] + sorted(rows))


def person(pupil):
    return [pupil.name, pupil.class_name, pupil.school] if pupil else ["", "", ""]


def save_exceptions(form, pupils, sheets, meant):
    """What an exam office must be told, by kind; the detail is for people and not held."""
    known = {p.number for p in pupils}
    numbers = [m.value["number"] for m in meant]
    rows = [[f"{ROOM2}/029-中斷.jpg", 1, "", "unreadable_file"]]
    seen = []
    for s, m, number in zip(sheets, meant, numbers):
        differs = number != m.value["written"]  # the bubbles from what is written above them
        shown = "" if differs else number
        kinds = ["multiple_marks"] * len(s.double) + ["uncertain_reading"] * (len(m.ambiguous) + differs)
        kinds += ["unknown_candidate"] * (number not in known)
        kinds += ["duplicate_candidate"] * (numbers.count(number) > 1)
        again = number in seen  # one card scanned twice is told at the second
        seen.append(number)
        kinds += ["scan_quality"] * (("fold" in s.blemish) + again)
        kinds += ["absent_mark"] * s.absent + ["blank_sheet"] * (not s.pupil)
        rows += [[s.file, s.page, shown, kind] for kind in kinds]
    rows += [["", "", p.number, "missing_page"] for p in pupils if p.number not in numbers]
    save_csv(HERE / "expected/exceptions.csv", [["scan", "page", "candidate", "kind"]] + sorted(
        rows, key=lambda r: list(map(str, r))))


# ---- all of it ---------------------------------------------------------------------------------


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tables", action="store_true", help="write the tables only, no scan")
    ap.add_argument("--blank", help="write the unfilled card as PNG here and end")
    args = ap.parse_args()

    form, key = Form(HERE / "form.yaml"), read_key()
    card = draw_card(form)
    if args.blank:
        Image.fromarray(255 - card.array()).reduce(3).save(args.blank)
        return
    pupils, answers, sheets = make_pupils(), make_answers(key), make_sheets()
    meant = [settle_meaning(form, s, pupils, answers) for s in sheets]
    grain = make_grain(np.random.default_rng([SEED, 3]))
    archives = {}
    for i, (s, m) in enumerate(zip(sheets, meant)):
        if args.tables:
            break
        # The pupil's hand is seeded by the pupil: a card scanned twice is filled once.
        rng = np.random.default_rng([SEED, 6, s.pupil])
        inks = fill_sheet(form, s, m, pupils[s.pupil - 1] if s.pupil else None, rng)
        save_scan(scan_sheet(card, inks, s, s.seed or i, grain), s, archives)
        print(s.file, flush=True)
    if not args.tables:
        save_archives(archives)
        save_broken()
    save_roster(pupils)
    save_truth(form, sheets, meant)
    save_scores(form, key, pupils, sheets, meant)
    save_exceptions(form, pupils, sheets, meant)


if __name__ == "__main__":
    main()
