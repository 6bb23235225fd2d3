"""`make docker-check`: carry out docker/Dockerfile in a root made by mmdebstrap, then start `ouidire doctor` in it.

Needs root, mmdebstrap and util-linux. Every step runs in mount and process namespaces of its own, so that nothing stays
behind. What is shown of this machine inside is read-only without exception: the steps run as root, and a package's
script would else rewrite the machine's own files (it happened, with /etc/ssl).
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.docker import dockerfile
from tests.lab.debian import mirror_uri

ROOT = Path(__file__).resolve().parents[2]
SUITES = {"debian:12-slim": "bookworm"}
KEPT_VARIABLES = ("PIP_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
CERTIFICATES = "/etc/build-certificates.crt"
DEVICES = ("null", "zero", "full", "random", "urandom")
NAMESPACES = ("unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--propagation", "private")
EXPECTED_OK = ("packages", "database", "voice detector", "tone model", "notices", "media address")


class Image:
    """A root folder and what the Dockerfile has said so far. `binds` are folders of this machine shown inside."""

    def __init__(self, root: Path, binds: Sequence[Path], arguments: dict[str, str]) -> None:
        self.root = root
        self.binds = binds
        self.arguments = arguments
        self.variables: dict[str, str] = {}
        self.user = "0:0"
        self.folder = "/"
        self.entrypoint: list[str] = []
        self.volumes: list[str] = []

    def build(self, file: Path) -> None:
        """Carry out every instruction. Raises CalledProcessError, ValueError."""
        for word, rest in dockerfile.read(file):
            print(f"{word} {rest}"[:150], flush=True)
            getattr(self, f"_{word.lower()}")(rest)

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as the image's user so far; its output as text."""
        return self._inside(command, [])

    def run_locked(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """The same as a container with a read-only root would: only the volumes and /tmp can be written."""
        lock = [f"mount --bind {self.root}{volume} {self.root}{volume}" for volume in self.volumes]
        lock.append(f"mount -t tmpfs tmpfs {self.root}/tmp")
        return self._inside(command, [*lock, f"mount -o remount,bind,ro {self.root}"])

    def _inside(self, command: Sequence[str], lock: Sequence[str]) -> subprocess.CompletedProcess[str]:
        script = [*mounts(self.root, self.binds), *lock]
        inside = f"cd {self.folder} && exec {shlex.join(command)}"
        script.append(f"exec chroot --userspec={self.user} {self.root} /bin/sh -c {shlex.quote(inside)}")
        passed = {name: value for name, value in os.environ.items() if name.startswith(KEPT_VARIABLES)}
        return subprocess.run(
            [*NAMESPACES, "/bin/sh", "-e", "-c", "\n".join(script)],
            env={"PATH": os.environ["PATH"], "HOME": self.folder, **passed, **self.variables},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    def _from(self, rest: str) -> None:
        command = ["mmdebstrap", "--quiet", "--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"']
        subprocess.run([*command, SUITES[rest], str(self.root), mirror_uri()], check=True)
        for file in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(file, self.root / file.lstrip("/"))
        if authorities := os.environ.get("PIP_CERT"):  # a copy: the steps may do with it what they like
            shutil.copy(authorities, self.root / CERTIFICATES.lstrip("/"))
            self.variables["PIP_CERT"] = CERTIFICATES
        options = self.root / "etc/apt/apt.conf.d/99old-mirror"
        options.write_text('Acquire::Check-Valid-Until "false";\n', encoding="utf-8")

    def _arg(self, rest: str) -> None:
        name, value = dockerfile.pair(rest)
        self.variables[name] = self.arguments.get(name, value)

    def _env(self, rest: str) -> None:
        name, value = dockerfile.pair(rest)
        self.variables[name] = value

    def _run(self, rest: str) -> None:
        ran = self.run(["/bin/sh", "-e", "-c", rest])
        if ran.returncode != 0:
            print(ran.stdout[-4000:])
            raise SystemExit(f"the step failed with {ran.returncode}: RUN {rest}")

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        for source in sources:
            goal = self.root / target.lstrip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, goal, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                goal.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, goal)

    def _user(self, rest: str) -> None:
        self.user = rest

    def _workdir(self, rest: str) -> None:
        self.folder = rest

    def _volume(self, rest: str) -> None:
        self.volumes = dockerfile.words(rest)

    def _entrypoint(self, rest: str) -> None:
        self.entrypoint = dockerfile.words(rest)

    def _cmd(self, rest: str) -> None:
        assert dockerfile.words(rest) == ["serve"]


def mounts(root: Path, binds: Sequence[Path]) -> list[str]:
    """The commands that make the root ready: its own /proc, five devices, and `binds` of this machine, read-only."""
    commands = [f"mount --bind {root} {root}", f"mount -t proc proc {root}/proc"]
    commands.append(f"mount -t tmpfs -o mode=755 tmpfs {root}/dev")
    for device in DEVICES:
        commands += [f"touch {root}/dev/{device}", f"mount --bind /dev/{device} {root}/dev/{device}"]
    for bind in binds:
        inside = f"{root}{bind.resolve()}"
        commands += [f"mkdir -p {inside}", f"mount --bind {bind.resolve()} {inside}"]
        commands.append(f"mount -o remount,bind,ro {inside}")
    return commands


def main() -> int:
    """Build, look, and say what was found."""
    parser = argparse.ArgumentParser(prog="make docker-check", description=__doc__)
    parser.add_argument(
        "--bind", type=Path, action="append", default=[], help="a folder of this machine to show inside, read-only"
    )
    parser.add_argument(
        "--build-arg", action="append", default=[], metavar="NAME=VALUE", help="as docker build takes it"
    )
    chosen = parser.parse_args()
    missing = [tool for tool in ("mmdebstrap", "unshare", "chroot") if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        print(f"This check needs root{' and ' + ', '.join(missing) if missing else ''} (apt install mmdebstrap).")
        return 2
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ouidire-image-") as folder:
        Path(folder).chmod(0o755)  # mmdebstrap's helpers run as other users
        image = Image(Path(folder) / "root", chosen.bind, dict(one.split("=", 1) for one in chosen.build_arg))
        image.build(ROOT / "docker" / "Dockerfile")
        print(f"built in {time.monotonic() - began_s:.0f} s")
        return judge(image)


def judge(image: Image) -> int:
    """Start doctor as the image's user on a read-only root; without a PBX only the PBX's lines may ask for a look."""
    ran = image.run_locked([*image.entrypoint, "doctor"])
    print(ran.stdout)
    told = {line[6:22].strip(): line[:2] for line in ran.stdout.splitlines()}
    wrong = [subject for subject in EXPECTED_OK if told.get(subject) != "ok"]
    if ran.returncode != 1 or wrong:
        print(f"NOT as it should be: doctor ended with {ran.returncode}; {', '.join(wrong) or 'its lines are ok'}")
        return 1
    attempt = image.run_locked(["/bin/sh", "-c", "id -u; touch /etc/x; touch /var/lib/ouidire/x && echo volume"])
    print(attempt.stdout)
    if "8480" not in attempt.stdout or "Read-only file system" not in attempt.stdout or "volume" not in attempt.stdout:
        print("NOT as it should be: user, read-only root or volume")
        return 1
    print("ok: the image's own user, on a read-only root with its volumes, finds all but a PBX.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
