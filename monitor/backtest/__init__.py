"""Run rules without sending anything: replay an archive, back-test an edit, run the tests of a rule."""
