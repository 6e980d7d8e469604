"""Texts that strangers could put into a feed to steer what people receive."""

from __future__ import annotations

HEADERS = {
    "line break": "News\r\nBcc: spy@evil.example",
    "bare line feed": "News\nBcc: spy@evil.example",
    "vertical tab": "News\x0bBcc: spy@evil.example",
    "form feed": "News\x0cBcc: spy@evil.example",
    "file separator": "News\x1cBcc: spy@evil.example",
    "next line": "News\x85Bcc: spy@evil.example",
    "line separator": "News\u2028Bcc: spy@evil.example",
    "paragraph separator": "News\u2029Bcc: spy@evil.example",
    "encoded line break": "=?utf-8?q?=0d=0aBcc:_spy=40evil.example?= news",
    "encoded body": "=?utf-8?q?a=0d=0a=0d=0a<h1>forged</h1>=0d=0a=0d=0a?=",
    "encoded base64": "=?utf-8?b?DQpCY2M6IHNweUBldmlsLmV4YW1wbGU=?= news",
    "split encoded word": "=\u202e?utf-8?q?=0d=0aBcc:_spy=40evil.example?= news",
    "encoded in two": "=?utf-8?q?=0d?= =?utf-8?q?=0aBcc:_spy=40evil.example?=",
    "half characters": "News \ud800\udfff of \udc00 ships",
    "zero": "News\x00 of ships",
    "folding": "word " * 100,
    "one long word": "x" * 3000,
    "only blanks": " \t\r\n\u3000 ",
    "nothing": "",
}

DIRECTION = {
    "override": "Report \u202egnp.exe of ships",
    "open isolates": "Report \u2066\u2067\u2068 of ships",
    "closers only": "Report \u202c\u2069 of ships",
    "right to left": "أكثر من 3٬000 جندي \u202bفي\u202c كورسك",
}

MARKUP = {
    "script": "<script>alert(1)</script> ships \"quoted\" 'single'",
    "image": "<img src=x onerror=alert(1)> ships",
    "style": "</style><style>*{display:none}</style> ships",
    "template": "{{ 7 * 7 }} {% for x in range(9) %}ships{% endfor %} {# gone #}",
    "template escape": "{{ ''.__class__.__mro__[1].__subclasses__() }} ships",
    "ping": "<!channel> <!here> <!everyone> <@U012AB3CD> <!subteam^S01> @channel ships",
    "slack link": "<https://evil.example|Read it at isw> ships",
    "slack marks": "*bold* _italic_ ~gone~ `code` ```block``` ships",
    "slack header": "# Everything is fine",
    "slack quote": "> said someone",
    "slack divider": "---",
    "slack small print": "-# ships",
    "slack sentinel": "\ue000# ships \ue000 &gt; &lt;!channel&gt;",
    "rich": "[bold red]ships[/] [link=https://evil.example]here[/link] \\[/] [/]",
    "terminal": "ships \x1b[2J\x1b]0;owned\x07 sank",
    "ampersand": "AT&T &amp; &lt;b&gt; ships",
}

SIZE = {"100 KB claim": "ships sank " * 10_000, "100 KB word": "x" * 100_000, "emoji": "🚢" * 20_000}

ALL = {**HEADERS, **DIRECTION, **MARKUP, **SIZE}
