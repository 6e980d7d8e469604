import time

import pytest

from monitor.model import Noise, Role
from monitor.text.noise import noise_kind

SERIES = """
Key takeaways as of December 14
Situation report, 3 May 2026
OCHA Ukraine Situation Report #12 (as of 3 May 2026)
Northern Campaign Assessment, December 14, 2025
Takeaways of December 15
Daily briefing
Evening digest for Monday
14 December 2025
March 2026
Ключові висновки за 14 грудня
Оперативна інформація станом на 08:00 14.12.2025
Сводка на 14 декабря
14일 상황 보고
2025年12月14日每日简报
ملخص 14 ديسمبر
"""

VOLATILE = """
Updated 3 minutes ago
1,204 views
Still current at: 4 May 2026
Last updated: 5 May 2026 14:35 GMT
Page generated in 0.24 seconds
14:35 GMT
May 5, 5:30 pm ET
5 May, 5:30PM PDT
12 comments
5 min read
Published on Monday
Оновлено: 5 травня, 14:35
Обновлено 3 минуты назад
조회수 1,204
更新时间：2025年12月14日 14:35
آخر تحديث: 14 ديسمبر 2025
Page generated at 2026-11-22 21:40:12 UTC
Generated: Sun, 22 Nov 2026 21:40:12 GMT
This feed was last built on 22 November 2026 at 14:35
Last build date: Sun, 22 Nov 2026 21:40:12 +0000
It is now 14:35:02
The current time is 14:35:02 UTC
Timestamp: 1732311612
2026-11-22T21:40:12Z
Served at 2026-11-22T21:40:12Z
1,204 people are reading this now
Viewed 1,204 times
Поточний час: 14:35
Текущее время: 14:35
Publié à 21h40
Aktuelle Uhrzeit: 21:40:12
الوقت الآن 21:40
Server time: 2026-11-22 21:40:12
Сторінку згенеровано 22.11.2026 о 14:35
Сторінка створена за 0,23 секунди
Страница сгенерирована за 0.23 секунды
Время генерации страницы: 0.23 с
Seite erstellt am 22.11.2026 um 14:35 Uhr
Letzte Aktualisierung: 22.11.2026 14:35
Page générée le 22/11/2026 à 14:35
Page générée en 0,23 secondes
Página generada el 22/11/2026 a las 14:35
Última actualización: 22/11/2026 14:35
페이지 생성: 2026-11-22 14:35
생성 시간 2026년 11월 22일 14:35:02
تم إنشاء الصفحة في 22/11/2026 14:35
تم إنشاء هذه الصفحة خلال 0.23 ثانية
页面生成于 2026-11-22 14:35:02
服务器时间：2026-11-22 21:40:12
"""

QUESTIONS = """
What is known about the ferry?
Is the northern road next?
"Why now?"
Що відомо про міст?
다리는 열렸는가?
桥梁关闭了吗？
هل أغلق الجسر؟
"""

BOILERPLATE = """
Read more
Read more: Governor opens the bridge
Continue reading →
Subscribe to our newsletter
Sign up to get email notifications
Share this
Share on Facebook
Follow us on Telegram
Click here
Next: Entry requirements
https://example.org/a?b=c
desk@example.org
© 2026 Example Media
All rights reserved.
We use cookies to improve your visit.
Getty Images
Jane Roe/Getty Images
(AP)
Photo: Jane Roe / Reuters
By Jane Roe and John Doe
The post Bridge opens appeared first on Example.
Читати далі
Подписывайтесь на наш канал
더 보기
阅读更多
اقرأ المزيد
"""

DATELINES = """
KYIV, Dec. 14 (Wire) –
WASHINGTON –
Port Alba, 3 May –
Brussels, 3 March 2026
GENEVA, March 3, 2026 —
KYIV (Reuters) –
NAIROBI, Kenya (May 3, 2026)
Москва, 14 декабря 2025
"""

TIME_STAMPS = """
14:05 GMT
[14:05]
Posted 3h ago
5m ago
Last updated: 3 March 2026 at 14:05
2026-01-03 09:00 UTC
Jan 03, 14:05 UTC
vor 3 Stunden
5 хвилин тому
Опубліковано 3 год тому
Published: 3 Mar 2026 Last modified: 4 Mar 2026
The next update is expected at 14:00 UTC
"""

ADDRESSES = """
Visit https://harbour.example/storm today.
More at https://harbour.example/storm
https://example.org/a
<https://example.org/a>
https://example.org/a ; https://example.org/b
example.org/news/1
desk@example.org
@portwatch
t.me/portwatch
👉 t.me/portwatch
#Alba #harbor
#Порт
Source: https://example.org/a
Link: example.org/a
Джерело: t.me/portwatch
链接：https://example.org/a
via @portwatch
East Vale County: https://example.org/a
CERT Mitigation Instructions: https://example.org/a ; Additional References: https://example.org/b
For more information on the closure, please see https://example.org/a ; https://example.org/b
For more information, visit our website.
For details of the ferry timetable, contact the harbor office.
Check the ferry line's website (https://example.org/2).
Watch live: https://example.org/live
Tel. (530) 555-0100, email: desk@example.org
Harbor Hospital: +44 20 7946 0000
Media contact: Jane Roe, +44 20 7946 0000
"""

RELEASE_LABELS = """
For Immediate Release
FOR IMMEDIATE RELEASE – May 3, 2026
Embargoed until 10:00 GMT, 3 May 2026
Press release
Release No. 26-114
Release # 073
No. 12/2026
2026-04-P-017
-30-
– ENDS –
Notes to editors
Photo: Jane Roe / Harbor Press
Video by Jane Roe
Posted by Jane Roe on 3 March 2026
Reporting by Jane Roe in Alba; Editing by John Doe
Powered by Statuspage
Telegram | Facebook | Instagram
"""

SOURCE_FORMULAS = """
Harbor Watch cannot independently verify these reports.
The Herald was unable to independently confirm this claim and will continue to watch the port.
Reuters could not immediately verify the report.
However, the paper could not independently confirm the battlefield claims of either side.
The claims could not be independently verified.
These figures could not immediately be confirmed.
There was no immediate comment from Alba.
The ministry did not immediately respond to a request for comment.
Data are being updated
The figures are being clarified.
This is a developing story and will be updated.
More details to follow
Details follow
More to come.
This story will be updated as more information becomes available
Check back for updates
We will provide an update within 30 minutes.
We apologize for any inconvenience this may cause.
Thank you for your patience
Дані уточнюються
Подробности позже
Weitere Informationen folgen.
"""

FIGURES_NAMES = """
Losses of the fleet from 01.05 to 03.05
Statistics of the eastern ports, May 3
Загальні втрати флоту з 01.05 по 03.05
"""

NEAR_MISSES = """
More at https://harbour.example/storm today.
Photo of the bridge shows three tanks
Photo: three tanks on the bridge
Video: Fire at Alba port
Harbor Watch cannot independently verify the Bera claim that Alba was captured.
The governor cannot confirm the report that the dam burst.
Reuters could not immediately verify the video of the strike on the hospital
There was no immediate damage to the port.
Bera did not immediately respond to the attack on its fleet.
KYIV, Dec. 14 (Wire) – Two people died in a fire.
KYIV – Governor resigns
Earthquake, Turkey, 6 February 2023
Flood, 3 March 2026
Explosion in Alba, 14:05 GMT
The bridge reopened at 14:05 GMT
Next update fixes 14 faults
Bridge destroyed: https://example.org/a
Dam bursts https://example.org/a
Report of explosions in Alba: https://example.org/a
A patch is available at https://example.org/a
Apply the update from https://example.org/a before 3 May.
For residents of Zone 4, shelters at https://example.org/a
#Alba hit by drones
@governor resigns
Call 112 if you see smoke from the plant.
Emergency number changed to 113
Please evacuate Zone 4
Release No. 26 of the drug is recalled
Release of 12 prisoners
For release, the kidnappers demand $2m
Media statement denies talks
Contact with the ship was lost
The truce ends
CVE-2026-1111
2-1
Data are being sold by the hackers
The toll is being updated: 12 dead
This is a developing story: 12 dead in Alba
More troops to follow
More flights to come
This story has been updated to correct the death toll to 12
We will provide 12 tanks
We apologize for the attack
Losses of the fleet reached 12 on 3 May
Losses confirmed, 3 May
The losses were approximately: 12 ships
Three soldiers killed were:
All visitors must do the following:
Statistics office raided, 3 May
"""

NEWS = """
Report: Dozens Dead in Alba Attack, Dec. 14
Reports of Explosions in Alba, December 14
Updated: 5 killed in a blast in Alba
Sources: Governor denies talks
Video: Bridge destroyed by flood
Alba hit by drones, Reuters says
Share prices fall
Sign up with the registry before you travel.
He asked: "Why did we stay?"
Flood kills 5 in Alba: is Bera next?
Next week the bridge opens
Follow the instructions of the police.
Support our troops, says the governor
By Friday Alba fell
Alba bridge briefing: governor denies talks
12,000
شارك الرئيس في المؤتمر
Реклама алкоголю заборонена з травня
Show more restraint, the governor tells Bera
Bera view: the road stays shut
Created 240 posts at the border
The plant generated 240 MW at 14:35
Built in 2026 with 3 towers
The page was created in 1998 by Tim
Ladezeit 240 Schiffe
Страница 12 сгенерирована губернатором
Generado en Alba: 240 MW
생성 240명
生成240人
Now 14 people are dead
Час: 14:35
Hora: 14:35
Time to leave 14 villages, says the governor
Served 14 years in prison
Updated 14 laws
Checked 240 cars at the border
40 people are watching the border fall
Hora 14 de la guerra en Alba
Час 14 сіл минув
Server time is money, says the governor
"""


def lines(text):
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("role", [Role.TITLE, Role.HEADING])
@pytest.mark.parametrize("line", lines(SERIES))
def test_a_series_title_is_noise(line, role):
    assert noise_kind(line, role) is Noise.SERIES_TITLE


@pytest.mark.parametrize("line", lines(VOLATILE))
def test_a_clock_or_counter_is_noise(line):
    assert noise_kind(line, Role.SENTENCE) is Noise.VOLATILE


@pytest.mark.parametrize("role", [Role.TITLE, Role.HEADING, Role.SENTENCE, Role.BULLET])
@pytest.mark.parametrize("line", lines(QUESTIONS))
def test_a_question_is_noise(line, role):
    assert noise_kind(line, role) is Noise.QUESTION


@pytest.mark.parametrize("line", lines(BOILERPLATE))
def test_boilerplate_is_noise(line):
    assert noise_kind(line, Role.SENTENCE) is Noise.BOILERPLATE


@pytest.mark.parametrize("line", lines(ADDRESSES + RELEASE_LABELS + SOURCE_FORMULAS))
def test_an_address_label_or_formula_of_a_source_is_boilerplate(line):
    assert noise_kind(line, Role.SENTENCE) is Noise.BOILERPLATE


@pytest.mark.parametrize("line", lines(DATELINES + FIGURES_NAMES))
def test_a_dateline_or_the_name_of_figures_is_a_series_title(line):
    assert noise_kind(line, Role.SENTENCE) is Noise.SERIES_TITLE


@pytest.mark.parametrize("line", lines(TIME_STAMPS))
def test_a_time_stamp_is_volatile(line):
    assert noise_kind(line, Role.SENTENCE) is Noise.VOLATILE


def test_a_line_that_breaks_off_before_its_figures_is_a_heading():
    line = "The losses of the fleet from 01.05 to 03.05 were approximately:"
    assert noise_kind(line, Role.SENTENCE) is Noise.BARE_HEADING


@pytest.mark.parametrize("role", [Role.TITLE, Role.BULLET, Role.SENTENCE])
@pytest.mark.parametrize("line", lines(NEAR_MISSES))
def test_a_line_that_resembles_noise_and_states_a_fact_is_not_noise(line, role):
    assert noise_kind(line, role) is None


def test_a_place_and_a_date_are_a_dateline_only_in_running_text():
    assert noise_kind("NAIROBI, Kenya (May 3, 2026)", Role.TITLE) is None


def test_many_links_in_one_long_line_are_noise():
    assert noise_kind("See: " + "https://example.org/advisory/2026 ; " * 20, Role.SENTENCE) is Noise.BOILERPLATE


@pytest.mark.parametrize(
    "line",
    ["+1 2" * 500, "a.b." * 500, "a@" * 1000, "KYIV, " + "May " * 23 + "x", "Photo: " + "A and " * 38 + "x"],
)
def test_a_hostile_address_line_is_classified_quickly(line):
    start = time.perf_counter()
    noise_kind(line, Role.SENTENCE)
    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize("line", lines(NEWS))
def test_a_line_with_content_is_not_noise(line):
    assert noise_kind(line, Role.TITLE) is None


@pytest.mark.parametrize(
    "line", ["Earthquakes", "Health", "Entry and exit requirements", "Attacks in Alba", "Землетруси", "지진", "地震"]
)
def test_a_bare_heading_is_noise_but_the_same_title_is_not(line):
    assert noise_kind(line, Role.HEADING) is Noise.BARE_HEADING
    assert noise_kind(line, Role.TITLE) is None


@pytest.mark.parametrize(
    "line",
    [
        "Alba sends 3,000 troops to the border",
        "Governor denies talks",
        "Alba attacks Bera",
        "Up to 12,000 northern troops in Alba",
        "У Альбі загинули двоє",
        "알바에 병력 배치했다",
        "The bridge is shut.",
    ],
)
def test_a_heading_that_states_something_is_not_noise(line):
    assert noise_kind(line, Role.HEADING) is None


@pytest.mark.parametrize(
    "line",
    ["Monitor local media for updates", "from April to May", "Monday to Friday, 5am to 11am", "online", "2 weeks"],
)
def test_a_bullet_of_common_words_is_not_a_series_title(line):
    assert noise_kind(line, Role.BULLET) is None


def test_a_hostile_clock_line_is_classified_quickly():
    start = time.perf_counter()
    for line in ("created " + "1 " * 40 + "!x", "generated " + "am pm " * 14 + "q", "생성 " * 30 + "1"):
        noise_kind(line, Role.SENTENCE)
    assert time.perf_counter() - start < 0.5


def test_a_long_line_is_never_boilerplate():
    assert noise_kind("Read more about the flood. " + "It took the bridge and the road. " * 10, Role.SENTENCE) is None
