#!/usr/bin/env python3
"""Fits omr/models/calibration.h: what a field's sureness is worth, and what it can promise.

  calibrate.py ROWS.csv[.gz] [...] [--mix office=0.97,rough=0.02,phone=0.01] [-o omr/models/calibration.h]

The mix is that of an office which scans its sheets and has a few copied or photographed ones among them.
ROWS are what `tests/accuracy/simulated --calibrate ROWS --evidence` writes over seeds 1000 to 1999.
Profiles count by the mix, however many fields of each were simulated. Standard library alone.
"""
import argparse
import collections
import csv
import gzip
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/accuracy"))
from counting import weighted_at_most

STEP = 0.1      # decades of sureness a bin
FINEST = 12
CALIBRATION = range(1000, 2000)


def rows_of(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as f:
        yield from csv.DictReader(f)


def read(paths):
    """bins[profile][bin] = [fields, wrong]"""
    bins = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    for path in paths:
        for row in rows_of(path):
            if int(row["seed"]) not in CALIBRATION:
                sys.exit("%s: seed %s is not for calibration" % (path, row["seed"]))
            if not row["evidence"].startswith("{") or row["counted"] in ("rejected", "missing"):
                continue
            evidence = json.loads(row["evidence"])
            if "sureness" not in evidence:
                continue  # a strip
            if row["status"] == "uncertain" and "?" in row["value"]:
                continue  # a hole in a number: no proposal, whatever its marks
            b = bins[row["profile"]][min(round(evidence["sureness"] / STEP), round(FINEST / STEP))]
            b[0] += 1
            b[1] += row["right"] != "1"
    return bins


def pool(points):
    """Pool adjacent violators: [(weight, wrong weight, count)] -> shares that fall."""
    blocks = []
    for at, (weight, wrong) in points:
        blocks.append([weight, wrong, [at]])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] <= blocks[-1][1] * blocks[-2][0]:
            weight, wrong, ats = blocks.pop()
            blocks[-1][0] += weight
            blocks[-1][1] += wrong
            blocks[-1][2] += ats
    return blocks


def promise(bins, scale, least):
    """Upper 95 % bound (one-sided) of the share wrong among all at least so sure: each profile's own bound would
    add up to more than is true."""
    def count(by, what):
        return sum(v[what] for k, v in by.items() if k >= least)

    total = sum(scale[q] * count(by, 0) for q, by in bins.items())
    if not total:
        return 1.0
    return min(1.0, weighted_at_most([(scale[q], count(by, 1)) for q, by in bins.items()]) / total)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("rows", nargs="+")
    p.add_argument("--mix", default="office=0.97,rough=0.02,phone=0.01")
    p.add_argument("-o", default="omr/models/calibration.h")
    o = p.parse_args()
    mix = {k: float(v) for k, v in (part.split("=") for part in o.mix.split(","))}
    bins = read(o.rows)
    mix = {k: v / sum(mix[j] for j in bins) for k, v in mix.items() if k in bins}
    scale = {k: mix[k] / sum(v[0] for v in by.values()) for k, by in bins.items()}
    keys = sorted({k for by in bins.values() for k in by})
    # a pseudo-count of half a wrong field in the surest block keeps it from promising everything
    points = [(k, (sum(scale[q] * bins[q][k][0] for q in bins if k in bins[q]),
                   sum(scale[q] * bins[q][k][1] for q in bins if k in bins[q]))) for k in keys]
    half = 0.5 * max(scale.values())
    points[-1] = (points[-1][0], (points[-1][1][0], points[-1][1][1] + half))
    steps = []
    for weight, wrong, ats in pool(points):
        share = min(max(wrong / weight, 1e-12), 1 - 1e-3)
        for k in sorted({ats[0], ats[-1]}):
            steps.append((k * STEP, -math.log10(share), promise(bins, scale, k)))
    table = ",\n".join("    {%.1f, %.4f, %.3e}" % s for s in steps)
    counts = ", ".join("%s %d fields, %d wrong" % (k, sum(v[0] for v in by.values()),
                                                   sum(v[1] for v in by.values()))
                       for k, by in sorted(bins.items()))
    Path(o.o).write_text(HEADER % (counts, o.mix, table), encoding="ascii")
    print(counts)
    print("sureness  confidence  silent_most  share below, %")
    for k, c, m in steps:
        shares = " ".join("%s %.3f" % (q, 100 * sum(v[0] for j, v in bins[q].items() if j * STEP < k - 1e-9)
                                       / sum(v[0] for v in bins[q].values())) for q in sorted(bins))
        wrong = " ".join("%s %d" % (q, sum(v[1] for j, v in bins[q].items() if j * STEP >= k - 1e-9))
                         for q in sorted(bins))
        print("%8.1f  %.8f  %.3e  %s | wrong beyond: %s" % (k, 1 - 10 ** -c, m, shares, wrong))


HEADER = """/* clang-format off */
/* Made by tools/train/calibrate.py of %s;
 * mix %s. Not to be edited. */
static const struct calibration_step {
    double sureness;    /* as calibration.h has it */
    double confidence;  /* the same measure of the share that was right */
    double silent_most; /* of all fields as sure and surer, the wrong ones: upper 95 %% bound */
} calibration_steps[] = {
%s,
};
"""

if __name__ == "__main__":
    main()
