#!/usr/bin/env python3
"""A watch and a grade over a folder of another machine whose server goes away and comes back.

usage: share.py YUEJUAN sshfs|smb        by root; needs sshfs and openssh-server, or samba and smbnetfs

The server is one of this machine's own, on a port of its own: sshd and SSHFS, or smbd and SMBNetFS. Both
clients are FUSE; NFS and CIFS of the kernel behave alike in what counts here: calls that wait while the
server is silent. The watch (`--poll`) looks at the mounted folder; scans are written on the server's side, in
pieces, while

  slow      the server answers;
  silent    the server is stopped (SIGSTOP) in the midst of a file, and goes on 25 s later;
  killed    the server is killed in the midst of a file, and started again 10 s later.

Then every scan must be in done/, byte for byte, and scored once, and `verify` must find nothing. Then `grade`
reads a folder of the share, silent from before it begins: it must end, naming what it could not read, and the same
command must read all of it once the server goes on."""
import csv
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.fspath(pathlib.Path(__file__).parent.parent / "cli"))
import sheets  # noqa: E402

PATIENCE = 240  # s


def port():
    return 20000 + os.getpid() % 20000


class Sshfs:
    def __init__(self, work, served, mount):
        self.work, self.served, self.mount = work, served, mount
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / name], check=True)
        os.makedirs("/run/sshd", exist_ok=True)
        (work / "sshd_config").write_text(
            f"Port {port()}\nListenAddress 127.0.0.1\nHostKey {work}/host\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {work}/user.pub\nStrictModes no\nPermitRootLogin yes\n"
            "Subsystem sftp internal-sftp\n", encoding="utf-8")

    def start(self):
        self.server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", self.work / "sshd_config"],
                                       start_new_session=True)
        time.sleep(1)

    def attach(self):
        subprocess.run(["sshfs", f"root@127.0.0.1:{self.served}", self.mount, "-p", str(port()), "-o",
                        f"IdentityFile={self.work}/user,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,"
                        "reconnect,ServerAliveInterval=5,ServerAliveCountMax=3"], check=True)


class Smb:
    def __init__(self, work, served, mount):
        self.work, self.served, self.mount = work, served, mount
        (work / "smb.conf").write_text(
            f"[global]\nsmb ports = 445\ninterfaces = lo\nbind interfaces only = yes\n"
            "map to guest = bad user\nguest account = root\nserver min protocol = SMB2\nlog level = 0\n" +
            "".join(f"{key} = {work}\n" for key in ("private dir", "lock directory", "state directory",
                                                   "cache directory", "pid directory", "ncalrpc dir")) +
            f"log file = {work}/log\n[share]\npath = {served}\nread only = no\nguest ok = yes\n"
            "force user = root\n", encoding="utf-8")
        home = work / ".smb"
        home.mkdir()
        (home / "smb.conf").write_text(f"[global]\nclient min protocol = SMB2\n"
                                       f"lock directory = {work}\ncache directory = {work}\n"
                                       f"state directory = {work}\nprivate dir = {work}\n", encoding="utf-8")
        (home / "smbnetfs.conf").write_text("smb_query_browsers \"false\"\nauth \"guest\" \"\"\n"
                                            "host 127.0.0.1 visible=true\n", encoding="utf-8")
        os.chmod(home / "smbnetfs.conf", 0o600)

    def start(self):
        self.server = subprocess.Popen(["/usr/sbin/smbd", "-F", "--no-process-group", "-s", self.work / "smb.conf"],
                                       start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(2)

    def attach(self):
        hub = self.work / "hub"
        hub.mkdir(exist_ok=True)
        subprocess.run(["smbnetfs", hub], check=True, env={**os.environ, "HOME": os.fspath(self.work)})
        self.hub = hub
        self.mount.rmdir()
        self.mount.symlink_to(hub / "127.0.0.1" / "share")


def tree(pid):
    """A process and all below it."""
    found = [pid]
    for line in subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        child, parent = map(int, line.split())
        if parent in found:
            found.append(child)
    return found


def tell_server(server, number):
    for pid in tree(server.server.pid):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def write_slowly(path, data, middle=lambda: None, pause=0.5):
    """In four pieces; `middle` is called after the second."""
    with open(path, "wb", buffering=0) as out:
        for i in range(4):
            out.write(data[i * len(data) // 4:(i + 1) * len(data) // 4])
            time.sleep(pause)
            if i == 1:
                middle()


def wait_until(what, condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"FAILED: {what}")
        time.sleep(0.5)


def can_list(folder):
    try:
        return bool(os.listdir(folder))
    except OSError:
        return False


class Trial:
    def __init__(self, program, kind, work):
        self.program = program
        self.exam = sheets.write_exam(work / "exam")
        self.served, mount = work / "served", work / "mount"
        for folder in (self.served / "inbox", self.served / "later", mount):
            folder.mkdir(parents=True)
        self.mount = mount
        self.server = {"sshfs": Sshfs, "smb": Smb}[kind](work, self.served, mount)
        self.scans = {}

    def run(self, *arguments):
        return subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}, timeout=PATIENCE)

    def put(self, candidate, **more):
        name, data = f"{candidate:04d}.png", sheets.filled(candidate).png()
        self.scans[name] = data
        write_slowly(self.served / "inbox" / name, data, **more)

    def silent(self):
        tell_server(self.server, signal.SIGSTOP)
        time.sleep(25)
        tell_server(self.server, signal.SIGCONT)

    def killed(self):
        tell_server(self.server, signal.SIGKILL)
        self.server.server.wait()
        time.sleep(10)
        self.server.start()

    def all_done(self):
        done = self.served / "inbox" / "done"
        return done.exists() and {p.name: p.read_bytes() for p in done.iterdir()} == self.scans

    def check(self):
        rows = list(csv.DictReader(io.StringIO(self.run("export", self.exam, "--what", "readings").stdout)))
        pages = sorted({(row["scan"], row["page"]) for row in rows})
        if len(pages) != len(self.scans):
            raise SystemExit(f"FAILED: {len(pages)} pages of {len(self.scans)} scans")
        verified = self.run("verify", self.exam)
        if verified.returncode != 0:
            raise SystemExit(f"FAILED: verify: {verified.stderr}")

    def watch(self, log):
        watch = subprocess.Popen(
            [self.program, "watch", self.exam, "--inbox", self.mount / "inbox", "--poll", "--settle", "2"],
            stderr=log, env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"})
        try:
            candidate = 0
            for way in (None, self.silent, self.killed):
                for middle in (None, way, None):
                    candidate += 1
                    self.put(candidate, **({"middle": middle} if middle else {}))
                wait_until(f"all of {candidate} scans in done/ after {way}", self.all_done)
                print(f"{way.__name__ if way else 'slow'}: {candidate} scans in done/", flush=True)
                if watch.poll() is not None:
                    raise SystemExit("FAILED: the watch ended")
            watch.terminate()
            if watch.wait(PATIENCE) != 0:
                raise SystemExit(f"FAILED: the watch ended with {watch.returncode}")
        finally:
            if watch.poll() is None:
                watch.kill()
        self.check()

    def grade(self):
        for candidate in range(11, 15):
            (self.served / "later" / f"{candidate:04d}.png").write_bytes(sheets.filled(candidate).png())
            self.scans[f"{candidate:04d}.png"] = b""
        tell_server(self.server, signal.SIGSTOP)
        begun = time.monotonic()
        done = self.run("grade", self.exam, self.mount / "later", "--quiet", "--page-limit", "5")
        print(f"grade, silent: exit status {done.returncode} after {time.monotonic() - begun:.0f} s: "
              f"{done.stderr.strip()}", flush=True)
        tell_server(self.server, signal.SIGCONT)
        if done.returncode != 3 or "nothing came for 5 s" not in done.stderr:
            raise SystemExit("FAILED: grade over a silent share")
        wait_until("the share is back", lambda: can_list(self.mount / "later"))
        done = self.run("grade", self.exam, self.mount / "later", "--quiet")
        if done.returncode != 0:
            raise SystemExit(f"FAILED: grade afterwards: {done.stderr}")
        self.check()


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ("sshfs", "smb"):
        raise SystemExit(__doc__)
    work = pathlib.Path(tempfile.mkdtemp(prefix="yuejuan-share-"))
    trial = Trial(os.path.abspath(sys.argv[1]), sys.argv[2], work)
    try:
        trial.server.start()
        trial.server.attach()
        with open(work / "told", "w+", encoding="utf-8") as log:
            try:
                trial.watch(log)
                trial.grade()
            finally:
                log.seek(0)
                print(log.read(), file=sys.stderr)
    finally:
        subprocess.run(["umount", "-l", getattr(trial.server, "hub", trial.mount)], check=False)
        tell_server(trial.server, signal.SIGKILL)
        shutil.rmtree(work, ignore_errors=True)
    print("nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
