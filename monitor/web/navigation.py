"""The pages in the navigation, in its order: name, path and label."""

from __future__ import annotations

NAVIGATION = (
    ("overview", "/", "Overview"),
    ("alerts", "/alerts", "Alerts"),
    ("sources", "/sources", "Sources"),
    ("rules", "/rules", "Rules"),
    ("search", "/search", "Search"),
    ("silences", "/silences", "Silences"),
    ("deliveries", "/deliveries", "Deliveries"),
    ("coverage", "/coverage", "Coverage"),
)
