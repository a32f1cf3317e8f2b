"""Replays the Dockerfile without a container engine, and runs what it makes as a cluster would.

As root, on Linux: it works in a mount namespace of its own, which takes all that it made along
when it ends. This machine's Python stands in for the base images' one; pip may use its cache.
The image's command then runs as the image's user, on a root that is read-only and has neither
shell nor any other program than Python: it has to serve /livez, and to end with 0 on SIGTERM.
Exit 5 where it does not. Where it cannot run it says so, and how it could.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.demo.ports import free_port
from streams.exits import FAILED, OK
from tools.dockerfile import Instruction, Stage, context, stages

ROOT = Path(__file__).parents[1]
PYTHON = Path(sys.base_prefix)
SYSTEM = ("bin", "sbin", "lib", "lib64", "usr", "etc")
LIBRARIES = ("lib", "lib64", "usr/lib", "usr/lib64", "etc")
BESIDES = ("proc", "dev")
NESTED = ("etc",)
"""Where single files may be mounts, such as that of the name servers."""
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
WRITES = (
    "import errno\ntry: open('/etc/x', 'w')\nexcept OSError as e: print(errno.errorcode[e.errno])"
)
COMPILED = (
    "import os, sys, streams.cli, streams.running.wiring\n"
    "made = [m for m in sys.modules.values() if getattr(m, '__cached__', None)]\n"
    "print([m.__name__ for m in made if not os.path.exists(m.__cached__)])"
)
UP_SECONDS, DOWN_SECONDS = 30.0, 10.0


def mount(*words: str | Path) -> None:
    """What mount(8) does."""
    subprocess.run(["mount", *map(str, words)], check=True)


def bind(source: Path, target: Path) -> None:
    """Show a directory elsewhere too, read-only."""
    target.mkdir(parents=True, exist_ok=True)
    mount("--rbind" if source.name in NESTED else "--bind", source, target)
    mount("-o", "remount,bind,ro", target)


@dataclass(slots=True)
class Tree:
    """The root of a stage, and where in it we are."""

    path: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    place: str = "/"
    user: str = "0:0"

    def at(self, path: str) -> Path:
        """A path of the tree as this machine knows it."""
        return self.path / os.path.join(self.place, path).lstrip("/")

    def inside(self) -> Callable[[], None]:
        """Go into the tree, as the user, before a program begins."""
        uid, gid = map(int, self.user.split(":"))

        def enter() -> None:
            os.chroot(self.path)
            os.chdir(self.place)
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)

        return enter

    def start(self, words: list[str], more: Mapping[str, str]) -> "subprocess.Popen[str]":
        """Start a program in the tree."""
        return subprocess.Popen(
            words,
            env={**self.environment, **more},
            preexec_fn=self.inside(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, words: list[str], **more: str) -> str:
        """What a program says. Raises `RuntimeError` where it fails."""
        process = self.start(words, more)
        said = process.communicate()[0]
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)}: exit {process.returncode}\n{said[-3000:]}")
        return said.strip()


def based(path: Path, python: Path) -> Tree:
    """A tree as a base image has it: this system read-only, and a Python in /usr/local."""
    path.mkdir()
    for name in SYSTEM:
        show(Path("/") / name, path / name)
    for name in BESIDES:
        bind(Path("/") / name, path / name)
    over, work = path.with_suffix(".over"), path.with_suffix(".work")
    over.mkdir()
    work.mkdir()
    layers = f"lowerdir={python},upperdir={over},workdir={work}"
    mount("-t", "overlay", "overlay", "-o", layers, path / "usr" / "local")
    bind(PYTHON, path / PYTHON.relative_to("/"))  # its libraries are looked for there
    path.joinpath("tmp").mkdir()
    path.joinpath("tmp").chmod(0o1777)
    return Tree(path)


def show(source: Path, target: Path) -> None:
    """A directory of this system, or the link that it is."""
    if source.is_symlink():
        target.symlink_to(os.readlink(source))
    elif source.is_dir():
        bind(source, target)


def replayed(stage: Stage, tree: Tree, built: Mapping[str, Tree]) -> None:
    """Carry out what a stage says."""
    for one in stage.instructions:
        started = time.monotonic()
        if one.word == "RUN":
            tree.run(one.command, **pips())
            print(f"{time.monotonic() - started:5.1f} s  {' '.join(one.command)[:80]}", flush=True)
        elif one.word == "COPY":
            copied(one, tree, built)
        elif one.word == "ENV":
            known = tree.environment
            known |= {name: _filled(value, known) for name, value in one.pairs.items()}
        elif one.word == "WORKDIR":
            tree.place = one.rest
            tree.at(".").mkdir(parents=True, exist_ok=True)
        elif one.word == "USER":
            tree.user = one.rest


def _filled(value: str, known: Mapping[str, str]) -> str:
    return value.replace("$PATH", known["PATH"])


def copied(one: Instruction, tree: Tree, built: Mapping[str, Tree]) -> None:
    """A COPY: from another stage, or of what .dockerignore lets in."""
    *sources, target = one.rest.split()
    stage = sources.pop(0).removeprefix("--from=") if sources[0].startswith("--from=") else ""
    for source in sources:
        if stage:
            shutil.copytree(built[stage].at(source), tree.at(target), symlinks=True)
            continue
        allowed = context((ROOT / ".dockerignore").read_text())
        for name in sorted(allowed if source == "." else {source} & allowed):
            copy(ROOT / name, tree.at(target) / name)


def copy(source: Path, target: Path) -> None:
    """A file or a directory."""
    if source.is_dir():
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, symlinks=True, ignore=leave)
    else:
        shutil.copy2(source, target)


def pips() -> dict[str, str]:
    """What this machine says of where packages come from."""
    said = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    ways = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
    return said | {name: os.environ[name] for name in ways if name in os.environ}


def bare(path: Path, tree: Tree) -> Tree:
    """What the image made, read-only, with its volumes, and with no program but Python."""
    path.mkdir()
    mount("--bind", path, path)
    for name in LIBRARIES:
        show(Path("/") / name, path / name)
    for name in ("opt", "usr/local", str(PYTHON.relative_to("/"))):
        bind(tree.path / name, path / name)
    for name in BESIDES:
        bind(Path("/") / name, path / name)
    uid, gid = tree.user.split(":")
    for name in ("tmp", tree.place.lstrip("/")):
        path.joinpath(name).mkdir(parents=True)
        mount("-t", "tmpfs", "-o", f"uid={uid},gid={gid},mode=0700", "tmpfs", path / name)
    mount("-o", "remount,bind,ro", path)
    return Tree(path, tree.environment, tree.place, tree.user)


def lived(tree: Tree, final: Stage) -> None:
    """Run the image's command. Raises `RuntimeError` where it is not as it should be."""
    entry, words = final.last("ENTRYPOINT").command, final.last("CMD").command
    print(tree.run([*entry, "version"]))
    asked = {"who": "import os; print(os.getuid(), os.getgid())", "a write": WRITES}
    expected = {"who": tree.user.replace(":", " "), "a write": "EROFS", "not compiled": "[]"}
    for name, text in {**asked, "not compiled": COMPILED}.items():
        said = tree.run(["python", "-c", text])
        print(f"{name}: {said}")
        if said != expected[name]:
            raise RuntimeError(f"{name}: {expected[name]} was expected")
    if any((tree.path / one).exists() for one in ("bin/sh", "usr/bin/env")):
        raise RuntimeError("there is a shell")
    port, nobody = free_port(), free_port()
    given = {"API_KEY": "none", "WEB__PORT": str(port), "KAFKA__BOOTSTRAP": f"127.0.0.1:{nobody}"}
    started = time.monotonic()
    worker = tree.start([*entry, *words], {f"CORDIAL_STREAMS_{k}": v for k, v in given.items()})
    try:
        until_live(worker, port)
        print(f"live after {time.monotonic() - started:.1f} s, without a broker")
        worker.send_signal(getattr(signal, final.last("STOPSIGNAL").rest))
        code = worker.wait(DOWN_SECONDS)
    finally:
        worker.kill()
    if code:
        raise RuntimeError(f"it ended with {code}\n{worker.communicate()[0][-3000:]}")
    print("ended with 0 when it was asked to")


def until_live(worker: "subprocess.Popen[str]", port: int) -> None:
    """Wait for /livez. Raises `RuntimeError`."""
    end = time.monotonic() + UP_SECONDS
    while time.monotonic() < end and worker.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    worker.kill()
    raise RuntimeError(f"it does not serve /livez\n{worker.communicate()[0][-3000:]}")


def replay(work: Path) -> int:
    """Build and run. Nothing is taken away here: what is mounted ends with the namespace."""
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", work)
    built: dict[str, Tree] = {}
    found = stages((ROOT / "Dockerfile").read_text())
    try:
        for number, stage in enumerate(found):
            tree = based(work / f"stage{number}", PYTHON)
            replayed(stage, tree, built)
            built[stage.name] = tree
        lived(bare(work / "image", built[found[-1].name]), found[-1])
    except RuntimeError as error:
        print(f"image: {error}", file=sys.stderr)
        return FAILED
    return OK


def hindrance(uid: int, python: str, unshare: str | None) -> str:
    """Why it cannot run here; blank where it can. `unshare` is where that program is."""
    if unshare is None:
        return "it needs Linux with unshare"
    if uid != 0:
        return "it needs root: sudo -E .venv/bin/python -m tools.image"
    if python == "/usr":
        return "it needs a Python in a directory of its own, such as pyenv's or setup-python's"
    return ""


def main() -> int:
    """Replay and run, or say why not."""
    if sys.argv[1:2] == ["--inside"]:
        return replay(Path(sys.argv[2]))
    why = hindrance(os.geteuid(), sys.base_prefix, shutil.which("unshare"))
    if why:
        print(f"SKIPPED: the image is not replayed: {why}")
        return FAILED if os.environ.get("CORDIAL_STREAMS_REQUIRE") == "1" else OK
    work = tempfile.mkdtemp()
    command = ["unshare", "--mount", "--propagation", "private"]
    command += [sys.executable, "-m", "tools.image", "--inside", work]
    try:
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    finally:
        os.rmdir(work)  # only what was mounted over it was filled


if __name__ == "__main__":
    sys.exit(main())
