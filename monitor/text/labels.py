"""The labels that agencies put before a headline: "BREAKING: …", "UPDATE 2-…", "Video: …". Pure."""

from __future__ import annotations

import re

# A label is one of these words, perhaps with a number, before a colon, a dash or a bar.
_WORDS = (
    "breaking(?: news)?|news ?flash|flash|just in|urgent|alert|developing|latest|updated?|wrapup|refile|rpt|repeat|"
    "corrected|correction|clarification|exclusive|live(?: updates?)?|video|watch|listen|podcast|photos?|pictures|"
    "in pictures|gallery|graphic|factbox|explainer|timeline|analysis|"
    "eilmeldung|eil|exklusiv|aktualisiert|liveticker|bilder|"
    "dernière minute|alerte(?: info)?|exclusif|vidéo|en direct|direct|en images|"
    "última hora|urgente|exclusiv[ao]|vídeo|en vivo|en directo|fotos|actualización|"
    "ultim['’]ora|esclusiva|diretta|foto|aggiornamento|ao vivo|atualização|"
    "pilne|z ostatniej chwili|wideo|na żywo|aktualizacja|"
    "срочно|молния|эксклюзив|видео|фото|обновлено|онлайн|терміново|блискавка|ексклюзив|відео|оновлено|наживо"
)
_WIRE_WORDS = "update|wrapup|rpt|refile|corrected|exclusive|factbox"  # also before a hyphen: "UPDATE 1-", "RPT-"
_LABEL = re.compile(
    rf"\W{{0,3}}(?:(?:{_WORDS})(?: ?\d{{1,2}})?(?:\W{{0,2}}:\s+|\s+[|–—-]\s+)"
    rf"|(?:{_WIRE_WORDS})(?: \d{{1,2}})?-(?=\w))",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[:|–—-]")  # most texts have none at their start
_MAX_LABEL_CHARS = 32
_MAX_LABELS = 2  # "BREAKING: VIDEO: …"


def label_length(text: str) -> int:
    """Return the number of characters that the labels before a headline take; 0 if there is none, or nothing else."""
    if not _SEPARATOR.search(text, 0, _MAX_LABEL_CHARS):
        return 0
    end = 0
    for _ in range(_MAX_LABELS):
        label = _LABEL.match(text, end)
        if not label:
            break
        end = label.end()
    return end if text[end:].strip() else 0


def blank_label(text: str) -> str:
    """Return a text with its labels replaced by spaces, so that offsets stay the same."""
    length = label_length(text)
    return " " * length + text[length:] if length else text


def without_label(text: str) -> str:
    return text[label_length(text) :]
