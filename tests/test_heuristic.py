"""The heuristic: kinds in sixteen languages, its scores and reasons, and what it runs without."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.heuristic import CUTS, REASONS, score_page, score_text
from boilerkit.html_lines import read_html
from boilerkit.labels import CHROME_LABELS, Label
from boilerkit.text_lines import has_word
from boilerkit.wordlists import LANGUAGES

KINDS = (
    Label.DONATION,
    Label.SUBSCRIPTION,
    Label.NEWSLETTER,
    Label.ACCOUNT,
    Label.CONSENT,
    Label.NAVIGATION,
)
# One line a kind of KINDS, then an ordinary sentence.
LINES = {
    "en": (
        "If our river reports help you, please consider a donation: every contribution counts.",
        "Already a subscriber? Start your free trial for unlimited access and cancel anytime.",
        "Get our garden newsletter in your inbox every Friday. Unsubscribe at any time.",
        "Forgot your password? Log in to your account or create an account.",
        "We use cookies and ask for your consent. Manage your cookie settings here.",
        "Home | About us | Contact | Skip to content",
        "The old mill on the river was repaired last spring, and its wheel turns again.",
    ),
    "de": (
        "Unterstützen Sie uns mit Ihrer Spende: Jede Spende hält dieses Gartenarchiv offen.",
        "Schon Abonnent? Mit dem Digitalabo lesen Sie alle Artikel, jederzeit kündbar.",
        "Abonnieren Sie unseren Newsletter: jeden Freitag per E-Mail in Ihr Postfach.",
        "Passwort vergessen? Bitte melden Sie sich an oder legen Sie ein Konto an. Mein Konto",
        "Wir verwenden Cookies und bitten um Ihre Einwilligung. Cookie-Einstellungen ändern",
        "Startseite | Über uns | Kontakt | Zum Inhalt springen",
        "Die alte Mühle am Fluss wurde im Frühling repariert, und ihr Rad dreht sich wieder.",
    ),
    "fr": (
        "Soutenez-nous : faites un don, chaque don fait vivre nos archives du jardin.",
        "Déjà abonné ? Abonnez-vous pour lire la suite en accès illimité, sans engagement.",
        "Inscrivez-vous à la newsletter et recevez nos conseils dans votre boîte mail.",
        "Mot de passe oublié ? Connectez-vous ou créez un compte pour accéder à votre profil.",
        "Nous utilisons des cookies ; vous pouvez retirer votre consentement. Tout accepter",
        "Accueil | À propos | Contact | Aller au contenu",
        "Le vieux moulin de la rivière a été réparé au printemps, et sa roue tourne de nouveau.",
    ),
    "es": (
        "Apóyanos: haz una donación, tu donación mantiene abierto este archivo de jardines.",
        "¿Ya eres suscriptor? Suscríbete para seguir leyendo con acceso ilimitado.",
        "Suscríbete a nuestro boletín y recibe la newsletter en tu correo electrónico.",
        "¿Olvidaste tu contraseña? Inicia sesión en tu cuenta o crea una cuenta.",
        "Utilizamos cookies propias y de terceros. Aceptar todas las cookies",
        "Inicio | Quiénes somos | Contacto | Saltar al contenido",
        "El viejo molino del río se reparó en primavera y su rueda vuelve a girar.",
    ),
    "it": (
        "Sostienici con una donazione: il tuo sostegno tiene aperto questo archivio di giardini.",
        "Sei già abbonato? Abbonati ora per leggere tutti gli articoli senza limiti.",
        "Iscriviti alla newsletter e ricevi ogni venerdì i nostri consigli via e-mail.",
        "Password dimenticata? Accedi al tuo account o registrati gratis.",
        "Utilizziamo i cookie con il tuo consenso. Accetta tutti i cookie",
        "Home | Chi siamo | Contatti | Vai al contenuto",
        "Il vecchio mulino sul fiume è stato riparato in primavera e la ruota gira di nuovo.",
    ),
    "pt": (
        "Apoie-nos: faça uma doação, a sua doação mantém aberto este arquivo de jardins.",
        "Já é assinante? Assine agora e tenha acesso ilimitado a todo o conteúdo.",
        "Assine nossa newsletter e receba as novidades no seu e-mail toda sexta-feira.",
        "Esqueceu a senha? Faça login na sua conta ou crie uma conta.",
        "Utilizamos cookies com o seu consentimento. Aceitar todos os cookies",
        "Início | Quem somos | Contato | Ir para o conteúdo",
        "O velho moinho do rio foi consertado na primavera, e a sua roda gira de novo.",
    ),
    "nl": (
        "Steun ons met een donatie: jouw steun houdt dit tuinarchief open. Doneer nu.",
        "Al abonnee? Neem een abonnement en krijg onbeperkt toegang, maandelijks opzegbaar.",
        "Schrijf je in voor onze nieuwsbrief en ontvang elke vrijdag tips in je mailbox.",
        "Wachtwoord vergeten? Log in op je account of maak een account aan. Mijn account",
        "Wij gebruiken cookies met uw toestemming. Alle cookies accepteren",
        "Home | Over ons | Contact | Ga naar inhoud",
        "De oude molen aan de rivier is in het voorjaar hersteld, en het rad draait weer.",
    ),
    "pl": (
        "Wesprzyj nas: przekaż darowiznę, każda wpłata utrzymuje to archiwum ogrodów.",
        "Masz już prenumeratę? Kup dostęp i czytaj bez ograniczeń, pierwszy miesiąc taniej.",
        "Zapisz się do newslettera i otrzymuj co piątek nasze porady na swój e-mail.",
        "Nie pamiętasz hasła? Zaloguj się na swoje konto lub załóż konto.",
        "Używamy plików cookie za twoją zgodą. Akceptuj wszystkie pliki cookies",
        "Strona główna | O nas | Kontakt | Przejdź do treści",
        "Stary młyn nad rzeką naprawiono wiosną i jego koło znowu się kręci.",
    ),
    "ru": (
        "Поддержите нас: каждое пожертвование помогает архиву садов. Сделать пожертвование",
        "Уже есть подписка? Оформите подписку и получите доступ ко всем материалам.",
        "Подпишитесь на нашу рассылку: лучшие советы каждую пятницу на вашу почту.",
        "Забыли пароль? Войдите в личный кабинет или зарегистрируйтесь.",
        "Мы используем файлы cookie с вашего согласия. Принять все файлы cookie",
        "Главная | О нас | Контакты | Перейти к содержимому",
        "Старую мельницу у реки починили весной, и её колесо снова вертится.",
    ),
    "sv": (
        "Stöd oss med en gåva: din gåva håller trädgårdsarkivet öppet. Bli månadsgivare.",
        "Redan prenumerant? Teckna en prenumeration och få full tillgång utan bindningstid.",
        "Prenumerera på vårt nyhetsbrev och få tips varje fredag i din inkorg.",
        "Glömt lösenord? Logga in på ditt konto eller skapa ett konto.",
        "Vi använder cookies med ditt samtycke. Acceptera alla cookies",
        "Hem | Om oss | Kontakt | Hoppa till innehåll",
        "Den gamla kvarnen vid ån lagades i våras, och dess hjul snurrar igen.",
    ),
    "da": (
        "Støt os med et bidrag: din støtte holder havearkivet åbent. Giv et bidrag i dag.",
        "Er du allerede abonnent? Bliv abonnent og få fuld adgang uden binding.",
        "Tilmeld dig vores nyhedsbrev og få tips hver fredag i din indbakke.",
        "Glemt adgangskode? Log ind på din konto, eller opret en konto.",
        "Vi bruger cookies med dit samtykke. Accepter alle cookies",
        "Forside | Om os | Kontakt | Gå til indhold",
        "Den gamle mølle ved åen blev repareret i foråret, og dens hjul drejer igen.",
    ),
    "no": (
        "Støtt oss med en gave: din støtte holder hagearkivet åpent. Gi et bidrag i dag.",
        "Allerede abonnent? Bli abonnent og få full tilgang uten binding.",
        "Meld deg på nyhetsbrevet vårt og få tips hver fredag i innboksen din.",
        "Glemt passord? Logg inn på din konto eller opprett en konto.",
        "Vi bruker informasjonskapsler med ditt samtykke. Godta alle informasjonskapsler",
        "Forside | Om oss | Kontakt | Gå til innhold",
        "Den gamle mølla ved elva ble reparert i vår, og hjulet går rundt igjen.",
    ),
    "ja": (
        "庭園資料館の活動を続けるため、ご寄付をお願いします。皆様のご支援が力になります。",
        "この記事は有料会員限定です。購読すると全文をお読みいただけます。",
        "メールマガジンに登録すると、毎週金曜日に最新情報をメールでお届けします。",
        "パスワードをお忘れの方はこちら。会員登録がお済みの方はログインしてください。",
        "当サイトではクッキーを使用しています。すべてのCookieを受け入れる",
        "ホーム | ニュース | お問い合わせ | 本文へスキップ",
        "川沿いの古い水車小屋は春に修理され、水車がまた回り始めた。",
    ),
    "ko": (
        "여러분의 후원으로 정원 자료실이 운영됩니다. 지금 후원하기로 함께해 주세요.",
        "유료 회원 전용 기사입니다. 지금 구독하고 모든 기사를 무제한으로 읽으세요.",
        "뉴스레터 구독 신청을 하시면 매주 금요일 이메일로 소식을 보내 드립니다.",
        "비밀번호를 잊으셨나요? 로그인하세요. 아직 회원이 아니면 회원가입을 해 주세요.",
        "이 웹사이트는 쿠키를 사용합니다. 모든 쿠키 허용",
        "홈 | 뉴스 | 고객센터 | 본문 바로가기",
        "강가의 낡은 물레방아가 봄에 수리되어 바퀴가 다시 돌기 시작했다.",
    ),
    "zh": (
        "请捐款支持我们：您的捐款让园林资料馆继续开放。立即捐款",
        "本文仅限订阅用户阅读。立即订阅，畅读全部付费内容。",
        "订阅我们的电子报，每周五把最新资讯发送到您的邮箱。",
        "忘记密码？请先登录，没有账号请免费注册。",
        "本网站使用Cookie。接受所有Cookie",
        "首页 | 新闻 | 联系我们 | 跳至内容",
        "河边的旧水车春天修好了，轮子又转了起来。",
    ),
    "tr": (
        "Bize destek olun: bağış yapın, her bağış bahçe arşivini açık tutar. Bağış yap",
        "Zaten abone misiniz? Hemen abone olun ve sınırsız erişim kazanın.",
        "E-bültenimize kaydolun, her cuma öneriler e-posta adresinize gelsin.",
        "Şifremi unuttum. Hesabınıza giriş yapın veya hesap oluşturun.",
        "Çerezleri kullanıyoruz. Tüm çerezleri kabul et",
        "Ana sayfa | Hakkımızda | İletişim | İçeriğe geç",
        "Nehir kıyısındaki eski değirmen baharda onarıldı, çarkı yeniden dönüyor.",
    ),
}

ARTICLE = [
    "The ferry to the island will run again from Monday, the harbour office said, after a winter "
    "in which the pier had to be rebuilt from its foundations.",
    "Engineers replaced forty oak piles, some of them older than the lighthouse, and raised the "
    "deck by half a metre so that spring tides no longer reach it.",
    "Islanders had relied on a fishing boat for their mail, their groceries and, on two nights, "
    "a doctor; the school kept its pupils in lodgings on the mainland.",
    "The new timetable has six crossings a day. A seventh will be added in June, when the "
    "campsite opens and the puffins bring their visitors.",
]


def test_every_language_is_tested() -> None:
    assert set(LINES) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_in_every_language(kind: Label, language: str) -> None:
    line, sentence = LINES[language][KINDS.index(kind)], LINES[language][-1]
    (score,) = score_text([line])
    assert score.kind is kind
    assert score.score < score_text([sentence])[0].score
    assert score.score < CUTS["greedy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ordinary_sentence_is_content(language: str) -> None:
    (score,) = score_text([LINES[language][-1]])
    assert score.score >= CUTS["balanced"]


def test_articles_stay_and_menus_go() -> None:
    menu = ["Home", "About us", "Contact", "Log in", "Subscribe", "Privacy policy"]
    scores = score_text([*menu, *ARTICLE, *menu])
    kept = [score.score >= CUTS["balanced"] for score in scores]
    assert kept == [False] * 6 + [True] * 4 + [False] * 6


def test_a_report_about_donations_is_content() -> None:
    report = (
        "The regatta club raised £4,300 in donations last year, its treasurer told the council, "
        "and spent all of it on a rescue boat."
    )
    scores = score_text([*ARTICLE[:2], report, *ARTICLE[2:]])
    assert all(score.score >= CUTS["balanced"] for score in scores)


def test_a_loud_appeal_between_paragraphs_goes() -> None:
    appeal = (
        "We rely on readers like you: please donate today and help us keep the island paper "
        "afloat. Your donation, every contribution, makes a difference."
    )
    scores = score_text([*ARTICLE[:2], appeal, *ARTICLE[2:]])
    assert [score.score >= CUTS["balanced"] for score in scores] == [True, True, False, True, True]
    assert scores[2].kind is Label.DONATION
    assert scores[2].reason == "wordlist"


def test_nothing_in_nothing_out() -> None:
    assert score_text([]) == []
    assert score_page(read_html("")[0]) == []


def test_cuts_rise_and_lie_within_the_scores() -> None:
    assert list(CUTS) == ["careful", "balanced", "greedy"]
    assert 0 < CUTS["careful"] < CUTS["balanced"] < CUTS["greedy"] < 1


lines = st.lists(
    st.one_of(
        st.sampled_from([line for group in LINES.values() for line in group] + ARTICLE),
        st.text(min_size=1, max_size=60).filter(has_word),
    ),
    max_size=12,
)


@given(lines)
def test_scores_are_monotone_in_the_total(texts: list[str]) -> None:
    scores = score_text(texts)
    assert len(scores) == len(texts)
    for score in scores:
        assert 0 <= score.score <= 1
        assert (score.score >= CUTS["balanced"]) == (score.total >= 0)
        assert score.kind in CHROME_LABELS
        assert score.reason in REASONS
    ranked = sorted(scores, key=lambda score: score.total)
    assert all(low.score <= high.score for low, high in pairwise(ranked))


PAGE = f"""
<html><head><title>Ferry runs again</title></head><body>
<nav><ul><li><a href="/">Home</a><li><a href="/about">About us</a></ul></nav>
<article class="story"><h1>Ferry runs again</h1>{"".join(f"<p>{text}</p>" for text in ARTICLE)}
</article>
<aside class="related-posts"><h2>Read more</h2>
<a href="/1">Lighthouse lamp sold to a museum in the capital</a></aside>
<footer><p>© 2026 Island Paper. All rights reserved.</p><p>***</p></footer>
</body></html>
"""


def test_a_page_keeps_its_article() -> None:
    page, _ = read_html(PAGE)
    scores = score_page(page)
    kept = [
        text
        for text, score in zip(page.texts, scores, strict=True)
        if score.score >= CUTS["balanced"] and has_word(text)
    ]
    assert kept == ["Ferry runs again", *ARTICLE]
    kinds = {text: score.kind for text, score in zip(page.texts, scores, strict=True)}
    assert kinds["About us"] is Label.NAVIGATION
    assert kinds["Read more"] is Label.RELATED
    assert kinds["© 2026 Island Paper. All rights reserved."] is Label.LEGAL
    assert {score.reason for score in scores} <= set(REASONS)


def test_a_page_is_scored_by_its_columns_alone() -> None:
    page, _ = read_html(PAGE)
    names = ["texts", "link_chars", "line_box", "line_inline", "source", "box_tag"]
    names += ["box_class", "box_names", "box_parent", "box_first", "box_end"]
    columns = SimpleNamespace(**{name: tuple(getattr(page, name)) for name in names})
    assert score_page(columns) == score_page(page)


def test_the_reasons_are_documented(root: Path) -> None:
    table = (root / "docs" / "labels.md").read_text(encoding="utf-8")
    for reason in REASONS:
        assert f"| `{reason}` |" in table


def test_neither_numpy_nor_lxml_is_imported() -> None:
    code = (
        "import sys\n"
        "sys.modules['numpy'] = sys.modules['lxml'] = None\n"
        "from boilerkit.heuristic import score_text\n"
        "assert score_text(['Log in to your account'])[0].kind == 'account'\n"
        "loaded = {name.partition('.')[0] for name, module in sys.modules.items() if module}\n"
        "assert not loaded & {'numpy', 'lxml', 'sklearn'}, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
