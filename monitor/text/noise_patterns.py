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

STAMP_WORDS = (
    "queries query second seconds sec secs ms milliseconds minute minutes ago times in with using and à "
    "sekunde sekunden minuten uhr um en erstellt erzeugt generiert geladen aktualisiert "
    "secondes seconde segundos segundo minutos las el секунда секунди секунд секунды мс за о в хв хвилин минут с "
    "초 분 만에 ثانية ثوان خلال الساعة 秒 毫秒 分钟"
)


def _stamp(words: frozenset[str], marks: str) -> str:
    """Return a pattern of dates, times and durations, possessive and possibly empty."""
    names = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    word = rf"(?<![^\W\d_])(?:{names}|[tz])(?![^\W\d_])|(?:st|nd|rd|th)\b|(?<=\d)h(?=\d)"
    unit = r"(?<=\d)(?:h|m|s|d|hrs?|mins?)(?![^\W\d_])"
    return rf"(?:{word}|{unit}|[\d{marks}年月日号时分秒초년월일시분])*+"


STAMP = _stamp(CALENDAR_WORDS | FILLER_WORDS | frozenset(STAMP_WORDS.split()), r"\W")
DATELINE_DATE = r"(?=[^\d]{0,24}\d)" + _stamp(CALENDAR_WORDS, r"\s.,/")


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
    r"powered by (?-i:[A-Z])[\w.]*(?: [\w.]+){0,2}|forwarded from .{1,60}",
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
    rf"share(?: this\b.{{0,60}}| (?:on|via) {NETWORK_NAMES}.{{0,40}})?|tweet|copy link",
    rf"{NETWORK_NAMES}(?:\s*[|•·,/]\s*{NETWORK_NAMES})*",
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

# A press release's own labels; only dates and times may follow those of RELEASE_LABELS.
RELEASE_LABELS = (
    r"(?:not )?for (?:immediate |general )?(?:release|publication|distribution)(?: (?:on|at|until|after|upon "
    r"receipt))?",
    r"(?:strictly )?(?:under )?embargo(?:ed)?(?: (?:until|for release(?: on| at)?))?",
    r"(?:press|news|media) (?:release|statement|advisory|notice|note)|pressemitteilung|communiqué(?: de presse)?",
    r"nota de prensa|comunicado de prensa|прес-?реліз|пресс-?релиз|보도 ?자료|新闻稿|بيان صحفي",
    r"(?:sperrfrist|sous embargo|не для публікації|не для публикации|ембарго до|эмбарго до)",
)
IDENTIFIER = r"(?:[a-z]{1,6}[-–/. ]?)?\d[\w/.–-]{0,24}"
RELEASE_NUMBERS = (
    r"(?:(?:press|news|media) )?(?:release|bulletin|communiqué|circular|dispatch|прес-реліз|пресс-релиз)?\s*"
    rf"(?:\b(?:no|nr|number)\b\.?|№|#)\s*:?\s*{IDENTIFIER}",
    rf"(?:our )?ref(?:erence)?(?:\.| no\.?| number)?\s*:\s*{IDENTIFIER}",
    r"[-–—]+\s?30\s?[-–—]+|[-–—\s]*ends?[-–—\s]*",
    r"end of (?:the )?(?:press |news )?(?:release|statement|message|report|transcript|text)",
    r"notes? (?:to|for) (?:the )?editors?|кінець (?:повідомлення|цитати)|конец (?:сообщения|цитаты)",
)
# "2026-03-S-081": a release number alone in its line.
RELEASE_NUMBER = r"(?:19|20)\d\d[-/](?:(?:\d{1,2}|[a-z]{1,3})[-/]){0,3}\d{2,5}"

CONTACT_LINES = (
    r"(?:(?:for )?(?:media|press|public affairs|media relations|press office|general|editorial) )?(?:contacts?|"
    r"enquiries|inquiries|queries)\s*(?::.{0,160})?",
    r"(?:прес-служба|пресс-служба|контакт(?:и|ы)?(?: для (?:преси|змі|прессы|сми))?)\s*:.{0,160}",
    r"(?:presse)?kontakt\s*:.{0,160}|contacto?s?(?: (?:de )?pr(?:esse|ensa))?\s*:.{0,160}",
)

# What a source adds to a report and that asserts nothing: it could not check, more will follow, thanks and apologies.
REPORT_NOUNS = (
    r"(?:reports?|claims?|statements?|figures?|numbers?|accounts?|footage|videos?|images?|photos?|information|"
    r"allegations?|assertions?|details|data|tolls?|posts?|recordings?|documents?|accusations?)"
)
SAID_BEFORE = (
    r"(?:(?:the authenticity of |the veracity of |the accuracy of )?(?:this|these|that|those|the|such|its|their|his|"
    r"her|either|both|all|any of the|all of the|any of these|all these) (?:latest |battlefield |battleground |"
    r"casualty |conflicting |two |separate |various |social media |official )*"
    rf"{REPORT_NOUNS}(?: (?:or|and|nor) (?:the )?{REPORT_NOUNS})?(?: (?:made |given )?(?:by|from|of) (?:either|both) "
    r"(?:sides?|part(?:y|ies)))?|it|this|them|either side)"
)
SOURCE_NAME = r"(?:(?:however|but|although|though|so far),? )?(?:[\w.&'’/-]+,? ){0,7}?"
NEGATED_ABILITY = (
    r"(?:can ?not|can['’]t|could(?: not|n['’]t)|(?:is|are|was|were)(?: \w+)? unable to|(?:has|have|had) not "
    r"(?:yet )?been able to|(?:has|have|had) not(?: yet)?|did not|unable to)"
)
SO_FAR = r"(?: (?:at this (?:time|point|stage)|at the moment|so far|yet|for now|immediately|independently))?"
FOLLOWED_UP = (
    r"(?: (?:and|but) (?:it |we )?(?:will|continues? to|is|are)(?: continue| continuing)?(?: to)? (?:monitor|"
    r"investigate|seek|watch|follow|updat|work)\w*\b[^.;\d]{0,80})?"
)
UNVERIFIED = (
    rf"{SOURCE_NAME}{NEGATED_ABILITY}(?: yet)? (?:immediately |independently ){{1,2}}(?:verif(?:y|ied)|"
    rf"confirm(?:ed)?|corroborated?|authenticated?) {SAID_BEFORE}{SO_FAR}{FOLLOWED_UP}",
    rf"(?:however,? |but )?{SAID_BEFORE} (?:can ?not|can['’]t|could(?: not|n['’]t)|(?:has|have|had|was|were|is|are) "
    r"not)(?: yet)?(?: be| been)?(?: immediately| independently){1,2}(?: be| been)? "
    rf"(?:verified|confirmed|corroborated|authenticated)(?: by (?:[\w.&'’-]+ ?){{1,5}})?{SO_FAR}",
    r"(?:however,? |but )?there (?:was|is|were|has been) no (?:immediate |independent ){1,2}(?:confirmation|"
    rf"verification|corroboration|comments?|response|reaction)(?: (?:of|to|on) {SAID_BEFORE})?"
    r"(?: (?:from|by) (?:[\w.&'’-]+ ?){1,6})?",
    r"no (?:immediate|independent) (?:confirmation|verification|comment) (?:was|is) (?:immediately )?available",
    rf"{SOURCE_NAME}did(?: not|n['’]t) (?:immediately|promptly|right away) (?:respond|reply|return)(?: to)?"
    r"(?: an?| our| the| multiple| repeated| several| emailed| written)*(?: (?:requests?|messages?|calls?|"
    r"questions?|e-?mails?|inquir(?:y|ies)|enquir(?:y|ies)))(?: (?:for|seeking) (?:additional |further "
    r")?(?:comments?|details|information))?",
    r"(?:наразі )?(?:\w+ ){0,4}не (?:може|можуть|змогла|зміг|змогли) (?:незалежно|самостійно) (?:підтвердити|"
    r"перевірити) (?:ці|цю|ці всі|його|її|їх|цю всю) ?(?:дані|заяви|повідомлення|інформацію|заяву)?",
    r"(?:\w+ ){0,4}не (?:может|могут|смогла|смог|смогли) (?:независимо|самостоятельно) (?:подтвердить|проверить) "
    r"(?:эти|эту|это|его|ее|её|их) ?(?:данные|заявления|сообщения|сообщение|информацию|заявление)?",
    r"(?:diese|die) (?:angaben|berichte|informationen) (?:ließen|lassen|konnten|können) (?:sich )?(?:zunächst "
    r")?(?:nicht unabhängig|unabhängig nicht) (?:überprüfen|überprüft werden|bestätigen|bestätigt werden)",
    r"(?:ces|cette|les) (?:informations?|affirmations?|déclarations?) n['’](?:ont|a) pas pu être (?:vérifiées?|"
    r"confirmées?)(?: de (?:source|manière) indépendante)",
)
RESTRICTED_TAIL = r"(?: (?:as|when|once|if|soon|shortly|here|in|by|on|at|within|every|throughout)\b.{0,80})?"
FURTHER_NOUNS = r"(?:details|information|info|updates?|news|reporting)"
MORE_TO_FOLLOW = (
    r"(?:this (?:is|remains) )?(?:an? )?(?:developing|breaking|evolving)(?: news)? (?:story|news|situation)(?: and "
    r"will be updated)?",
    r"(?:the |this )?story (?:is )?(?:still )?developing|breaking(?: news)?",
    rf"(?:(?:more|further|additional|other) (?:{FURTHER_NOUNS} )?|{FURTHER_NOUNS} )(?:(?:is|are|will) )?(?:"
    r"to (?:follow|come)|follow|soon|later|coming(?: soon| shortly)?|expected(?: soon| shortly)?|"
    rf"(?:to )?be (?:provided|added|published|posted|available|released|announced|shared){RESTRICTED_TAIL})",
    r"(?:please )?(?:check back|stay tuned|watch this space)\b.{0,60}",
    r"(?:we|i)(?: will|['’]ll| shall) (?:continue to )?(?:provide|share|post|publish|give|bring|send|keep|update) "
    r"(?:you |this |an? |the |more |further |another |our |additional |regular |any |new |as ){0,5}"
    rf"(?:{FURTHER_NOUNS}|page|story|article|post|thread|posted|updated|informed){RESTRICTED_TAIL}",
    r"this (?:story|article|post|page|report|list|blog|thread|alert) (?:will be|is being|has been|was|is)(?: "
    r"\w+ly)? (?:updated|revised|refreshed)(?: (?:as|when|with|to (?:include|add|reflect)) (?:more|additional|new|"
    r"further|the latest|any|events)(?: [a-z]+){0,6})?",
    r"(?:the |these |all |our )?(?:data|figures?|numbers?|information|details|statistics|counts?|totals?|lists?|"
    r"toll) (?:is|are) (?:(?:still |constantly |currently )?being (?:updated|clarified|verified|checked|collected|"
    r"refined)|(?:updated|refreshed) (?:daily|hourly|constantly|continuously|regularly|every day))",
    r"(?:all |the |these )?(?:data|figures|numbers|information|totals) (?:is|are) (?:preliminary|provisional|"
    r"approximate)(?: and)?(?: (?:may change|subject to (?:change|revision)))?",
    r"(?:дані|інформація|деталі|кількість) (?:\w+ )?(?:уточнюється|уточнюються|оновлюється|оновлюються|"
    r"перевіряється)",
    r"(?:данные|информация|детали|количество) (?:\w+ )?(?:уточняется|уточняются|обновляется|обновляются|проверяется)",
    r"(?:новина|інформація) (?:доповнюється|оновлюється)|новость (?:дополняется|обновляется)",
    r"(?:деталі|подробиці|більше інформації) (?:згодом|пізніше|незабаром)|(?:детали|подробности) (?:позже|следуют|"
    r"скоро)",
    r"(?:weitere )?(?:informationen|einzelheiten|details) (?:folgen|in kürze)|mehr in kürze|plus de détails à "
    r"(?:suivre|venir)",
    r"(?:más )?(?:información|detalles) en breve|noticia en desarrollo|자세한 내용은 추후.{0,20}|추가 보도 예정",
    r"(?:更多)?(?:详情|消息)(?:稍后|随后)(?:公布|发布|报道)?|التفاصيل (?:لاحقا|لاحقًا|تباعا|تباعًا)|خبر عاجل",
)
COURTESIES = (
    r"(?:we|our team) (?:sincerely |deeply )?(?:apologi[sz]e|are sorry|regret)(?: for)? (?:any |the |this "
    r")?(?:inconvenience|disruption|trouble)[^\d.;]{0,60}|(?:our |sincere )*apologies for (?:any|the|this) "
    r"inconvenience.{0,40}",
    r"(?:we )?(?:thank you|thanks|appreciate)(?: for)? your (?:continued )?(?:patience|understanding|cooperation|"
    r"attention|support)[^\d.;]{0,60}|thank you(?: for (?:reading|watching|your time))?",
    r"let['’]s(?: [\w'’]+){1,4} together|glory to (?:the )?\w+|слава [\w ]{1,30}|разом (?:до|переможемо).{0,20}",
)

# A line that only names the figures that follow it, and their period.
FIGURES_NAMES = (
    r"(?:the )?(?:(?:total|overall|general|estimated|approximate|combat|daily|weekly|official|latest|current|"
    r"cumulative) )*(?:losses|figures|statistics|indicators)(?: (?:of|for|in|on)\b[^\d.!?:;]{1,80}?)?",
    r"(?:(?:загальні|орієнтовні|приблизні|бойові|добові) )*(?:втрати|показники)\b[^\d.!?:;]{0,80}?",
    r"(?:(?:общие|ориентировочные|примерные|боевые|суточные) )*(?:потери|показатели)\b[^\d.!?:;]{0,80}?",
)
PERIOD_STARTS = r"(?:,|\(|:|[–—]|\b(?:from|as of|as at|for|between|since|with|з|із|станом на|за|с|по состоянию на)\b)"
LEAD_IN_ENDINGS = (
    r"(?:as follows|the following|(?:is|are|was|were|amount(?:s|ed)? to|total(?:s|ed)?) (?:approximately|about|"
    r"around|roughly|estimated at)|(?:складають|становлять|становили|склали|составляют|составили) (?:орієнтовно|"
    r"приблизно|ориентировочно|примерно)|таким чином|следующим образом|wie folgt|comme suit|como sigue)"
)

# Names and what joins them: a lowercase word makes the line a caption.
NAME_WORD = r"(?-i:[^\W\da-zа-яёіїєґß-öø-ÿ_]|@)[\w.'’@-]*"
NAME_JOINT = r"(?:[ /,|&+·©]+(?:(?:of|the|for|and|via|by|de|van|von|courtesy of)[ /,]+){0,2})"
CREDITED_NAME = rf"(?:the )?{NAME_WORD}(?:{NAME_JOINT}{NAME_WORD}){{0,6}}"

BYLINE = (
    rf"(?:additional |with )?(?:reporting|editing|writing|compiled|translated) by {CREDITED_NAME}(?: in "
    rf"{CREDITED_NAME})?"
)
BYLINES = (rf"{BYLINE}(?:[;,.]+ {BYLINE})*",)

# Photographers, authors and agencies; applied only to lines that state nothing else.
CREDITS = (
    r"(?:photo|image|picture|photograph|illustration|video|footage|graphic|infographic|map|фото|відео|видео|사진|영상|"
    r"图片|视频|صورة|فيديو)s?(?: (?:credit|source|by|courtesy(?: of)?|copyright))?\s*[:/|©]\s*"
    rf"{CREDITED_NAME}",
    r"(?:photo|image|photograph|illustration|video|footage|graphic|infographic|map|camera)s? "
    rf"(?:by|courtesy of|credit|via) {CREDITED_NAME}",
    r"(?:source|via|джерело|источник|출처|来源|المصدر)\s*:\s*\S+(?: \S+){0,2}",
    rf"(?:[\w .'’-]{{0,60}}\s?/\s?|\()?{AGENCY_NAMES}"
    r"(?:\s?/\s?[\w .'’-]{1,40})*(?: images| photo| via .{1,40})?\)?",
    r"(?:additional |with )?(?:reporting|editing|writing) by [^.]{3,160}",
    rf"(?:posted|published|written|edited) by {CREDITED_NAME}(?: on| at)?(?![^\W\d_]){STAMP}",
    r"by (?-i:[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}(?:,? (?:and )?[A-Z][\w.'’-]+){0,6})",
)


# When the page was generated or updated; only dates, times and durations may follow.
PAGE_PREFIX = r"(?:(?:this |the )?(?:page|feed|file|site|list|data|content|document|rss|sitemap|calendar) )?"
STAMP_PHRASES = (
    rf"{PAGE_PREFIX}(?:was |has been )?(?:last )?(?:generated|created|built|compiled|rendered|cached|fetched|synced|"
    r"refreshed|exported|served|retrieved|updated|checked|viewed)",
    r"posted|published|edited|modified|\d+ ?(?:s|m|min|mins|h|hr|hrs|d|w|mo)\.? ago",
    r"(?:the )?next (?:scheduled )?update(?: (?:is|will be|expected|due|provided|posted|scheduled|within|no later "
    r"than))*",
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
# What leads to an address: "For more information on the closure, please see", "Check the ferry line's website".
POINTER_NOUNS = (
    r"(?:information|info|details|updates?|instructions?|guidance|advice|assistance|help|questions|enquiries|"
    r"inquiries|queries|maps?|status|reports?|statements?|documents?|lists?|text|version|copy|tickets|reservations)"
)
ADDRESS_VERBS = (
    r"(?:visit|see|check(?: out)?|go to|head to|refer to|consult|monitor|contact|e-?mail|write to|call|text|phone|"
    r"follow(?: us)?|read|use|click|dial|message)"
)
ADDRESS_NOUNS = (
    r"(?:website|web ?site|site|web ?page|page|account|channel|portal|app|feed|blog|profile|link|thread|dashboard|"
    r"hotline|desk|office|team|section|advisory|bulletin|article|number)s?"
)
POINTERS = (
    rf"(?:please )?(?:for|to (?:get|find|see|view|read|learn|request|receive|access|download)) (?:[\w'’/-]+ "
    rf"){{0,8}}?{POINTER_NOUNS}(?: (?:on|about|regarding|concerning|of|for|and|or|in) [^.!?\d]{{1,80}}?)?,? "
    rf"(?:please )?{ADDRESS_VERBS}\b.{{0,120}}",
    rf"(?:please )?{ADDRESS_VERBS} (?:[^\s.!?]+ ){{0,10}}?{ADDRESS_NOUNS}(?: (?:at|on|via|for|by|here|"
    rf"below)\b.{{0,80}})?",
    rf"(?:please )?{ADDRESS_VERBS}(?: (?:us|here|it|this|now|at|on|via|below|me|live))*",
    r"(?:(?:the|a|an|more|further|additional|full|complete|latest|detailed|official|updated|live|interactive) ){0,4}"
    rf"{POINTER_NOUNS}(?: (?:on|about|of|for|regarding) [^.!?\d]{{1,60}}?)? (?:(?:is|are|can be|will be)(?: also)? )?"
    r"(?:available|found|published|posted|viewed|accessed|obtained|downloaded|here|online)\b.{0,60}",
    r"(?:article|comments?|original|full|short)? ?url|rt|h/?t|via|\d{1,2}|\d{1,2}:\d\d",
)

# Addresses inside a line, and those that are a word of it.
URL_PATTERN = re.compile(r"<?(?:(?:https?|ftp)://|www\.|mailto:)[^\s<>]+>?", re.IGNORECASE)
PHONE_PATTERN = re.compile(
    r"(?<![\w+])(?:\+\d{1,3}[ ().-]{0,2}\d[\d ().-]{5,16}\d|\(\d{3}\) ?\d{3}[ -]\d{4}|(?:1-)?\d{3}-\d{3}-\d{4})(?!\w)"
)
ADDRESS_WORD_PATTERN = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|@\w{2,}|#\d*[^\W\d]\w*|(?:[\w-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE
)
DOMAIN_PATTERN = re.compile(
    r"(?:[\w-]+\.)+(?:com|org|net|int|gov|mil|edu|info|eu|ua|ru|uk|de|fr|es|kr|cn|us|ch|at|pl|news|media)",
    re.IGNORECASE,
)


def _stamp_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?=[^\d]*\d)\W*(?:{'|'.join(STAMP_PHRASES)})(?![^\W\d_]){STAMP}", re.IGNORECASE)


def _whole_line_pattern(shapes: tuple[str, ...], end: str = "") -> re.Pattern[str]:
    return re.compile(rf"[\s\[(«‹<←*]*(?:{'|'.join(shapes)}){end}[\s.!…»›→>*:\])]*", re.IGNORECASE)


BOILERPLATE_PATTERN = _whole_line_pattern(
    NAV_LINKS + CALLS_TO_ACTION + LEGAL_NOTICES + RELEASE_NUMBERS + CONTACT_LINES + BYLINES
)
FORMULA_PATTERN = _whole_line_pattern(UNVERIFIED + MORE_TO_FOLLOW + COURTESIES)
RELEASE_PATTERN = _whole_line_pattern(RELEASE_LABELS, rf"(?![^\W\d_]){STAMP}")
RELEASE_NUMBER_PATTERN = _whole_line_pattern((RELEASE_NUMBER,))
CREDIT_PATTERN = _whole_line_pattern(CREDITS)
POINTER_PATTERN = _whole_line_pattern(POINTERS)
STAMP_PATTERN = _stamp_pattern()
FIGURES_NAME_PATTERN = re.compile(
    rf"(?:{'|'.join(FIGURES_NAMES)})\s*{PERIOD_STARTS}(?=[^\d]*\d){STAMP}", re.IGNORECASE
)
LEAD_IN_PATTERN = re.compile(rf"(?<!\w){LEAD_IN_ENDINGS}\s*[:：]\W*$", re.IGNORECASE)
# "KYIV, Dec. 14 (Wire) –", "Brussels, 3 March 2026", "WASHINGTON –"
DATELINE_PATTERN = re.compile(
    r"(?P<places>[^\W\d_][^\d()–—:|;!?]{1,59}?)"
    rf"(?P<date>[\s,.]+{DATELINE_DATE}|"
    rf"\s*\({DATELINE_DATE}\))?(?P<agency>\s*\([^()\d]{{2,40}}\))?(?P<dash>\s*[–—-]+)?\s*",
    re.IGNORECASE,
)
