"""Pages served instead of the expected one are errors, in many languages; pages about such things are read."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.interstitial import NEEDS_JAVASCRIPT
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.text.split import split_claims

URL = "https://harbour.example/notices"

CAPTCHAS = {
    "en": ("Shop", "Type the characters you see in this image. We want to be sure that you are not a robot."),
    "en title": (
        "Just a moment...",
        "harbour.example needs to review the security of your connection. Ray ID: 7f00ab",
    ),
    "en traffic": ("Sorry", "Our systems have detected unusual traffic from your network. Please solve the captcha."),
    "de": ("Hafen", "Bitte bestätigen Sie, dass Sie ein Mensch sind. Geben Sie die Zeichen aus dem Bild ein."),
    "fr": ("Port", "Merci de confirmer que vous n'êtes pas un robot. Saisissez les caractères affichés."),
    "es": ("Puerto", "Confirma que no eres un robot. Escribe los caracteres que ves en la imagen."),
    "it": ("Porto", "Conferma che non sei un robot. Inserisci i caratteri che vedi nell'immagine."),
    "pt": ("Porto", "Confirme que não é um robô. Digite os caracteres da imagem."),
    "pl": ("Port", "Potwierdź, że nie jesteś robotem. Przepisz znaki z obrazka."),
    "ru": ("Порт", "Подтвердите, что вы не робот. Введите символы с картинки."),
    "uk": ("Порт", "Підтвердьте, що ви не робот. Введіть символи із зображення."),
    "tr": ("Liman", "Robot olmadığınızı doğrulayın. Resimdeki karakterleri girin."),
    "nl": ("Haven", "Bevestig dat u geen robot bent. Typ de tekens die u ziet."),
}
CONSENT = {
    "en": (
        "Before you continue to Harbour",
        "We and our 412 partners store cookies to measure audiences. Accept all",
    ),
    "de": (
        "Hafen",
        "Wir verwenden Cookies und ähnliche Technik. Mit Ihrer Einwilligung zeigen wir personalisierte Werbung.",
    ),
    "fr": (
        "Port",
        "Avec votre accord, nous et nos partenaires utilisons des cookies. Vous pouvez retirer votre consentement.",
    ),
    "es": ("Antes de continuar", "Utilizamos cookies para medir el uso. Puedes aceptar o rechazar las cookies."),
    "it": (
        "Prima di continuare",
        "Utilizziamo i cookie per fornire i servizi. Se accetti, usiamo i cookie per gli annunci.",
    ),
    "pt": ("Porto", "Usamos cookies para melhorar a sua experiência. Ao aceitar, concorda com os nossos cookies."),
    "pl": ("Port", "Używamy plików cookie, aby dostosować treści. Prosimy o Twoją zgodę na pliki cookie."),
    "ru": (
        "Порт",
        "Мы используем файлы cookie. Нажимая «Принять все», вы соглашаетесь на персонализированную рекламу.",
    ),
    "uk": ("Порт", "Ми використовуємо файли cookie. Ви можете прийняти всі або змінити вашу згоду."),
    "tr": ("Liman", "Size daha iyi hizmet vermek için çerez kullanıyoruz. Çerezleri kabul ediyor musunuz?"),
    "nl": (
        "Haven",
        "Wij gebruiken cookies en vragen uw toestemming. Met uw toestemming tonen we gepersonaliseerde advertenties.",
    ),
}
LOGINS = {
    "en": ("Harbour", "Please sign in to continue. Forgot your password?"),
    "de": ("Hafen", "Bitte melden Sie sich an. Passwort vergessen?"),
    "fr": ("Port", "Veuillez vous connecter. Mot de passe oublié ?"),
    "es": ("Iniciar sesión", "¿Ha olvidado su contraseña?"),
    "it": ("Accesso", "Effettua il login per proseguire. Password dimenticata?"),
    "pt": ("Porto", "Inicie sessão para continuar. Esqueceu a sua senha?"),
    "pl": ("Logowanie", "Nie pamiętasz hasła?"),
    "ru": ("Порт", "Войдите, чтобы продолжить. Забыли пароль?"),
    "uk": ("Порт", "Увійдіть, щоб продовжити. Забули пароль?"),
    "tr": ("Giriş yap", "Şifrenizi mi unuttunuz?"),
    "nl": ("Inloggen", "Wachtwoord vergeten?"),
}
ERRORS = {
    "rate limit": ("Harbour", "Too many requests. Please slow down."),
    "429": ("429", "You have exceeded the limit of requests."),
    "rate limit de": ("Hafen", "Zu viele Anfragen. Bitte versuchen Sie es später erneut."),
    "rate limit ru": ("Порт", "Слишком много запросов. Повторите попытку позже."),
    "rate limit fr": ("Port", "Trop de requêtes. Réessayez dans quelques minutes."),
    "database": ("Database Error", "Error establishing a database connection"),
    "database php": (
        "",
        "Warning: mysqli_connect(): (HY000/1040): Too many connections in /srv/www/db.php on line 12",
    ),
    "database de": ("Hafen", "Fehler beim Aufbau einer Datenbankverbindung"),
    "database pl": ("Port", "Błąd podczas łączenia się z bazą danych"),
    "server": (
        "500 Internal Server Error",
        "The server encountered an internal error and was unable to complete it.",
    ),
    "server es": ("Puerto", "Se ha producido un error en el servidor. Inténtelo de nuevo más tarde."),
    "server it": ("Porto", "Si è verificato un errore. Riprova più tardi."),
    "server uk": ("Порт", "Сталася помилка сервера. Спробуйте пізніше."),
    "unavailable": ("503 Service Temporarily Unavailable", "nginx/1.24"),
    "unavailable nl": ("Haven", "De website is tijdelijk niet bereikbaar. Probeer het later opnieuw."),
    "unavailable pt": ("Porto", "Serviço temporariamente indisponível. Tente novamente mais tarde."),
    "maintenance": ("Harbour", "We are down for maintenance. Sorry for the inconvenience. We'll be back soon!"),
    "maintenance de": ("Wartungsarbeiten", "Wir sind bald wieder für Sie da."),
    "maintenance fr": ("Port", "Notre site est en maintenance. Nous serons bientôt de retour."),
    "maintenance es": ("Puerto", "Sitio en mantenimiento. Volveremos en breve. Disculpen las molestias."),
    "maintenance tr": ("Liman", "Sitemiz bakımda. Kısa süre sonra geri döneceğiz."),
    "maintenance ru": ("Порт", "На сайте ведутся технические работы. Приносим извинения за неудобства."),
    "maintenance uk": ("Порт", "На сайті ведуться технічні роботи. Перепрошуємо за тимчасові незручності."),
    "not found": ("Page not found", "The page that you are looking for does not exist."),
    "not found de": ("Hafen", "Die Seite wurde leider nicht gefunden."),
    "denied": ("Access Denied", "You don't have permission to access this page on this server. Reference #18.7f"),
    "denied ru": ("Доступ запрещён", "IP: 192.0.2.7"),
    "parked": ("harbour.example", "This domain is for sale. Buy this domain."),
    "parked de": ("harbour.example", "Diese Domain steht zum Verkauf."),
    "parked ru": ("harbour.example", "Домен продаётся."),
    "expired domain": ("harbour.example", "This domain name has expired."),
    "default": (
        "Welcome to nginx!",
        "If you see this page, the nginx web server is successfully installed and working.",
    ),
    "redirect": ("Harbour", "You are being redirected. If you are not redirected, click here."),
    "bare server error": ("502 Bad Gateway", "cloudflare"),
    "server fr": ("Port", "Oups ! Une erreur est survenue. Nos équipes travaillent à la résolution du problème."),
    "server de": ("Hafen", "Es ist ein Fehler aufgetreten. Unsere Techniker wurden informiert."),
    "database it": ("Porto", "Impossibile connettersi al database"),
    "database tr": ("Liman", "Veritabanı bağlantısı kurulamadı"),
    "maintenance pl": ("Port", "Strona w przebudowie. Zapraszamy wkrótce."),
    "maintenance nl": ("Haven", "We zijn even bezig met onderhoud. Kom later terug."),
}
PLACEHOLDERS = {
    "en": "You need to enable JavaScript to run this app.",
    "en please": "Please turn on JavaScript in your browser and reload the page.",
    "en loading": "Loading…",
    "en wait": "Please wait while the page is loading",
    "de": "Bitte aktivieren Sie JavaScript, um die Seite zu nutzen.",
    "de loading": "Wird geladen …",
    "fr": "Veuillez activer JavaScript pour afficher cette page.",
    "fr loading": "Chargement en cours...",
    "es": "Activa JavaScript para ver esta página.",
    "es loading": "Cargando...",
    "it": "Per usare il sito è necessario abilitare JavaScript.",
    "it loading": "Caricamento in corso…",
    "pt": "É necessário ativar o JavaScript para usar o site.",
    "pt loading": "Carregando…",
    "pl": "Aby korzystać z tej strony, włącz JavaScript.",
    "pl loading": "Ładowanie…",
    "ru": "Для работы сайта включите JavaScript.",
    "ru loading": "Загрузка…",
    "uk": "Для роботи сайту увімкніть JavaScript.",
    "uk loading": "Завантаження…",
    "tr": "Bu siteyi kullanmak için JavaScript'i etkinleştirin.",
    "tr loading": "Yükleniyor...",
    "nl": "Schakel JavaScript in om deze pagina te bekijken.",
    "nl loading": "Even geduld…",
    "another language": "Laetakse andmeid…",
}


def parse(body: str, content_type: str = "text/html; charset=utf-8", **options: Any) -> Feed:
    return parse_page(body.encode(), content_type, URL, ParseOptions("page", URL, **options))


def error(body: str, content_type: str = "text/html; charset=utf-8", **options: Any) -> str:
    """The error's sentence, "" if the page is read."""
    try:
        parse(body, content_type, **options)
    except ParseError as raised:
        assert raised.code == (NEEDS_JAVASCRIPT if "JavaScript" in str(raised) else "not_the_page")
        return str(raised)
    return ""


def claims(feed: Feed) -> list[str]:
    return [claim.text for entry in feed.entries for claim in split_claims(entry.title, entry.body)]


def page(text: str, title: str = "Harbour of Halvik", extra: str = "") -> str:
    """A page with a paragraph for each sentence, within a header and a footer."""
    paragraphs = "".join(
        f"<p>{sentence}</p>" for sentence in text.replace("! ", "!\n").replace(". ", ".\n").split("\n")
    )
    return (
        f"<html><head><title>{title}</title></head><body><header>Halvik</header><nav><a href=/>Start</a></nav>"
        f"<div>{paragraphs}</div>{extra}<footer>© 2026 Harbour of Halvik, Quay 1</footer></body></html>"
    )


INTERSTITIALS = [
    *(("captcha", text) for text in CAPTCHAS.values()),
    *(("accept cookies", text) for text in CONSENT.values()),
    *(("login page", text) for text in LOGINS.values()),
    *(("served instead|leads to another", text) for text in ERRORS.values()),
]


@pytest.mark.parametrize("options", [{}, {"each": "p"}, {"select": "body"}], ids=["page", "each", "select"])
@pytest.mark.parametrize(
    ("said", "interstitial"), INTERSTITIALS, ids=[f"{said} {text[1][:24]}" for said, text in INTERSTITIALS]
)
def test_an_interstitial_is_an_error_with_and_without_selectors(
    said: str, interstitial: tuple[str, str], options: dict[str, str]
) -> None:
    title, text = interstitial
    assert any(part in error(page(text, title), **options) for part in said.split("|"))


@pytest.mark.parametrize("text", PLACEHOLDERS.values(), ids=PLACEHOLDERS.keys())
def test_a_page_built_by_javascript_is_an_error_that_names_the_ways_out(text: str) -> None:
    sentence = error(f"<title>Timetable</title><body><div id=root><p>{text}</p></div><script src=app.js></script>")
    assert "render = true" in sentence
    assert 'kind = "json"' in sentence


@pytest.mark.parametrize(
    "body",
    [
        "<div id=root></div>",
        "<div id=app></div><footer>Quay 1, Halvik</footer>",
        "<noscript>This site needs JavaScript.</noscript><main></main>",
        "<app-root>…</app-root>",
        "<div id=__next><div>Halvik</div></div><noscript>Please enable JavaScript.</noscript>",
    ],
)
@pytest.mark.parametrize("options", [{}, {"each": "p.news"}], ids=["page", "each"])
def test_an_application_without_text_is_an_error_that_names_the_ways_out(body: str, options: dict[str, str]) -> None:
    sentence = error(f"<html><title>Timetable</title><body>{body}<script>start()</script></body></html>", **options)
    assert "render = true" in sentence


OTHER_LANGUAGES = {
    "captcha": {
        "ja": ("港", "続けるには、ロボットではないことを確認してください。画像の文字を入力してください。"),
        "zh": ("港口", "请输入图中的字符，证明您不是机器人。"),
        "ko": ("항구", "로봇이 아님을 확인해 주세요. 아래 보안문자를 입력하세요."),
        "ar": ("الميناء", "يرجى تأكيد أنك لست روبوتًا. أدخل الأحرف الظاهرة في الصورة."),
        "cs": ("Přístav", "Potvrďte, že nejste robot. Opište znaky z obrázku."),
        "sv": ("Hamnen", "Bekräfta att du inte är en robot. Skriv in tecknen i bilden."),
        "da": ("Havnen", "Bekræft at du ikke er en robot. Indtast tegnene på billedet."),
        "fi": ("Satama", "Vahvista, ettet ole robotti."),
        "hu": ("Kikötő", "Igazolja, hogy Ön nem robot."),
        "ro": ("Port", "Confirmați că nu sunteți un robot."),
        "el": ("Λιμάνι", "Επιβεβαιώστε ότι δεν είστε ρομπότ."),
    },
    "accept cookies": {
        "ja": ("港", "当サイトではCookieを使用しています。続行するには同意してください。"),
        "zh": ("港口", "我们使用Cookie改善您的体验。"),
        "cs": ("Přístav", "Používáme soubory cookies. Přijmout všechny"),
        "sv": ("Hamnen", "Vi och våra partner använder kakor. Godkänn alla"),
        "fi": ("Satama", "Käytämme evästeitä. Hyväksy kaikki"),
        "ru": ("Порт", "Чтобы продолжить, примите условия использования файлов cookie."),
        "nl": ("Haven", "Geef toestemming om verder te gaan. Alles accepteren"),
    },
    "served instead": {
        "rate limit en": (
            "Harbour",
            "The owner of this website has banned you temporarily from accessing this website.",
        ),
        "rate limit ja": ("港", "リクエスト回数が上限に達しました。しばらくしてからお試しください。"),
        "rate limit zh": ("港口", "访问过于频繁，请稍后再试。"),
        "rate limit cs": ("Přístav", "Příliš mnoho požadavků. Zkuste to později."),
        "rate limit sv": ("Hamnen", "För många förfrågningar. Försök igen om en stund."),
        "database ja": ("港", "データベース接続エラーが発生しました。"),
        "database zh": ("港口", "无法连接到数据库"),
        "database ko": ("항구", "데이터베이스 연결 오류"),
        "database ar": ("الميناء", "خطأ في الاتصال بقاعدة البيانات. قاعدة البيانات غير متاحة."),
        "database cs": ("Přístav", "Chyba při připojování k databázi"),
        "database sv": ("Hamnen", "Fel vid anslutning till databasen"),
        "database hu": ("Kikötő", "Adatbázis-kapcsolati hiba"),
        "database el": ("Λιμάνι", "Σφάλμα κατά τη σύνδεση με τη βάση δεδομένων"),
        "server en": ("Harbour", "We're sorry, but something went wrong."),
        "maintenance ja": ("港", "ただいまシステムメンテナンス中です。ご不便をおかけして申し訳ございません。"),
        "maintenance zh": ("港口", "网站正在维护中，请稍后再试。"),
        "maintenance cs": ("Přístav", "Na stránkách probíhá údržba. Děkujeme za pochopení."),
        "not found ja": ("港", "お探しのページは見つかりませんでした。"),
        "not found zh": ("港口", "您访问的页面不存在"),
        "not found fi": ("Satama", "Etsimääsi sivua ei löytynyt."),
        "denied ko": ("항구", "접근 권한이 없습니다."),
    },
    "render = true": {
        "ja": ("時刻表", "JavaScriptを有効にしてください。"),
        "zh": ("时刻表", "请启用JavaScript以继续。"),
        "cs": ("Jízdní řád", "Pro zobrazení stránky zapněte JavaScript."),
        "sv": ("Tidtabell", "Du måste aktivera JavaScript för att se sidan."),
        "en": ("Timetable", "This site requires JavaScript. Please turn it on in your browser settings."),
        "loading ja": ("時刻表", "データを読み込み中です"),
        "loading zh": ("时刻表", "页面加载中，请稍候"),
        "loading cs": ("Jízdní řád", "Načítání…"),
        "loading no": ("Rutetabell", "Laster inn …"),
        "loading hu": ("Menetrend", "Betöltés…"),
        "loading nl": ("Dienstregeling", "Even geduld, de dienstregeling wordt geladen"),
    },
}


@pytest.mark.parametrize("options", [{}, {"select": "body"}, {"select": "p"}], ids=["page", "body", "part"])
@pytest.mark.parametrize(
    ("said", "interstitial"),
    [(said, text) for said, texts in OTHER_LANGUAGES.items() for text in texts.values()],
    ids=[f"{said} {language}" for said, texts in OTHER_LANGUAGES.items() for language in texts],
)
def test_an_interstitial_in_another_language_is_an_error(
    said: str, interstitial: tuple[str, str], options: dict[str, str]
) -> None:
    title, text = interstitial
    assert said in error(page(text, title), **options)


def test_a_selected_application_that_is_yet_to_be_filled_is_an_error() -> None:
    body = "<header>The harbour of Halvik and its ferries</header><div id=app><i></i></div><script src=a.js></script>"
    assert "render = true" in error(f"<title>Harbour</title><body>{body}</body>", select="body")
    assert "render = true" not in error(f"<title>Harbour</title><body>{body}</body>", select="header")


NEWS_IN_OTHER_LANGUAGES = [
    "フェリー会社のサーバーエラーが発生し、ハルビク行きの予約が止まった。会社は乗客に返金すると発表した。",
    "港のウェブサイトは金曜日にメンテナンスを行う。フェリーは時刻表どおりに運航する。窓口は開いている。",
    "港务局服务器异常，今日船票暂停网上销售。窗口照常售票，渡轮按时刻表运行，乘客无需改签。",
    "항구 홈페이지는 금요일에 점검을 한다. 여객선은 시간표대로 운항하며 창구에서 표를 살 수 있다.",
    "Přístav hlásí chybu v databázi jízdenek. Trajekty jezdí podle jízdního řádu a pokladny jsou otevřené.",
    "Vi säljer kakor varje lördag på torget i Halvik. Våra kakor bakas med smör från Marnholm.",
    "获胜的不是机器人，而是哈尔维克的一名学生。比赛周一在港口举行，观众有三百人。",
    "대회에서 이긴 것은 로봇이 아니라 학생이었다. 시합은 월요일 항구에서 열렸다.",
    "勝ったのはロボットではない。ハルビクの学生だ。試合は月曜日に港で行われた。",
    "Hamnens databas läckte på nätet. Polisen utreder intrånget och rederiet varnar sina resenärer.",
    "Satama ottaa käyttöön uuden tietokannan. Lautat kulkevat aikataulun mukaan ja liput myydään laiturilla.",
    "A kikötő adatbázisa hibás adatokat közölt. A kompok menetrend szerint közlekednek, a pénztár nyitva van.",
    "Το λιμάνι αλλάζει τη βάση δεδομένων του. Τα πλοία εκτελούν κανονικά τα δρομολόγιά τους προς τη Χάλβικ.",
    "أعلن الميناء عن اختراق قاعدة البيانات. العبارات تعمل وفق الجدول والتذاكر متاحة في المكاتب.",
]


@pytest.mark.parametrize("text", NEWS_IN_OTHER_LANGUAGES)
def test_news_in_another_language_is_read(text: str) -> None:
    assert not error(page(text, "Halvik"))
    assert not error(page(text, "Halvik"), select="div")


@pytest.mark.parametrize(
    "body",
    [
        "<form><p>Palun sisestage tähed.</p><img src=/captcha.png><input name=captcha></form>",
        "<p>Vänligen vänta.</p><div class=h-captcha data-sitekey=x></div>",
        "<p>Odota hetki.</p><form id=challenge-form></form>",
        "<p>Odota hetki.</p><script>window._cf_chl_opt = {};</script>",
        "<iframe src='https://captcha-delivery.com/x'></iframe><p>Odota.</p>",
    ],
)
def test_a_captcha_is_recognized_by_its_shape_in_any_language(body: str) -> None:
    assert "captcha" in error(f"<html><title>Satama</title><body>{body}</body></html>")


def test_a_login_form_and_a_redirect_are_recognized_by_their_shape() -> None:
    form = "<form><label>Kasutajanimi</label><input><label>Parool</label><input type=password></form>"
    assert "login page" in error(f"<html><title>Sadam</title><body><h1>Tere</h1>{form}</body></html>")
    refresh = "<meta http-equiv=Refresh content='0; url=/uus'>"
    assert "another address" in error(f"<html><head>{refresh}</head><body>Uus aadress</body></html>")


def test_an_interstitial_of_plain_text_is_an_error() -> None:
    assert error("Too many requests", "text/plain")
    assert error("error code: 1015", "text/plain")
    assert error("Error establishing a database connection", "text/html")
    assert not error("The pier is closed.\nToo many requests for the ferry of 14:00 came in.", "text/plain")


FACTS = "The pier of Halvik is closed until Friday. Line 4 leaves at nine."
BANNER = "<div class=cookie-banner><p>We use cookies to improve your visit.</p><p>Accept or reject all.</p></div>"
LOGIN_BOX = "<form action=/login><label>User</label><input><label>Password</label><input type=password></form>"
CONTACT = (
    "<form><label>Your name</label><input type=text><label>Email</label><input type=email><textarea></textarea>"
    "<div class=g-recaptcha data-sitekey=x></div><button>Send</button></form>"
)
REAL_PAGES = {
    "a cookie banner beside the prose": page(FACTS, extra=BANNER),
    "a cookie banner beside a price": page("Widget. 40 EUR. Out of stock.", extra=BANNER),
    "cookie sentences without a mark": page(FACTS + " We use cookies. You accept our cookies by reading on."),
    "a contact form with a captcha": page("The pier is closed.", extra=CONTACT),
    "a login box beside the prose": page(FACTS, extra=LOGIN_BOX),
    "a short notice": page("Pier closed."),
    "a page about captchas": page(
        "Captchas ask whether you are a robot. A study of 1,400 people found that robots solve them faster. "
        "The authors at Halvik propose to drop them. The city council will vote in May.",
        "Are captchas dead?",
    ),
    "news that quote an error": page(
        "Visitors of the ticket shop saw only one sentence: Please enable JavaScript. "
        "The operator blamed a faulty update by its supplier Nordby Soft. Tickets are sold at the pier until Sunday.",
        "Ticket shop fails for a day",
    ),
    "news about cookies": page(
        "The data protection office fined a shop 3 million euros. Its banner let nobody reject cookies. "
        "The shop has a month to appeal.",
        "Fine for cookie banner",
    ),
    "a status page": page(
        "The booking service has been down since 14:00 on Friday. Engineers are replacing a switch in Halvik. "
        "The next report follows at 16:00.",
        "Service unavailable",
    ),
    "a status table": page("").replace(
        "<div>", "<div><table><tr><td>Booking<td>Service unavailable<tr><td>Tickets<td>Operational</table>"
    ),
    "a status list": page("Booking: service unavailable. Tickets: operational.", "System status"),
    "planned maintenance": page(
        "The ticket site is down for maintenance on Sunday 3 May from 02:00. Buy your ticket at the pier.",
        "Planned maintenance",
    ),
    "works on a lift": page(
        "Wartungsarbeiten am Aufzug bis 12. Mai. Bitte nutzen Sie die Treppe an Pier 4.", "Aufzug"
    ),
    "a lesson on JavaScript": page(
        "JavaScript runs in the browser. A script is loaded with the script element. "
        "Functions are values and can be passed on. Some visitors disable JavaScript.",
        "JavaScript for beginners",
    ),
    "a domain sale in the news": page(
        "The city sold its old domain for 12,000 euros. The buyer is a hotel. This domain is for sale no more.",
        "City sells its web address",
    ),
    "a page that reloads": page(FACTS).replace("<head>", "<head><meta http-equiv=refresh content=300>"),
    "prose with a widget that loads": page(FACTS, extra="<div id=app>Loading…</div><script src=a.js></script>"),
    "a loading dock": page("Loading dock 3 is closed.", "Docks", "<script src=a.js></script>"),
    "a blocked road": page("The coast road is blocked by a landslide.", "Blocked"),
    "a boat for sale": page("This boat is for sale. Call Anna in Nordby.", "Boat for sale"),
    "a coming opening": page("The new café at Pier 5 opens in May with cake and coffee.", "Coming soon"),
    "a lift": page("The lift is under maintenance. Use the stairs.", "Lift"),
    "a cookie policy": page(
        "We use cookies to remember your language. Session cookies are deleted when you close the browser.",
        "Cookie policy",
    ),
    "release notes": page(
        "Fixed: An error occurred when loading the map. Fixed: Too many requests to the tile server. New: dark mode.",
        "Release notes",
    ),
    "a gallery with a number": page("The gallery shows paintings by Nora Dahl until June.", "404 Gallery"),
    "a headline with a number": page("All were brought to Halvik on Friday.", "500 passengers rescued"),
    "traffic": page("Redirecting traffic around the old town from Monday.", "Notes"),
    "French prose": page("La ligne 4 est supprimée. Le bureau du port est fermé jusqu'à lundi.", "Accès au port"),
    "Spanish prose": page("El acceso a la playa está cerrado por el temporal. Un ferry sale a las 9.", "Acceso"),
    "Russian prose": page(
        "Причал закрыт до пятницы. Паром отходит в 9:00. Мы используем файлы cookie.", "Объявления"
    ),
    "German prose": page(
        "Der Anleger ist bis Freitag gesperrt. Linie 4 fährt um neun. Wir verwenden Cookies.", "Hafen"
    ),
}


@pytest.mark.parametrize("options", [{}, {"each": "p, tr"}, {"select": "body"}], ids=["page", "each", "select"])
@pytest.mark.parametrize("body", REAL_PAGES.values(), ids=REAL_PAGES.keys())
def test_a_page_with_other_text_is_read(body: str, options: dict[str, str]) -> None:
    assert error(body, **options) == ""


def test_a_selected_part_without_signs_is_read_beside_much_other_noise() -> None:
    body = page("", extra=BANNER + LOGIN_BOX + "<b class=price>40 EUR</b>")
    assert claims(parse(body, select=".price"))[1:] == ["40 EUR"]


def test_a_long_page_is_never_a_interstitial() -> None:
    text = "The pier of Halvik is closed for repairs until the end of this week. " * 40
    assert not error(page(text, "Access denied", LOGIN_BOX))


def test_a_page_that_a_browser_loaded_has_no_other_way_out() -> None:
    page = '<html><body><div id="root">Loading…</div><script src="/app.js"></script></body></html>'
    assert "render = true" in error(page)
    assert error(page, render=True) == "the page has no text even after its scripts (JavaScript) have run"
