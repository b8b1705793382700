"""What runs inside the sandbox: standard library only, and no import from the rest of veritune.

Rooms by who runs where:

- `host/`: a slot's own processes. The *host* (`host.serving`) talks to the client; the *zygote*
  (`host.zygote`) forks candidates. The zygote is split off before the first job arrives and is
  sent descriptors and numbers only, so nothing that a candidate inherits by fork ever held a test,
  an expected value or another candidate's text.
- `grader/`: the process that holds one problem's tests and expected values, and compares.
- `candidate/`: what a candidate's process runs. The candidate may take it over.
- `wire/`: frames and the codec between the two.
- `confinement/`: how both are shut in (namespaces, limits, capabilities, seccomp).
- `speed/`: what only makes it faster, behind one door that can be shut (`VERITUNE_SPEED=off`).

The trusted base, which a wrong verdict or an escape would need a fault in: `host/`, `grader/`,
`wire/` as the grader uses it, `confinement/`, and on the client's side `sandbox/slot.py`,
`sandbox/job.py` and the engine (`bubblewrap.py` or `docker.py`); below them Python, the kernel, and
bubblewrap or the container engine. `candidate/` is not in it. `speed/` runs in trusted processes.
"""
