"""How often a verifier is wrong: a sample for a person to label, and what the labels say."""

from veritune.benchmarks.audit.estimates import AuditEstimate, estimate_audit
from veritune.benchmarks.audit.sampling import draw_audit

__all__ = ["AuditEstimate", "draw_audit", "estimate_audit"]
