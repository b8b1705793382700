"""What selection, measures and trainers work on."""

from veritune.records.candidates import Candidate
from veritune.records.problems import Problem
from veritune.records.verdicts import Verdict

# A candidate with its problem and its verdict.
VerifiedCandidate = tuple[Problem, Candidate, Verdict]
