#!/usr/bin/env python3
"""Trains the reader of handwritten Chinese (ocr/hanzi.h): a net that turns a picture of a character into
128 numbers, and a row of 128 numbers for each of 9,574 characters, near the net's where it is that one.

  hanzi.py -o FOLDER                                      from nothing: writes hanzi.onnx and hanzi.bin
  hanzi.py --start FOLDER --often 6 --seed 2 -o ocr/models  goes on with more of what names and numbers are made of
  hanzi.py --temperature T -o ocr/models                  softens or sharpens what hanzi.bin says

How the files of the tree were made, and T found, says ocr/models/README.md. Writes all its pictures itself from
hanzi-strokes ($YUEJUAN_DATA): no scan of anybody's is in it. Needs PyTorch (Debian: python3-torch, python3-onnx,
python3-numpy, python3-opencv); one core of a CPU, under an hour. Fixed seeds; not part of any build. Seeds: 1 and
2 train; tests/accuracy/hanzi has another writer and its own.
"""
import argparse
import struct
import time
from pathlib import Path

import cv2
import numpy as np

import pen

SIDE, BOX, FINE, DIM = 40, 36, 4, 128  # px; px the ink fills; drawn as many times finer; numbers a character
SCALE = 22.0  # of a cosine to a logit, in training
GARBAGE = 0.03  # share of pictures that show no character

# What a name that is not on the list is made of: surnames first, then what is given, both scripts. Part of
# every list, so that a stranger is noticed.
STRANGERS = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方"
    "白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘"
    "張劉陳楊黃趙吳孫馬羅鄭許韓馮鄧蕭葉蘇呂盧鍾譚陸賈韋鄒閻龍賀顧錢嚴湯莊聶魯關蘭簡游連洪涂巫古賴翁阮柯童歐"
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂玲红飞鹏辉建国华志民文海波新宇浩然子轩梓涵雨欣怡佳琪思诗梦瑶雪梅春秋冬晨曦阳光天泽宏博"
    "俊凯豪鑫淼森林琳珊瑞祥福贵荣昌盛德仁义礼智信忠孝廉和美慧颖莹洁婷婉倩茜蕾薇菲萍莉露云月星辰玉珍珠宝龙虎凤鸣东南西北中正山川河湖峰岩石松柏"
    "竹菊青蓝紫彤丹朱可心乐安宁康健永恒久远长生成功立业家庭学书画琴棋世界和谐少年小大一二三四五六七八九十百千万亿零"
    "偉靜麗強軍艷傑濤剛紅飛鵬輝國華軒詩夢陽澤凱貴榮義禮慧穎瑩潔雲寶鳳東藍樂寧遠業學書畫淑惠雅雯筑宜君彥廷承翰柏宥品睿冠霖哲瑋育庭怡芬")


NUMERALS = "零一二三四五六七八九十百千万亿萬億"  # their cells hold nothing else, and few strokes tell them apart


# ---- one writer ----

class Glyph:
    """A character's strokes as one array of points, with what the writer asks of each."""

    def __init__(self, strokes):
        strokes = [pen.smooth(s, 4) for s in strokes]
        low, high = pen.bounds(strokes)
        strokes = [(s - (low + high) / 2) / max(float((high - low).max()), 1e-3) for s in strokes]
        strokes = [s if len(s) > 1 else np.concatenate([s, s + np.float32(0.01)]) for s in strokes]
        n = np.array([len(s) for s in strokes])
        self.points = np.concatenate(strokes).astype(np.float32)
        self.of = np.repeat(np.arange(len(n)), n)
        self.end = np.cumsum(n)
        self.start = self.end - n
        self.t = np.concatenate([np.linspace(0, 1, k, dtype=np.float32) for k in n])
        self.middle = np.stack([s.mean(0) for s in strokes])
        self.length = np.float32([np.abs(np.diff(s, axis=0)).sum() for s in strokes])
        at = np.arange(len(self.of))
        self.before = np.maximum(at - 1, self.start[self.of])
        self.after = np.minimum(at + 1, self.end[self.of] - 1)
        self.unhooked = np.array([a + hook_at(s) for a, s in zip(self.start, strokes)])


def hook_at(stroke):
    """How many points of the stroke come before its hook: a short last piece that turns sharply."""
    d = np.diff(stroke, axis=0)
    turn = np.abs(np.angle(np.exp(1j * np.diff(np.arctan2(d[:, 1], d[:, 0])))))
    rest = np.cumsum(np.hypot(d[:, 0], d[:, 1])[::-1])[::-1]
    sharp = np.flatnonzero((turn > 0.9) & (rest[1:] < 0.16) & (rest[1:] < 0.35 * rest[0]))
    return int(sharp[0]) + 2 if len(sharp) else len(stroke)


def wave(at, rng, much):
    return rng.normal(0, much) * np.sin(rng.uniform(1.5, 6) * at + rng.uniform(0, 6.28))


def write(glyph, rng):
    """The points as a hand would set them: each stroke, parts, then the whole."""
    n = len(glyph.start)
    level = rng.uniform(0.3, 1.5)
    z = (rng.standard_normal((n, 7)) * level).astype(np.float32)
    turn = z[:, 0] * (0.11 + 0.10 * (glyph.length < 0.25))
    grow = np.exp(z[:, 1] * 0.15)
    cos, sin = (grow * np.cos(turn))[glyph.of], (grow * np.sin(turn))[glyph.of]
    anchor = glyph.middle
    if rng.random() < 0.3:  # strokes begin where they should and end somewhere
        anchor = glyph.points[glyph.start]
    q = glyph.points - anchor[glyph.of]
    x, y = q[:, 0] * cos - q[:, 1] * sin, q[:, 0] * sin + q[:, 1] * cos
    along = glyph.points[glyph.end - 1] - glyph.points[glyph.start]
    bow = (z[:, 4] * 0.06)[glyph.of] * 4 * glyph.t * (1 - glyph.t)
    shift = z[:, 2:4] * 0.025 * np.sqrt(6 / (n + 5))
    p = np.stack([x - bow * along[glyph.of, 1], y + bow * along[glyph.of, 0]], 1) + (anchor + shift)[glyph.of]
    for _ in range(rng.integers(0, 3)):
        if n < 4:
            break
        cut = int(rng.integers(1, n))  # parts are written one after the other
        tail = p[glyph.start[cut]:]
        middle = tail.mean(0)
        tail -= middle
        tail *= np.exp(rng.normal(0, 0.11 * level, 2))
        tail += middle + rng.normal(0, 0.03 * level, 2)
    for _ in range(rng.integers(0, 5)):  # corners rounded
        p = 0.5 * p + 0.25 * (p[glyph.before] + p[glyph.after])
    x, y = p[:, 0], p[:, 1]
    x, y = x + wave(x, rng, 0.045 * level), y + wave(y, rng, 0.045 * level)
    x, y = x + wave(y, rng, 0.03 * level), y + wave(x, rng, 0.03 * level)
    x = (x + rng.normal(0.03, 0.14) * -y) * np.exp(rng.normal(0, 0.22))
    return np.stack([x, y + rng.normal(-0.05, 0.09) * x], 1).astype(np.float32)


def ink_of(glyph, rng):
    """The character drawn: SIDE x SIDE, 0 paper to 255 ink, its ink filling BOX x BOX."""
    p = write(glyph, rng)
    n = len(glyph.start)
    end = glyph.unhooked if rng.random() < 0.4 else glyph.end
    thick = np.exp(rng.uniform(np.log(1.0), np.log(4.2 if n < 10 else 3.2)))
    low, high = p.min(0), p.max(0)
    p = (p - (low + high) / 2) * ((BOX - thick) / max(float((high - low).max()), 1e-3)) + SIDE / 2
    fixed = np.round((p * FINE - 0.5) * 16).astype(np.int32)
    fine = np.zeros((SIDE * FINE, SIDE * FINE), np.uint8)
    lines = [fixed[a:b] for a, b in zip(glyph.start, end)]
    line_of = lambda paths, t: cv2.polylines(fine, paths, False, 255, max(1, int(round(t * FINE))), cv2.LINE_8, 4)
    if rng.random() < 0.25:  # a brush: each stroke in thirds
        for k, w in enumerate(rng.uniform(0.6, 1.25, 3)):
            line_of([s[len(s) * k // 3:len(s) * (k + 1) // 3 + 1] for s in lines], thick * w)
    else:
        line_of(lines, thick)
    running = rng.uniform(0, 0.9) if rng.random() < 0.45 else 0
    if running and n > 1:  # the pen's way to the next stroke
        a, b = fixed[np.array(end[:-1]) - 1], fixed[glyph.start[1:]]
        near = np.abs(a - b).max(1) < rng.uniform(0.3, 0.7) * BOX * FINE * 16
        which = np.flatnonzero(near & (rng.random(n - 1) < running))
        if len(which):
            sag = (rng.normal(0, 0.1, (len(which), 1)) * (b - a)[which, ::-1] * [1, -1])
            way = np.stack([a[which], (a + b)[which] / 2 + sag, b[which]], 1).astype(np.int32)
            line_of(list(way), thick * rng.uniform(0.4, 1.0))
    return cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def plain_ink(glyph):
    """As the data has it, on the same SIDE x SIDE."""
    low, high = glyph.points.min(0), glyph.points.max(0)
    p = (glyph.points - (low + high) / 2) * ((BOX - 2) / max(float((high - low).max()), 1e-3)) + SIDE / 2
    return pen.draw([p[a:b] for a, b in zip(glyph.start, glyph.end)], SIDE, SIDE, 2.2)


def no_character(glyphs, rng):
    """Two characters in one, a piece of one with its neighbour's, scribble, blots."""
    kind = rng.integers(0, 4)
    pick = lambda: ink_of(glyphs[int(rng.integers(len(glyphs)))], rng)
    if kind == 0:
        two = np.hstack([pick(), pick()])
        small = cv2.resize(two, (SIDE, SIDE // 2), interpolation=cv2.INTER_AREA)
        return cv2.copyMakeBorder(small, SIDE // 4, SIDE // 4, 0, 0, cv2.BORDER_CONSTANT, value=0)
    if kind == 1:
        cut = int(rng.integers(12, 29))
        return np.ascontiguousarray(np.hstack([pick()[:, cut:], pick()[:, :cut]]))
    if kind == 2:
        blot = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), rng.uniform(0.3, 4))
        return ((blot > np.quantile(blot, rng.uniform(0.05, 0.95))) * 255).astype(np.uint8)
    fine = np.zeros((SIDE * FINE, SIDE * FINE), np.uint8)
    for _ in range(rng.integers(1, 7)):
        way = np.cumsum(rng.normal(0, 25, (int(rng.integers(2, 8)), 2)), 0) + SIDE * FINE / 2
        cv2.polylines(fine, [way.astype(np.int32)], False, 255, int(rng.integers(3, 14)))
    return cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


# ---- paper and scanner, on whole batches ----

def augment(x, torch):
    """x (n, 1, SIDE, SIDE) ink 0 to 1: bent, seen by a coarse or a fine scanner, ink that breaks, noise."""
    f = torch.nn.functional
    n = len(x)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = torch.exp(torch.randn(n) * 0.06)
    theta[:, 1, 1] = torch.exp(torch.randn(n) * 0.06)
    theta[:, 0, 1], theta[:, 1, 0] = torch.randn(n) * 0.06, torch.randn(n) * 0.05
    theta[:, :, 2] = torch.randn(n, 2) * 0.035
    grid = f.affine_grid(theta, x.shape, align_corners=False)
    field = torch.randn(n, 2, 5, 5) * (0.05 * torch.rand(n, 1, 1, 1))
    grid = grid + f.interpolate(field, (SIDE, SIDE), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    x = f.grid_sample(x, grid, align_corners=False)
    break_ = f.interpolate(torch.rand(n, 1, 14, 14), (SIDE, SIDE), mode="bilinear", align_corners=False)
    x = x * (1 - 1.3 * (torch.rand(n, 1, 1, 1) - 0.35).clamp(min=0) * break_)
    parts = []
    for part in x.chunk(8):
        if torch.rand(()) < 0.65:  # coarse: as few points as a character of a low resolution has
            side = int(torch.randint(16, 40, ()))
            part = f.interpolate(part, (side, side), mode="area" if torch.rand(()) < 0.5 else "bilinear")
            m = len(part)
            limit = 0.25 + 0.3 * torch.rand(m, 1, 1, 1)
            part = torch.where(torch.rand(m, 1, 1, 1) < 0.12, (part > limit).float(), part)
            part = f.interpolate(part, (SIDE, SIDE), mode="bilinear", align_corners=False)
        if torch.rand(()) < 0.4:
            k = torch.exp(-0.5 * (torch.arange(-2, 3) / (0.3 + 0.8 * torch.rand(()))) ** 2)
            k = k / k.sum()
            part = f.conv2d(part, (k[:, None] * k[None])[None, None], padding=2)
        parts.append(part)
    x = torch.cat(parts)
    dark = x.flatten(1).topk(16).values.mean(1).clamp(min=0.05)[:, None, None, None]
    x = (x / dark).clamp(0, 1) ** torch.exp(0.25 * torch.randn(n, 1, 1, 1))
    x = x * (0.85 + 0.3 * torch.rand(n, 1, 1, 1)) + torch.randn_like(x) * (0.07 * torch.rand(n, 1, 1, 1))
    return x.clamp(0, 1)


# ---- the net and its table ----

def make_net(torch, plain=False):
    """plain: as it is written, with the normalisation of batches part of the weights."""
    nn = torch.nn

    def layer(a, b, k, stride):
        return [nn.Conv2d(a, b, k, stride, k // 2, bias=plain), *([] if plain else [nn.BatchNorm2d(b)]), nn.ReLU()]
    return nn.Sequential(*layer(1, 24, 5, 2), *layer(24, 40, 3, 2), *layer(40, 48, 3, 1), *layer(48, 96, 3, 2),
                         nn.Dropout(0.1), nn.Conv2d(96, DIM, 5), nn.Flatten()).to(memory_format=torch.channels_last)


def load(folder, torch):
    """The net and the rows as save() left them."""
    import onnx
    from onnx import numpy_helper
    graph = onnx.load(str(Path(folder) / "hanzi.onnx")).graph
    weights = {w.name: numpy_helper.to_array(w).copy() for w in graph.initializer}
    layers = [node.input[1:3] for node in graph.node if node.op_type in ("Conv", "Gemm")]
    net = make_net(torch, plain=True)
    for mine, (w, b) in zip([m for m in net if isinstance(m, torch.nn.Conv2d)], layers):
        mine.weight.data.copy_(torch.from_numpy(weights[w]).reshape(mine.weight.shape))
        mine.bias.data.copy_(torch.from_numpy(weights[b]))
    data = (Path(folder) / "hanzi.bin").read_bytes()
    n, dim, strangers, _ = struct.unpack("<iiif", data[4:20])
    at = 20 + 4 * n + 4 * strangers
    scale = np.frombuffer(data, "<f4", n, at)
    rows = np.frombuffer(data, np.int8, n * dim, at + 4 * n).reshape(n, dim) * scale[:, None]
    return net, rows.astype(np.float32)


def scores_of(places, table, torch):
    """Cosines times SCALE. As a convolution: five times as fast as a product where PyTorch has no good BLAS."""
    unit = torch.nn.functional.normalize
    return SCALE * torch.nn.functional.conv2d(unit(places)[:, :, None, None], unit(table)[:, :, None, None]).flatten(1)


def sample_weights(chars, often):
    """Characters that schools teach are met more often: both standards put them into their first level. What
    names and numbers are made of as often as is said."""
    def common(c):
        for code, low, high in (("gb2312", 0xB0A1, 0xD7F9), ("big5", 0xA440, 0xC67E)):
            try:
                if low <= int.from_bytes(c.encode(code), "big") <= high:
                    return True
            except UnicodeEncodeError:
                pass
        return False
    favour = {**dict.fromkeys(STRANGERS, often), **(dict.fromkeys(NUMERALS, 6 * often) if often > 2 else {})}
    w = np.array([favour.get(c, 2.0 if common(c) else 1.0) for c in chars])
    return w / w.sum()


def first_table(glyphs):
    """Rows to begin with: like characters near each other, by where their plain shapes have strokes of which
    direction. From chance alone the net needs several times as long."""
    features = []
    for g in glyphs:
        ink = cv2.GaussianBlur(plain_ink(g), (0, 0), 0.8)
        dx, dy = cv2.Sobel(ink, cv2.CV_32F, 1, 0), cv2.Sobel(ink, cv2.CV_32F, 0, 1)
        size, turn = np.hypot(dx, dy) + 1e-6, 2 * np.arctan2(dy, dx)
        maps = [size * np.maximum(np.cos(turn - a), 0) for a in np.arange(4) * np.pi / 2]
        small = [cv2.resize(cv2.GaussianBlur(m, (0, 0), 2.0), (8, 8), interpolation=cv2.INTER_AREA) for m in maps]
        features.append(np.sqrt(np.maximum(np.stack(small).ravel(), 0)))
    f = np.stack(features)
    f -= f.mean(0)
    values, axes = np.linalg.eigh(f.T @ f / len(f))
    rows = f @ axes[:, -DIM:] / np.maximum(values[-DIM:], 1e-9) ** 0.35
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.concatenate([rows, np.random.default_rng(2).normal(0, DIM ** -0.5, (1, DIM))]).astype(np.float32)


class Pool:
    """Pictures that train, the oldest written anew all the time."""

    def __init__(self, strokes, chars, size, seed, often):
        self.glyphs = [Glyph(strokes[c]) for c in chars]
        self.weights, self.size, self.at = sample_weights(chars, often), size, 0
        self.rng = np.random.default_rng(seed)
        self.x, self.y = np.zeros((size, SIDE, SIDE), np.uint8), np.zeros(size, np.int64)
        self.renew(size)

    def renew(self, n):
        which = self.rng.choice(len(self.glyphs), n, p=self.weights)
        for k in which:
            none = self.rng.random() < GARBAGE
            self.x[self.at] = no_character(self.glyphs, self.rng) if none else ink_of(self.glyphs[k], self.rng)
            self.y[self.at] = len(self.glyphs) if none else k
            self.at = (self.at + 1) % self.size


def train(o, torch):
    strokes = pen.hanzi()
    chars = sorted(strokes)
    start = time.time()
    pool = Pool(strokes, chars, o.pool, o.seed, o.often)
    print("%d pictures a second" % (o.pool / (time.time() - start)), flush=True)
    net, rows = load(o.start, torch) if o.start else (make_net(torch), first_table(pool.glyphs))
    table = torch.nn.Parameter(torch.from_numpy(rows) * 3)
    print("weights", sum(p.numel() for p in net.parameters()), flush=True)
    optimiser = torch.optim.AdamW([{"params": net.parameters(), "weight_decay": 1e-3},
                                   {"params": [table], "weight_decay": 0}], lr=1e-3)
    start, loss_seen, right, step, done = time.time(), 0.0, 0.0, 0, 0.0
    while done < 1:
        step += 1
        done = step / o.steps
        if o.minutes:  # where the machine is slower than thought, the rate falls by the clock
            done = max(done, min(1, (time.time() - start) / (60 * o.minutes)))
        for group in optimiser.param_groups:
            group["lr"] = o.lr * min(done / 0.08 + 0.02, 0.5 + 0.5 * np.cos(np.pi * done) + 0.003)
        pool.renew(o.batch // 3)
        at = pool.rng.integers(0, pool.size, o.batch)
        x = torch.from_numpy(pool.x[at]).float()[:, None] / 255
        y = torch.from_numpy(pool.y[at])
        scores = scores_of(net(augment(x, torch).contiguous(memory_format=torch.channels_last)), table, torch)
        loss = torch.nn.functional.cross_entropy(scores, y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss_seen, right = loss_seen + loss.item(), right + (scores.argmax(1) == y).float().mean().item()
        if step % 100 == 0:
            print("step %d loss %.3f right %.3f %.0f s" % (step, loss_seen / 100, right / 100, time.time() - start),
                  flush=True)
            loss_seen = right = 0.0
        if step % 1000 == 0 or done >= 1:
            save(net, table, chars, o, torch)


def save(net, table, chars, o, torch):
    net.eval()
    product = torch.nn.Linear(96 * 25, DIM)  # what the last convolution is, and faster where it will run
    product.weight.data, product.bias.data = net[-2].weight.data.flatten(1), net[-2].bias.data
    plain = torch.nn.Sequential(*net[:-3], torch.nn.Flatten(), product).eval()
    torch.onnx.export(plain, torch.zeros(1, 1, SIDE, SIDE), str(Path(o.o) / "hanzi.onnx"), opset_version=11,
                      input_names=["pictures"], output_names=["places"],
                      dynamic_axes={"pictures": {0: "n"}, "places": {0: "n"}})
    net.train()
    rows = torch.nn.functional.normalize(table.detach()).numpy()
    write_table(Path(o.o) / "hanzi.bin", chars, rows, 1.0)


def write_table(path, chars, rows, temperature):
    """Little-endian: "YJHZ", int32 rows, int32 numbers a row, int32 strangers, float32 scale / temperature; the
    rows' code points, uint32 ascending, the last 0xFFFFFFFF: no character; the strangers' row numbers, int32;
    float32 a row, what its numbers are multiplied with; int8 numbers, row by row."""
    row_of = {c: i for i, c in enumerate(chars)}
    strangers = sorted(row_of[c] for c in set(STRANGERS) if c in row_of)
    scale = np.abs(rows).max(1) / 127
    with open(path, "wb") as f:
        f.write(b"YJHZ" + struct.pack("<iiif", len(rows), DIM, len(strangers), SCALE / temperature))
        f.write(np.array([ord(c) for c in chars] + [0xFFFFFFFF], "<u4").tobytes())
        f.write(np.array(strangers, "<i4").tobytes())
        f.write(scale.astype("<f4").tobytes())
        f.write(np.round(rows / scale[:, None]).astype(np.int8).tobytes())


def set_temperature(path, temperature):
    data = bytearray(path.read_bytes())
    data[16:20] = struct.pack("<f", SCALE / temperature)
    path.write_bytes(data)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--steps", type=int, default=6000)
    args.add_argument("--minutes", type=float, help="end by then; the weights then depend on the machine")
    args.add_argument("--batch", type=int, default=256)
    args.add_argument("--pool", type=int, default=20000)
    args.add_argument("--lr", type=float, default=2.5e-3)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--start", metavar="DIR", help="go on from the files there")
    args.add_argument("--often", type=float, default=2, help="how often a character of names is met, a rare one once")
    args.add_argument("--temperature", type=float)
    args.add_argument("-o", default="ocr/models")
    o = args.parse_args()
    if o.temperature:
        set_temperature(Path(o.o) / "hanzi.bin", o.temperature)
        return
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(o.seed)
    train(o, torch)


if __name__ == "__main__":
    main()
