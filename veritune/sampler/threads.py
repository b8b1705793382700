"""Decode workers beside each other, each in a thread that computes on its share of the cores.

Where there are rows enough, one-core threads beat one batch on all cores: the operations are
short, so that waiting for each other after every one costs more than it gains, and much more on a
busy machine. torch lets other Python threads run while it computes. With few rows the weights
that every worker reads, and Python's lock, cost more than that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from queue import Queue

import torch

from veritune.sampler.codec import SampledSequence
from veritune.sampler.decode_worker import DecodeWorker

# Batches of finished sequences that may wait for whoever reads them.
AHEAD = 64


def run_workers(
    workers: Sequence[DecodeWorker], stop: threading.Event
) -> Iterator[list[SampledSequence]]:
    """What all workers finish, as it finishes; an error in one is raised here, and ends all.

    `stop` ends them as well, at their next token.
    """
    # No thread where there is nothing to share: errors and Ctrl-C then come where they arise.
    if len(workers) < 2:
        while workers and not (workers[0].idle or stop.is_set()):
            if finished := workers[0].work():
                yield finished
        return
    done: Queue[list[SampledSequence] | BaseException | None] = Queue(AHEAD)
    over = threading.Event()
    share = max(1, torch.get_num_threads() // len(workers))
    threads = [
        threading.Thread(target=_run, args=(worker, share, done, (stop, over)))
        for worker in workers
    ]
    try:
        _start(threads, share)
        running = len(threads)
        while running:
            item = done.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
            else:
                yield item
    finally:
        over.set()
        for thread in threads:
            while thread.is_alive():
                # Whoever waits for room in the queue would never look whether all is over.
                while not done.empty():
                    done.get()
                thread.join(0.01)


def _start(threads: Sequence[threading.Thread], share: int) -> None:
    """Start threads that take `share` cores each.

    torch keeps the number for each thread, but lends a new thread the one that was set last.
    """
    cores = torch.get_num_threads()
    torch.set_num_threads(share)
    for thread in threads:
        thread.start()
    torch.set_num_threads(cores)


def _run(
    worker: DecodeWorker,
    share: int,
    done: Queue[list[SampledSequence] | BaseException | None],
    stops: Sequence[threading.Event],
) -> None:
    try:
        torch.set_num_threads(share)
        while not (worker.idle or any(stop.is_set() for stop in stops)):
            if finished := worker.work():
                done.put(finished)
        done.put(None)
    except BaseException as error:
        done.put(error)
