"""The process that trains, from inside: it reads orders, and writes steps and results."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import traceback
from typing import BinaryIO, cast

from veritune.config import Recipe
from veritune.errors import VerituneError
from veritune.records import Checkpoint
from veritune.text import one_line
from veritune.trainer import Trainers, TrainingOrder, TrainingReply, set_threads

# What stands before each message: its length in bytes.
LENGTH = struct.Struct("<Q")


def framed(value: object) -> bytes:
    """A message: between two processes of ours alone, and never a candidate's."""
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def main() -> None:
    """Train by order until there are no more, or whoever gives them is gone."""
    orders, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What libraries print must not stand between replies.
    recipe = cast("Recipe", _read(orders))
    set_threads(recipe)
    trainers = Trainers(recipe)
    while (asked := _read(orders)) is not None:
        number, order = cast("tuple[int, TrainingOrder]", asked)
        _reply(trainers, number, order, replies)


def _reply(trainers: Trainers, number: int, order: TrainingOrder, replies: BinaryIO) -> None:
    def tell(reply: TrainingReply[Checkpoint]) -> None:
        replies.write(framed(reply))
        replies.flush()

    try:
        trained = trainers.update(order, lambda step: tell(TrainingReply(number=number, step=step)))
    except (VerituneError, ModuleNotFoundError) as error:
        tell(TrainingReply(number=number, error=error))
    except Exception as error:
        traceback.print_exc()
        tell(TrainingReply(number=number, error=VerituneError(one_line(repr(error)))))
    else:
        tell(TrainingReply(number=number, trained=trained))


def _read(orders: BinaryIO) -> object:
    """The next message; None at the end."""
    head = orders.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return pickle.loads(orders.read(LENGTH.unpack(head)[0]))
