"""Patterns of lines that address the page's visitor and say nothing about the world, by their use.

Each is matched against the whole line and must not match a headline: "Share this" is here, "Share" before any
word is not, because shares fall.
"""

from __future__ import annotations

import re

from monitor.text.noise_words import CALENDAR_WORDS, FILLER_WORDS

NETWORK_NAMES = (
    r"(?:x|twitter|facebook|instagram|telegram|threads|bluesky|linkedin|youtube|tiktok|whatsapp|reddit|pinterest|"
    r"google news|email)"
)
AGENCY_NAMES = (
    r"(?:getty(?: images)?|afp|reuters|ap|ap photo|epa|epa-efe|shutterstock|istock(?:photo)?|anadolu(?: agency)?|"
    r"tass|ukrinform|unian|xinhua|yonhap|pa media|pa wire|alamy)"
)

NAV_LINKS = (
    r"(?:read|learn|find out|discover|view|see|show|load|watch|listen) (?:more|all|less|now|also)"
    r"(?:\s?[:|–—-].{0,200}| (?:about|on|from|at|in|here|stories|news|articles|details)\b.{0,120})?",
    r"(?:read|view|see) (?:the|our) full (?:story|article|report|text)\b.{0,80}",
    r"(?:continue|keep) reading\b.{0,160}",
    r"(?:click|tap) (?:here|below|on the link)\b.{0,120}",
    r"skip to .{1,40}|back to (?:top|home|start)|(?:go )?back|home|menu|search|close|more|top",
    r"(?:previous|next|prev)(?:\s*:.{0,80}| (?:page|article|post|story))?",
    r"view (?:a|the) printable version.{0,60}|print(?: this)?(?: page| version| article)?",
    r"download(?: (?:the )?(?:pdf|app|report|file))?",
    r"(?:related|recommended|popular|trending|more|most read|latest|further)(?: \w+)? "
    r"(?:stories|articles|posts|content|links|topics|reading)",
    r"related|most (?:read|popular|viewed)|you may also like|table of contents|contents|on this page|useful links",
    r"(?:tags|filed under|topics)\s*:.{0,120}",
    r"the post .{1,200} appeared first on .{1,80}|this (?:article|story|post) (?:originally|first) appeared .{1,80}",
    r"(?:читати|читайте|дізнатися|дізнайтеся) (?:далі|більше|також|повністю)\b.{0,160}",
    r"(?:докладніше|детальніше).{0,60}",
    r"(?:читать|читайте|узнать|узнайте) (?:далее|больше|также|полностью)\b.{0,160}|подробнее.{0,60}",
    r"головна|далі|назад|главная|далее|weiterlesen|mehr lesen|mehr erfahren|lire la suite|en savoir plus|leer más",
    r"더 ?보기|자세히 ?보기|기사 ?더 ?보기|(?:阅读|查看|了解)(?:更多|全文|详情)|点击(?:这里|此处|查看).{0,20}",
    r"اقرأ (?:المزيد|أيضا|أيضًا).{0,120}|شاهد (?:المزيد|أيضا|أيضًا).{0,120}|المزيد(?: من (?:الأخبار|التفاصيل))?",
)

CALLS_TO_ACTION = (
    r"(?:please )?(?:subscribe|sign up)(?: (?:now|here|today|free))?(?: (?:to|for) "
    r"(?:our|the|this|get|receive|email|news|newsletters?|daily|free|updates|alerts)\b.{0,140})?",
    r"log ?in|sign ?in|register(?: now\b.{0,60})?",
    r"join our (?:newsletter|channel|mailing|community|telegram|whatsapp)\b.{0,100}",
    r"donate(?: (?:now|today|here)\b.{0,60})?|support (?:us|our (?:work|journalism|site))\b.{0,100}",
    r"get (?:our|the latest) (?:newsletter|app|news|updates|headlines|stories)\b.{0,120}",
    rf"follow us\b.{{0,100}}|follow .{{1,40}} on {NETWORK_NAMES}\b.{{0,60}}",
    rf"share(?: this\b.{{0,60}}| (?:on|via) {NETWORK_NAMES}.{{0,40}})?|tweet|copy link|{NETWORK_NAMES}",
    r"(?:\[(?:link|comments)\]\s*)+|submitted by /?u/\S+(?: to /?r/\S+)?(?: \[(?:link|comments)\])*",
    r"(?:leave|post|add|write) a (?:comment|reply)\b.{0,60}|(?:got|have) a (?:tip|story)\?.{0,120}",
    r"(?:підписуйтесь|підписуйтеся|підпишіться|підписатися|подписывайтесь|подпишитесь|подписаться)\b.{0,160}",
    r"поділитися|поширити|поделиться|teilen|partager|compartir|공유(?:하기)?|구독(?:하기)?|分享(?:到.{0,20})?|订阅.{0,20}",
    r"تابعونا.{0,80}|تابعنا.{0,80}|شارك (?:هذا|المقال|على).{0,60}|اشترك (?:الآن|في (?:النشرة|القناة|قناتنا)).{0,60}",
)

LEGAL_NOTICES = (
    r"(?:copyright\b|©|\(c\)\s*\d{4}).{0,160}|.{0,100}\ball rights reserved\b.{0,60}",
    r".{0,60}\b(?:we|(?:this|our) (?:site|website|page)) uses? cookies\b.{0,160}",
    r"(?:accept|reject|manage|allow)(?: all)? cookies|cookie (?:policy|settings|preferences|notice|consent)",
    r"privacy (?:policy|notice|statement)|terms (?:of (?:use|service)|(?:and|&) conditions)|disclaimer",
    r"contact us|about us|advertis(?:ement|ing)|sponsored(?: content)?|ad|реклама",
    r"(?:please |you need to )?enable javascript.{0,100}|your browser does not support.{0,80}",
    r"усі права захищено.{0,100}|все права защищены.{0,100}|alle rechte vorbehalten.{0,60}|版权所有.{0,60}",
    r"무단 ?전재.{0,60}|저작권.{0,60}|جميع الحقوق محفوظة.{0,60}|حقوق النشر.{0,60}",
)

BARE_ADDRESSES = (r"(?:[\w ]{0,20}:\s*)?<?(?:https?://|www\.)\S+|<?[\w.+-]+@[\w-]+\.[\w.-]+>?",)

# Photographers, authors and agencies; applied only to lines that state nothing else.
CREDITS = (
    r"(?:photo|image|picture|photograph|illustration|фото|사진|图片|صورة)s?"
    r"(?: (?:credit|source|by|courtesy(?: of)?|copyright))?\s*[:/|©]\s*\S+(?: \S+){0,4}",
    r"(?:photo|image|photograph|illustration) (?:by|courtesy of|credit) \S+(?: \S+){0,4}",
    r"(?:source|via|джерело|источник|출처|来源|المصدر)\s*:\s*\S+(?: \S+){0,2}",
    rf"(?:[\w .'’-]{{0,60}}\s?/\s?|\()?{AGENCY_NAMES}"
    r"(?:\s?/\s?[\w .'’-]{1,40})*(?: images| photo| via .{1,40})?\)?",
    r"(?:additional |with )?(?:reporting|editing|writing) by [^.]{3,160}",
    r"by (?-i:[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}(?:,? (?:and )?[A-Z][\w.'’-]+){0,6})",
)


# When the page was generated or updated; only dates, times and durations may follow.
PAGE_PREFIX = r"(?:(?:this |the )?(?:page|feed|file|site|list|data|content|document|rss|sitemap|calendar) )?"
STAMP_PHRASES = (
    rf"{PAGE_PREFIX}(?:was |has been )?(?:last )?(?:generated|created|built|compiled|rendered|cached|fetched|synced|"
    r"refreshed|exported|served|retrieved|updated|checked|viewed)",
    r"\d{4}-\d\d-\d\dt\d\d:\d\d|now|build|(?:the )?current time is",
    r"\d[\d.,]* (?:people|users|visitors|readers) (?:are )?(?:reading|viewing|watching|online)"
    r"(?: this)?(?: page| article| story)?(?: right)?(?: now)?",
    r"last build(?: date)?|build (?:date|time)|(?:server|current|system|local) time|it is now|the time is(?: now)?",
    r"time ?stamp|(?:processing|execution|generation|rendering|page load) time",
    r"(?:цю )?сторінк[ау] (?:було )?(?:створен|згенерован|сформован|оновлен)[оа]|(?:створено|згенеровано|сформовано)",
    r"останнє оновлення|(?:час|дата) (?:генерації|створення|оновлення|сервера)(?: сторінки)?|поточний час",
    r"(?:эта )?страница (?:была )?(?:создана|сгенерирована|сформирована|обновлена)|(?:создано|сгенерировано)",
    r"последнее обновление|(?:время|дата) (?:генерации|создания|обновления|сервера|на сервере)(?: страницы)?",
    r"текущее время",
    r"(?:diese )?seite wurde",
    r"(?:diese )?seite (?:wurde )?(?:erstellt|erzeugt|generiert|geladen|aktualisiert)|(?:erstellt|erzeugt|generiert)",
    r"aktuelle (?:uhr)?zeit|letzte aktualisierung|zuletzt (?:aktualisiert|geändert)|(?:server|lade|aktuelle uhr)zeit",
    r"(?:cette )?page (?:a été )?(?:générée|créée|chargée)|(?:généré|créé|publié|actualisé)e?",
    r"dernière (?:mise à jour|actualisation)",
    r"(?:temps de (?:génération|chargement)|heure (?:du serveur|actuelle))(?: de la page)?",
    r"(?:esta )?página (?:fue )?(?:generada|creada|cargada)|(?:generado|creado|generada)|última actualización",
    r"(?:tiempo de (?:generación|carga)|hora (?:del servidor|actual))(?: de la página)?",
    r"(?:이 )?(?:페이지|문서|피드)? ?(?:마지막 )?(?:생성|갱신|업데이트)(?:됨|일|일시| ?시간| ?시각)?",
    r"(?:서버|현재) ?(?:시간|시각)",
    r"(?:تم )?(?:إنشاء|توليد|تحديث) (?:هذه )?(?:ال)?صفحة|آخر تحديث(?: للصفحة)?|(?:وقت|توقيت) الخادم",
    r"تاريخ (?:الإنشاء|التحديث)|الوقت الآن",
    r"(?:本|此|该)?(?:页面|网页|文件|页)?(?:最后)?(?:生成|更新|创建|缓存)(?:时间|日期|于|用时|耗时)?|(?:服务器|当前|系统)时间",
)
STAMP_WORDS = (
    "queries query second seconds sec secs ms milliseconds minute minutes ago times in with using and à "
    "sekunde sekunden minuten uhr um en erstellt erzeugt generiert geladen aktualisiert "
    "secondes seconde segundos segundo minutos las el секунда секунди секунд секунды мс за о в хв хвилин минут с "
    "초 분 만에 ثانية ثوان خلال الساعة 秒 毫秒 分钟"
)


def _stamp_pattern() -> re.Pattern[str]:
    words = "|".join(
        sorted(map(re.escape, CALENDAR_WORDS | FILLER_WORDS | frozenset(STAMP_WORDS.split())), key=len, reverse=True)
    )
    word = rf"(?<![^\W\d_])(?:{words}|[tz])(?![^\W\d_])|(?:st|nd|rd|th)\b|(?<=\d)h(?=\d)"
    stamp = rf"(?:{word}|[\d\W年月日号时分秒초년월일시분])*+"
    return re.compile(rf"(?=[^\d]*\d)\W*(?:{'|'.join(STAMP_PHRASES)})(?![^\W\d_]){stamp}", re.IGNORECASE)


def _whole_line_pattern(shapes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[\s\[(«‹<←*]*(?:{'|'.join(shapes)})[\s.!…»›→>*:\])]*", re.IGNORECASE)


BOILERPLATE_PATTERN = _whole_line_pattern(NAV_LINKS + CALLS_TO_ACTION + LEGAL_NOTICES + BARE_ADDRESSES)
CREDIT_PATTERN = _whole_line_pattern(CREDITS)
STAMP_PATTERN = _stamp_pattern()
