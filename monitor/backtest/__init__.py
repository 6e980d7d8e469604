"""Run the pure middle without the world: replay an archive, back-test a rule, run a rule's tests."""
