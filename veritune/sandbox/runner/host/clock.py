"""Wall time as a busy machine gives it: what a job waited for a core does not count."""

from __future__ import annotations

from ..confinement import usage

# Times its wall limit that a job may take where the machine is busy with others.
MOST_STRETCH = 20.0
# Below this a job's own CPU time says nothing of how busy the machine is.
LEAST_CPU_SECONDS = 0.05


class Clock:
    """One job's wall limit and idle limit. `graders`: the process that graders are forked from.

    The wall limit grows by as much as the job's processes wait for a core beside what they run. The
    idle limit is on time in which nobody of the job runs or waits to run.
    """

    def __init__(
        self, started: float, wall_seconds: float, idle_seconds: float, graders: int | None
    ) -> None:
        self._started, self._wall, self._idle = started, wall_seconds, idle_seconds
        self._graders = graders
        self._before: tuple[float, float] | None = None

    def over(self, now: float, root: int) -> bool:
        """Whether the tree of processes from `root` has passed either limit."""
        run, waited = usage.scheduled(root)
        if self._graders is not None:
            beside = usage.scheduled(self._graders)
            # Not before the first look: most jobs have ended by then.
            self._before = self._before or beside
            run += max(0.0, beside[0] - self._before[0])
            waited += max(0.0, beside[1] - self._before[1])
        passed = now - self._started
        stretch = min(MOST_STRETCH, 1 + waited / max(run, LEAST_CPU_SECONDS))
        return passed > self._wall * stretch or passed - run - waited > self._idle
