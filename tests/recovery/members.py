"""The workers of the group, each a process with a name."""

from pathlib import Path

import httpx

from bench.journal import ID_KEY
from bench.programs import peak_mib, plan_in
from streams.demo.ports import free_port
from tests.crash.processes import Process, ProcessError, run
from tests.leaks import KEY

APP = "recovery"
REBALANCES = "cordial_streams_rebalances_total"


class Members:
    """Starts and ends workers; makes their topics first."""

    def __init__(
        self, directory: Path, bootstrap: str, url: str, topic: str, session: float
    ) -> None:
        self._directory = directory
        self._plan = plan_in(directory, topic, "contact")
        self._settings = {
            "CORDIAL_STREAMS_APP_ID": APP,
            "CORDIAL_STREAMS_PREFIX": APP,
            "CORDIAL_STREAMS_KAFKA__BOOTSTRAP": bootstrap,
            "CORDIAL_STREAMS_KAFKA__SESSION_TIMEOUT": f"{session:g}",
            "CORDIAL_STREAMS_API_KEY": KEY,
            "CORDIAL_STREAMS_CORDIAL__ENDPOINT": url,
            "CORDIAL_STREAMS_CORDIAL__SEGMENT_ID_KEY": ID_KEY,
        }
        self._processes: dict[str, Process] = {}
        self._urls: dict[str, str] = {}
        apply = ["-m", "streams.cli", "topics", "apply", "--plan", str(self._plan)]
        run("topics apply", apply, self._settings)

    def start(self, name: str, *, static: bool) -> None:
        """Start one, or the same one again; returns at once."""
        port = free_port()
        settings = {
            **self._settings,
            "CORDIAL_STREAMS_WEB__PORT": str(port),
            "CORDIAL_STREAMS_DATA_DIR": str(self._directory / name),
        }
        if static:
            settings["CORDIAL_STREAMS_KAFKA__INSTANCE_ID"] = name
        command = ["-m", "streams.cli", "worker", "--plan", str(self._plan)]
        log = self._directory / f"{name}.log"
        self._processes[name] = Process(name, command, log, settings)
        self._urls[name] = f"http://127.0.0.1:{port}"
        self._processes[name].start()

    def kill(self, name: str) -> None:
        """kill -9."""
        self._processes[name].kill()

    def stop(self, name: str) -> None:
        """SIGTERM. Raises `ProcessError` where it does not end with 0."""
        process = self._processes[name]
        if code := process.stop():
            raise ProcessError(f"{name} ended with {code} after SIGTERM\n{process.tail()}")

    def alive(self) -> dict[str, int]:
        """The names of those that should run, with their process ids.

        Raises `ProcessError` where one ended by itself.
        """
        for process in self._processes.values():
            if process.code is not None and process.code > 0:
                raise ProcessError(f"{process.name} ended with {process.code}\n{process.tail()}")
        running = {name: one.running for name, one in self._processes.items() if one.alive}
        return {name: one.pid for name, one in running.items() if one is not None}

    def ready(self) -> bool:
        """Whether all that run deliver."""
        return all(self._page(name, "/readyz")[0] == httpx.codes.OK for name in self.alive())

    def rebalances(self) -> dict[tuple[str, int], float]:
        """How many each has seen, by name and process id."""
        found = {}
        for name, pid in self.alive().items():
            lines = self._page(name, "/metrics")[1].splitlines()
            counts = [one.rsplit(" ", 1)[1] for one in lines if one.startswith(f"{REBALANCES} ")]
            found[name, pid] = float(counts[0]) if counts else 0.0
        return found

    def memory(self) -> dict[str, float]:
        """The most that was resident of each, in MiB."""
        return {name: peak_mib(pid) for name, pid in self.alive().items()}

    def end(self) -> None:
        """Whatever still runs."""
        for process in self._processes.values():
            process.kill()

    def _page(self, name: str, path: str) -> tuple[int, str]:
        try:
            page = httpx.get(f"{self._urls[name]}{path}", timeout=5)
        except httpx.HTTPError:
            return 0, ""
        return page.status_code, page.text
