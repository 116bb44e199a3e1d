#!/usr/bin/env python3
"""Memory runs out at any allocation of a command: it must say so, or go on and be right.

usage: no_memory.py YUEJUAN MEMORY [FAILURES] [SEED] [COMMAND...]
       MEMORY is fault_memory.so; FAILURES of each command and kind, default 300

For each command of trial.py, number N of all its allocations fails alone (a request too large, met once),
or it and all after it (memory is at its end), for N by chance over the whole run, the first few always. The
table counts what was wrong; `dies in a library` are ends in a library that does not look whether it
got its memory, which the program cannot prevent (trial.py names them): files and database must be whole
all the same."""
import collections
import os
import pathlib
import random
import shutil
import sys
import tempfile

import trial as trials_of

FOUND = ("crash", "nothing told", "wrong result", "half-written", "broken database", "rerun",
         "unverified", "dies in a library")


def sample(total, n, chance):
    """Numbers from 1 to total: some of the first, where the program begins, and one of each of n parts."""
    early = {chance.randint(1, max(1, total // 50)) for _ in range(n // 5)}
    parts = n - len(early)
    return sorted(early | {1 + int((k + chance.random()) * total / parts) for k in range(parts)})


def count_allocations(trial, memory):
    counted = trial.exam.parent / "count"
    trial.begin()
    trial.run({"LD_PRELOAD": memory, "FAULT_MEMORY": "0", "FAULT_COUNT": os.fspath(counted)})
    return int(counted.read_text())


def try_one(trial, memory, which, rerun):
    trial.begin()
    done = trial.run({"LD_PRELOAD": memory, "FAULT_MEMORY": which})
    faults = trial.faults_after(done)
    if rerun or faults:
        faults += trial.faults_of_rerun()
    if faults == ["dies in a library"]:
        print(f"{trial.name} {which}: dies in {trial.died_in}", file=sys.stderr)
    elif faults:
        print(f"{trial.name} {which}: {faults}, exit status {done.returncode}\n"
              f"{done.stderr.decode('utf-8', 'replace')[-3000:]}", file=sys.stderr)
    return done.returncode, faults


def try_command(trial, memory, failures, seed):
    chance = random.Random(seed)
    total = count_allocations(trial, memory)
    for more, kind in (("", "alone"), ("+", "and all after")):
        found, failed = collections.Counter(), 0
        numbers = sample(total, failures, chance)
        for i, number in enumerate(numbers):
            status, faults = try_one(trial, memory, f"{number}{more}", i % 4 == 0)
            failed += status not in (0, 3)
            found.update(faults)
        print(f"| `{trial.name}` | {total} | {kind} | {len(numbers)} | {failed} |",
              " | ".join(str(found[f]) for f in FOUND), "|", flush=True)
        yield sum(found[f] for f in FOUND[:-1])


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    program, memory = map(os.path.abspath, sys.argv[1:3])
    failures = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-memory-"))
    wrong = 0
    try:
        pristine = trials_of.graded_exam(program, work, pathlib.Path(memory).with_name("fault_clock.so"))
        every = trials_of.trials(program)
        print("| command | allocations | which fails | tried | failed |", " | ".join(FOUND), "|")
        print("|---|---|---|---|---|" + "---|" * len(FOUND))
        for name in sys.argv[5:] or every:
            every[name].prepare(pristine, work)
            wrong += sum(try_command(every[name], memory, failures, seed))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
