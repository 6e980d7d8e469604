"""Reads the jobs of urlwatch and webchanges: a YAML file with one document for each job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from monitor.errors import ParseError
from monitor.sources.imports.imported import ImportedSource, looks_like_feed, regex_term, without_scheme

# Filters that clean text, which is done anyway.
CLEANING_FILTERS = {"html2text", "strip", "strip_each_line", "beautify", "pdf2text", "remove-duplicate-lines"}
# Filters that name a part of the page, each as a CSS selector.
ELEMENT_SELECTORS = {"element-by-id": "#{}", "element-by-class": ".{}", "element-by-tag": "{}"}
KEEP_FILTERS = {"keep_lines_containing", "grep"}
DROP_FILTERS = {"delete_lines_containing", "grepi"}
LEFT_OUT_KEYS = {
    "max_tries": "a source that fails is polled again with growing pauses, and you are notified if it keeps failing",
    "diff_tool": "claims are compared instead of lines",
    "diff_filter": "claims are compared instead of lines; write a rule",
    "additions_only": "write `on: [new, changed]` in a rule, which is the default",
    "deletions_only": "write `on: [withdrawn]` in a rule",
    "ssl_no_verify": "certificates are always checked; name your own authority in `ca_file`",
    "timeout": "the time limit of requests is fixed",
    "compared_versions": "each claim is compared with all earlier ones",
    "user_visible_url": "messages link to the address of the entry",
}
READ_KEYS = {"name", "url", "navigate", "kind", "filter", "headers", "cookies", "data", "method", "enabled", "tags"}
PROXY_KEYS = ("https_proxy", "http_proxy")


def read_urlwatch(body: bytes) -> list[ImportedSource]:
    """Return the jobs of a file. Raises ParseError with code `malformed`."""
    try:
        documents = list(yaml.safe_load_all(body))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" in line {line + 1}"
        raise ParseError("malformed", f"invalid YAML{where}; expected the jobs of urlwatch") from None
    jobs = [job for document in documents for job in (document if isinstance(document, list) else [document])]
    return [read_job(job) for job in jobs if job is not None]


def read_job(job: Any) -> ImportedSource:
    if not isinstance(job, dict):
        return ImportedSource("", "", skipped="it is not a job with keys and values")
    url = str(job.get("url") or job.get("navigate") or "")
    source = ImportedSource(str(job.get("name") or without_scheme(url)), url)
    if not url:
        what = "it runs a command; only addresses can be polled" if "command" in job else "it has no `url`"
        source.skipped = what
        return source
    if job.get("enabled") is False:
        source.skipped = "it is disabled there"
        return source
    if "navigate" in job or job.get("use_browser"):
        source.options["render"] = True
    read_request(source, job)
    for name, value in job_filters(job.get("filter")):
        read_filter(source, name, value)
    if looks_like_feed(url) and "select" not in source.options and "render" not in source.options:
        source.kind = "feed"
    for key in job.keys() - READ_KEYS - set(PROXY_KEYS) - {"use_browser"}:
        source.leave_out(str(key), LEFT_OUT_KEYS.get(str(key), "it has no counterpart here"))
    return source


def read_request(source: ImportedSource, job: Mapping[str, Any]) -> None:
    """Take over tags, headers, cookies, proxy and the body of a request."""
    tags = job.get("tags")
    source.tags = tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
    if isinstance(job.get("headers"), dict):
        source.add_headers(job["headers"])
    if job.get("cookies"):
        source.leave_out("cookies", 'they may be secrets; add them as `cookies = { name = "…" }`')
    for key in PROXY_KEYS:
        if job.get(key):
            source.leave_out(key, "it may contain a login; add it as `proxy`")
    if job.get("data"):
        source.options["body"] = job["data"]
    if job.get("method") in ("GET", "POST"):
        source.options["method"] = job["method"]
    elif job.get("method"):
        source.leave_out("method", "only GET and POST are sent")


def job_filters(filters: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each filter; a filter is `name`, `name:value` or a table."""
    if isinstance(filters, str):
        filters = filters.split(",")
    for item in filters if isinstance(filters, list) else [filters]:
        if isinstance(item, str) and item.strip():
            name, _, value = item.strip().partition(":")
            yield name, value
        elif isinstance(item, dict):
            yield from ((str(name), value) for name, value in item.items())


def read_filter(source: ImportedSource, name: str, value: Any) -> None:
    settings = value if isinstance(value, dict) else {}
    text = str(value or "") if not settings else ""
    if name in CLEANING_FILTERS:
        return
    if name == "css":
        source.add_selectors(name, [text or str(settings.get("selector", ""))])
        if settings.get("exclude"):
            source.leave_out("css exclude", "write the text to drop as `ignore` patterns")
    elif name in ELEMENT_SELECTORS:
        value_text = text or str(next(iter(settings.values()), ""))
        source.add_selectors(name, [ELEMENT_SELECTORS[name].format(value_text)])
    elif name in KEEP_FILTERS:
        source.keep.append(regex_term(line_pattern(text, settings)))
    elif name in DROP_FILTERS:
        source.add_ignored([line_pattern(text, settings)])
    elif name == "xpath":
        source.leave_out("filter xpath", "XPath is not supported; write a CSS selector as `select`")
    else:
        source.leave_out(f"filter {name}", "it has no counterpart here")


def line_pattern(text: str, settings: Mapping[str, Any]) -> str:
    """Return the regular expression of a filter of lines: the text itself, or its `re` or `text`."""
    if "text" in settings:
        from re import escape

        return escape(str(settings["text"]))
    return text or str(settings.get("re", ""))
