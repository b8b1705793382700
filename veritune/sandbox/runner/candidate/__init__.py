"""What runs in the candidate's process, and may be taken over by it: nobody trusts it."""
