"""What runs inside the sandbox: standard library only, and no import from the rest of veritune.

One slot is two processes that never mix. The *host* (`host`) talks to the client and has a grader
(`grader`) forked for a problem's candidates; the *zygote* (`zygote`) forks the candidates. The
zygote is split off before the first job arrives and is sent file descriptors and numbers only, so
nothing that a candidate inherits by fork ever held a test, an expected value or another
candidate's text.
"""
