"""A deny list of system calls as a seccomp filter program.

What is refused: namespaces and mounts, other processes' memory, kernel interfaces with a large
attack surface, and every place where a program can leave bytes that no limit counts (System V
shared memory, memory files, keyrings). Also to set a limit of CPU time: at its end the kernel
sends SIGKILL, which a candidate must not be able to bring about. clone3 answers ENOSYS, so that
the C library falls back to clone, whose flags a filter can read.
"""

from __future__ import annotations

import errno
import os
import struct

# name: (x86_64, aarch64)
DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "vhangup": (153, 58),
    "fanotify_init": (300, 262),
    "landlock_create_ruleset": (444, 444),
    "memfd_secret": (447, 447),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
# Calls that one of the two machines has no number for.
ABSENT: dict[str, tuple[int | None, int | None]] = {
    "clone3": (435, 435),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
# Numbers on x86_64 and aarch64, here and below.
CLONE = (56, 220)
# A network namespace keeps a machine's vsock reachable, and other families load kernel modules.
SOCKET, SOCKETPAIR = (41, 198), (53, 199)
SETRLIMIT, PRLIMIT = (160, 164), (302, 261)
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
NEW_NAMESPACES = 0x7E020080  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET,TIME}
# Column of the numbers above, and the kernel's AUDIT_ARCH of the machine.
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# x86_64 has a second set of numbers for the same calls, which a filter must not miss.
X32_BIT = 0x40000000

# Instructions of classic BPF, from <linux/bpf_common.h>.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# From <linux/seccomp.h>; the low 16 bits of _ERRNO say which error.
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_BY_FLAGS, _BY_FAMILY, _BY_LIMIT, _BY_NEW_LIMIT = 1, 2, 3, 4  # by a call's arguments
_ANSWERS = 1 << 32  # from here on, a target is no place
# Offsets in `struct seccomp_data`; of an argument, its low half on a little-endian machine.
_NUMBER, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 24, 32
_CPU_TIME = 0  # RLIMIT_CPU


def program(machine: str | None = None, *, sets_cpu_time: bool = False) -> bytes | None:
    """The filter for this machine, or None where it is of a kind we have no table for.

    `sets_cpu_time`: for a process that limits its own CPU time.
    """
    name = machine or os.uname().machine
    if name not in MACHINES:
        return None
    column, arch = MACHINES[name]
    answers = {
        number: _ERRNO | answer
        for table, answer in ((DENIED, errno.EPERM), (ABSENT, errno.ENOSYS))
        for numbers in table.values()
        if (number := numbers[column]) is not None
    }
    answers[CLONE[column]] = _BY_FLAGS
    answers[SOCKET[column]] = answers[SOCKETPAIR[column]] = _BY_FAMILY
    if not sets_cpu_time:
        answers[SETRLIMIT[column]], answers[PRLIMIT[column]] = _BY_LIMIT, _BY_NEW_LIMIT
    if name == "x86_64":
        answers[X32_BIT] = _ERRNO | errno.ENOSYS
    head = [_step(_LOAD, _ARCH), _step(_EQUAL, arch, 1), _step(_RETURN, _KILL)]
    return b"".join([*head, _step(_LOAD, _NUMBER), *_search(_ranges(answers))])


def _ranges(answers: dict[int, int]) -> list[tuple[int, int]]:
    """(first number, answer) of each run of equal answers; all from the x32 bit on are one."""
    starts = {0: _ALLOW}
    for number in sorted(answers):
        starts[number] = answers[number]
        if number < X32_BIT:
            starts[number + 1] = answers.get(number + 1, _ALLOW)
    found: list[tuple[int, int]] = []
    for number, answer in sorted(starts.items()):
        if not found or found[-1][1] != answer:
            found.append((number, answer))
    return found


def _search(ranges: list[tuple[int, int]]) -> list[bytes]:
    """Binary search, then what to do for each answer, once.

    The kernel compiles a filter, and tries it on every number there is, when it is installed.
    """
    nodes: list[tuple[int, int, int]] = []
    root = _place(ranges, nodes)
    assert root == 0
    places: dict[int, int] = {}
    leaves: list[bytes] = []
    for answer in sorted({answer for _, answer in ranges}):
        places[answer] = len(nodes) + len(leaves)
        leaves += _leaf(answer)
    steps = []
    for at, (number, *targets) in enumerate(nodes):
        ahead = [(t if t < len(nodes) else places[t - _ANSWERS]) - at - 1 for t in targets]
        steps.append(_step(_AT_LEAST, number, *ahead))
    return steps + leaves


def _place(ranges: list[tuple[int, int]], nodes: list[tuple[int, int, int]]) -> int:
    """Append the nodes for these ranges; the first one's place, or `_ANSWERS` plus the answer."""
    if len(ranges) == 1:
        return _ANSWERS + ranges[0][1]
    at, middle = len(nodes), len(ranges) // 2
    nodes.append((0, 0, 0))
    below, above = _place(ranges[:middle], nodes), _place(ranges[middle:], nodes)
    nodes[at] = (ranges[middle][0], above, below)
    return at


def _leaf(answer: int) -> list[bytes]:
    allow, refuse = _step(_RETURN, _ALLOW), _step(_RETURN, _ERRNO | errno.EPERM)
    if answer == _BY_FLAGS:
        return [_step(_LOAD, _FIRST_ARGUMENT), _step(_ANY_BIT, NEW_NAMESPACES, 0, 1), refuse, allow]
    if answer == _BY_FAMILY:
        ahead = len(FAMILIES)
        tests = [_step(_EQUAL, family, ahead - i) for i, family in enumerate(FAMILIES)]
        refuse = _step(_RETURN, _ERRNO | errno.EAFNOSUPPORT)
        return [_step(_LOAD, _FIRST_ARGUMENT), *tests, refuse, allow]
    if answer == _BY_LIMIT:
        return [_step(_LOAD, _FIRST_ARGUMENT), _step(_EQUAL, _CPU_TIME, 0, 1), refuse, allow]
    if answer == _BY_NEW_LIMIT:  # without a new limit, given by its address, it only asks
        return [
            _step(_LOAD, _SECOND_ARGUMENT),
            _step(_EQUAL, _CPU_TIME, 0, 5),
            _step(_LOAD, _THIRD_ARGUMENT),
            _step(_EQUAL, 0, 0, 2),
            _step(_LOAD, _THIRD_ARGUMENT + 4),
            _step(_EQUAL, 0, 1, 0),
            refuse,
            allow,
        ]
    return [_step(_RETURN, answer)]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
