"""Independent frames on all cores, results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

# More would hold more frames in memory than they save time; whoever feeds them may rely on it.
MOST_WORKERS = 16


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`function` of each item, computed on as many threads as there are cores, yielded in the items' order.

    OpenCV and NumPy let go of Python's lock while they compute. OpenCV's own threads are switched off
    meanwhile: on pictures of this size they cost more than they save. What `function` raises is raised here,
    and the items that were not begun are dropped.
    """
    workers = min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        cv2.setNumThreads(before)
