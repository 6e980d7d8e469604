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
    return text.strip().splitlines()


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
