"""Words that are not news alone, by their use. One list for all languages, because they do not conflict.

A line that has only such words, dates and numbers is noise.
"""

from __future__ import annotations


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


CALENDAR_WORDS = _word_set(
    """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
    today yesterday tomorrow a.m p.m am pm local time
    gmt utc et est edt ct cst cdt mt mst mdt pt pst pdt bst cet cest eet eest msk ist jst kst
    noon midnight st nd rd th
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
    січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень
    понеділок вівторок середа четвер п'ятниця субота неділя сьогодні вчора року рік р
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
    понедельник вторник среда четверг пятница суббота воскресенье сегодня вчера года год г
    januar februar märz mai juni juli oktober dezember uhr
    janvier février mars avril juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    년 월 일 자 일자 오전 오후 시 분 월요일 화요일 수요일 목요일 금요일 토요일 일요일 오늘 어제
    يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
    الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت اليوم أمس
    年 月 日 号 时 分 星期一 星期二 星期三 星期四 星期五 星期六 星期日 今天 昨天
    """
)

FILLER_WORDS = _word_set(
    """
    a an the as of on at for from to by in and until till since this that is was it no nos vol
    станом на за від до о об у в і й та про про № по состоянию от к и с со
    du de le la les des der die das vom am dem den von zum
    기준 의 및 في من إلى على عن و 至 的 截至
    """
)

# About the page: when it was edited, how often it was viewed.
VOLATILE_WORDS = _word_set(
    """
    updated update updates modified edited revised reviewed published posted created checked refreshed accessed
    retrieved current online live ago generated rendered loaded read view views viewed visits visitors reads shares
    likes comment comments reply replies followers subscribers downloads
    оновлено оновлення опубліковано змінено створено актуально тому переглядів перегляди перегляд коментарів
    коментарі читати обновлено обновление опубликовано изменено создано актуально назад просмотров просмотры
    просмотр комментариев комментарии
    aktualisiert veröffentlicht stand aufrufe kommentare vor publié mis vues commentaires actualizado publicado hace
    수정 업데이트 입력 등록 게시 작성 조회 조회수 댓글 전
    تحديث نشر النشر منذ مشاهدة مشاهدات تعليق تعليقات
    更新 最后更新 更新时间 更新于 发布 发布于 发布时间 浏览 次浏览 阅读 次阅读 评论 条评论 分钟前 钟前 小时前 天前
    """
)

# Words next to those above, which mean nothing without them.
VOLATILE_CONTEXT_WORDS = _word_set(
    """
    last latest still first now just page article story content added reading
    second seconds sec secs minute minutes min mins hour hours hr hrs day days week weeks month months ms
    останнє тому сторінку хвилин хвилини хвилину хв годин години годину днів дні день секунд
    последнее страница минут минуты минуту мин часов часа час дней дня секунд
    zuletzt minuten stunden à jour il y a minutes heures minutos horas
    최종 분전 시간전 일전 시간 읽기 آخر تم دقيقة دقائق ساعة ساعات 最后 前
    """
)

STRONG_SERIES_WORDS = _word_set(
    """
    takeaways sitrep sitreps briefing briefings digest digests newsletter bulletin roundup round-up newsroom
    assessment assessments recap wrap-up wrap highlights headlines diary podcast factsheet
    зведення дайджест брифінг бюлетень підсумки висновки огляд
    сводка дайджест брифинг бюллетень итоги выводы обзор
    상황보고 브리핑 요약 다이제스트 뉴스레터 속보모음 보고
    موجز ملخص نشرة أبرز
    简报 每日简报 情况报告 局势报告 要点 摘要 日报 周报 快讯
    """
)

WEAK_SERIES_WORDS = _word_set(
    """
    report update brief summary review overview edition issue episode volume monitor tracker blog log notice
    звіт інформація випуск відомість отчёт отчет информация выпуск отчетность
    보고서 정보 تقرير 报告 通报
    """
)

RELATED_SERIES_WORDS = _word_set(
    """
    key main top daily weekly monthly quarterly annual morning evening afternoon nightly overnight weekend special
    situation situational status flash operational operations executive morning's today's week's week day month
    offensive campaign news press media intelligence conflict humanitarian epidemiological report reports point points
    briefing latest live what's on new this our editor's picks
    ключові головні основні щоденне щоденний щотижневий щотижневе ранкове вечірнє ранковий вечірній оперативна
    оперативне оперативний тижня дня новин новини ситуаційний
    ключевые главные основные ежедневная ежедневный еженедельная еженедельный утренняя вечерняя утренний вечерний
    оперативная оперативный недели дня новостей новости главное
    일일 주간 월간 상황 주요 핵심 오늘의 뉴스 아침 저녁
    يومي اليومي أسبوعي الأسبوعي الموقف الإخباري الأخبار النقاط الرئيسية الوضع
    每日 每周 每月 今日 本周 新闻 局势 情况 主要
    """
)

QUESTION_WORDS = _word_set(
    """
    what how why where when who which whose if
    що як чому де коли хто чи скільки что как почему где когда кто сколько
    """
)

# Verbs that make a short heading a statement; forms that are as often nouns are in TRANSITIVE_VERBS.
STATEMENT_VERBS = _word_set(
    """
    is are was were be been has have had will would may might can could must should does did do not isn't aren't won't
    says said say tells told claimed warns warned confirms confirmed denies denied announces announced
    reported stated admits admitted accuses accused vows vowed urges urged ordered rejects rejected
    kills killed dies died injures injured wounds wounded hit struck attacked shells shelled
    destroys destroyed captured seizes seized advanced retreated withdraws withdrew
    sends sent deploys deployed moved arrives arrived left enters entered joins joined begins began
    started ended launched fired shoots shot downed repels repelled
    rose fell dropped reaches reached passed exceeds grows grew
    banned closed opened reopens reopened suspends suspended cancels cancelled lifted
    signs signed wins won loses elects elected voted resigns resigned appoints appointed arrests arrested
    recalled finds found showed sees seen gets got gives gave takes took makes made
    becomes became continues continued remains remained spreads spread threatens threatened
    є був була було були буде будуть немає не має мають заявив заявила заявили повідомив повідомила повідомили
    підтвердив підтвердили загинули загинув загинула поранено вбито атакували атакувала обстріляли знищили захопили
    відправила відправили прибули розпочали почали
    есть был была было были будет будут нет имеет заявил заявила заявили сообщил сообщила сообщили подтвердил
    подтвердили погибли погиб погибла ранены убиты атаковали обстреляли уничтожили захватили отправила отправили
    прибыли начали
    """
)

# Verbs if an object follows ("Russia attacks Kyiv"), nouns before anything else ("Attacks in Kyiv").
TRANSITIVE_VERBS = _word_set(
    """
    claims reports strikes attacks orders advances retreats launches fires downs tops passes leaves ends moves starts
    shows bans closes lifts votes recalls hits states captures opens kill deny lost
    """
)
NON_OBJECT_WORDS = _word_set("and or in on of by for at to from with against near over after before & during as")

# Words that only lead to an address: "Source: …", "Watch live: …".
POINTER_WORDS = _word_set(
    """
    source sources link links website websites site web page pages url address more information info details detail
    here please see visit read watch listen full story report reports article statement statements text post posts
    thread video videos photo photos image images footage map maps gallery documents document pdf download live
    stream online reference references additional further instructions mitigation advisory advisories bulletin
    bulletins release notes original press contact contacts email e-mail mail tel telephone phone mobile fax hotline
    hotlines call enquiries inquiries questions follow us our join subscribe share via channel account handle chat
    bot or also on official related n submit send tip tips news updates update rt h/t twitter facebook instagram
    telegram threads bluesky linkedin youtube tiktok whatsapp viber signal джерело джерела посилання детальніше
    докладніше сайт сторінка канал канали підписатися підписатись підписуйтесь підписуйтеся підпишіться наш нас наші
    надіслати новину читати далі читайте дивіться відео фото пошта телефон тел факс повний текст зв'язок чат бот
    источник источники ссылка ссылки подробнее сайта страница подписаться подписывайтесь подпишитесь наши прислать
    новость читать далее читайте смотрите видео почта полный связь quelle quellen mehr weitere informationen infos
    unter siehe kontakt seite lien plus voir informations ici fuente fuentes enlace más información aquí 출처 링크
    원문 자세히 문의 채널 구독 이메일 전화 来源 链接 原文 详情 全文 电话 邮箱 频道 المصدر الرابط رابط للمزيد
    التفاصيل قناة هاتف
    """
)

# Cities from which agencies report; with the countries, the places of a dateline.
DATELINE_CITIES = _word_set(
    """
    abuja accra algiers amman amsterdam ankara athens atlanta baghdad baku bangkok beijing beirut belgrade berlin
    bern boston brasilia bratislava brussels bucharest budapest cairo canberra caracas chicago chisinau copenhagen
    dakar damascus delhi dhaka doha donetsk dubai dublin geneva hamburg hanoi havana helsinki houston islamabad
    istanbul jakarta jerusalem johannesburg kabul kharkiv khartoum kherson kinshasa kyiv kiev lagos lima lisbon
    ljubljana london luxembourg lviv madrid manila miami milan minsk montreal moscow mumbai munich nairobi nicosia
    odesa odessa oslo ottawa paris prague pretoria pyongyang riga riyadh rome sanaa sarajevo seoul shanghai
    singapore sofia stockholm strasbourg sydney taipei tallinn tashkent tbilisi tehran tirana tokyo toronto tripoli
    tunis vienna vilnius warsaw washington wellington yerevan zagreb zurich київ харків одеса львів москва варшава
    брюссель вашингтон лондон женева киев харьков одесса варшава женева берлін париж берлин genf brüssel wien berlin
    moskau warschau bruxelles genève varsovie moscou bruselas ginebra moscú 서울 평양 도쿄 베이징 워싱턴 北京 东京
    首尔 莫斯科 华盛顿 基辅 القاهرة موسكو كييف واشنطن بيروت جنيف
    """
)
DATELINE_PLACES = DATELINE_CITIES | frozenset(
    ("new york", "los angeles", "san francisco", "hong kong", "the hague", "united nations", "tel aviv", "new delhi")
)
