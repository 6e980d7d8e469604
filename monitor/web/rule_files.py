"""The rules on disk with the results of their tests, read again when a file or the config has changed."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from starlette.exceptions import HTTPException

from monitor.backtest.rule_check import FailedTests, failed_tests_on_disk
from monitor.config.models import Config
from monitor.errors import Problem, WorkerKilled
from monitor.policy import FileStamps, read_rules, stat_files, undeliverable_rules
from monitor.process_pool import WorkerPool
from monitor.ruleset.load import read_text, rule_files
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.rule import Rule, RuleSet
from monitor.ruleset.rule_text import RuleText, find_rule_text

NO_RULE_TEXT = "There is no such rule in the rules folder."
TESTS_S = 60.0  # for all tests of all rules
TESTS_MEMORY_BYTES = 2 * 2**30  # of address space


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """The valid rules on disk, the problems of the files, and the failing tests, once these have run."""

    rules: RuleSet
    problems: tuple[Problem, ...]
    tests: Future[FailedTests]

    def failed_tests(self) -> FailedTests | None:
        """Return the failing tests by rule; None while the tests are running, and if they were killed."""
        return None if self.tests_state() else self.tests.result()

    def tests_state(self) -> str:
        """Return why there are no results, as the end of a sentence whose subject is the tests; "" if there are."""
        try:
            self.tests.result(0)
        except WorkerKilled as killed:
            return f"were stopped: running them {killed}"
        except TimeoutError:
            return "are running"
        return ""


class RuleFiles:
    """Reads the rules of a config and keeps them until a file or the config changes.

    The tests run in a process of their own: hundreds of them take seconds, and some open a database.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(1, "rule-tests")  # waits for the process
        self._workers: WorkerPool | None = None
        self._read_from: tuple[FileStamps, Config] | None = None
        self._loaded: LoadedRules | None = None

    def load(self, config: Config) -> LoadedRules:
        """Return the rules as they are on disk now."""
        with self._lock:
            stamps = stat_files(config)
            if self._loaded is None or self._read_from != (stamps, config):
                self._loaded, self._read_from = self._read(config), (stamps, config)
            return self._loaded

    def _read(self, config: Config) -> LoadedRules:
        rules, problems = read_rules(config)
        tests = self._threads.submit(self._run_tests, config)
        return LoadedRules(rules, (*problems, *undeliverable_rules(config, rules.rules)), tests)

    def _run_tests(self, config: Config) -> FailedTests:
        self._workers = WorkerPool(worker_count=1, deadline_s=TESTS_S, memory_bytes=TESTS_MEMORY_BYTES)
        try:
            return asyncio.run(self._workers.run(failed_tests_on_disk, config))
        finally:
            self._workers.close()

    def close(self) -> None:
        """Stop the tests in progress. Blocks for a moment."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._workers:
            self._workers.close()


@dataclass(frozen=True, slots=True)
class RuleInFolder:
    """A rule in the rules folder; `rule` is None if it is disabled or not valid."""

    rule: Rule | None
    file: Path
    text: RuleText


def find_rule(loaded: LoadedRules, config: Config, name: str) -> RuleInFolder:
    """Return a rule with its file and its text. Raise HTTPException 404 if there is none of this name."""
    rule = next((rule for rule in loaded.rules.rules if rule.name == name), None)
    if not config.monitor.rules.is_dir():
        raise HTTPException(404, NO_RULE_TEXT)
    for file in [rule.path] if rule else rule_files(config.monitor.rules):
        try:
            text = read_text(file, lambda _: None)
        except SyntaxFault:
            continue
        if name in text and (rule_text := find_rule_text(text, name)):
            return RuleInFolder(rule, file, rule_text)
    raise HTTPException(404, NO_RULE_TEXT)
