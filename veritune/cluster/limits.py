"""How long a cluster is waited for, and how often what it runs is started again."""

from __future__ import annotations

# How often Ray starts an actor again; one that ends more often has a fault of its own.
RESTARTS = 8
# Seconds after which a run says what it waits for, and after which it gives up: a cluster that
# grows by itself may first have to start a machine.
PATIENCE, PLACING_SECONDS = 20.0, 900.0
CONNECT_SECONDS = 10.0
# Seconds that actors have for closing what they opened.
CLOSE_SECONDS = 10.0
