"""One thread that commits what the doors accepted, many at a time: durable before any 202, and fast."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future

from handlers.domain.errors import RadrelayError
from handlers.domain.machinery import Accepted, Verdict
from store.memory import SqlMemory

GROUP = 256


class AppenderStopped(RadrelayError):
    """The process is ending and commits nothing more; the source is to send again."""


class Appender:
    """Group commit for the inbox."""

    def __init__(self, memory: SqlMemory) -> None:
        self._memory = memory
        self._queue: queue.SimpleQueue[tuple[Accepted, Future[Verdict]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._handing_over = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Begin to commit."""
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="inbox-appender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Commit what was handed over, then end."""
        with self._handing_over:
            self._stopped = True
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def append(self, accepted: Accepted) -> Future[Verdict]:
        """Hand a delivery over; the future ends after the commit, or with the database's error."""
        future: Future[Verdict] = Future()
        with self._handing_over:
            if self._stopped:
                future.set_exception(AppenderStopped("this process is ending; send it again"))
            else:
                self._queue.put((accepted, future))
        return future

    def _run(self) -> None:
        going = True
        while going:
            group: list[tuple[Accepted, Future[Verdict]]] = []
            first = self._queue.get()
            going = first is not None
            if first is not None:
                group.append(first)
            while going and len(group) < GROUP:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                going = item is not None
                if item is not None:
                    group.append(item)
            if group:
                self._commit(group)

    def _commit(self, group: list[tuple[Accepted, Future[Verdict]]]) -> None:
        # A door that went away canceled its future; from here on nobody can, or setting it would end this thread.
        group = [(accepted, future) for accepted, future in group if future.set_running_or_notify_cancel()]
        if not group:
            return
        try:
            verdicts = self._memory.accept(accepted for accepted, _ in group)
        except Exception as error:  # noqa: BLE001 - handed to every door that waits
            for _, future in group:
                future.set_exception(error)
            return
        for (_, future), verdict in zip(group, verdicts, strict=True):
            if isinstance(verdict, Verdict):
                future.set_result(verdict)
            else:
                future.set_exception(verdict)
