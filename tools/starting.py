"""What a worker would refuse, or not find, when it starts in the pod that the manifests make."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from streams.checking.problems import source_problems
from streams.cordial.endpoint import EndpointError, endpoint
from streams.plan import PlanError, compile_plan
from streams.settings import account_keys
from streams.settings.errors import PREFIX
from streams.telemetry.configured import TelemetryError, configured
from streams.web.server import LOOPBACK_ADDRESSES
from tools.installation import Document, Installation, config_maps

FILE = "_FILE"
USER = f"{PREFIX}KAFKA__USERNAME"


def refusals(here: Installation) -> Iterator[str]:
    """A line for each."""
    cordial, [container] = here.settings.cordial, here.pod["containers"]
    args = container.get("args", [])
    try:
        compile_plan(here.plan, account_keys(here.settings))
        configured({name: value or "" for name, value in here.variables.items()})
        endpoint(cordial.endpoint, allow=cordial.allow_endpoint or "--allow-endpoint" in args)
    except (EndpointError, PlanError, TelemetryError) as error:
        yield f"{_who(here)}: {error}"
    if here.is_workers:
        yield from (f"the worker: {one}" for one in source_problems(here.settings, here.plan))
    yield from _unset(here)
    yield from _twice(here, container)
    yield from _not_there(here, container)


def _who(here: Installation) -> str:
    return "the worker" if here.is_workers else str(here.workload["metadata"]["name"])


def _unset(here: Installation) -> Iterator[str]:
    """What has no value that it needs; a secret may be a variable or a file."""
    needed: list[tuple[str, tuple[str, ...]]] = []
    security = here.settings.kafka.security
    if security.startswith("SASL"):
        why = f"{PREFIX}KAFKA__SECURITY is {security}"
        needed.append((why, ("KAFKA__USERNAME",)))
        needed.append((why, ("KAFKA__PASSWORD", f"KAFKA__PASSWORD{FILE}")))
    if here.is_workers:
        needed.append(("to ask Cordial anything", ("API_KEY", f"API_KEY{FILE}")))
    if here.is_workers and here.settings.web.host not in LOOPBACK_ADDRESSES:
        needed.append(("its pages are not on loopback", ("WEB__TOKEN", f"WEB__TOKEN{FILE}")))
    for why, either in needed:
        names = [f"{PREFIX}{one}" for one in either]
        if not any(here.variables.get(one, "") != "" for one in names):
            yield f"{_who(here)}: {' or '.join(names)} is not set, and is needed: {why}"


def _twice(here: Installation, container: Document) -> Iterator[str]:
    """A variable of the pod counts for more than the same one of a ConfigMap.

    Workloads beside the workers have a user of their own.
    """
    maps = config_maps(here.documents)
    own = {one["name"]: one.get("value", "of a Secret") for one in container["env"]}
    for source in container["envFrom"]:
        for name, value in maps[source["configMapRef"]["name"]].items():
            meant = not here.is_workers and name == USER
            if name in own and own[name] != value and not meant:
                yield f"{name}: is {value} in the ConfigMap, and the pod has {own[name]} instead"


def _not_there(here: Installation, container: Document) -> Iterator[str]:
    """Files that are named and that no volume brings."""
    named = {
        name: value
        for name, value in here.variables.items()
        if value and name.startswith(PREFIX) and name.endswith(FILE)
    }
    args = container.get("args", [])
    if "--plan" in args[:-1]:
        named["--plan"] = args[args.index("--plan") + 1]
    for name, value in named.items():
        path = PurePosixPath(value)
        volume = _volume_at(here.pod, container, path)
        if volume is None:
            yield f"{name}: {value} lies in no volume that the pod mounts"
        elif not _brings(volume, path.name, here):
            yield f"{name}: the volume {volume['name']} brings no file {path.name}"


def _volume_at(pod: Document, container: Document, path: PurePosixPath) -> Document | None:
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    name = mounts.get(str(path.parent))
    return next((one for one in pod["volumes"] if one["name"] == name), None)


def _brings(volume: Document, file: str, here: Installation) -> bool:
    source: dict[str, Any] = volume.get("secret") or volume.get("configMap") or {}
    if "items" in source:
        return file in {one["path"] for one in source["items"]}
    if "configMap" in volume:
        return file in config_maps(here.documents).get(source["name"], {})
    return "secret" in volume or "projected" in volume or "csi" in volume
