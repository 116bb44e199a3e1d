"""bench_omrchecker.py - OMRChecker on its own samples, for tests/bench --peers --omrchecker DIR.

Its code (MIT) is no part of this project. To have it in DIR, with its Python packages:

  git clone https://github.com/Udayraj123/OMRChecker DIR
  pip install opencv-python -r DIR/requirements.txt     # or Debian's python3-opencv, -pandas, -rich, ...

Its samples and what is marked on them: ../shared/data/omrchecker. Their config.json asks for windows that wait
for a key; our copies say `show_image_level` 0, its default and the only setting that a batch can run with. All
else is as it comes: it writes a picture of every page (`save_detections`), and we a database with the evidence.
"""
import csv, json, os, pathlib, shutil, subprocess, sys, tempfile

from bench_peers import Absent, grade, median_ms, timed

SAMPLES = ("sample1", "sample2", "sample3/colored-thick-sheet")  # timed; read are all
PAGES = 24  # a sample has one page or two: copies of them, with other bytes


def find_interpreter():
    for python in ("/usr/bin/python3.11", sys.executable):
        if os.path.exists(python) and subprocess.run([python, "-c", "import cv2"],
                                                     stderr=subprocess.DEVNULL).returncode == 0:
            return python
    raise Absent("OMRChecker: no Python with cv2")


class Omrchecker:
    def __init__(self, code):
        if code is None or not (code / "main.py").exists():
            raise Absent("OMRChecker: name its folder with --omrchecker DIR")
        self.code, self.python = code.resolve(), find_interpreter()
        # its modules are compiled once and kept, as with any user
        self.env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def command(self, folder, out):
        return [self.python, self.code / "main.py", "-i", folder, "-o", out]

    def time(self, folder, out):
        return timed(self.command(folder, out), env=self.env, cwd=self.code)

    def read(self, folder, out):
        """Its answers, {(picture, field): value}; None where it gave up on the whole folder."""
        done = subprocess.run([str(c) for c in self.command(folder, out)], env=self.env, cwd=self.code,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return answers(folder, out) if done.returncode == 0 else None


def answers(folder, out):
    """What it wrote, {(picture under `folder`, field): value}; a page without the markers is not among it."""
    found = {}
    for path in pathlib.Path(out).rglob("Results_*.csv"):
        for row in csv.DictReader(open(path, newline="", encoding="utf-8")):
            picture = str(pathlib.Path(row["input_path"]).relative_to(folder))
            found.update(((picture, k), v) for k, v in row.items()
                         if k not in ("file_id", "input_path", "output_path", "score"))
    return found


def read_truth(data):
    truth = {}
    for row in csv.DictReader(open(data / "truth.csv", newline="", encoding="utf-8")):
        truth.setdefault(row["scan"], {})[row["field"]] = row["value"].strip()
    return truth


def copy_sample(data, template, folder):
    """A template's folder for OMRChecker alone: no windows, no scores (we grade no key either)."""
    shutil.copytree(template.parent, folder, copy_function=shutil.copyfile)  # the originals may be read only
    shutil.copy(template, folder / "template.json")
    for name in ("evaluation.json", "answer_key.csv"):
        (folder / name).unlink(missing_ok=True)
    above = [p / "config.json" for p in template.parents if data in p.parents]  # one above holds for it too
    config = next((json.loads(p.read_text(encoding="utf-8")) for p in above if p.exists()), {})
    config.setdefault("outputs", {})["show_image_level"] = 0
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


# ---- time ----

def copy_pages(data, name, folder, count):
    """A sample with `count` pictures: [(picture, what is marked on it)]. Copies differ in the bytes behind their
    end, which no decoder reads: for us the same bytes would be the same page twice."""
    truth = read_truth(data)
    copy_sample(data, data / name / "template.json", folder)
    sources = [(p, truth[key]) for p in sorted(folder.rglob("*"))
               if (key := f"{name}/{p.relative_to(folder)}") in truth]
    for extra, _ in sources[count:]:
        extra.unlink()
    pictures = sources[:count]
    for i in range(count - len(pictures)):
        source, marked = sources[i % len(sources)]
        copy = source.with_name(f"copy{i:03d}{source.suffix}")
        copy.write_bytes(source.read_bytes() + b"%08d" % i)
        pictures.append((copy, marked))
    return pictures


def expect_right(who, found, pictures, folder):
    fields = [(str(p.relative_to(folder)), f, v) for p, marked in pictures for f, v in marked.items()]
    right = sum(found.get((p, f)) == v for p, f, v in fields)
    if right != len(fields):
        sys.exit(f"bench: {who} read {right} of {len(fields)} fields of '{folder}' right: no time worth telling")


def our_answers(program, form, scans, folder):
    timed([program, "grade", form, scans, "--db", folder / "check.db", "--jobs", 1, "--quiet"])
    timed([program, "export", folder / "check.db", "--what", "readings", "-o", folder / "check.csv"])
    rows = csv.DictReader(open(folder / "check.csv", newline="", encoding="utf-8-sig"))
    return {(pathlib.Path(r["scan"]).name, r["field"]): r["value"] for r in rows
            if r["status"] in ("ok", "blank", "multiple")}


def sample_times(checker, data, name, program, repeat, count):
    """(theirs, ours), milliseconds (clock, CPU) of a whole run over so many pages."""
    with tempfile.TemporaryDirectory(prefix="yuejuan-bench-") as folder:
        folder = pathlib.Path(folder)
        pictures = copy_pages(data, name, folder / "in", count)
        checker.time(folder / "in", folder / "first")  # what no run after it pays: compiling its modules
        expect_right("OMRChecker", answers(folder / "in", folder / "first"), pictures, folder / "in")
        runs = [checker.time(folder / "in", folder / f"out{i}") for i in range(repeat)]
        form, scans = folder / "form.yaml", folder / "scans"
        timed([program, "form", "import-omrchecker", data / name / "template.json", "-o", form])
        scans.mkdir()
        ours = [(pathlib.Path(shutil.copy(p, scans)), marked) for p, marked in pictures]
        expect_right("yuejuan", our_answers(program, form, scans, folder), ours, scans)
        return median_ms(runs, 1), tuple(ms * count for ms in grade(program, form, scans, repeat))


def time_rows(code, data, program, repeat):
    checker = Omrchecker(code)
    if not data.exists():
        raise Absent(f"OMRChecker: '{data}' is not there")
    for name in SAMPLES:
        many = sample_times(checker, data, name, program, repeat, PAGES)
        one = sample_times(checker, data, name, program, repeat, 1)
        yield (f"omrchecker/{name}, {PAGES} pages", "OMRChecker", *(tuple(ms / PAGES for ms in who) for who in many))
        yield ("the same, start left out", "OMRChecker",
               *(tuple((m - o) / (PAGES - 1) for m, o in zip(*who)) for who in zip(many, one)))


# ---- what it reads right ----

def count_template(checker, data, template, truth):
    """{right, silent, not read: fields} of a template's pictures; its score is not asked for."""
    with tempfile.TemporaryDirectory(prefix="yuejuan-bench-") as folder:
        sample = pathlib.Path(folder) / "in"
        copy_sample(data, template, sample)
        found = checker.read(sample, pathlib.Path(folder) / "out")
    empty = json.loads(template.read_text(encoding="utf-8")).get("emptyValue", "")
    plain = lambda value: "" if value == empty else value
    counts = dict.fromkeys(("right", "silent", "not read"), 0)
    for scan, fields in truth.items():
        if template.parent not in (data / scan).parents:
            continue
        for field, value in fields.items():
            got = None if found is None else found.get((str((data / scan).relative_to(template.parent)), field))
            counts["not read" if got is None else "right" if plain(got) == plain(value) else "silent"] += 1
    return counts


def print_accuracy(code, data):
    """A row a template; sample6's template.json is its template_no_fb_align.json."""
    checker, truth = Omrchecker(code), read_truth(data)
    print("\nWhat OMRChecker reads of its own samples (ours: tests/accuracy/run PROGRAM --set omrchecker)\n")
    print("| template | fields | right | silent | not read |\n|---|---:|---:|---:|---:|")
    total = dict.fromkeys(("right", "silent", "not read"), 0)
    for template in sorted(data.rglob("template*.json")):
        if template.name == "template.json" and list(template.parent.glob("template_*.json")):
            continue
        counts = count_template(checker, data, template, truth)
        if "no_fb" not in template.name:  # as tests/accuracy/run counts: the shifted scans without alignment apart
            total = {k: total[k] + counts[k] for k in total}
        print_counts(template.relative_to(data), counts)
    print_counts("all but template_no_fb_align.json", total)


def print_counts(name, counts):
    print(f"| {name} | {sum(counts.values())} | " + " | ".join(map(str, counts.values())) + " |", flush=True)
