"""bench_peers.py - other programs on the same pages, for tests/bench --peers.

Auto Multiple Choice (Debian: auto-multiple-choice) reads the pages of ../shared/data/amc-sheet, which it
made: its layout is written from the set's layout.csv, `meptex` and `analyse` do the rest. OMRChecker:
bench_omrchecker.py. We read the same files with the same number of processes. Timed are whole processes, start
to end, by the kernel's account of them.
"""
import csv, os, pathlib, resource, shutil, sqlite3, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DPI = 300  # of layout.csv
MARK_PX = 3.5 / 25.4 * DPI


class Absent(Exception):
    pass


def timed(command, env=None, cwd=None):
    """(seconds on the clock, of CPU) of a command and all its children."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([str(c) for c in command], env=env, cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"bench: '{' '.join(map(str, command))}' failed:\n{done.stdout[-2000:]}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median_ms(runs, pages):
    return tuple(1000 * statistics.median(r[i] for r in runs) / pages for i in (0, 1))


# ---- ourselves ----

def grade(program, form, scans, repeat):
    """Milliseconds a page (clock, CPU) of `yuejuan grade FORM`, one worker."""
    runs = []
    pages = len(list(scans.iterdir()))
    for _ in range(repeat):
        with tempfile.TemporaryDirectory(prefix="yuejuan-bench-") as folder:
            runs.append(timed([program, "grade", form, scans, "--db", f"{folder}/db", "--jobs", 1, "--quiet"]))
    return median_ms(runs, pages)


# ---- Auto Multiple Choice ----

class Amc:
    def __init__(self, root):
        """`root`: a folder into which its Debian packages were unpacked; None: as installed."""
        self.root, self.env = root, dict(os.environ, LC_ALL="C.UTF-8")
        if root is None and not shutil.which("auto-multiple-choice"):
            raise Absent("Auto Multiple Choice is not installed (Debian: auto-multiple-choice)")
        if root is not None:
            perl = [root / "usr/share/perl5", root / "usr/libexec/AMC/perl",
                    *root.glob("usr/lib/*/perl5/*")]
            self.bin = tempfile.TemporaryDirectory(prefix="yuejuan-bench-")
            program = pathlib.Path(self.bin.name) / "auto-multiple-choice" # as it calls itself
            program.write_text(f'#!/bin/sh\nname=$1; shift\nexec "{root}/usr/libexec/AMC/exec/AMC-$name" "$@"\n')
            program.chmod(0o755)
            self.env |= {"PERL5LIB": ":".join(map(str, perl)), "AMCBASEDIR": str(root),
                         "PATH": f"{self.bin.name}:{os.environ['PATH']}"}

    def command(self, name):
        if self.root is None:
            return ["auto-multiple-choice", name]
        return ["perl", self.root / f"usr/libexec/AMC/perl/AMC-{name}.pl"]

    def analyse(self, scans, project):
        """(seconds, CPU seconds); the project has the layout."""
        names = project / "scans.txt"
        names.write_text("".join(f"{p}\n" for p in sorted(scans.iterdir())))
        return timed([*self.command("analyse"), "--projet", project, "--data", project / "data",
                      "--cr", project / "cr", "--tol-marque", "0.2,0.2", "--bw-threshold", "0.6", "--prop", "0.8",
                      "--n-procs", 1, "--multiple", "--pre-allocate", 1, "--liste-fichiers", names], env=self.env)

    def prepare(self, project, layout):
        for name in ("data", "cr"):
            (project / name).mkdir()
        write_layout(layout, project / "calage.xy")
        timed([*self.command("meptex"), "--src", project / "calage.xy", "--data", project / "data"], env=self.env)


def write_layout(layout, path):
    """What LaTeX would have written of the sheet: corners of everything, in inches from the page's foot."""
    rows = list(csv.DictReader(open(layout, encoding="utf-8")))
    page = next(r for r in rows if r["kind"] == "page")
    wide, high = float(page["xmax"]), float(page["ymax"])
    out = [f"\\page{{1/5/56}}{{{wide / DPI:.5f}in}}{{{high / DPI:.5f}in}}"]

    def trace(name, x0, y0, x1, y1):
        for x, y in ((x0, y0), (x1, y1)):
            out.append(f"\\tracepos{{1/5:{name}}}{{{x / DPI:.5f}in}}{{{(high - y) / DPI:.5f}in}}{{}}")

    for r in rows:
        if r["kind"] == "corner":
            name = {"1": "HG", "2": "HD", "3": "BD", "4": "BG"}[r["question"]]
            x, y, half = float(r["xmin"]), float(r["ymin"]), MARK_PX / 2
            trace("position" + name, x - half, y - half, x + half, y + half)
        elif r["kind"] in ("pageid_bit", "box", "id_digit"):
            box = [float(r[k]) for k in ("xmin", "ymin", "xmax", "ymax")]
            name = (f"chiffre:{r['question']},{r['answer']}" if r["kind"] == "pageid_bit"
                    else f"case:{r['name']}:{r['question']},{r['answer']}")
            trace(name, *box)
    path.write_text("\n".join(out) + "\n")


def count_read(project):
    """Pages and boxes that were measured."""
    with sqlite3.connect(project / "data/capture.sqlite") as db:
        return (db.execute("SELECT COUNT(*) FROM capture_page").fetchone()[0],
                db.execute("SELECT COUNT(*) FROM capture_zone WHERE type = 4").fetchone()[0])


def amc_rows(root, data, program, repeat):
    amc = Amc(root)
    if not data.exists():
        raise Absent(f"Auto Multiple Choice: '{data}' is not there")
    for name in ("clean200", "bitonal300"):
        scans, runs = data / name, []
        pages = len(list(scans.iterdir()))
        for _ in range(repeat):
            with tempfile.TemporaryDirectory(prefix="yuejuan-bench-") as folder:
                project = pathlib.Path(folder)
                amc.prepare(project, data / "layout.csv")
                runs.append(amc.analyse(scans, project))
                read, boxes = count_read(project)
        if read != pages:
            sys.exit(f"bench: Auto Multiple Choice read {read} of {pages} pages of '{scans}': no time worth telling")
        yield (f"amc-sheet/{name}, {pages} pages", f"Auto Multiple Choice ({boxes // pages} boxes)",
               median_ms(runs, pages), grade(program, ROOT / "tests/forms/amc-sheet.yaml", scans, repeat))
